"""Verdicts (结论): whether a promise is met, shown in part, or NOT PROVEN and why; from the table and the results alone."""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import yaml

from jiedao.doors.proof import results, table
from jiedao.doors.proof.results import Said
from jiedao.doors.proof.table import Guarantee
from jiedao.ground.db.home import CHECKOUT

KEPT = CHECKOUT / "docs" / "proof-results.yaml"
DEFECT_TEST = "tests/test_defects.py::test_a_broken_promise_is_seen_by_its_test"

MET, PART, COMMIT, NOT = "met", "in part", "met per commit", "NOT PROVEN"


@dataclass(frozen=True)
class Verdict:
    """What the table prints of one promise."""

    id: str
    state: str
    reached: str
    seed: str
    at: str
    why: str
    defects: str


def all_of(known: dict[str, Said]) -> list[Verdict]:
    return [of(guarantee, known) for guarantee in table.read().guarantees]


def of(guarantee: Guarantee, known: dict[str, Said]) -> Verdict:
    """Met: every listed test of both tiers passed, every defect was seen red, and the table names nothing missing."""
    if guarantee.later:
        return Verdict(guarantee.id, NOT, "", "", "", guarantee.later, "")
    ran = {tier: _ran(guarantee.tests.get(tier, ()), known) for tier in table.TIERS}
    seen, unseen = _defects(guarantee.id, known)
    faults = [fault for tier in table.TIERS for fault in ran[tier][1]]
    missing = {tier: ran[tier][2] for tier in table.TIERS}
    last = [one for tier in table.TIERS for one in ran[tier][0]]
    whole = not missing["nightly"] and bool(guarantee.tests.get("nightly") or guarantee.reached.get("commit"))
    figure = guarantee.reached.get("nightly" if whole and "nightly" in guarantee.reached else "commit", "")
    told = [one.reached for one in last if one.reached]
    why = faults or [f"did not run: {name}" for name in missing["commit"]]
    why = why or ([] if seen or unseen else ["no defect turns it red"]) or [f"defect not seen red: {n}" for n in unseen]
    if why:
        state = NOT
    elif missing["nightly"]:
        state, why = COMMIT, [f"nightly did not run: {name}" for name in missing["nightly"]]
    else:
        state, why = (PART, list(guarantee.short)) if guarantee.short else (MET, [])
    if state == COMMIT:
        why = [*why, *guarantee.short]
    return Verdict(
        guarantee.id,
        state,
        "; ".join(dict.fromkeys([figure, *told] if figure else told)) if state != NOT else "",
        " ".join(dict.fromkeys(one.seed for one in last if one.seed)),
        max((one.at for one in last), default=""),
        "; ".join(why),
        f"{len(seen)}/{len(seen) + len(unseen)}",
    )


def _ran(tests: tuple[str, ...], known: dict[str, Said]) -> tuple[list[Said], list[str], list[str]]:
    """What ran of these, what is wrong with it, and what never ran. A skipped test proves nothing."""
    ran, faults, missing = [], [], []
    for test in tests:
        found = results.of(test, known)
        if not found:
            missing.append(test)
        ran += found
        faults += [f"{one.outcome}: {one.test} {one.why}".strip() for one in found if one.outcome != "passed"][:3]
    return ran, faults, missing


def _defects(promise: str, known: dict[str, Said]) -> tuple[list[str], list[str]]:
    names = table.defects(promise)
    red = {name: known.get(f"{DEFECT_TEST}[{name}]") for name in names}
    seen = [name for name, one in red.items() if one is not None and one.outcome == "passed"]
    return seen, [name for name in names if name not in seen]


def keep(verdicts: list[Verdict], path: Path = KEPT) -> None:
    """Writes what was found into the repository, for docs/proof.md."""
    head = "# What `jiedao prove --keep` found at its last run; docs/proof.md is made of it.\n"
    rows = [asdict(verdict) for verdict in verdicts]
    path.write_text(head + yaml.safe_dump(rows, allow_unicode=True, sort_keys=False, width=110), encoding="utf-8")


def kept(path: Path = KEPT) -> dict[str, Verdict]:
    """What was kept last, by promise."""
    if not path.exists():
        return {}
    rows: list[dict[str, Any]] = yaml.safe_load(path.read_text(encoding="utf-8")) or []
    return {row["id"]: Verdict(**row) for row in rows}
