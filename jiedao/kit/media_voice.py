"""Voice notes (语音): Opus in Ogg, AAC or Opus in MP4, plain AAC; measured by their sound, not by what they claim.

Runs in the media child only. What is kept carries no titles, places or pictures.
"""

import struct
from collections.abc import Iterator
from pathlib import Path

from jiedao.kit.media import VOICE_SECONDS
from jiedao.kit.media_child import Found, Unfit

_DEPTH = 8
_RATES = (96000, 88200, 64000, 48000, 44100, 32000, 24000, 22050, 16000, 12000, 11025, 8000, 7350)


def _voice(mime: str, suffix: str, seconds: float) -> Found:
    if seconds <= 0:
        raise Unfit("broken")
    if seconds > VOICE_SECONDS + 1:  # recorders stop a little late
        raise Unfit("too_long", most=VOICE_SECONDS, seconds=round(seconds))
    return {"kind": "voice", "mime": mime, "suffix": suffix, "seconds": round(seconds, 2)}


def opus_of(source: Path, out: Path) -> Found:
    """Ogg with one stream of Opus, page by page to the last byte; its titles are emptied."""
    content = bytearray(source.read_bytes())
    packet, samples, packets = b"", 0, 0
    stream = content[14:18]
    for at, laces, body, size in _pages(content):
        if content[at + 14 : at + 18] != stream:
            raise Unfit("kind", found="ogg")
        first = packets
        for length in laces:
            packet += content[body : body + length]
            body += length
            if length < 255:
                samples += _packet(packets, packet)
                packet, packets = b"", packets + 1
        # The head has the first page to itself, the titles the next ones; the standard says so.
        if (first == 0 and packets != 1) or (first == 1 and (packets > 2 or (packets == 2 and packet))):
            raise Unfit("broken")
        if first == 1:
            _empty_titles(content, at, size, is_first=not content[at + 5] & 1)
    found = _voice("audio/ogg", "ogg", samples / 48000)
    out.write_bytes(content)
    return found


def _pages(content: bytearray) -> Iterator[tuple[int, bytes, int, int]]:
    """Each page: where it begins, its laces, where its body begins, its length with the head."""
    at = 0
    while at < len(content):
        if content[at : at + 5] != b"OggS\0" or at + 27 > len(content):
            raise Unfit("broken")
        laces = bytes(content[at + 27 : at + 27 + content[at + 26]])
        size = 27 + content[at + 26] + sum(laces)
        if at + size > len(content):
            raise Unfit("broken")
        yield at, laces, at + 27 + content[at + 26], size
        at += size


def _packet(number: int, packet: bytes) -> int:
    """The samples in a packet, at 48 kHz. The first two are the head and the titles."""
    if number == 0:
        if not packet.startswith(b"OpusHead") or len(packet) < 19 or packet[8] > 15:
            raise Unfit("kind", found="ogg")
        return 0
    if number == 1:
        if not packet.startswith(b"OpusTags"):
            raise Unfit("broken")
        return 0
    if not packet:
        return 0
    shape, count = packet[0] >> 3, packet[0] & 3
    frames = (1, 2, 2, packet[1] & 63 if len(packet) > 1 else 0)[count]
    if shape < 12:
        return frames * (480, 960, 1920, 2880)[shape & 3]
    return frames * ((480, 960)[shape & 1] if shape < 16 else (120, 240, 480, 960)[shape & 3])


def _empty_titles(content: bytearray, at: int, size: int, *, is_first: bool) -> None:
    """Noughts in place of the titles; the page keeps its length, so every later page keeps its place."""
    body = at + 27 + content[at + 26]
    content[body : at + size] = bytes(at + size - body)
    if is_first:
        content[body : body + 8] = b"OpusTags"
    content[at + 22 : at + 26] = bytes(4)
    content[at + 22 : at + 26] = struct.pack("<I", _checksum(content[at : at + size]))


def _checksum(page: bytearray) -> int:
    value = 0
    for byte in page:
        value ^= byte << 24
        for _ in range(8):
            value = (value << 1) ^ (0x104C11DB7 if value & 0x80000000 else 0)
    return value


