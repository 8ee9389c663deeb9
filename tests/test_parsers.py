"""Parsers under fuzz (解析器模糊测试): whatever is sent, a parser reads it or refuses it, soon, and breaks on nothing (G23)."""

import os
import time

import pytest

from jiedao.ground.db.home import CHECKOUT
from jiedao.kit.refusal import Refused
from tests.fuzz import Parser, fuzz
from tests.parsers import PARSERS

SIZES = [
    pytest.param(60, id="commit"),
    pytest.param(8_000, id="nightly", marks=[pytest.mark.nightly, pytest.mark.timeout(900)]),
]
READ = ("json.loads(", "json.decode(", "yaml.load(", "fromstring(", "csv.reader(", "unpack_from(", "CalamineWorkbook")
FUZZED = {
    "doors/api/positions.py", "doors/exchange/sheets.py", "doors/package/read.py", "doors/web/pmtiles.py",
    "doors/web/shift.py", "ground/places/files.py", "lines/patrol/gpx.py", "lines/processes/edits.py",
    "lines/scores/rules.py", "record/definition.py",
}  # fmt: skip
OURS_ALONE = {
    "bootstrap.py": "our own lock",
    "doors/api/bodies.py": "Schemathesis and the API's own tests send everything here",
    "doors/api/schema.py": "our own description",
    "doors/commands/package.py": "a file the operator names, refused with a sentence",
    "doors/commands/sbom.py": "our own locks",
    "doors/commands/up.py": "what our own programs said",
    "doors/keep/drill.py": "what our own program said",
    "doors/keep/erasures.py": "our own list of what was erased, beside the backups",
    "doors/keep/files.py": "our own list of a backup, its hash checked",
    "doors/keep/places.py": "our own list of a backup, its hash checked",
    "doors/live/hub.py": "our own hints",
    "doors/notify/channels.py": "what we sealed",
    "doors/notify/transport.py": "the answer of a service that the operator listed; anything else is no code",
    "doors/package/export_processes.py": "what we wrote",
    "doors/package/overrides.py": "what the package's reader has taken",
    "doors/package/publish.py": "what the package's reader has taken",
    "doors/proof/results.py": "our own results",
    "doors/sentences.py": "our own file",
    "doors/web/grids_redraw.py": "what we have just written",
    "doors/web/sso.py": "the identity provider that the operator listed; three forged returns have a test",
    "doors/watch/notes.py": "our own notes of the minute",
    "ground/people/contacts.py": "what we sealed",
    "ground/uploads.py": "our own note",
    "kit/media.py": "the word of our own child process",
    "kit/media_papers.py": "inside the child process, with limits; eighty hostile files have a test (G24)",
    "lines/scores/facts.py": "columns of ours",
    "record/audit.py": "columns of ours",
    "record/queries/desk.py": "a column of ours",
    "record/seals.py": "our own seals, their signatures checked",
}
"""Modules that read a format, and why nobody outside writes what they read, or which test sends it."""


@pytest.mark.parametrize("runs", SIZES)
@pytest.mark.parametrize("parser", PARSERS, ids=lambda parser: parser.name)
def test_whatever_is_sent_is_read_or_refused_and_breaks_nothing(parser, runs):
    seed = int(os.environ.get("JIEDAO_SEED") or time.time())
    print(f"seed {seed} (JIEDAO_SEED={seed} plays it again)")

    lines, wrong = fuzz(parser, runs=runs, seed=seed)

    print(f"reached {lines} lines of ours by {parser.name} in {runs} inputs")
    assert [(fault.why, fault.given) for fault in wrong] == []


def test_the_fuzzer_finds_what_lies_behind_several_right_bytes():
    """Each byte right is a line further; both at once are one input in half a million."""
    found = fuzz(Parser("brittle", by_steps, (b"----",)), runs=20_000, seed=7, within=__file__)[1]

    assert [fault.why.split(":")[0] for fault in found] == ["ZeroDivisionError"]


def by_steps(given: bytes) -> None:
    if given[:1] != b"Z":
        raise Refused("unreadable")
    if given[1:2] != b"Q":
        raise Refused("unreadable")
    raise ZeroDivisionError


def test_whoever_reads_a_format_is_fuzzed_or_reads_what_is_ours():
    reading = {
        str(path.relative_to(CHECKOUT / "jiedao"))
        for path in (CHECKOUT / "jiedao").rglob("*.py")
        if any(word in path.read_text(encoding="utf-8") for word in READ)
    }

    assert reading - FUZZED - OURS_ALONE.keys() == set()
    assert (FUZZED | OURS_ALONE.keys()) - reading == set()
