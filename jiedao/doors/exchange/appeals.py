"""Appeals (诉求导入): a hotline's table becomes handled and waiting cases, with their true times.

Each row is checked on its own; what is wrong goes to a report by line and reason, what is right is kept. Rows go in
by batches of one transaction each: a run that was killed goes on where it stopped, a second run adds nothing, and a
row that has changed since is shown as a conflict and left alone.
"""

import csv
import hashlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

from django.db import connection, transaction

from jiedao.doors.exchange import filing, reasons, sheets
from jiedao.doors.exchange.mapping import NEEDED, Mapping
from jiedao.doors.exchange.reading import Appeal, Trouble, read
from jiedao.ground.districts import current_district
from jiedao.kit.ports import fault
from jiedao.kit.refusal import Refused
from jiedao.kit.text import mask_free
from jiedao.record.models import Event

BATCH = 1_000

REPORT = "sheet line column reason 原因 meaning given case mark_before mark_now".split()
"""The columns of the report. The marks tell two versions of a row apart; what they said is not repeated."""


@dataclass
class Result:
    """What a run did. `bad` counts rows; a row with two faults has two lines in the report."""

    read: int = 0
    added: int = 0
    known: int = 0
    conflicts: int = 0
    bad: int = 0
    troubles: list[Trouble] = field(default_factory=list)


def take(
    path: Path,
    mapping: Mapping,
    report: Path,
    *,
    progress: Callable[[Result], Any] | None = None,
    dry: bool = False,
    batch: int = BATCH,
) -> Result:
    """Imports a file into the district one is in; writes the report. `progress(result)` after each batch.

    Refuses what `sheets` and `missing_columns` refuse, before anything is written.
    """
    result, books, seen = Result(), filing.Books(mapping), _Seen()
    with report.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(REPORT)
        rows = _rows(path, mapping)
        while lot := list(islice(rows, batch)):
            good = list(_checked(lot, mapping, seen, result))
            with transaction.atomic():
                _settle(good, mapping, books, result, dry=dry)
            fault("import: batch kept")
            writer.writerows(_line(trouble) for trouble in result.troubles)
            file.flush()
            result.troubles.clear()
            if progress:
                progress(result)
    return result


Found = tuple[str, sheets.Row | sheets.Torn]


def _rows(path: Path, mapping: Mapping) -> Iterator[Found]:
    """The rows of every sheet that has the columns; what a sheet lacks is one line of the report.

    Where no sheet has them: `missing_columns`.
    """
    fits, lacking = False, []
    for sheet in sheets.sheets(path):
        missing = [mapping.columns[ours] for ours in NEEDED if mapping.columns[ours] not in sheet.columns]
        if missing:
            lacking.append((sheet, missing))
            continue
        fits = True
        yield from ((sheet.name, row) for row in sheet.rows)
    if not fits:
        there = lacking[0][0].columns[:30] if lacking else []
        missing = lacking[0][1] if lacking else []
        raise Refused("missing_columns", path=path.name, missing=missing, there=there, mapping=mapping.name)
    for sheet, missing in lacking:
        yield sheet.name, sheets.Torn(1, 1, "missing_columns", ", ".join(missing))


class _Seen:
    """The numbers met so far, eight bytes each, so that a long file does not fill the memory."""

    def __init__(self) -> None:
        self._hashes: set[int] = set()

    def before(self, key: str) -> bool:
        known = len(self._hashes)
        self._hashes.add(int.from_bytes(hashlib.blake2b(key.encode(), digest_size=8).digest(), "big"))
        return len(self._hashes) == known


def _checked(lot: Iterable[Found], mapping: Mapping, seen: _Seen, result: Result) -> Iterator[Appeal]:
    for sheet, row in lot:
        result.read += 1
        if isinstance(row, sheets.Torn):
            result.bad += 1
            result.troubles.append(Trouble(sheet, row.line, "", row.rule, row.given))
            continue
        found = read(row, sheet, mapping)
        if isinstance(found, Appeal) and seen.before(found.key):
            found = [Trouble(sheet, row.line, mapping.columns["key"], "key_twice", found.key)]
        if isinstance(found, Appeal):
            yield found
        else:
            result.bad += 1
            result.troubles += found


def _settle(good: list[Appeal], mapping: Mapping, books: filing.Books, result: Result, *, dry: bool) -> None:
    """Sorts the batch into new, known and changed rows, and writes the new ones."""
    known = _known(mapping.source, [appeal.key for appeal in good])
    fresh = []
    for appeal in good:
        number, mark = known.get(appeal.key, ("", ""))
        if not number:
            fresh.append(appeal)
        elif mark == appeal.mark:
            result.known += 1
        else:
            result.conflicts += 1
            column = mapping.columns["key"]
            result.troubles.append(
                Trouble(appeal.sheet, appeal.line, column, "conflict", appeal.key, number, mark, appeal.mark)
            )
    result.added += len(fresh)
    if fresh and not dry:
        filing.write(fresh, books)


def _known(source: str, keys: list[str]) -> dict[str, tuple[str, str]]:
    """Case number and mark of what was imported before.

    Under a lock of the source: two runs on one file would each find the same rows new, and the later one fail.
    """
    with connection.cursor() as cursor:
        name = f"{current_district().schema_name}:import:{source}"
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [name])
    rows = Event.objects.filter(source=source, source_key__in=keys).values_list("source_key", "case__number", "raw")
    return {key: (number, raw.get("mark", "")) for key, number, raw in rows}


def _line(trouble: Trouble) -> list[str | int]:
    chinese, english = reasons.told(trouble.rule)
    texts = trouble.column, trouble.rule, chinese, english, trouble.given, trouble.number, trouble.was, trouble.now
    return [_safe(trouble.sheet), trouble.line, *(_safe(text) for text in texts)]


def _safe(text: str) -> str:
    """A cell that no spreadsheet takes for a formula, with personal data out (A15)."""
    text = mask_free(text[:120])
    return f"'{text}" if text.startswith(tuple("=+-@\t\r")) else text
