"""Facts (评分依据): rows of orders with what the record says of each, read for a window. Reads only, one query.

The columns are those of `vocabulary.COLUMNS`. What happened after the window's end is not known in it: a month that is
computed later gives the same rows.
"""

import csv
import gzip
import hashlib
import io
import re
from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection

from jiedao.lines.scores.figures import Row
from jiedao.lines.scores.vocabulary import COLUMNS

_FLAG = "CASE WHEN {} THEN 'yes' ELSE 'no' END"
_ASKED = "CASE WHEN {0} IS NULL THEN '' WHEN {0} THEN 'yes' ELSE 'no' END"


def _flag(condition: str) -> str:
    return _FLAG.format(f"coalesce({condition}, false)")


def _by(column: str) -> str:
    return _flag(f"{column} < %(end)s")


_IN = "{0} >= %(start)s AND {0} < %(end)s"

_COLUMNS = {
    "unit": "u.code",
    "order": "o.id::text",
    "number": "c.number",
    "left_out": """CASE WHEN c.imported THEN 'imported' WHEN c.merged_into_id IS NOT NULL THEN 'merged'
        WHEN o.recalled_at < %(end)s THEN 'recalled'
        WHEN first.unit_id = ANY(u.above) AND c.from_unit_id IS NULL THEN 'own_report'
        WHEN o.returned_at < %(end)s AND o.ruled_at < %(end)s THEN 'objection_upheld'
        WHEN EXISTS (SELECT FROM record_dispatchorder p WHERE p.case_id = c.parent_id AND p.unit_id = o.unit_id
            AND p.item_id = o.item_id) THEN 'split' ELSE '' END""",
    "sent": _flag(_IN.format("o.sent_at")),
    "due": _flag(_IN.format("coalesce(promise.due_at, step.due_at)")),
    "called": _flag("back.at IS NOT NULL"),
    "marked": _flag("mark.at IS NOT NULL"),
    "spotted": "'no'",
    "role": "o.role",
    "process": "v.code",
    "kind": "c.kind",
    "severity": "c.severity::text",
    "sender_kind": "coalesce(s.kind, '')",
    "acknowledged": _by("o.acknowledged_at"),
    "contacted": _by("o.contacted_at"),
    "contacted_in_time": _flag("o.contacted_at < %(end)s AND o.contacted_at <= contact.due_at"),
    "arrived": _by("o.arrived_at"),
    "arrived_in_time": _flag("o.arrived_at < %(end)s AND o.arrived_at <= arrive.due_at"),
    "answered": _by("o.answered_at"),
    "answered_in_time": _flag("o.answered_at < %(end)s AND o.answered_at <= step.due_at"),
    "open_overdue": _flag("(o.answered_at IS NULL OR o.answered_at >= %(end)s) AND o.returned_at IS NULL "
                          "AND step.due_at < %(end)s"),
    "returned": _by("o.returned_at"),
    "extended": _flag("o.extension_granted AND o.extension_decided_at < %(end)s"),
    "reworked": _flag("done.reworked > o.answered_at"),
    "supervised": _flag("done.supervised IS NOT NULL"),
    "supervised_open": _flag("done.supervised IS NOT NULL AND (o.answered_at IS NULL OR o.answered_at >= %(end)s)"),
    "closed": _by("c.closed_at"),
    "closed_in_time": _flag("c.closed_at < %(end)s AND c.closed_at <= coalesce(promise.due_at, step.due_at)"),
    "repeated": _flag("done.added IS NOT NULL OR done.reopened IS NOT NULL"),
    "agrees": _ASKED.format("looked.agrees"),
    "outcome": "CASE WHEN o.answered_at < %(end)s THEN o.outcome ELSE '' END",
    "contact_minutes": "CASE WHEN o.contacted_at < %(end)s THEN "
                       "floor(extract(epoch FROM o.contacted_at - o.sent_at) / 60)::bigint::text ELSE '' END",
    "reached": _ASKED.format("back.reached"),
    "said_contacted": _ASKED.format("back.contacted"),
    "solved": _ASKED.format("back.solved"),
    "satisfied": "coalesce(back.satisfied, '')",
    "arrival": "coalesce(mark.arrival::text, '')",
    "handling": "coalesce(mark.handling::text, '')",
    "met": "''",
    "sender_satisfied": "coalesce(mark.satisfied, '')",
}  # fmt: skip
assert set(_COLUMNS) == set(COLUMNS)

