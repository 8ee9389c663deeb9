"""Tables to take away (导出表格): CSV that a spreadsheet opens as text and numbers, never as formulas (A15)."""

import csv
import io
import re
from collections.abc import Iterable, Sequence
from typing import Any

from django.http import HttpResponse
from django.utils.translation import gettext

from jiedao.doors.web.templatetags.jiedao_ui import named
from jiedao.ground.people import Actor
from jiedao.kit.clock import local, now

MOST = 10_000
"""Rows of one export (A10)."""

FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠", "﹦", "﹢", "﹣")


def answer(name: str, rows: Iterable[Sequence[object]]) -> HttpResponse:
    """The rows as a file to be saved. What is beyond the limit is left out, and the last line says so."""
    file = io.StringIO()
    writer = csv.writer(file)
    for at, row in enumerate(rows):
        if at > MOST:
            writer.writerow([f"only the first {MOST} rows"])
            break
        writer.writerow([cell(value) for value in row])
    given = HttpResponse(f"\ufeff{file.getvalue()}", content_type="text/csv; charset=utf-8")
    given.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return given


def preamble(title: str, asked: str, by: Actor, purpose: str) -> list[list[str]]:
    """The first lines of every list that leaves: what it is, what was asked, as of when, who took it, what for."""
    post = f"{named(by.post.unit)} {named(by.post)}" if by.post else ""
    return [
        [title],
        [gettext("Filter"), asked or gettext("none")],
        [gettext("As of"), f"{local(now()):%Y-%m-%d %H:%M}"],
        [gettext("Taken by"), post],
        [gettext("Purpose"), purpose],
        [],
    ]


def workbook(name: str, title: str, rows: Iterable[Sequence[object]], *, plain: bool = False) -> HttpResponse:
    """The rows as a workbook with one sheet; every cell is text, so that nothing in it is computed.

    A `plain` one leaves the cells unformatted: of thousands of rows the formats cost more than all else.
    """
    from openpyxl import Workbook  # noqa: PLC0415 -- slow import
    from openpyxl.cell import WriteOnlyCell  # noqa: PLC0415 -- slow import
    from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE  # noqa: PLC0415 -- slow import
    from openpyxl.styles import Alignment, Font  # noqa: PLC0415 -- slow import

    book = Workbook(write_only=True)
    sheet = book.create_sheet(re.sub(r"[\[\]:*?/\\]", " ", title)[:31])
    sheet.freeze_panes = "A2"
    for at, row in enumerate(rows):
        cells: list[Any] = []
        for value in row:
            text = "" if value is None else ILLEGAL_CHARACTERS_RE.sub("", str(value))[:32_000]
            if plain and at and not text.startswith("="):
                cells.append(text)
                continue
            made = WriteOnlyCell(sheet, text)
            made.data_type, made.number_format = "s", "@"
            made.alignment = Alignment(vertical="top", wrap_text=True)
            if at == 0:
                made.font = Font(bold=True)
            cells.append(made)
        sheet.append(cells)
        if at > MOST:
            break
    file = io.BytesIO()
    book.save(file)
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    given = HttpResponse(file.getvalue(), content_type=kind)
    given.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return given


def cell(value: object) -> object:
    """A value as a cell. Text that a spreadsheet would compute gets an apostrophe; nothing is an empty cell."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, str) and value.startswith(FORMULA):
        return f"'{value}"
    return value
