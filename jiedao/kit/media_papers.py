"""Papers (文书): PDF, sheets, documents and tables, read through for what would act, reach out or unfold without end.

Runs in the media child only.
"""

import csv
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any
from xml.parsers import expat

from jiedao.kit.media_child import Found, Unfit, copy

MOST_OBJECTS = 200_000
UNPACKED = 200 * 1024 * 1024
RATIO = 100
ENTRIES = 1_000
ROWS = 50_000
COLUMNS = 200
_PIECE = 1 << 20

# What makes a PDF act: a name that is a key, an action's or an annotation's kind.
_ACTING = frozenset(
    f"/{name}"
    for name in (
        *("JS", "JavaScript", "Launch", "EmbeddedFile", "EmbeddedFiles", "FileAttachment", "RichMedia", "XFA"),
        *("SubmitForm", "ImportData", "GoToE", "GoToR", "Rendition", "Movie", "Sound", "3D", "Screen"),
    )
)
_ACTING_RAW = re.compile(rb"/(?:JavaScript|Launch|EmbeddedFile|RichMedia|SubmitForm)[^A-Za-z0-9]")
_ESCAPED = re.compile(rb"#([0-9A-Fa-f]{2})")


def pdf_of(source: Path, out: Path) -> Found:
    """A PDF, as it came, if nothing in it acts. A file under a password cannot be read through, so it is not taken."""
    from pypdf import PdfReader  # noqa: PLC0415 -- slow import

    content = source.read_bytes()
    _plain_end(content)
    reader = PdfReader(source)
    if reader.is_encrypted:
        raise Unfit("encrypted")
    # Readers repair a broken table of objects by searching the bytes, so the bytes are searched too.
    if _ACTING_RAW.search(_ESCAPED.sub(lambda code: bytes([int(code[1], 16)]), content)):
        raise Unfit("active")
    for value in _objects(reader):
        _passive(value)
    pages = len(reader.pages)
    if not pages:
        raise Unfit("broken")
    copy(source, out)
    return {"kind": "pdf", "mime": "application/pdf", "suffix": "pdf", "pages": pages}


def _plain_end(content: bytes) -> None:
    """A PDF and nothing else: no archive hung on its end, no page of HTML at its head."""
    end = content.rfind(b"%%EOF")
    if end < 0:
        raise Unfit("broken")
    if (
        len(content) - end > 1024
        or b"PK\x05\x06" in content[end:]
        or re.search(rb"<(?:html|script|svg)", content[:1024], re.I)
    ):
        raise Unfit("active")


def _objects(reader: Any) -> Iterator[Any]:
    from pypdf.generic import IndirectObject  # noqa: PLC0415 -- slow import

    numbers = {(number, generation) for generation, table in reader.xref.items() for number in table}
    numbers |= {(number, 0) for number in reader.xref_objStm}
    if len(numbers) > MOST_OBJECTS:
        raise Unfit("too_heavy")
    for number, generation in numbers:
        if number:
            yield reader.get_object(IndirectObject(number, generation, reader))
    yield reader.trailer


def _passive(value: Any) -> None:
    from pypdf.generic import ArrayObject, DictionaryObject, NameObject  # noqa: PLC0415 -- slow import

    waiting = [value]
    while waiting:
        at = waiting.pop()
        if isinstance(at, DictionaryObject):
            if _ACTING & at.keys() or any(isinstance(each, NameObject) and each in _ACTING for each in _raw(at)):
                raise Unfit("active")
            waiting += _raw(at)
        elif isinstance(at, ArrayObject):
            waiting += list.__iter__(at)


def _raw(at: Any) -> list[Any]:
    """The values as written; the dictionary's own reading would follow every reference, round in circles."""
    return [dict.__getitem__(at, key) for key in at]


_OFFICE = {
    "spreadsheetml.sheet.main+xml": (
        "sheet",
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        "xlsx",
    ),
    "wordprocessingml.document.main+xml": (
        "document",
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        "docx",
    ),
}
_MACROS = re.compile(r"vbaproject|vbadata|macrosheet|activex|macroenabled", re.I)
_EMBEDDED = re.compile(r"(?:^|/)(?:embeddings|externallinks)/|oleobject|afchunk", re.I)
_ROW = re.compile(rb"<(?:[\w.-]+:)?row[\s/>]")
# A cell to the right of column GR, the two hundredth.
_FAR_CELL = re.compile(rb"""<(?:[\w.-]+:)?c\s[^>]{0,80}?r=["'](?:[A-Z]{3}|[H-Z][A-Z]|G[S-Z])[0-9]""")
_DDE = re.compile(rb"(?:instrText[^>]{0,200}>|instr=[\"'])[^<\"']{0,200}\bDDE", re.I)


def office_of(source: Path, out: Path) -> Found:
    """A sheet or a document, as it came, if it holds no macro, no foreign object and does not unfold without end."""
    with zipfile.ZipFile(source) as archive:
        entries = archive.infolist()
        _sound(source, archive, entries)
        kind = _kind(archive)
        unpacked = 0
        for entry in entries:
            unpacked = _through(archive, entry, unpacked, is_sheet=kind[0] == "sheet")
        if unpacked > RATIO * max(source.stat().st_size, 1):
            raise Unfit("bomb")
    copy(source, out)
    return dict(zip(("kind", "mime", "suffix"), kind, strict=True))


