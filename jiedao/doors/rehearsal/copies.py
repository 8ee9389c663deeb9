"""Copies (演练复制): many more cases from those rehearsed, in SQL: new ids and numbers, shifted times, chains rebuilt.

A verb costs milliseconds; beyond ten thousand cases, and for the quarter behind a demonstration, the rehearsed ones are
copied. Each copy is a whole case with its orders, entries, words, deadlines, checks and ratings; its chain is computed
anew and verifies like any other. Contacts are not copied: nobody's number is in two cases.
"""

from collections.abc import Callable, Iterable
from contextlib import nullcontext
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper as Cursor

from jiedao.ground.db import bulk
from jiedao.ground.districts import current_district
from jiedao.ground.journal import chain
from jiedao.kit.refusal import Refused
from jiedao.record.models import Case, Entry

SHIFT_HOURS = 7
"""Each copy lies this much further back, so that a list is not a stack of equal times."""

MANY = 5
"""Beyond so many times the cases there are, the tables are loaded without their indexes."""

_NEW = (
    "(left({id}::text, 24) || lpad(to_hex(('x' || substr({id}::text, 25, 6))::bit(24)::int # %(k)s), 6, '0')"
    " || right({id}::text, 6))::uuid"
)
"""Six digits in the middle, turned by the number of the copy: written over, one row in 30,000 was its own copy."""


def _new(column: str) -> str:
    """The id a row has in copy k: the same for every table, so that references stay whole."""
    return f"CASE WHEN {column} IS NULL THEN NULL ELSE {_NEW.format(id=column)} END"


def _moved(column: str) -> str:
    return f"({column} - %(shift)s)"


_REFERENCES = {
    "record_case": ("id", "parent_id", "grown_from_id", "merged_into_id"),
    "record_findable": ("id",),
    "record_event": ("id", "case_id"),
    "record_dispatchorder": ("id", "case_id"),
    "record_assignment": ("id", "order_id"),
    "record_deadline": ("id", "case_id", "order_id"),
    "record_pause": ("id", "deadline_id"),
    "record_ring": ("id", "deadline_id"),
    "record_check": ("id", "case_id", "entry_id"),
    "record_rating": ("id", "case_id", "order_id", "entry_id"),
    "record_words": ("id", "entry_id"),
}
"""Columns that hold ids of copied rows, by table; entries are written by themselves, link by link."""

_YEAR = "to_char({at} AT TIME ZONE 'Asia/Shanghai', 'YY')"
_NEXT = "nextval(('case_number_' || {year})::regclass)"
"""The number of a copy: the next of its year."""
_KEPT = (
    "(SELECT coalesce(max(split_part(number, '-', 2)::int), 0) FROM record_case"
    " WHERE routing->>'back' IS NOT NULL AND number LIKE {year} || '-%%')"
    " + row_number() OVER (PARTITION BY {year} ORDER BY s.opened_at, s.id)"
)
"""The number of a copy that lies before everything else in its year: the next of those that were kept free."""

_OF_CASES = {
    "record_case": "SELECT * FROM record_case WHERE id IN (SELECT id FROM sources)",
    "record_findable": "SELECT * FROM record_findable WHERE id IN (SELECT id FROM sources)",
    "record_event": "SELECT * FROM record_event WHERE case_id IN (SELECT id FROM sources)",
    "record_dispatchorder": "SELECT * FROM record_dispatchorder WHERE case_id IN (SELECT id FROM sources)",
    "record_assignment": "SELECT a.*, o.case_id AS of_case FROM record_assignment a"
    " JOIN record_dispatchorder o ON o.id = a.order_id WHERE o.case_id IN (SELECT id FROM sources)",
    "record_deadline": "SELECT * FROM record_deadline WHERE case_id IN (SELECT id FROM sources)",
    "record_pause": "SELECT p.*, d.case_id AS of_case FROM record_pause p JOIN record_deadline d ON d.id = p.deadline_id"
    " WHERE d.case_id IN (SELECT id FROM sources)",
    "record_ring": "SELECT r.*, d.case_id AS of_case FROM record_ring r JOIN record_deadline d ON d.id = r.deadline_id"
    " WHERE d.case_id IN (SELECT id FROM sources)",
    "record_check": "SELECT * FROM record_check WHERE case_id IN (SELECT id FROM sources)",
    "record_rating": "SELECT * FROM record_rating WHERE case_id IN (SELECT id FROM sources)",
    "record_words": "SELECT w.*, e.case_id AS of_case FROM record_words w JOIN record_entry e ON e.id = w.entry_id"
    " WHERE e.case_id IN (SELECT id FROM sources)",
    "record_entry": "SELECT * FROM record_entry WHERE case_id IN (SELECT id FROM sources)",
}
"""What belongs to the rehearsed cases, set aside once: every copy reads from there, not from tables that grow under it."""

