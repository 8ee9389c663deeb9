"""The three rates of a month, by unit, down to the cases (三率): the rule in force on the record as it stands."""

import argparse
import json
import sys
from datetime import date

from jiedao.ground.districts import district
from jiedao.ground.people.models import Unit
from jiedao.kit.clock import now
from jiedao.lines.scores import facts, periods, rulebook, windows
from jiedao.lines.scores.figures import Line, Row, lines, opened
from jiedao.lines.scores.models import RuleVersion
from jiedao.lines.scores.rules import Rule

EXAMPLES = """
  jiedao rates --district gulou --month 2026-11
  jiedao rates --district gulou --month 2026-11 --unit urban      its cases, one by one
  jiedao rates --district gulou --csv > facts.csv                 the facts
  jiedao rates --district gulou --json > statement.json           the rule's text and the figures
How to recompute a figure from the two files: docs/scores.md
"""


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--district", required=True, help="label or code")
    parser.add_argument("--month", type=_month, default=None, help="2026-11; default: this month")
    parser.add_argument("--unit", default="", help="code of one unit: shows each order that counts")
    parser.add_argument("--csv", action="store_true", help="the facts that the figures are computed from")
    parser.add_argument("--json", action="store_true", help="every figure with its parts, and the rule")


def _month(text: str) -> date:
    return date.fromisoformat(f"{text}-01")


def run(args: argparse.Namespace) -> int:
    with district(args.district):
        version = rulebook.in_force("three_rates")
        rule = rulebook.text_of(version)
        start, end = windows.around(args.month or windows.at(now(), rule), rule)
        units = [unit.id for unit in Unit.objects.all() if args.unit in ("", unit.code)]
        rows = facts.called(start, end, units)
    found = lines(rows, rule)
    if args.csv:
        sys.stdout.write(facts.written(rows).decode())
    elif args.json:
        print(_told(version, found, start.isoformat(), end.isoformat()))
    else:
        print(f"{start:%Y-%m-%d %H:%M} – {end:%Y-%m-%d %H:%M}, rule {rule.code} v{version.version}")
        for code, line in found.items():
            _print(code, line, rows if args.unit else [], rule)
        if not found:
            print("No data: no caller was asked about an order in this window.")
    return 0


def _told(version: RuleVersion, found: dict[str, Line], *window: str) -> str:
    """As a statement has it: with the facts anybody computes the same figures."""
    told = {code: periods.told(line) for code, line in found.items()}
    frame = {"document": version.document, "rule_version": version.version, "window": window, "taken_out": []}
    return json.dumps(frame | {"figures": told}, ensure_ascii=False)


def _print(code: str, line: Line, rows: list[Row], rule: Rule) -> None:
    cells = [f"{name} {_value(f.value, ' %')}" for name, f in line.figures.items()]
    composite = next(iter(line.composites.values()), None)
    print(f"{code:<14} {'  '.join(cells)}  composite {_value(composite)}")
    for name in line.figures if rows else ():
        seen = opened(rows, rule, code, name)
        for row, given, without in seen.rows:
            print(f"    {name:<13} {row[2]}  {given}  (without it {_value(without)})")
        for row, why in seen.left_out:
            print(f"    {name:<13} {row[2]}  left out: {why}")


def _value(value: object, unit: str = "") -> str:
    return "no data" if value is None else f"{value}{unit}"
