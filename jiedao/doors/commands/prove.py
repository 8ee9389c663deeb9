"""What is proven and what is not, promise by promise, with figure, seed and day (证明).

The table stands in docs/proof.yaml; every run of the tests keeps what each of them said. A skipped test proves nothing.
"""

import argparse
import json
import subprocess
import sys
from dataclasses import asdict

from jiedao.doors.proof import page, results, verdict
from jiedao.doors.proof.table import read
from jiedao.doors.proof.verdict import NOT, Verdict
from jiedao.ground.db.home import CHECKOUT, Trouble

EXAMPLES = """
  jiedao prove                       what the last runs here have shown
  jiedao prove --run --only G02,G33  run their tests first
  jiedao prove --run --nightly       everything at full size; hours
  jiedao prove --defects             break every promise on purpose and look whether its test sees it
  jiedao prove --keep --docs         write docs/proof-results.yaml and docs/proof.md
  jiedao prove --docs --check        1 if docs/proof.md is not what would be written
exit code: 0 nothing listed is red, 1 something is NOT PROVEN
"""


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--run", action="store_true", help="run the tests of the table first")
    parser.add_argument("--nightly", action="store_true", help="with --run: at full size")
    parser.add_argument("--defects", action="store_true", help="run every seeded defect")
    parser.add_argument("--only", default="", help="these promises alone: G01,G02")
    parser.add_argument("--keep", action="store_true", help="keep what was found in docs/proof-results.yaml")
    parser.add_argument("--docs", action="store_true", help="write docs/proof.md")
    parser.add_argument("--check", action="store_true", help="with --docs: compare instead of writing")
    parser.add_argument("--json", action="store_true", help="for programs")


def run(args: argparse.Namespace) -> int:
    if args.docs and args.check:
        return _checked()
    only = {word.strip().upper() for word in args.only.split(",") if word.strip()}
    unknown = only - {one.id for one in read().guarantees}
    if unknown:
        raise Trouble(f"No such promise: {', '.join(sorted(unknown))}. docs/proof.yaml lists them.")
    if args.run:
        _run(only, args.nightly)
    if args.defects:
        chosen = ["-k", " or ".join(sorted(only))] if only else []
        # Each is a run of its own with hardly a test in it: one begins while another starts its Python.
        _pytest(["tests/test_defects.py", "--nightly", "-n", "2", "--dist", "worksteal", *chosen])
    found = verdict.all_of(results.read())
    if args.keep:
        verdict.keep(found)
    if args.docs:
        page.PAGE.write_text(page.make(), encoding="utf-8")
    shown = [one for one in found if not only or one.id in only]
    _print(shown, args.json)
    return int(any(one.state == NOT for one in shown))


def _checked() -> int:
    if page.PAGE.read_text(encoding="utf-8") == page.make():
        return 0
    print(
        "docs/proof.md is not what docs/proof.yaml and docs/proof-results.yaml say: jiedao prove --docs",
        file=sys.stderr,
    )
    return 1


def _run(only: set[str], nightly: bool) -> None:
    chosen = [one for one in read().guarantees if not only or one.id in only]
    files = sorted({file for one in chosen for file in one.files})
    _pytest([*files, "-n", "2", "--dist", "loadfile", *(["--nightly"] if nightly else [])])


def _pytest(words: list[str]) -> None:
    subprocess.run([sys.executable, "-m", "pytest", "-q", *words], cwd=CHECKOUT, check=False)


def _print(found: list[Verdict], as_json: bool) -> None:
    if as_json:
        print(json.dumps([asdict(one) for one in found], ensure_ascii=False, indent=1))
        return
    asked = {one.id: one for one in read().guarantees}
    for one in found:
        print(f"{one.id}  {one.state:<15}{asked[one.id].title}")
        print(f"     asked    {asked[one.id].asked}")
        for name, told in (
            ("reached", one.reached),
            ("red", one.defects),
            ("seed", one.seed),
            ("when", one.at),
            ("why", one.why),
        ):
            if told:
                print(f"     {name:<9}{told}")
    states = [one.state for one in found]
    print(", ".join(f"{states.count(state)} {state}" for state in dict.fromkeys(sorted(states))))
