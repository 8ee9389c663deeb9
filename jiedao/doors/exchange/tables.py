"""Tables of duty items (清单导入): a file somebody sends, read within limits; every row that cannot stand is named."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from jiedao.doors.exchange import sheets
from jiedao.ground.duties import sheets as cells
from jiedao.ground.duties.sheets import BadCell
from jiedao.ground.duties.written import Written
from jiedao.kit.refusal import Refused

MOST_BYTES = 10_000_000


@contextmanager
def kept(upload: Any) -> Iterator[Path]:
    """What was sent, as a file of ours until it was read. Refuses `bad_file` for one that is too large."""
    if upload.size > MOST_BYTES:
        raise Refused("bad_file", why="too_big", name=str(upload.name)[:80])
    with tempfile.TemporaryDirectory() as folder:
        suffix = ".xlsx" if str(upload.name).lower().endswith(".xlsx") else ".csv"
        path = Path(folder) / f"list{suffix}"
        with path.open("wb") as file:
            for piece in upload.chunks():
                file.write(piece)
        yield path


def items_of(path: Path) -> tuple[list[Written], list[BadCell]]:
    """The items of the first table of a file, and every cell that cannot stand; with one nothing may be taken."""
    for sheet in sheets.sheets(path):
        names = cells.headings(sheet.columns)
        torn: list[BadCell] = []

        def rows(of: sheets.Sheet = sheet, torn: list[BadCell] = torn) -> Iterator[tuple[int, dict[str, str]]]:
            for row in of.rows:
                if isinstance(row, sheets.Torn):
                    torn.append(BadCell(row.line, "", Refused("row_unreadable", why=row.rule, given=row.given)))
                elif any(cell.strip() for cell in row.cells.values()):
                    yield row.line, row.cells

        items, bad = cells.read(rows(), names)
        found = sorted([*torn, *bad], key=lambda one: one.line)
        if not items and not found:
            raise Refused("not_a_sheet", path=path.name, why="no rows")
        return items, found
    raise Refused("not_a_sheet", path=path.name, why="empty")