# A check on the road is of a squad, never of a person, and never from a position (G38). It stands by its moment.
_SPOTS = dict.fromkeys(COLUMNS, "''") | dict.fromkeys(("sent", "due", "called", "marked"), "'no'") | {
    "unit": "u.code",
    "order": "k.id::text",
    "number": "to_char(k.at AT TIME ZONE 'Asia/Shanghai', 'YYYY-MM-DD HH24:MI')",
    "spotted": "'yes'",
    "met": _flag("k.met"),
}  # fmt: skip

# A window's orders: sent, due or rated in it. Each is found by an index of its own; OR over joins would read them all.
_WANTED = f"""
    SELECT id FROM record_dispatchorder WHERE sent_at >= %(start)s AND sent_at < %(end)s
    UNION SELECT order_id FROM record_deadline WHERE kind = 'step' AND name = 'answered' AND {_IN.format("due_at")}
    UNION SELECT o.id FROM record_deadline d JOIN record_dispatchorder o ON o.case_id = d.case_id
        WHERE d.kind = 'promise' AND {_IN.format("d.due_at")}
    UNION SELECT order_id FROM record_rating WHERE order_id IS NOT NULL AND {_IN.format("at")}
"""

# Those of them whose callers were asked in it: all that the rates of a month count, and far fewer.
_CALLED = f"""
    SELECT DISTINCT order_id AS id FROM record_rating
    WHERE by = 'callback' AND order_id IS NOT NULL AND {_IN.format("at")}
"""

_EARLIER = f"""
last_back AS (
    SELECT DISTINCT ON (order_id) * FROM record_rating
    WHERE by = 'callback' AND order_id IS NOT NULL AND {_IN.format("at")} ORDER BY order_id, at DESC, id DESC
), last_mark AS (
    SELECT DISTINCT ON (order_id) * FROM record_rating
    WHERE by = 'sender' AND order_id IS NOT NULL AND {_IN.format("at")} ORDER BY order_id, at DESC, id DESC
), entries AS (
    SELECT e.case_id, max(at) FILTER (WHERE verb = 'rework') AS reworked, min(at) FILTER (WHERE verb = 'supervise')
        AS supervised, min(at) FILTER (WHERE verb = 'add' AND actor = 'resident') AS added,
        min(at) FILTER (WHERE verb = 'reopen') AS reopened
    FROM record_entry e WHERE verb IN ('rework', 'supervise', 'add', 'reopen') AND at < %(end)s
        AND e.case_id IN (SELECT case_id FROM record_dispatchorder JOIN wanted USING (id)) GROUP BY e.case_id
)
"""
_DUE = "LEFT JOIN LATERAL (SELECT max(due_at) AS due_at FROM record_deadline d WHERE {0}) {1} ON true"
_JOINS = {
    "v": "JOIN record_processversion v ON v.id = c.process_id",
    "s": "LEFT JOIN people_unit s ON s.id = o.sender_id",
    "first": "LEFT JOIN record_entry first ON first.case_id = c.id AND first.seq = 1",
    "done": "LEFT JOIN entries done ON done.case_id = c.id",
    "back": "LEFT JOIN last_back back ON back.order_id = o.id",
    "mark": "LEFT JOIN last_mark mark ON mark.order_id = o.id",
    "looked": "LEFT JOIN LATERAL (SELECT agrees FROM record_check k WHERE k.case_id = c.id AND k.at < %(end)s "
              "ORDER BY k.at DESC LIMIT 1) looked ON true",
    "promise": _DUE.format("d.case_id = c.id AND d.kind = 'promise'", "promise"),
    "step": _DUE.format("d.order_id = o.id AND d.name = 'answered'", "step"),
    "contact": _DUE.format("d.order_id = o.id AND d.name = 'contacted'", "contact"),
    "arrive": _DUE.format("d.order_id = o.id AND d.name = 'arrived'", "arrive"),
}  # fmt: skip
"""What a column reads besides order, case and unit; only the columns that are asked for are read."""


