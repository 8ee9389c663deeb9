"""docs/proof.md (证明页): made from docs/proof.yaml and the results that were kept; never written by hand."""

from jiedao.doors.proof import verdict
from jiedao.doors.proof.table import Guarantee, Table, defects, read
from jiedao.doors.proof.verdict import Verdict
from jiedao.ground.db.home import CHECKOUT

PAGE = CHECKOUT / "docs" / "proof.md"

HEAD = """<!-- Made by `jiedao prove --docs` from proof.yaml and proof-results.yaml; change those. -->
# What is proven and what is not (证明)

What this platform promises, the figure asked of each promise, and what tests have shown of it.

- `./test` runs what belongs to every commit, `./test --nightly` the full sizes as well.
- `jiedao prove` prints the table below from what ran here last; `jiedao prove --run` runs the tests of the table first,
  `jiedao prove --run --nightly` at full size, `jiedao prove --only G01,G02` a part of it.
- `jiedao prove --defects` applies every seeded defect in a copy of the checkout and must see red.
- `jiedao prove --keep --docs` keeps what was found and writes this page.

**met**: every test listed passed at the size asked, and every seeded defect was seen red. **met per commit**: at the size
that runs with every commit, the nightly size has not run here. **in part**: what is listed passed, and the table says what
is missing. **NOT PROVEN**: something failed, did not run, was skipped, or has no defect that turns it red. G01 to G44
number the guarantees this project has set itself; comments in the code use the same numbers.

[tests/defects/](../tests/defects) holds a patch per promise that breaks it on purpose; the column “red” says how many of
them were seen red by the test they name.
"""


def make() -> str:
    """The whole page."""
    told, kept = read(), verdict.kept()
    parts = [HEAD, *_guarantees(told, kept), *_tests(told), *_also(told), *_found(told), *_outside(told)]
    return "\n".join(parts).rstrip() + "\n"


def _guarantees(told: Table, kept: dict[str, Verdict]) -> list[str]:
    lines = ["## The guarantees", "", "| | promise | asked | state | reached | red | seed, when | missing |"]
    lines.append("| --- | --- | --- | --- | --- | --- | --- | --- |")
    for one in told.guarantees:
        found = kept.get(one.id) or Verdict(one.id, verdict.NOT, "", "", "", "not kept yet", "")
        when = " ".join(part for part in (found.seed, found.at[:10]) if part)
        cells = [one.id, one.title, one.asked, _state(found.state), found.reached, found.defects, when, found.why]
        lines.append("| " + " | ".join(cell.replace("|", "/").replace("\n", " ") for cell in cells) + " |")
    return [*lines, ""]


def _state(state: str) -> str:
    return f"**{state}**" if state in (verdict.MET, verdict.NOT) else state


def _tests(told: Table) -> list[str]:
    lines = ["## Which tests, which defects", "", "| | tests | defects |", "| --- | --- | --- |"]
    for one in told.guarantees:
        if one.all_tests:
            patches = ", ".join(name.split("-", 1)[1].replace("-", " ") for name in defects(one.id))
            lines.append(f"| {one.id} | {_links(one)} | {patches} |")
    return [*lines, ""]


def _links(one: Guarantee) -> str:
    return ", ".join(f"[{file.split('/')[-1]}](../{file})" for file in one.files)


def _also(told: Table) -> list[str]:
    lines = ["## Also shown, without a number", "", "| promise | what is shown | tests |", "| --- | --- | --- |"]
    for row in told.also:
        links = ", ".join(f"[{file.split('/')[-1]}](../{file})" for file in row["tests"])
        lines.append(f"| {row['title']} | {row['shown']} | {links} |")
    return [*lines, ""]


def _found(told: Table) -> list[str]:
    lines = ["## What the proving found, and how it was mended", "", "| | found | mended |", "| --- | --- | --- |"]
    lines += [f"| {row['id']} | {row['found']} | {row['mended']} |" for row in told.found]
    return [*lines, ""]


def _outside(told: Table) -> list[str]:
    return ["## By no test of ours", "", *(f"- {line}" for line in told.outside)]
