"""Sheets (表格): rows of a CSV (gzip too) or XLSX file with the line each began on, within limits (A10).

A CSV is read line by line and may be of any length. Where a line cannot be read the rest still is: an open quote
costs its own row, not the file.
"""

import contextlib
import csv
import gzip
import io
import tempfile
import zlib
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import IO, cast

from python_calamine import CalamineError, CalamineWorkbook

from jiedao.kit import media
from jiedao.kit.refusal import Refused

COLUMNS = 200
CELL = 100_000
"""Characters of one cell; a quote that never closes would otherwise swallow the rest of the file."""

LINE = 1_000_000
"""Characters of one line. What is longer is passed over, and beyond a hundred times that the file is no table."""

REREAD = 50_000_000
"""Characters read a second time after open quotes, in all: a file full of them must end too."""

ENCODINGS = ("utf-8-sig", "gb18030")


@dataclass(frozen=True, slots=True)
class Row:
    """The cells of one row by the names of their columns, and the line it began on."""

    line: int
    cells: dict[str, str]


@dataclass(frozen=True, slots=True)
class Torn:
    """A line, or several, that cannot be read: by which reason, and how it begins."""

    line: int
    until: int
    rule: str
    given: str = ""


@dataclass(frozen=True)
class Sheet:
    """One table of a file. `name` is empty for a CSV, which has only one."""

    name: str
    columns: list[str]
    rows: Iterator[Row | Torn]


def sheets(path: Path) -> Iterator[Sheet]:
    """The tables of a file. Refuses `no_such_file`, `not_a_sheet`, `bad_file` with what is wrong."""
    if not path.is_file():
        raise Refused("no_such_file", path=path.name)
    with path.open("rb") as file:
        head = file.read(4)
    if head[:2] == b"PK":
        yield from _xlsx(path)
    else:
        yield from _csv(path, packed=head[:2] == b"\x1f\x8b")


def columns(path: Path) -> list[str]:
    """The names in the first line of every table of a file."""
    return [name for sheet in sheets(path) for name in sheet.columns]


def _csv(path: Path, *, packed: bool) -> Iterator[Sheet]:
    csv.field_size_limit(CELL)
    with _text(path, packed) as file:
        lines = _Lines(file)
        try:
            names = [name.strip() for name in next(csv.reader(lines, strict=True), [])]
        except (csv.Error, _Ended) as broken:
            raise Refused("not_a_sheet", path=path.name, why=str(broken)[:120]) from None
        _check_names(names, path)
        yield Sheet("", [name for name in names if name], _rows(lines, names))


def _rows(lines: "_Lines", names: list[str]) -> Iterator[Row | Torn]:
    reader = csv.reader(lines, strict=True)
    while True:
        lines.begin()
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as broken:
            yield lines.give_back(str(broken))
            continue
        except _Ended:
            yield Torn(lines.number, lines.number, "file_ends")
            return
        if not cells:
            continue
        if any(cells[len(names) :]):
            yield Torn(lines.began, lines.number, "too_many_cells", cells[0][:60])
            continue
        cells += [""] * (len(names) - len(cells))
        yield Row(lines.began, {name: cell for name, cell in zip(names, cells, strict=False) if name})


class _Ended(Exception):
    """The file breaks off, or what follows is no table."""


class _Lines:
    """Lines of a text for `csv.reader`, counted; those of a row that could not be read can be given back."""

    def __init__(self, file: IO[str]) -> None:
        self.number = 0
        self.began = 1
        self._file = file
        self._held: list[str] = []
        self._again: deque[str] = deque()
        self._reread = 0

    def __iter__(self) -> "_Lines":
        return self

    def __next__(self) -> str:
        line = self._again.popleft() if self._again else self._read()
        self.number += 1
        self._held.append(line)
        return line

    def begin(self) -> None:
        """A row begins with the next line."""
        self._held.clear()
        self.began = self.number + 1

    def give_back(self, why: str) -> Torn:
        """The row's first line is lost; the others are read again, each for itself."""
        held, began = self._held, self.began
        given = held[0][:60].strip() if held else ""
        rule = "line_unreadable" if len(held) < 2 and "larg" in why else "quote_open"
        if len(held) < 2 or self._reread > REREAD:
            return Torn(began, self.number, rule, given)
        self._reread += sum(map(len, held))
        self._again.extendleft(reversed(held[1:]))
        self.number = began
        return Torn(began, began, rule, given)

    def _read(self) -> str:
        line = self._part()
        if len(line) < LINE or line.endswith(("\n", "\r")):
            if not line:
                raise StopIteration
            return line
        for _ in range(100):
            rest = self._part()
            if not rest or rest.endswith(("\n", "\r")):
                self.number += 1
                self._held.append(line[:60])
                raise csv.Error("line too large")
        raise _Ended("a line without an end")

    def _part(self) -> str:
        try:
            return self._file.readline(LINE)
        except (EOFError, OSError, zlib.error) as broken:
            raise _Ended(str(broken)) from None


