"""The media child (附件检查子进程): reads one hostile file within its limits and says what it is, in JSON.

Nothing here is run in a process that serves: a picture of 100 KB can ask for gigabytes, a sheet for minutes.
"""

import json
import logging
import os
import resource
import shutil
import sys
import warnings
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from io import BytesIO
from math import isfinite
from pathlib import Path
from typing import Any

from PIL import Image, ImageCms, ImageOps

from jiedao.kit.media import LARGEST, PIXELS

MEMORY = 496 * 1024 * 1024
CPU_SECONDS = 4
LONG_SIDE = 4096
THUMBNAIL = 320
_ORIENTATION, _TAKEN, _CHANGED, _OFFSET, _EXIF, _GPS = 0x0112, 0x9003, 0x0132, 0x9011, 0x8769, 0x8825

Found = dict[str, Any]


class Unfit(Exception):
    """This file is not taken, and why."""

    def __init__(self, why: str, **facts: Any) -> None:
        super().__init__(why)
        self.found: Found = {"why": why, **facts}


def main() -> None:
    source, out, thumb = (Path(argument) for argument in sys.argv[1:])
    _limit()
    try:
        found = look(source, out, thumb)
        _sync(out)
    except Unfit as unfit:
        found = unfit.found
    except (MemoryError, RecursionError):
        found = {"why": "too_heavy"}
    except ImportError:
        raise  # something is not installed: our fault, not the file's
    except Exception as error:
        # A reader that stumbles may stumble in a hundred ways; to the sender they are one.
        found = {"why": "broken", "detail": type(error).__name__}
    print(json.dumps(found), flush=True)
    if found.get("kind") == "pdf":
        # Said before it is drawn: a page that takes too long costs its small form and not the paper.
        _first_page(out, thumb)


def _limit() -> None:
    """Before the first byte is read: memory, time, size of what is written, and no further process."""
    for which, most in (
        (resource.RLIMIT_AS, MEMORY),
        (resource.RLIMIT_CPU, CPU_SECONDS),
        (resource.RLIMIT_FSIZE, 2 * LARGEST),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_NPROC, 0),
    ):
        hard = resource.getrlimit(which)[1]
        with suppress(ValueError, OSError):  # macOS knows no limit on memory; the time limit holds there too
            resource.setrlimit(which, (most, most) if hard == resource.RLIM_INFINITY else (min(most, hard),) * 2)
    logging.disable()  # a reader may complain line by line about a file of a million faults


def _first_page(paper: Path, thumb: Path) -> None:
    from jiedao.kit import media_drawing  # noqa: PLC0415 -- slow import

    with suppress(Exception):
        # Whole or not at all: the limit may end us in the middle of writing.
        media_drawing.first_page(paper, THUMBNAIL).replace(thumb)


def look(source: Path, out: Path, thumb: Path) -> Found:
    """The kind is what the first bytes are; the sender's name and type are not asked."""
    with source.open("rb") as file:
        head = file.read(64)
    if picture := _picture_of(head):
        return picture_of(source, picture, out, thumb)
    return _reader_of(head)(source, out)


def _picture_of(head: bytes) -> str:
    if head.startswith(b"\xff\xd8\xff"):
        return "JPEG"
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return "PNG"
    return "WEBP" if head.startswith(b"RIFF") and head[8:12] == b"WEBP" else ""


def _reader_of(head: bytes) -> Callable[[Path, Path], Found]:
    from jiedao.kit import media_papers, media_voice  # noqa: PLC0415 -- slow import

    if head.startswith(b"%PDF-"):
        return media_papers.pdf_of
    if head.startswith(b"PK\x03\x04"):
        return media_papers.office_of
    if head.startswith(b"\xd0\xcf\x11\xe0"):  # an old office file, or a new one under a password
        raise Unfit("kind", found="ole")
    if head.startswith(b"OggS"):
        return media_voice.opus_of
    if head[4:8] == b"ftyp":
        return media_voice.mp4_of
    if head.startswith((b"\xff\xf1", b"\xff\xf9")):
        return media_voice.aac_of
    return media_papers.table_of


def copy(source: Path, out: Path) -> None:
    shutil.copyfile(source, out)