def aac_of(source: Path, out: Path) -> Found:
    """Plain AAC: frame upon frame to the last byte."""
    content = source.read_bytes()
    at = 0
    seconds = 0.0
    while at < len(content):
        head = content[at : at + 7]
        if len(head) < 7 or head[0] != 0xFF or head[1] & 0xF6 != 0xF0:
            raise Unfit("broken")
        rate = head[2] >> 2 & 15
        length = (head[3] & 3) << 11 | head[4] << 3 | head[5] >> 5
        if rate >= len(_RATES) or length < 7 or at + length > len(content):
            raise Unfit("broken")
        seconds += 1024 * ((head[6] & 3) + 1) / _RATES[rate]
        at += length
    found = _voice("audio/aac", "aac", seconds)
    out.write_bytes(content)
    return found


_INSIDE = frozenset({b"moov", b"trak", b"mdia", b"minf", b"stbl", b"mvex", b"moof", b"traf", b"edts", b"dinf"})
_TITLES = frozenset({b"udta", b"meta", b"uuid", b"free", b"skip", b"wide", b"ilst", b"emsg"})
_Box = tuple[bytes, int, int]


def mp4_of(source: Path, out: Path) -> Found:
    """MP4 with one track of sound, AAC or Opus, whole or in fragments; its titles are emptied."""
    content = bytearray(source.read_bytes())
    boxes = list(_boxes(content, 0, len(content), 0))
    handlers = [bytes(content[at + 8 : at + 12]) for kind, at, _ in boxes if kind == b"hdlr"]
    codecs = [bytes(content[at + 12 : at + 16]) for kind, at, _ in boxes if kind == b"stsd"]
    if [kind for kind, _, _ in boxes].count(b"trak") != 1 or handlers[:1] != [b"soun"]:
        raise Unfit("kind", found="mp4")
    if codecs not in ([b"mp4a"], [b"Opus"]):
        raise Unfit("kind", found="mp4")
    found = _voice("audio/mp4", "m4a", _length(content, boxes))
    for kind, at, end in boxes:
        if kind in _TITLES:
            if content[at - 4 : at] != kind:
                raise Unfit("broken")
            content[at - 4 : end] = b"free" + bytes(end - at)
    out.write_bytes(content)
    return found


def _boxes(content: bytearray, at: int, end: int, depth: int) -> Iterator[_Box]:
    """Every box in order, the outer before the inner: its kind, where its body begins and ends."""
    while at < end:
        if at + 8 > end or depth > _DEPTH:
            raise Unfit("broken")
        size, kind, body = _number(content, at), bytes(content[at + 4 : at + 8]), at + 8
        if size == 1:
            size, body = _number(content, at + 8) << 32 | _number(content, at + 12), at + 16
        stop = end if size == 0 else at + size
        if stop < body or stop > end:
            raise Unfit("broken")
        yield kind, body, stop
        if kind in _INSIDE:
            yield from _boxes(content, body, stop, depth + 1)
        at = stop


def _number(content: bytearray, at: int) -> int:
    if at + 4 > len(content):
        raise Unfit("broken")
    return int.from_bytes(content[at : at + 4], "big")


def _length(content: bytearray, boxes: list[_Box]) -> float:
    """The seconds of its samples: the table of a whole file and the runs of its fragments, not the header's claim."""
    scale = ticks = usual = 0
    for kind, at, end in boxes:
        if kind == b"mdhd":
            scale = _number(content, at + (20 if content[at] else 12))
        elif kind == b"stts":
            count = _number(content, at + 4)
            if 8 + 8 * count > end - at:
                raise Unfit("broken")
            ticks += sum(_number(content, at + 8 + 8 * n) * _number(content, at + 12 + 8 * n) for n in range(count))
        elif kind == b"trex":
            usual = _number(content, at + 12)
        elif kind == b"tfhd":
            flags = _number(content, at) & 0xFFFFFF
            if flags & 0x8:
                usual = _number(content, at + 8 + 8 * (flags & 1) + 4 * (flags >> 1 & 1))
        elif kind == b"trun":
            ticks += _run(content, at, end, usual)
    return ticks / scale if scale else 0.0


def _run(content: bytearray, at: int, end: int, usual: int) -> int:
    flags, count = _number(content, at) & 0xFFFFFF, _number(content, at + 4)
    if not flags & 0x100:
        return count * usual
    first = at + 8 + 4 * (flags & 1) + 4 * (flags >> 2 & 1)
    step = 4 * sum(flags >> bit & 1 for bit in (8, 9, 10, 11))
    if first + step * count > end:
        raise Unfit("broken")
    return sum(_number(content, first + step * n) for n in range(count))
