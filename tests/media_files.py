"""Files (样例文件) for the tests of media: every hostile one is made here, none is kept in the repository."""

import io
import random
import struct
import zipfile
import zlib

import pytest
from PIL import Image
from pypdf import PdfWriter

from jiedao.kit.media import inspect
from jiedao.kit.refusal import Refused


def look(tmp_path, content, name="照片.jpg"):
    source = tmp_path / "upload"
    source.write_bytes(content)
    return inspect(source, name, tmp_path / "kept")


def why(tmp_path, content, name="照片.jpg"):
    """The reason a file is refused for; nothing of it may be left."""
    with pytest.raises(Refused) as refused:
        look(tmp_path, content, name)
    assert refused.value.rule == "bad_file"
    assert [file.name for file in tmp_path.iterdir()] == ["upload"]
    return refused.value.facts["why"]


def picture(width=400, height=300, mode="RGB", form="JPEG", **how):
    noise = random.Random(7).randbytes(width * 3)
    image = Image.frombytes("RGB", (width, 1), noise).resize((width, height)).convert(mode)
    out = io.BytesIO()
    image.save(out, form, **how)
    return out.getvalue()


def bomb_png(width, height):
    """A PNG whose few bytes unfold to width times height."""

    def chunk(kind, body):
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    packer = zlib.compressobj(9)
    row = bytes(1 + width * 3)
    body = b"".join(packer.compress(row) for _ in range(height)) + packer.flush()
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", body) + chunk(b"IEND", b"")


def pdf(change=None):
    writer = PdfWriter()
    writer.add_blank_page(200, 200)
    if change:
        change(writer)
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


MAIN = "application/vnd.openxmlformats-officedocument"
SHEET_MAIN = f"{MAIN}.spreadsheetml.sheet.main+xml"
DOCUMENT_MAIN = f"{MAIN}.wordprocessingml.document.main+xml"


def office(parts, compression=zipfile.ZIP_DEFLATED):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", compression) as archive:
        for name, body in parts.items():
            archive.writestr(name, body)
    return out.getvalue()


def types(*kinds):
    told = "".join(f'<Override PartName="/p{number}.xml" ContentType="{kind}"/>' for number, kind in enumerate(kinds))
    return f'<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">{told}</Types>'


def sheet(body='<sheetData><row r="1"><c r="A1" t="n"><v>1</v></c></row></sheetData>', *more, **parts):
    return office(
        {
            "[Content_Types].xml": types(SHEET_MAIN, *more),
            "xl/workbook.xml": "<workbook/>",
            "xl/worksheets/sheet1.xml": f"<worksheet>{body}</worksheet>",
            **parts,
        }
    )


def document(body="<w:document/>", *more, **parts):
    return office({"[Content_Types].xml": types(DOCUMENT_MAIN, *more), "word/document.xml": body, **parts})
