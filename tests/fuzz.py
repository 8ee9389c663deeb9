"""Fuzzing (模糊测试): every parser of outside input gets bytes that grow towards lines no input has reached before (G23).

`python -m tests.fuzz --list`, `python -m tests.fuzz gpx --seconds 60`. Where atheris is installed (it has wheels for some
machines only and is no package of ours) `--atheris` lets it lead instead; the parsers and what they may raise are the same.
A parser may refuse (`Refused`), or raise what it declares; it may raise nothing else, and never takes longer than a second.
"""

import argparse
import contextlib
import os
import random
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jiedao.ground.db.home import CHECKOUT
from jiedao.kit.refusal import Refused

OURS = str(CHECKOUT / "jiedao")
LONGEST = 4_000
SLOWEST = 1.0
WORDS = (
    b"\0", b"\xff\xfe", b"\xef\xbb\xbf", b'"', b"'", b"\n", b"\r\n", b",", b"{}", b"[]", b"[[[[[[[[", b"null", b"NaN", b"-1",
    b"1e309", b"9999999999999999999999", b"<!DOCTYPE", b"&amp;", b"]]>", b"\xe7\xa4\xba", b"\xed\xa0\x80", b"0001-01-01",
    b"9999-12-31T23:59:59+14:00", b"2026-02-30", b"=cmd()", b"*a", b"&a ", b"!!python/object", b"? ", b"- ", b": ", b"-",
)  # fmt: skip


@dataclass(frozen=True)
class Parser:
    """One reader of what comes from outside: how it is called, inputs it takes, and what it may raise."""

    name: str
    read: Callable[[bytes], Any]
    seeds: tuple[bytes, ...]
    may: tuple[type[Exception], ...] = (Refused,)


@dataclass
class Found:
    """One input that broke a parser."""

    parser: str
    given: bytes
    why: str


def trial(parser: Parser, given: bytes, within: str = OURS) -> tuple[set[tuple[str, int]], Found | None]:
    """One input: the lines of ours that it reached, and what went wrong."""
    lines: set[tuple[str, int]] = set()

    def inside(frame: Any, event: str, _: Any) -> Any:
        if event == "line":
            lines.add((frame.f_code.co_filename, frame.f_lineno))
        return inside

    def enters(frame: Any, event: str, _: Any) -> Any:
        return inside if frame.f_code.co_filename.startswith(within) else None

    before, began, wrong = sys.gettrace(), time.thread_time(), None
    sys.settrace(enters)
    try:
        parser.read(given)
    except parser.may:
        pass
    except Exception as fault:
        wrong = Found(parser.name, given, f"{type(fault).__name__}: {fault}"[:200])
    finally:
        sys.settrace(before)
    if time.thread_time() - began > SLOWEST:
        wrong = Found(parser.name, given, f"{time.thread_time() - began:.1f} s")
    return lines, wrong


def fuzz(parser: Parser, *, runs: int, seed: int, seconds: float = 1e9, within: str = OURS) -> tuple[int, list[Found]]:
    """So many inputs; those that reach new lines are what the next ones grow from. Says how many lines and what broke."""
    chance, end = random.Random(seed), time.monotonic() + seconds
    pool, reached, wrong = list(parser.seeds), set[tuple[str, int]](), []
    for turn in range(runs):
        given = pool[turn] if turn < len(parser.seeds) else mutated(chance, pool)
        lines, fault = trial(parser, given, within)
        if fault and fault.why.split(":")[0] not in {one.why.split(":")[0] for one in wrong}:
            wrong.append(fault)
        if not lines <= reached:
            reached |= lines
            pool.append(given)
        if time.monotonic() > end:
            break
    return len(reached), wrong


def mutated(chance: random.Random, pool: list[bytes]) -> bytes:
    """One of the pool with a few changes: bits, bytes, words, pieces doubled, dropped, or taken from another."""
    given = bytearray(chance.choice(pool[-4:] if chance.random() < 0.5 else pool))  # what came last leads on
    for _ in range(chance.choice((1, 1, 2, 4, 8))):
        at, until = sorted(chance.randint(0, len(given)) for _ in range(2))
        until = min(until, at + 64)
        way = chance.randrange(7)
        if way == 0 and given:
            given[at % len(given)] ^= 1 << chance.randrange(8)
        elif way == 1:
            given[at:until] = b""
        elif way == 2:
            given[at:at] = given[at:until] * chance.choice((1, 2, 20))
        elif way == 3:
            other = chance.choice(pool)
            begin = chance.randint(0, len(other))
            given[at:until] = other[begin : begin + 64]
        elif way == 4 and given:
            given[at % len(given)] = chance.randrange(256)
        else:
            given[at : at + chance.choice((0, 0, 3))] = chance.choice(WORDS)
    return bytes(given[:LONGEST])


def on_disk(read: Callable[[Path], Any], suffix: str) -> Callable[[bytes], Any]:
    """For what reads files."""
    path = Path(tempfile.gettempdir()) / f"jiedao-fuzz-{os.getpid()}{suffix}"

    def call(given: bytes) -> Any:
        path.write_bytes(given)
        try:
            return read(path)
        finally:
            with contextlib.suppress(FileNotFoundError):
                path.unlink()

    return call


def main() -> int:
    from tests.parsers import PARSERS

    words = argparse.ArgumentParser(description="Fuzz the parsers of outside input (模糊测试).")
    words.add_argument("name", nargs="?", default="", help="one parser; all without")
    words.add_argument("--seconds", type=float, default=10.0, help="for each")
    words.add_argument("--list", action="store_true")
    words.add_argument("--atheris", action="store_true", help="let atheris lead, where it is installed")
    given = words.parse_args()
    chosen = [one for one in PARSERS if given.name in ("", one.name)]
    if given.list:
        print("\n".join(one.name for one in chosen))
        return 0
    if given.atheris:
        return _atheris(chosen[0], given.seconds)
    broken = 0
    for one in chosen:
        lines, wrong = fuzz(one, runs=10**9, seed=int(time.time()), seconds=given.seconds)
        print(f"{one.name}: {lines} lines reached, {len(wrong)} faults")
        for fault in wrong:
            print(f"  {fault.why}\n  {fault.given!r}")
        broken += len(wrong)
    return int(bool(broken))


def _atheris(parser: Parser, seconds: float) -> int:
    import atheris

    atheris.instrument_all()

    def one(given: bytes) -> None:
        with contextlib.suppress(*parser.may):
            parser.read(given)

    with tempfile.TemporaryDirectory() as corpus:
        for turn, seed in enumerate(parser.seeds):
            (Path(corpus) / str(turn)).write_bytes(seed)
        atheris.Setup([sys.argv[0], corpus, f"-max_total_time={int(seconds)}", f"-max_len={LONGEST}"], one)
        atheris.Fuzz()
    return 0


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "jiedao.settings")
    import django

    django.setup()
    sys.exit(main())