def _sync(out: Path) -> None:
    handle = os.open(out, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def picture_of(source: Path, form: str, out: Path, thumb: Path) -> Found:
    """A picture, painted anew as JPEG: upright, in sRGB, on white, at most 4,096 pixels long, without any metadata."""
    warnings.simplefilter("error", Image.DecompressionBombWarning)
    Image.MAX_IMAGE_PIXELS = PIXELS
    try:
        opened = Image.open(source, formats=[form])
    except (Image.DecompressionBombWarning, Image.DecompressionBombError):
        raise Unfit("pixels", most=PIXELS) from None
    with opened as image:
        # Decodes a large JPEG at half or quarter size at once; other kinds take no notice.
        image.draft(image.mode, (LONG_SIDE, LONG_SIDE))
        image.load()
        said = _said(image)
        image.thumbnail((LONG_SIDE, LONG_SIDE))
        painted = _painted(image)
    painted.save(out, "JPEG", quality=85)
    small = painted.copy()
    small.thumbnail((THUMBNAIL, THUMBNAIL))
    small.save(thumb, "JPEG", quality=80)
    size = {"width": painted.width, "height": painted.height}
    return {"kind": "picture", "mime": "image/jpeg", "suffix": "jpg", **size, **said}


def _painted(image: Image.Image) -> Image.Image:
    upright = ImageOps.exif_transpose(image)
    if upright.mode.startswith("I"):  # sixteen bits of grey; a plain conversion would cut all but the darkest
        upright = upright.point(lambda level: level * (1 / 256)).convert("L")
    upright = _in_srgb(upright)
    # A fresh sheet: Pillow copies profiles and comments of the original into what it saves.
    sheet = Image.new("RGB", upright.size, "white")
    if upright.has_transparency_data:
        upright = upright.convert("RGBA")
        sheet.paste(upright, mask=upright.getchannel("A"))
    else:
        sheet.paste(upright.convert("RGB"))
    return sheet


def _in_srgb(image: Image.Image) -> Image.Image:
    """Phones write Display P3: dropping the profile alone would pale the colours. As it is, if the profile is odd."""
    profile = image.info.get("icc_profile")
    if not profile or image.mode not in {"RGB", "CMYK"}:
        return image
    try:
        told = ImageCms.ImageCmsProfile(BytesIO(profile))
        turned = ImageCms.profileToProfile(image, told, ImageCms.createProfile("sRGB"), outputMode="RGB")
    except (ImageCms.PyCMSError, OSError, ValueError):
        return image
    return turned or image


def _said(image: Image.Image) -> Found:
    """When and where the device says the picture was taken. Nothing that cannot be read or cannot be true."""
    try:
        exif = image.getexif()
        inner = exif.get_ifd(_EXIF)
        taken = _moment(inner.get(_TAKEN) or exif.get(_CHANGED), inner.get(_OFFSET))
        lon, lat = _point(exif.get_ifd(_GPS))
    except Exception:
        return {}
    return {"taken_at": taken, "lon": lon, "lat": lat}


def _moment(written: Any, offset: Any) -> str | None:
    try:
        zone = str(offset).strip("\0 ") if offset else "+08:00"  # older phones write no zone
        moment = datetime.strptime(f"{str(written).strip(chr(0) + ' ')} {zone}", "%Y:%m:%d %H:%M:%S %z")
    except ValueError:
        return None
    return moment.isoformat() if 1990 <= moment.year < 2100 else None


def _point(gps: dict[int, Any]) -> tuple[float | None, float | None]:
    try:
        lat, lon = _degrees(gps[2], str(gps[1]), "S"), _degrees(gps[4], str(gps[3]), "W")
    except (KeyError, TypeError, ValueError, ZeroDivisionError):
        return None, None
    fits = isfinite(lat) and isfinite(lon) and abs(lat) <= 90 and abs(lon) <= 180
    # Exactly nought and nought is a device that had no fix.
    return (round(lon, 7), round(lat, 7)) if fits and (lat or lon) else (None, None)


def _degrees(parts: Any, side: str, negative: str) -> float:
    degrees, minutes, seconds = (float(part) for part in parts)
    whole = degrees + minutes / 60 + seconds / 3600
    return -whole if side.strip("\0 ").upper() == negative else whole
