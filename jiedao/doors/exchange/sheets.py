"""Sheets (表格): rows of a CSV (gzip too) or XLSX file with the line each began on, within limits (A10)."""

import csv
import gzip
import io
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from python_calamine import CalamineError, CalamineWorkbook

from jiedao.kit.refusal import Refused

XLSX_PACKED = 20 * 1024 * 1024
XLSX_UNPACKED = 200 * 1024 * 1024
XLSX_RATIO = 100
XLSX_PARTS = 1_000
XLSX_ROWS = 50_000
COLUMNS = 200
CELL = 200_000
"""Characters of one cell; a quote that never closes would otherwise swallow the rest of the file."""

Row = tuple[int, dict[str, str]]
ENCODINGS = ("utf-8-sig", "gb18030")


def rows(path: Path) -> Iterator[Row]:
    """Line number and cells by column name. Refuses `no_such_file`, `not_a_sheet`, `sheet_too_large`."""
    if not path.is_file():
        raise Refused("no_such_file", path=path.name)
    with path.open("rb") as file:
        head = file.read(4)
    if head[:2] == b"\x1f\x8b" or head[:2] != b"PK":
        yield from _csv(path, packed=head[:2] == b"\x1f\x8b")
    else:
        yield from _xlsx(path)


def columns(path: Path) -> list[str]:
    """The names in the first line."""
    for _, row in rows(path):
        return list(row)
    return []


def _csv(path: Path, *, packed: bool) -> Iterator[Row]:
    csv.field_size_limit(CELL)
    with _text(path, packed) as file:
        reader = csv.DictReader(file, strict=True)
        try:
            names = reader.fieldnames
            if not names or len(names) > COLUMNS or "\0" in "".join(names):
                raise Refused("not_a_sheet", path=path.name)
            began = reader.line_num + 1
            for row in reader:
                yield began, {k: v or "" for k, v in row.items() if k is not None}
                began = reader.line_num + 1
        except (csv.Error, UnicodeDecodeError, EOFError, gzip.BadGzipFile) as broken:
            raise Refused("not_a_sheet", path=path.name, line=reader.line_num, why=str(broken)[:120]) from None


def _text(path: Path, packed: bool) -> IO[str]:
    """UTF-8, or GB 18030 as Chinese office programs save it: decided by whether the first megabyte decodes."""
    with gzip.open(path) if packed else path.open("rb") as file:
        try:
            sample = file.read(1 << 20)
        except (OSError, EOFError) as broken:
            raise Refused("not_a_sheet", path=path.name, why=str(broken)[:120]) from None
    encoding = ENCODINGS[0]
    try:
        sample[: len(sample) - 4].decode("utf-8")
    except UnicodeDecodeError as broken:
        if broken.start < len(sample) - 8:
            encoding = ENCODINGS[1]
    raw = gzip.open(path) if packed else path.open("rb")
    return io.TextIOWrapper(raw, encoding=encoding, newline="")  # type: ignore[arg-type]


def _xlsx(path: Path) -> Iterator[Row]:
    _within_limits(path)
    try:
        sheet = CalamineWorkbook.from_path(str(path)).get_sheet_by_index(0)
        table = sheet.to_python(skip_empty_area=False)
    except (CalamineError, OSError, ValueError) as broken:
        raise Refused("not_a_sheet", path=path.name, why=str(broken)[:120]) from None
    if not table or len(table) > XLSX_ROWS + 1 or len(table[0]) > COLUMNS:
        raise Refused("sheet_too_large" if table else "not_a_sheet", path=path.name, rows=XLSX_ROWS, columns=COLUMNS)
    names = [str(cell).strip() for cell in table[0]]
    for line, cells in enumerate(table[1:], start=2):
        yield line, {name: _cell(cell) for name, cell in zip(names, cells, strict=False) if name}


def _within_limits(path: Path) -> None:
    """Looks at the archive's directory before anything is unpacked: 0.9 MB can hold hours of work."""
    if path.stat().st_size > XLSX_PACKED:
        raise Refused("sheet_too_large", path=path.name, megabytes=XLSX_PACKED >> 20)
    try:
        with zipfile.ZipFile(path) as archive:
            parts = archive.infolist()
    except zipfile.BadZipFile:
        raise Refused("not_a_sheet", path=path.name) from None
    unpacked = sum(part.file_size for part in parts)
    packed = max(1, sum(part.compress_size for part in parts))
    if len(parts) > XLSX_PARTS or unpacked > XLSX_UNPACKED or unpacked / packed > XLSX_RATIO:
        raise Refused("sheet_too_large", path=path.name, megabytes=XLSX_UNPACKED >> 20)


def _cell(value: object) -> str:
    """A cell as text; whole numbers without the `.0` that sheets give them."""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return value.isoformat(sep=" ") if hasattr(value, "isoformat") else str(value)  # type: ignore[attr-defined]
