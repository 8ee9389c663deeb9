"""The three rates of a month, by unit, down to the cases (三率)."""

import argparse
import json
from datetime import date

from jiedao.ground.districts import district
from jiedao.ground.people.models import Unit
from jiedao.kit.clock import today
from jiedao.lines.scores import facts
from jiedao.lines.scores.rates import Rates, rates, rule, window

EXAMPLES = """
  jiedao rates --district gulou --month 2026-11
  jiedao rates --district gulou --month 2026-11 --unit urban      its cases, one by one
  jiedao rates --district gulou --json
"""


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--district", required=True, help="label or code")
    parser.add_argument("--month", type=_month, default=None, help="2026-11; default: this month")
    parser.add_argument("--unit", default="", help="code of one unit: shows each order that counts")
    parser.add_argument("--json", action="store_true", help="every figure with numerator, denominator and cases")


def _month(text: str) -> date:
    return date.fromisoformat(f"{text}-01")


def run(args: argparse.Namespace) -> int:
    by = rule()
    with district(args.district):
        start, end = window(args.month or today(), by)
        units = {u.id: u for u in Unit.objects.filter(level="district")}
        answers = facts.callbacks(start, end)
        found = {units[unit].code: rates(units[unit].code, answers[unit], by) for unit in answers if unit in units}
    if args.unit:
        found = {code: figures for code, figures in found.items() if code == args.unit}
    if args.json:
        print(json.dumps({code: told(figures) for code, figures in sorted(found.items())}, ensure_ascii=False))
        return 0
    print(f"{start:%Y-%m-%d %H:%M} – {end:%Y-%m-%d %H:%M}, rule {by['rule']} v{by['version']}")
    for code, figures in sorted(found.items()):
        _print(code, figures, rows=bool(args.unit))
    if not found:
        print("No data: no caller was asked about an order in this window.")
    return 0


def told(figures: Rates) -> dict[str, object]:
    """Figures as JSON: every part as text, so that nobody's float changes a score."""
    return {
        "composite": None if figures.composite is None else str(figures.composite),
        "version": figures.version,
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
    if rows:
        for name, figure in figures.figures.items():
            for answer, given in figure.rows:
                print(f"    {name:<13} {answer.number}  {given}")