_CASE_COLUMN = {
    "record_case": "id", "record_findable": "id", "record_assignment": "of_case", "record_pause": "of_case",
    "record_ring": "of_case", "record_words": "of_case",
}  # fmt: skip


def copy_to(wanted: int, *, report: Callable[[int], None] | None = None) -> int:
    """Copies until the district holds `wanted` cases; says how many it holds. Refuses `demo_only`, `nothing_rehearsed`."""
    if not current_district().demo:
        raise Refused("demo_only", district=current_district().label)
    with connection.cursor() as cursor:
        cursor.execute("SET statement_timeout = 0")
        there = Case.objects.count()
        if not there:
            raise Refused("nothing_rehearsed", district=current_district().label)
        with transaction.atomic():
            _sources(cursor)
            copy = _copies_so_far(cursor)
            with bulk.bare([*_REFERENCES, "record_entry"]) if wanted > MANY * there else nullcontext():
                while there < wanted:
                    copy += 1
                    given = {"k": copy, "shift": timedelta(hours=SHIFT_HOURS * copy), "most": wanted - there}
                    there += _one_copy(cursor, given, "nth <= %(most)s", _NEXT)
                    if report:
                        report(there)
            _put_away(cursor)
        bulk.analyze([*_REFERENCES, "record_entry"])
    return there


def copy_back(sets: Iterable[tuple[timedelta, list[UUID]]]) -> int:
    """Copies each set of cases back by its span; says how many that made. Refuses `demo_only`.

    The numbers are those from the year's first on, which `keep_numbers` kept free: what lies further back has the lower one.
    """
    if not current_district().demo:
        raise Refused("demo_only", district=current_district().label)
    made = 0
    with connection.cursor() as cursor, transaction.atomic():
        _sources(cursor)
        copy = _copies_so_far(cursor)
        for shift, cases in sorted(sets, key=lambda each: -each[0]):
            copy += 1
            made += _one_copy(cursor, {"k": copy, "shift": shift, "cases": cases}, "id = ANY(%(cases)s)", _KEPT)
        _put_away(cursor)
    bulk.analyze([*_REFERENCES, "record_entry"])
    return made


def keep_numbers(year: int, count: int) -> None:
    """Keeps the first numbers of a year for copies that will lie before anything else in it."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(nextval(%s::regclass)) FROM generate_series(1, %s)", [f"case_number_{year:02d}", count]
        )


def _put_away(cursor: Cursor) -> None:
    cursor.execute(f"DROP TABLE sources, digests, {', '.join(map(_aside, _OF_CASES))}")


def _copies_so_far(cursor: Cursor) -> int:
    """Copies are numbered on: a second call must not make the same ids again."""
    cursor.execute("SELECT coalesce(max((routing->>'copy')::int), 0) FROM record_case")
    return int(cursor.fetchone()[0])


def _sources(cursor: Cursor) -> None:
    """The rehearsed cases with no tie to one outside of them, and the digests of their entries' facts."""
    run = cursor.execute
    run(
        "CREATE TEMP TABLE sources ON COMMIT DROP AS SELECT id, row_number() OVER"
        " (ORDER BY num_nonnulls(parent_id, grown_from_id, merged_into_id), opened_at) AS nth"
        " FROM record_case WHERE NOT imported AND routing->>'copy' IS NULL"
    )
    run("CREATE TEMP TABLE digests (id uuid PRIMARY KEY, facts text) ON COMMIT DROP")
    # Read whole before it is written: one connection cannot do both at once.
    rows = list(Entry.objects.filter(case__imported=False, case__routing__copy__isnull=True).values_list("id", "facts"))
    with cursor.copy("COPY digests FROM STDIN") as stream:
        for pk, facts in rows:
            stream.write_row((pk, chain.digest(facts, b"").hex()))
    run("CREATE UNIQUE INDEX ON sources (id)")
    run("ANALYZE sources")
    run("ANALYZE digests")
    for table, source in _OF_CASES.items():
        run(f"CREATE TEMP TABLE {_aside(table)} ON COMMIT DROP AS {source}")
        run(f"CREATE INDEX ON {_aside(table)} ({_CASE_COLUMN.get(table, 'case_id')})")
        run(f"ANALYZE {_aside(table)}")


def _aside(table: str) -> str:
    return f"of_{table}"


