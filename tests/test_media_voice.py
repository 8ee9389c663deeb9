"""Voice notes (语音): measured by their sound, cleared of titles, and nothing else gets through as one."""

import struct

import pytest

from jiedao.kit.media_voice import _checksum
from tests.media_files import look, why


def page(number, packets, flags=0, tail=b""):
    laces = b"".join(b"\xff" * (len(each) // 255) + bytes([len(each) % 255]) for each in packets)
    head = b"OggS\0" + bytes([flags]) + struct.pack("<qIII", 0, 77, number, 0) + bytes([len(laces)]) + laces
    whole = bytearray(head + b"".join(packets) + tail)
    whole[22:26] = struct.pack("<I", _checksum(whole))
    return bytes(whole)


def opus(seconds=3, titles=b"location=32.05,118.77 CANARY"):
    head = b"OpusHead\1\1" + struct.pack("<HIhB", 312, 48000, 0, 0)
    tags = b"OpusTags" + struct.pack("<I", 4) + b"test" + struct.pack("<II", 1, len(titles)) + titles
    packets = [b"\x08" + bytes(40)] * int(seconds * 50)  # twenty milliseconds each
    sound = b"".join(page(2 + at // 50, packets[at : at + 50]) for at in range(0, len(packets), 50))
    return page(0, [head], 2) + page(1, [tags]) + sound


def aac(seconds=3):
    body = bytes(100)
    length = 7 + len(body)
    rate = 4  # 44.1 kHz
    head = bytes([0xFF, 0xF1, 0x40 | rate << 2, 0x40 | length >> 11, length >> 3 & 255, (length & 7) << 5 | 0x1F, 0xFC])
    return (head + body) * int(seconds * 44100 / 1024)


def box(kind, *bodies):
    body = b"".join(bodies)
    return struct.pack(">I", 8 + len(body)) + kind + body


def mp4(seconds=3, codec=b"mp4a", handler=b"soun", tracks=1, fragments=False):
    ticks = int(seconds * 1000)
    table = box(b"stts", bytes(4), struct.pack(">III", 1, 0 if fragments else seconds * 10, 100))
    described = box(b"stsd", bytes(4), struct.pack(">I", 1), box(codec, bytes(28)))
    media_box = box(
        b"mdia",
        box(b"mdhd", bytes(12), struct.pack(">II", 1000, 5), bytes(4)),
        box(b"hdlr", bytes(8), handler, bytes(13)),
        box(b"minf", box(b"stbl", described, table)),
    )
    titles = box(b"udta", box(b"\xa9xyz", b"+32.05+118.77/CANARY"))
    extends = box(b"mvex", box(b"trex", bytes(4), struct.pack(">IIIII", 1, 1, 20, 0, 0)))
    movie = box(b"moov", box(b"mvhd", bytes(100)), *[box(b"trak", media_box, titles)] * tracks, extends, titles)
    runs = b""
    if fragments:
        run = box(b"trun", bytes(4), struct.pack(">I", ticks // 20))
        runs = box(b"moof", box(b"traf", box(b"tfhd", bytes(4), struct.pack(">I", 1)), run))
    return box(b"ftyp", b"M4A \0\0\0\0") + movie + runs + box(b"mdat", bytes(1000))


@pytest.mark.parametrize(
    ("came", "mime", "suffix"),
    [
        (opus(), "audio/ogg", "ogg"),
        (aac(), "audio/aac", "aac"),
        (mp4(), "audio/mp4", "m4a"),
        (mp4(codec=b"Opus"), "audio/mp4", "m4a"),
        (mp4(fragments=True), "audio/mp4", "m4a"),
    ],
)
def test_a_voice_note_is_measured_and_loses_its_titles(tmp_path, came, mime, suffix):
    verdict = look(tmp_path, came, "语音.wav")

    assert (verdict.kind, verdict.mime, verdict.name) == ("voice", mime, f"语音.{suffix}")
    assert verdict.seconds == pytest.approx(3, abs=0.05)
    kept = verdict.kept.read_bytes()
    assert len(kept) == len(came)
    assert b"CANARY" not in kept


def test_the_checksum_of_an_emptied_page_is_right(tmp_path):
    kept = look(tmp_path, opus()).kept.read_bytes()
    at = kept.find(b"OggS", 4)
    end = kept.find(b"OggS", at + 4)
    emptied = bytearray(kept[at:end])
    written = bytes(emptied[22:26])
    emptied[22:26] = bytes(4)

    assert written == struct.pack("<I", _checksum(emptied))
    assert emptied[28:].lstrip(b"\x00\xff").startswith(b"OpusTags")


@pytest.mark.parametrize(
    "came", [opus(123), aac(123), mp4(123), mp4(123, fragments=True)], ids=["opus", "aac", "mp4", "fragments"]
)
def test_a_voice_note_above_two_minutes_is_refused(tmp_path, came):
    assert why(tmp_path, came) == "too_long"


@pytest.mark.parametrize(
    ("came", "expected"),
    [
        (opus()[:-20], "broken"),
        (opus() + b"PK\x03\x04 junk", "broken"),
        (opus(0), "broken"),
        (page(0, [b"\x01vorbis" + bytes(20)], 2), "kind"),
        (page(0, [b"OpusHead\1\1" + bytes(9), b"OpusTags CANARY"], 2), "broken"),
        (opus() + page(0, [b"\x80theora"], 2).replace(struct.pack("<I", 77), struct.pack("<I", 78)), "kind"),
        (aac()[:-20], "broken"),
        (aac() + b"<script>", "broken"),
        (mp4()[:-20], "broken"),
        (mp4(handler=b"vide"), "kind"),
        (mp4(codec=b"avc1"), "kind"),
        (mp4(tracks=2), "kind"),
        (mp4(0), "broken"),
        (box(b"ftyp", b"isom") + b"\0\0\0\x01moov" + b"\xff" * 8, "broken"),
        (box(b"ftyp", b"isom") + b"\0\0\0\x00moov" * 50, "broken"),
    ],
)  # fmt: skip
def test_what_is_no_whole_voice_note_is_refused(tmp_path, came, expected):
    assert why(tmp_path, came) == expected