def _text(path: Path, packed: bool) -> IO[str]:
    """UTF-8, or GB 18030 as Chinese office programs save it: decided by whether the first megabyte decodes.

    A byte that fits neither becomes half a character, which no row with it passes.
    """
    sample = _sample(path, packed)
    if not sample.strip():
        raise Refused("not_a_sheet", path=path.name, why="empty")
    encoding = ENCODINGS[0]
    try:
        sample.decode("utf-8")
    except UnicodeDecodeError as broken:
        if broken.start < len(sample) - 4 and _decodes(sample[:-4], ENCODINGS[1]):
            encoding = ENCODINGS[1]
    return io.TextIOWrapper(_opened(path, packed), encoding=encoding, errors="surrogateescape", newline="")


def _sample(path: Path, packed: bool) -> bytes:
    """The first megabyte, or what there is of it: a file that breaks off later still has rows."""
    sample = b""
    with contextlib.suppress(OSError, EOFError, zlib.error), _opened(path, packed) as file:
        while len(sample) < 1 << 20 and (part := file.read(1 << 12)):
            sample += part
    return sample


def _opened(path: Path, packed: bool) -> IO[bytes]:
    return cast("IO[bytes]", gzip.open(path)) if packed else path.open("rb")


def _decodes(sample: bytes, encoding: str) -> bool:
    try:
        sample.decode(encoding)
    except UnicodeDecodeError as broken:
        return broken.start > len(sample) - 4
    return True


def _check_names(names: list[str], path: Path) -> None:
    known = [name for name in names if name]
    if not known or len(names) > COLUMNS or any(not name.isprintable() for name in known):
        raise Refused("not_a_sheet", path=path.name, why="no names of columns in the first line")
    if twice := sorted({name for name in known if known.count(name) > 1}):
        raise Refused("columns_twice", path=path.name, twice=twice[:10])


def _xlsx(path: Path) -> Iterator[Sheet]:
    """Every table of a workbook, looked through by a child with limits of memory and time before it is opened here."""
    with tempfile.TemporaryDirectory() as folder:
        kept = Path(folder) / "kept"
        if media.inspect(path, path.name, kept).kind != "sheet":
            raise Refused("not_a_sheet", path=path.name, why="not a workbook")
        try:
            book = CalamineWorkbook.from_path(str(kept))
            for name in book.sheet_names:
                table = book.get_sheet_by_name(name).to_python(skip_empty_area=False)
                if table and any(any(cell != "" for cell in row) for row in table):
                    names = [_cell(cell).strip() for cell in table[0]]
                    _check_names(names, path)
                    yield Sheet(name, [each for each in names if each], _table(table[1:], names))
        except (CalamineError, OSError, ValueError) as broken:
            raise Refused("not_a_sheet", path=path.name, why=str(broken)[:120]) from None


def _table(table: Sequence[Sequence[object]], names: list[str]) -> Iterator[Row | Torn]:
    for line, cells in enumerate(table, start=2):
        if any(cell != "" for cell in cells):
            yield Row(line, {name: _cell(cell) for name, cell in zip(names, cells, strict=False) if name})


def _cell(value: object) -> str:
    """A cell as text; whole numbers without the `.0` that sheets give them."""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, datetime):
        return value.isoformat(sep=" ", timespec="seconds")
    return str(value)[: CELL + 1]