def _one_copy(cursor: Cursor, given: dict[str, Any], which: str, number: str) -> int:
    """One more copy of the sources that `which` picks; says how many cases it made."""
    run = cursor.execute
    run(f"CREATE TEMP TABLE picked ON COMMIT DROP AS SELECT id FROM sources WHERE {which}", given)
    run("CREATE UNIQUE INDEX ON picked (id)")
    while _without_what_they_point_to(cursor):
        pass
    run("ANALYZE picked")
    for table in _REFERENCES:
        columns = _columns(cursor, table)
        chosen = ", ".join(_selected(table, name, kind, number) for name, kind in columns)
        names = ", ".join(f'"{name}"' for name, _ in columns)
        run(
            f"INSERT INTO {table} ({names}) SELECT {chosen} FROM {_aside(table)} s"
            f" JOIN picked p ON p.id = s.{_CASE_COLUMN.get(table, 'case_id')}",
            given,
        )
        if table == "record_case":
            made = int(cursor.rowcount)
        if table == "record_dispatchorder":
            _entries(cursor, given)
    run("DROP TABLE picked")
    return made


def _without_what_they_point_to(cursor: Cursor) -> int:
    """Leaves cases out whose parent, origin or whole is not copied; says how many. Those without ties come first."""
    cursor.execute(
        "DELETE FROM picked p USING of_record_case c LEFT JOIN of_record_dispatchorder o ON o.id = c.grown_from_id,"
        " unnest(ARRAY[c.parent_id, o.case_id, c.merged_into_id]) tie"
        " WHERE c.id = p.id AND tie IS NOT NULL AND NOT EXISTS (SELECT 1 FROM picked q WHERE q.id = tie)"
    )
    return int(cursor.rowcount)


def _columns(cursor: Cursor, table: str) -> list[tuple[str, str]]:
    cursor.execute(
        "SELECT column_name, data_type FROM information_schema.columns"
        " WHERE table_schema = current_schema() AND table_name = %s ORDER BY ordinal_position",
        [table],
    )
    return [(name, kind) for name, kind in cursor.fetchall()]


def _selected(table: str, name: str, kind: str, number: str) -> str:
    column = f's."{name}"'
    if name in _REFERENCES[table]:
        return _new(column)
    if kind == "timestamp with time zone":
        return _moved(column)
    if table == "record_case" and name == "number":
        year = _YEAR.format(at=_moved('s."opened_at"'))
        return f"{year} || '-' || to_char({number.format(year=year)}, 'FM9999900000')"
    if table == "record_case" and name == "routing":
        told = "'copy', %(k)s, 'back', true" if number is _KEPT else "'copy', %(k)s"
        return f"s.routing || jsonb_build_object({told})"
    if table == "record_case" and name == "head":
        return "''::bytea"  # filled by `_entries`, once the last link is known
    if table == "record_event" and name in ("source_key", "subject_id"):
        return "''" if name == "source_key" else "NULL"
    return column


_LINE = """
concat_ws('|', {case}::text, s.seq::text, s.verb, (extract(epoch FROM {at}) * 1000000)::bigint::text, s.was, s.now,
  s.actor, coalesce(s.person_id::text, ''), coalesce(s.post_id::text, ''), coalesce(s.unit_id::text, ''), s.system,
  coalesce({order}::text, ''), s.public::int::text, d.facts, encode(s.digest, 'hex'))
"""


def _entries(cursor: Cursor, given: dict[str, Any]) -> None:
    """The entries of a copy, the first of every case, then the second: each needs the hash of the one before."""
    run = cursor.execute
    case, order, at = _new("s.case_id"), _new("s.order_id"), _moved("s.at")
    line = _LINE.format(case=case, order=order, at=at)
    run("SELECT max(seq) FROM of_record_entry WHERE case_id IN (SELECT id FROM picked)")
    (last,) = cursor.fetchone()
    run("CREATE TEMP TABLE links (case_id uuid PRIMARY KEY, hash bytea NOT NULL) ON COMMIT DROP")
    run(f"INSERT INTO links SELECT {_new('id')}, ''::bytea FROM picked", given)
    run("ANALYZE links")
    for seq in range(1, last + 1):
        run(
            f"""
            WITH made AS (
              INSERT INTO record_entry (id, case_id, seq, verb, at, was, now, actor, person_id, post_id, unit_id, system,
                order_id, public, facts, digest, prev, hash)
              SELECT {_new("s.id")}, {case}, s.seq, s.verb, {at}, s.was, s.now, s.actor, s.person_id, s.post_id,
                s.unit_id, s.system, {order}, s.public, s.facts, s.digest, l.hash,
                sha256(l.hash || convert_to({line}, 'UTF8'))
              FROM of_record_entry s JOIN picked p ON p.id = s.case_id JOIN digests d ON d.id = s.id
              JOIN links l ON l.case_id = {case}
              WHERE s.seq = %(seq)s
              RETURNING case_id, hash
            )
            UPDATE links SET hash = made.hash FROM made WHERE made.case_id = links.case_id
            """,
            {**given, "seq": seq},
        )
    run("UPDATE record_case c SET head = l.hash FROM links l WHERE l.case_id = c.id")
    run("DROP TABLE links")