def _query(wanted: str, names: Collection[str] = COLUMNS) -> str:
    """The rows of the wanted orders, with these columns; the others are empty."""
    read = {name: _COLUMNS[name] if name in names else "''" for name in COLUMNS}
    columns = ", ".join(f'({told}) AS "{name}"' for name, told in read.items())
    joins = "\n".join(join for alias, join in _JOINS.items() if re.search(rf"\b{alias}\.", columns))
    return f"""
WITH wanted AS MATERIALIZED ({wanted}), {_EARLIER}
SELECT {columns}
FROM wanted JOIN record_dispatchorder o USING (id) JOIN record_case c ON c.id = o.case_id
JOIN people_unit u ON u.id = o.unit_id {joins}
WHERE o.role <> 'heard' AND o.sent_at < %(end)s AND (%(all)s OR o.unit_id = ANY(%(units)s))
"""


_SPOTTED = f"""
SELECT {", ".join(f'({_SPOTS[name]}) AS "{name}"' for name in COLUMNS)}
FROM patrol_spotcheck k JOIN people_unit u ON u.id = k.squad_id
WHERE {_IN.format("k.at")} AND (%(all)s OR k.squad_id = ANY(%(units)s))
"""
_ORDER = 'ORDER BY "unit", "number", "order"'
_QUERY = f"{_query(_WANTED)} UNION ALL {_SPOTTED} {_ORDER}"


def rows(start: datetime, end: datetime, units: Collection[UUID] | None = None) -> list[Row]:
    """The rows of a window, of all units or of these, in the order of unit, case and order."""
    return _read(_QUERY, start, end, units)


def called(
    start: datetime, end: datetime, units: Collection[UUID] | None = None, only: Collection[str] = COLUMNS
) -> list[Row]:
    """Of the same rows those whose callers were asked in the window, without reading the others.

    With `only`, what figures need and no more: these facts, the unit and why a row is left out.
    """
    names = COLUMNS if only is COLUMNS else {"unit", "left_out", *only}
    return _read(f"{_query(_CALLED, names)} {_ORDER}", start, end, units)


def _read(query: str, start: datetime, end: datetime, units: Collection[UUID] | None) -> list[Row]:
    told: dict[str, Any] = {"start": start, "end": end, "all": units is None, "units": list(units or ())}
    with connection.cursor() as cursor:
        cursor.execute(query, told)
        return [tuple(row) for row in cursor.fetchall()]


def written(found: Iterable[Row]) -> bytes:
    """The rows as CSV: what is frozen, exported, and what an outsider computes from. The same rows give the same bytes."""
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows(sorted(found))
    return file.getvalue().encode()


def kept(told: bytes, unit: str = "") -> list[Row]:
    """The rows of a CSV, all or those of one unit. A column that a later program knows and this file lacks is empty."""
    first, _, rest = told.partition(b"\n")
    (header,) = csv.reader([first.decode()])
    rows = csv.reader(io.StringIO((_of_unit(rest, unit) if unit else rest).decode()))
    if tuple(header) == COLUMNS:
        return [tuple(row) for row in rows]
    places = [header.index(name) if name in header else -1 for name in COLUMNS]
    return [tuple(row[place] if place >= 0 else "" for place in places) for row in rows]


def _of_unit(rows: bytes, unit: str) -> bytes:
    """The lines of one unit: they stand together, for rows are written in order and no value has a line break."""
    mark = f"\n{unit},".encode()
    start = 0 if rows.startswith(mark[1:]) else rows.find(mark) + 1
    if not start and not rows.startswith(mark[1:]):
        return b""
    last = max(rows.rfind(mark), start - 1)
    return rows[start : rows.find(b"\n", last + 1) + 1]


def packed(told: bytes) -> bytes:
    """Compressed, without the time at which that was done."""
    return gzip.compress(told, 6, mtime=0)


def unpacked(told: bytes) -> bytes:
    return gzip.decompress(told)


def fingerprint(told: bytes) -> str:
    """SHA-256 of the bytes, in hexadecimal."""
    return hashlib.sha256(told).hexdigest()
