"""The three rates of a month, by unit, down to the cases (三率)."""

import argparse
import json
from datetime import date
from typing import Any

from jiedao.ground.districts import district
from jiedao.ground.people.models import Unit
from jiedao.kit.clock import now
from jiedao.lines.scores.callbacks import callbacks
from jiedao.lines.scores.rates import Answer, Rates, month_of, rates, rule, window

EXAMPLES = """
  jiedao rates --district gulou --month 2026-11
  jiedao rates --district gulou --month 2026-11 --unit urban      its cases, one by one
  jiedao rates --district gulou --json                            the facts, the rule and the figures
How to recompute a figure from the JSON: docs/rates.md
"""


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--district", required=True, help="label or code")
    parser.add_argument("--month", type=_month, default=None, help="2026-11; default: this month")
    parser.add_argument("--unit", default="", help="code of one unit: shows each order that counts")
    parser.add_argument("--json", action="store_true", help="every figure with its facts, its rule and its cases")


def _month(text: str) -> date:
    return date.fromisoformat(f"{text}-01")


def run(args: argparse.Namespace) -> int:
    by = rule()
    with district(args.district):
        start, end = window(args.month or month_of(now(), by), by)
        units = {unit.id: unit.code for unit in Unit.objects.all() if args.unit in ("", unit.code)}
        answers = callbacks(start, end, None if not args.unit else list(units))
    by_code = {units[unit]: found for unit, found in answers.items() if unit in units}
    found = {code: (rates(code, said, by), said) for code, said in sorted(by_code.items())}
    if args.json:
        told = {code: _told(figures, said) for code, (figures, said) in found.items()}
        frame = {"window": [start.isoformat(), end.isoformat()], "rule": by, "units": told}
        print(json.dumps(frame, ensure_ascii=False))
        return 0
    print(f"{start:%Y-%m-%d %H:%M} – {end:%Y-%m-%d %H:%M}, rule {by['rule']} v{by['version']}")
    for code, (figures, _) in found.items():
        _print(code, figures, rows=bool(args.unit))
    if not found:
        print("No data: no caller was asked about an order in this window.")
    return 0


def _told(figures: Rates, said: list[Answer]) -> dict[str, Any]:
    """Figures as JSON: every part as text, so that nobody's float changes a score."""
    return {
        "answers": [vars(answer) | {"at": answer.at.isoformat()} for answer in sorted(said, key=lambda a: a.at)],
        "composite": None if figures.composite is None else str(figures.composite),
        **{
            name: {
                "percent": None if f.percent is None else str(f.percent),
                "numerator": str(f.numerator),
                "denominator": f.denominator,
                "cases": [[a.number, str(given)] for a, given in f.rows],
                "left_out": [[a.number, why] for a, why in f.left_out],
            }
            for name, f in figures.figures.items()
        },
    }


def _print(code: str, figures: Rates, *, rows: bool) -> None:
    cells = [f"{name} {'no data' if f.percent is None else f'{f.percent} %'}" for name, f in figures.figures.items()]
    composite = "no data" if figures.composite is None else figures.composite
    print(f"{code:<14} {'  '.join(cells)}  composite {composite}")
    for name, figure in figures.figures.items() if rows else ():
        for answer, given in figure.rows:
            print(f"    {name:<13} {answer.number}  {given}  (without it {figure.without(given) or 'no data'})")
        for answer, why in figure.left_out:
            print(f"    {name:<13} {answer.number}  left out: {why}")
