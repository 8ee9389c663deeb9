"""Stored files: count and check them, or carry them from disk to S3 and back (附件库)."""

import argparse
import hashlib
import os
import sys

from tqdm import tqdm

EXAMPLES = """
  jiedao files check                     every file that a row names is there and has its hash
  jiedao files move --to s3              copy what is not there yet; again after FILES_STORE=s3 took over
  jiedao files move --to disk --drop     copy, read back, then take away what was copied
exit code: 0 all there, 1 something is missing, changed or could not be copied
"""


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("what", choices=["check", "move"])
    parser.add_argument("--to", choices=["disk", "s3"], help="where to carry the files")
    parser.add_argument(
        "--drop", action="store_true", help="take each file away from where it was, once it was read back"
    )


def run(args: argparse.Namespace) -> int:
    from jiedao.doors import words  # noqa: PLC0415 -- app ready
    from jiedao.kit.refusal import Refused  # noqa: PLC0415 -- app ready

    if args.what == "move" and not args.to:
        print("jiedao files: say where to, --to disk or --to s3", file=sys.stderr)
        return 2
    try:
        return _check() if args.what == "check" else _move(args.to, args.drop)
    except Refused as refused:
        print(f"jiedao files: {words.say(refused, 'en').text} ({refused.facts})", file=sys.stderr)
        return 1


def _move(to: str, drop: bool) -> int:
    """Copies what the other shelf does not hold; a file is taken away only after its copy was read back the same."""
    from jiedao.ground import shelves  # noqa: PLC0415 -- app ready

    here, there = shelves.named("s3" if to == "disk" else "disk"), shelves.named(to)
    held = {kept.path: kept.size for kept in there.each()}
    copied = odd = dropped = 0
    for kept in tqdm(list(here.each()), unit=" files", disable=not sys.stderr.isatty()):
        content = None
        if held.get(kept.path) != kept.size:
            content = here.get(kept.path)
            there.put(kept.path, content)
            copied += 1
        if drop:
            same = _hash(there.get(kept.path)) == _hash(content if content is not None else here.get(kept.path))
            odd += not same
            if same:
                here.drop(kept.path)
                dropped += 1
    print(f"{copied:,} copied to {to}, {len(held):,} were there, {dropped:,} taken away, {odd:,} not alike")
    return int(odd > 0)


def _hash(content: bytes) -> bytes:
    return hashlib.sha256(content).digest()


def _check() -> int:
    """Reads every file that a row names, in every district, and compares its hash."""
    from jiedao.ground import shelves  # noqa: PLC0415 -- app ready
    from jiedao.ground.districts import district  # noqa: PLC0415 -- app ready
    from jiedao.ground.districts.models import District  # noqa: PLC0415 -- app ready
    from jiedao.record.models import Attachment  # noqa: PLC0415 -- app ready

    shelf, wrong, whole = shelves.shelf(), 0, 0
    for place in District.objects.all():
        with district(place):
            rows = Attachment.objects.values_list("id", "path", "sha256")
            for ident, path, sha256 in rows.iterator(chunk_size=500):
                whole += 1
                try:
                    well = _hash(shelf.get(path)) == bytes(sha256)
                except FileNotFoundError:
                    well = False
                if not well:
                    wrong += 1
                    print(f"{place.label}: attachment {ident}: missing or changed", file=sys.stderr)
    print(f"{whole:,} files, {wrong:,} missing or changed; store: {os.environ.get('FILES_STORE') or 'disk'}")
    return int(wrong > 0)