def _sound(source: Path, archive: zipfile.ZipFile, entries: list[zipfile.ZipInfo]) -> None:
    """The archive says one thing only: no entry twice or over another, nothing before or behind, nothing hidden."""
    if len(entries) > ENTRIES or sum(entry.file_size for entry in entries) > UNPACKED:
        raise Unfit("bomb")
    names = [entry.filename for entry in entries]
    if len({name.casefold() for name in names}) < len(names) or archive.comment:
        raise Unfit("broken")
    at = 0
    for entry in sorted(entries, key=lambda each: each.header_offset):
        if entry.flag_bits & 0x1:
            raise Unfit("encrypted")
        if entry.header_offset < at:
            raise Unfit("bomb")
        at = entry.header_offset + 30 + len(entry.filename) + entry.compress_size
        if entry.filename.startswith(("/", "\\")) or ".." in entry.filename.split("/") or "\\" in entry.filename:
            raise Unfit("broken")
        if _MACROS.search(entry.filename):
            raise Unfit("macros")
        if _EMBEDDED.search(entry.filename):
            raise Unfit("active")
    with source.open("rb") as file:
        file.seek(-22, 2)
        is_whole = file.read(4) == b"PK\5\6"
    if not is_whole or min(entry.header_offset for entry in entries):
        raise Unfit("broken")


def _kind(archive: zipfile.ZipFile) -> tuple[str, str, str]:
    try:
        with archive.open("[Content_Types].xml") as file:
            types = [told["ContentType"] for told in _elements(file) if "ContentType" in told]
    except KeyError:
        raise Unfit("kind", found="zip") from None
    if any(_MACROS.search(told) for told in types):
        raise Unfit("macros")
    if any("oleObject" in told for told in types):
        raise Unfit("active")
    for ending, kind in _OFFICE.items():
        if any(told.endswith(ending) for told in types):
            return kind
    raise Unfit("kind", found="zip")


def _elements(file: IO[bytes]) -> list[dict[str, str]]:
    """The attributes of every element of a small part; a document type would bring entities, so it ends here."""
    found: list[dict[str, str]] = []
    parser = expat.ParserCreate()
    parser.StartElementHandler = lambda name, told: found.append(told)
    parser.StartDoctypeDeclHandler = _refuse_doctype
    parser.Parse(file.read(_PIECE), True)
    return found


def _refuse_doctype(*told: Any) -> None:
    raise Unfit("active")


def _through(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, before: int, *, is_sheet: bool) -> int:
    """Unpacks one entry to its end, piece by piece; what its header says of its size is not believed."""
    is_xml = entry.filename.lower().endswith((".xml", ".rels", ".vml"))
    size = rows = 0
    tail = b""
    with archive.open(entry) as file:
        if entry.filename.lower().endswith(".rels"):
            _reaches_out(_elements(file))
            file.seek(0)
        while piece := file.read(_PIECE):
            size += len(piece)
            if before + size > UNPACKED or (size > _PIECE and size > RATIO * max(entry.compress_size, 1)):
                raise Unfit("bomb")
            if is_xml:
                # The tail of the last piece is looked at again: what is sought may lie across the cut.
                window = tail + piece
                _plain_xml(window)
                if is_sheet:
                    rows += len(_ROW.findall(window)) - len(_ROW.findall(tail))
                    _small(window, rows)
                tail = window[-400:]
    return before + size


def _plain_xml(window: bytes) -> None:
    if b"\0" in window or b"<!DOCTYPE" in window or b"<!ENTITY" in window or _DDE.search(window):
        raise Unfit("active")


def _small(window: bytes, rows: int) -> None:
    if rows > ROWS:
        raise Unfit("rows", most=ROWS)
    if _FAR_CELL.search(window):
        raise Unfit("columns", most=COLUMNS)


def _reaches_out(relations: list[dict[str, str]]) -> None:
    """A link to click may lead outside; a template, a picture or an object fetched on opening may not."""
    for told in relations:
        if told.get("TargetMode") == "External" and not told.get("Type", "").endswith("/hyperlink"):
            raise Unfit("external")


# What a spreadsheet would compute. A number in quotes (="007") is how other systems keep leading noughts.
_FORMULA = re.compile(r"[\t\r ]*(?:=(?![=\s]|\"[^\"]*\"$|$)|@[A-Za-z]+\(|[+-]\s*[A-Za-z]+[^,]*[(|!])")


def table_of(source: Path, out: Path) -> Found:
    """A table in text: UTF-8 or GB 18030, rows and columns, no formulas, and no page that calls itself a table."""
    content = source.read_bytes()
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        try:
            text = content.decode("gb18030")
        except UnicodeDecodeError:
            raise Unfit("kind") from None
    if not text.strip():
        raise Unfit("empty")
    if re.search(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]", text) or re.match(r"\s*(?:<|%!|#!|\{\\rtf)", text):
        raise Unfit("kind")
    for number, row in enumerate(csv.reader(text.splitlines(keepends=True)), start=1):
        if len(row) > COLUMNS:
            raise Unfit("columns", most=COLUMNS)
        if any(_FORMULA.match(cell) for cell in row):
            raise Unfit("active", row=number)
    copy(source, out)
    return {"kind": "table", "mime": "text/csv", "suffix": "csv"}
