"""Media (附件): pictures come out painted anew, other kinds are refused, and the child keeps within its limits."""

import io
import json
import random
import re
import struct
import subprocess
import sys
import time
import zlib
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
from PIL import Image, ImageCms, PngImagePlugin
from PIL.TiffImagePlugin import IFDRational

from jiedao.kit import media
from jiedao.kit.refusal import Refused
from tests.media_files import bomb_png, look, office, picture, sheet, why


def exif(**changes):
    told = Image.Exif()
    told[0x010F] = "CANARY phone"
    inner = {0x9003: "2024:05:13 08:30:00", 0x9286: b"CANARY comment", **changes.get("inner", {})}
    told._ifds[0x8769] = inner
    told._ifds[0x8825] = changes.get(
        "gps", {1: "N", 2: (32.0, 3.0, 25.5), 3: "E", 4: (118.0, 46.0, 3.0), 29: "2024:05:13"}
    )
    for tag, value in changes.get("outer", {}).items():
        told[tag] = value
    return told


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP"])
def test_a_picture_loses_what_it_carried_and_says_when_and_where(tmp_path, form):
    how = {"pnginfo": texts()} if form == "PNG" else {"xmp": b"<x:xmpmeta>CANARY xmp</x:xmpmeta>"}
    if form == "JPEG":
        how["comment"] = b"<script>CANARY()</script>"
    came = picture(form=form, exif=exif(), icc_profile=ImageCms.ImageCmsProfile(srgb()).tobytes(), **how)
    assert b"CANARY" in came

    verdict = look(tmp_path, came, "IMG_0001.HEIC")

    assert (verdict.kind, verdict.mime, verdict.suffix, verdict.name) == (
        "picture",
        "image/jpeg",
        "jpg",
        "IMG_0001.jpg",
    )
    assert verdict.taken_at == datetime(2024, 5, 13, 0, 30, tzinfo=UTC)
    assert (verdict.lon, verdict.lat) == (118.7675, 32.0570833)
    for file in (verdict.kept, verdict.thumb):
        with Image.open(file) as kept:
            assert kept.format == "JPEG"
            assert set(kept.info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density"}
            assert dict(kept.getexif()) == {}
        assert not re.search(rb"CANARY|Exif|xmp|ICC_PROFILE|script|Photoshop", file.read_bytes())


def srgb():
    return ImageCms.createProfile("sRGB")


def texts():
    told = PngImagePlugin.PngInfo()
    told.add_text("Comment", "CANARY text")
    told.add_itxt("XML:com.adobe.xmp", "CANARY xmp", zip=False)
    return told


def test_a_picture_held_sideways_stands_upright(tmp_path):
    verdict = look(tmp_path, picture(400, 300, exif=exif(outer={0x0112: 6})))

    assert (verdict.width, verdict.height) == (300, 400)


def test_a_thumbnail_is_at_most_320_pixels_long(tmp_path):
    verdict = look(tmp_path, picture(1600, 900))

    with Image.open(verdict.thumb) as thumb:
        assert thumb.size == (320, 180)


def test_a_large_picture_is_kept_at_4096_pixels(tmp_path):
    verdict = look(tmp_path, picture(6000, 5000, quality=30))

    assert (verdict.width, verdict.height) == (4096, 3413)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGBA", "I;16"])
def test_every_kind_of_png_comes_out(tmp_path, mode):
    grey = Image.new("L", (40, 30), 200)
    deep = grey.convert("I").point(lambda level: level * 256)
    out = io.BytesIO()
    (deep if mode == "I;16" else grey).convert(mode).save(out, "PNG")

    verdict = look(tmp_path, out.getvalue())

    with Image.open(verdict.kept) as kept:
        assert kept.convert("L").getpixel((20, 15)) > 180


def test_what_is_transparent_comes_out_white(tmp_path):
    out = io.BytesIO()
    Image.new("RGBA", (40, 30), (0, 0, 0, 0)).save(out, "PNG")

    verdict = look(tmp_path, out.getvalue())

    with Image.open(verdict.kept) as kept:
        assert kept.getpixel((20, 15)) == (255, 255, 255)


def test_a_print_in_four_colours_comes_out_in_three(tmp_path):
    verdict = look(tmp_path, picture(mode="CMYK"))

    with Image.open(verdict.kept) as kept:
        assert kept.mode == "RGB"


@pytest.mark.parametrize(
    "changes",
    [
        {"inner": {0x9003: "0000:00:00 00:00:00"}, "gps": {}},
        {"inner": {0x9003: "not a date"}, "gps": {1: "N", 2: (0.0, 0.0, 0.0), 3: "E", 4: (0.0, 0.0, 0.0)}},
        {"inner": {0x9003: "9999:12:31 23:59:59"}, "gps": {1: "N", 2: (99.0, 0.0, 0.0), 3: "E", 4: (999.0, 0.0, 0.0)}},
        {
            "inner": {0x9003: "1900:01:01 00:00:00"},
            "gps": {1: "N", 2: (IFDRational(0, 0),) * 3, 3: "E", 4: (1.0, 1.0, 1.0)},
        },
    ],
)
def test_a_time_or_place_that_cannot_be_is_not_told(tmp_path, changes):
    verdict = look(tmp_path, picture(exif=exif(**changes)))

    assert (verdict.taken_at, verdict.lon, verdict.lat) == (None, None, None)


def test_a_device_that_says_its_zone_is_taken_at_its_word(tmp_path):
    verdict = look(
        tmp_path,
        picture(exif=exif(inner={0x9011: "-05:00"}, gps={1: "S", 2: (1.5, 0.0, 0.0), 3: "W", 4: (2.0, 0.0, 0.0)})),
    )

    assert verdict.taken_at == datetime(2024, 5, 13, 13, 30, tzinfo=UTC)
    assert (verdict.lon, verdict.lat) == (-2.0, -1.5)


def head(width, height):
    body = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return body + struct.pack(">I", zlib.crc32(body))


@pytest.mark.parametrize(("width", "height"), [(30001, 1000), (65535, 65535), (2**31 - 1, 2**31 - 1), (6000, 5001)])
def test_a_picture_above_thirty_megapixels_is_refused_before_it_unfolds(tmp_path, width, height):
    claims = bomb_png(100, 10).replace(head(100, 10), head(width, height))
    began = time.monotonic()

    assert why(tmp_path, claims) == "pixels"
    assert time.monotonic() - began < 2


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP"])
def test_a_cut_picture_is_refused(tmp_path, form):
    came = picture(form=form)

    assert why(tmp_path, came[: len(came) // 2]) == "broken"


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP"])
def test_what_hangs_on_a_picture_does_not_come_through(tmp_path, form):
    archive = office({"evil.html": b"CANARY"})

    verdict = look(tmp_path, picture(form=form) + b"<html><script>CANARY()</script>" + archive)

    assert b"CANARY" not in verdict.kept.read_bytes()
    assert b"PK\x03\x04" not in verdict.kept.read_bytes()


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", "a.png"),
        (b"\xef\xbb\xbf  <!DOCTYPE html><script>alert(1)</script>", "a.csv"),
        (b"<?xml version='1.0'?><a/>", "a.xlsx"),
        (b"GIF89a\x01\x00\x01\x00\x80\x00\x00/*", "a.jpg"),
        (b"BM" + bytes(60), "a.jpg"),
        (b"MZ\x90\x00" + bytes(200), "a.pdf"),
        (b"\x7fELF" + bytes(60), "a.docx"),
        (b"#!/bin/sh\nrm -rf /\n", "a.csv"),
        (b"%!PS-Adobe-3.0\n", "a.pdf"),
        (b"{\\rtf1 x}", "a.docx"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "a.xls"),
        (b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00heicmif1", "a.heic"),
        (b"\x1f\x8b\x08" + bytes(60), "a.csv"),
        (b"Rar!\x1a\x07\x00" + bytes(60), "a.csv"),
        (b"RIFF\x00\x00\x00\x00AVI " + bytes(60), "a.webp"),
        (b"II*\x00" + bytes(60), "a.tif"),
        (b"\xff\xfb\x90\x00" + bytes(400), "a.mp3"),
        ("a,b\n".encode("utf-16"), "a.csv"),
    ],
)
def test_a_kind_we_do_not_take_is_refused_whatever_it_is_called(tmp_path, content, name):
    assert why(tmp_path, content, name) == "kind"


def test_an_empty_and_a_too_large_file_are_refused_before_they_are_opened(tmp_path):
    assert why(tmp_path, b"") == "empty"
    assert why(tmp_path, b"\xff\xd8\xff" + bytes(media.LARGEST)) == "too_big"


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("../../etc/passwd", "passwd.jpg"),
        ("C:\\Users\\x\\photo.png", "photo.jpg"),
        ("a\r\nX-Evil: 1.jpg", "a__X-Evil_ 1.jpg"),
        ("甲\u202egpj.exe", "甲_gpj.jpg"),
        ("", "file.jpg"),
        (".jpg", "_jpg.jpg"),
        ("长" * 300 + ".jpg", "长" * 80 + ".jpg"),
        ("index.php.jpg", "index_php.jpg"),
        ("<script>.html", "_script_.jpg"),
    ],
)
def test_a_name_keeps_its_words_and_takes_the_ending_of_its_content(tmp_path, name, kept):
    assert look(tmp_path, picture(40, 30), name).name == kept


def transparent():
    out = io.BytesIO()
    Image.new("RGBA", (6000, 5000), (9, 9, 9, 90)).save(out, "PNG", compress_level=1)
    return out.getvalue()


def noise_text(size):
    words = [random.Random(at).randbytes(300).hex().encode() for at in range(100)]
    return b"".join(random.Random(7).choices(words, k=size // 600))


HEAVY = {
    "picture at the limit": lambda: picture(6000, 5000, quality=60),
    "png at the limit": lambda: bomb_png(6000, 5000),
    "transparent png": transparent,
    "webp at the limit": lambda: picture(6000, 5000, form="WEBP", quality=20, method=0),
    "sheet at the limit": lambda: sheet("<row/>" * 50_000, **{"xl/sharedStrings.xml": noise_text(60_000_000)}),
}


@pytest.mark.nightly
def test_of_200_pictures_none_keeps_its_metadata(tmp_path):
    chance = random.Random(7)
    for number in range(200):
        form = chance.choice(["JPEG", "PNG", "WEBP"])
        mode = chance.choice(["RGB", "L"] if form == "JPEG" else ["RGB", "RGBA"])
        told = exif(outer={0x0112: chance.randint(1, 8)})
        came = picture(chance.randint(20, 900), chance.randint(20, 900), mode, form, exif=told)
        (tmp_path / str(number)).mkdir()

        verdict = look(tmp_path / str(number), came)

        for file in (verdict.kept, verdict.thumb):
            assert not re.search(rb"CANARY|Exif|http", file.read_bytes())


@pytest.mark.nightly
@pytest.mark.parametrize("heavy", HEAVY)
def test_the_heaviest_files_stay_within_half_a_gigabyte_and_five_seconds(tmp_path, heavy):
    (tmp_path / "upload").write_bytes(HEAVY[heavy]())
    measured = subprocess.run(
        [sys.executable, "-c", MEASURE, str(tmp_path)],
        capture_output=True,
        check=True,
        cwd=Path(media.__file__).parents[2],
    )

    told = json.loads(measured.stdout)

    print(heavy, told)
    assert told["rss"] < 512 * 1024
    assert told["seconds"] < 5


MEASURE = """
import json, resource, sys, time
from pathlib import Path
from jiedao.kit.media import inspect
from jiedao.kit.refusal import Refused
folder, began = Path(sys.argv[1]), time.monotonic()
try:
    outcome = inspect(folder / "upload", "a", folder / "kept").kind
except Refused as refused:
    outcome = refused.facts["why"]
rss = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
print(json.dumps({"rss": rss, "seconds": time.monotonic() - began, "outcome": outcome}))
"""


def test_a_child_that_takes_too_long_is_ended(tmp_path, monkeypatch):
    monkeypatch.setattr(media, "WALL_SECONDS", 0.01)

    assert why(tmp_path, picture()) == "too_heavy"


def test_a_child_that_cannot_start_is_our_fault_not_the_file_s(tmp_path, monkeypatch):
    monkeypatch.setattr(media, "_CHILD", "import nothing_of_that_name")

    with pytest.raises(RuntimeError, match="did not start"):
        look(tmp_path, picture())
    assert not (tmp_path / "kept").exists()


def test_the_child_sees_nothing_of_our_environment(tmp_path, monkeypatch):
    monkeypatch.setenv("DATABASE_URL", "postgresql://secret")
    monkeypatch.setattr(
        media, "_CHILD", "import json, os; print(json.dumps({'why': 'kind', 'seen': sorted(os.environ)}))"
    )

    with pytest.raises(Refused) as refused:
        look(tmp_path, picture())

    assert set(refused.value.facts["seen"]) <= {"LC_CTYPE"}


@contextmanager
def no_turns_left():
    for _ in range(media._AT_ONCE):
        media._turns.acquire()
    try:
        yield
    finally:
        for _ in range(media._AT_ONCE):
            media._turns.release()


def test_uploads_wait_for_one_another_and_not_for_ever(tmp_path, monkeypatch):
    monkeypatch.setattr(media, "_LONGEST_WAIT", 0.05)

    with no_turns_left(), pytest.raises(Refused, match="busy"):
        look(tmp_path, picture())
    assert look(tmp_path, picture()).kind == "picture"
