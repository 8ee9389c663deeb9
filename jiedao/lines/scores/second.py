"""The second computation (第二种算法): the same figures by SQL in DuckDB, over the rows as they are exported.

It shares no line with `figures.py`: conditions become SQL, sums are exact decimals, rounding is done in whole numbers.
Where the two differ nothing is published.
"""

import tempfile
from collections.abc import Iterable, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

from jiedao.lines.scores.rules import Composite, Indicator, Rule

SCALE = 10**4
"""Points and weights are whole ten-thousandths here; rules have no finer ones."""

Told = dict[str, dict[str, str | None]]
"""Unit → figure or composite → its value as text; None where there is no data."""


def told(csv: bytes, rule: Rule, units: Iterable[str] = ()) -> Told:
    """Every figure and composite from the bytes of an export."""
    import duckdb  # noqa: PLC0415 -- slow import

    with tempfile.TemporaryDirectory() as folder, duckdb.connect(config={"threads": 2}) as database:
        file = Path(folder) / "facts.csv"
        file.write_bytes(csv)
        source = f"read_csv('{file}', header = true, all_varchar = true)"
        found = run(database, source, rule)
    empty = dict.fromkeys((*rule.indicators, *rule.composites))
    return {unit: found.get(unit, dict(empty)) for unit in sorted(set(units) | set(found))}


def run(database: Any, source: str, rule: Rule) -> Told:
    """The same over any table, view or file of DuckDB that has the columns."""
    names = (*rule.indicators, *rule.composites)
    asked = database.execute(statement(source, rule)).fetchall()
    return {row[0]: {n: _text(v, rule.places) for n, v in zip(names, row[1:], strict=True)} for row in asked}


def statement(source: str, rule: Rule) -> str:
    """One pass over the rows: numerator and denominator of each indicator, then the values in whole numbers."""
    sums = ",\n".join(_sum(each) for each in rule.indicators.values())
    scale = 10**rule.places
    values = [f"{_value(each, scale)} AS v_{each.code}" for each in rule.indicators.values()]
    values += [f"{_composite(each, rule, scale)} AS v_{each.code}" for each in rule.composites.values()]
    return f'SELECT "unit", {", ".join(values)} FROM (SELECT "unit", {sums} FROM {source} GROUP BY "unit") ORDER BY 1'


def _sum(each: Indicator) -> str:
    conditions = ["coalesce(left_out, '') = ''"]
    conditions += [f'"{fact}" IN ({_listed(values)})' for fact, values in each.counts.items()]
    if each.measures:
        conditions.append(f"coalesce(\"{each.measures}\", '') <> ''")
        worth = f'CAST("{each.measures}" AS HUGEINT) * {SCALE}'
    else:
        assert each.gives is not None
        fact, given = each.gives
        cases = " ".join(f"WHEN '{value}' THEN {int(points * SCALE)}" for value, points in given.items())
        worth = f'CASE "{fact}" {cases} ELSE 0 END'
    fits = " AND ".join(conditions)
    return (
        f"CAST(coalesce(sum(CASE WHEN {fits} THEN {worth} END), 0) AS HUGEINT) AS n_{each.code}, "
        f"CAST(count(CASE WHEN {fits} THEN 1 END) AS HUGEINT) AS d_{each.code}"
    )


def _listed(values: Iterable[str]) -> str:
    return ", ".join("'" + value.replace("'", "''") + "'" for value in values)


def _value(each: Indicator, scale: int) -> str:
    n, d = f"n_{each.code}", f"d_{each.code}"
    factor = scale * (100 if each.shown_as == "percent" else 1)
    over = "1" if each.shown_as == "number" else d
    return f"CASE WHEN {d} = 0 THEN NULL ELSE {_half_up(f'{n} * {factor}', f'{over} * {SCALE}')} END"


def _half_up(numerator: str, denominator: str) -> str:
    """Whole numbers: twice the numerator and one denominator more, over twice the denominator. Away from zero."""
    value = f"(2 * abs({numerator}) + {denominator}) // (2 * ({denominator}))"
    return f"(CASE WHEN ({numerator}) < 0 THEN -1 ELSE 1 END) * ({value})"


def _composite(each: Composite, rule: Rule, scale: int) -> str:
    """Over the product of the denominators, so that nothing is divided before the end."""
    shares = [part.of for part in each.parts if part.form != "deduct" and rule.indicators[part.of].shown_as != "number"]
    bottoms = [f"d_{code}" for code in shares]
    whole = " * ".join([str(SCALE * SCALE), *bottoms])
    terms = []
    for part in each.parts:
        weight, n, d = int(part.weight * SCALE), f"n_{part.of}", f"d_{part.of}"
        if part.form == "deduct":
            own = f"({int(part.begins * SCALE)} * {SCALE} - {weight} * {n})"
            terms.append(" * ".join([own, *bottoms]))
            continue
        others = [f"d_{code}" for code in shares if code != part.of]
        top = f"({d} * {SCALE} - {n})" if part.form == "rest" else n
        terms.append(" * ".join([str(weight), top, *others]))
    needed = " OR ".join(f"d_{part.of} = 0" for part in each.parts)
    top = f"({' + '.join(f'({term})' for term in terms)}) * {scale}"
    return f"CASE WHEN {needed} THEN NULL ELSE {_half_up(top, whole)} END"


def _text(value: Any, places: int) -> str | None:
    return None if value is None else f"{Decimal(int(value)).scaleb(-places):.{places}f}"


def differences(first: Mapping[str, Mapping[str, Any]], second: Told) -> list[str]:
    """Where the two disagree: unit, figure, both values. Empty when they agree everywhere."""
    found = []
    for unit in sorted(set(first) | set(second)):
        names = set(first.get(unit, {})) | set(second.get(unit, {}))
        for name in sorted(names):
            one, other = first.get(unit, {}).get(name), second.get(unit, {}).get(name)
            if one != other:
                found.append(f"{unit} {name}: {one} / {other}")
    return found


def marks_told(csv: bytes, rule: Rule, about: Iterable[str]) -> Told:
    """The scores of a sheet from the bytes of its marks, in whole numbers throughout."""
    import duckdb  # noqa: PLC0415 -- slow import

    with tempfile.TemporaryDirectory() as folder, duckdb.connect(config={"threads": 2}) as database:
        file = Path(folder) / "marks.csv"
        file.write_bytes(csv)
        database.execute(f"CREATE VIEW given AS SELECT * FROM read_csv('{file}', header = true, all_varchar = true)")
        found = {row[0]: row[1:] for row in database.execute(_marks_statement(rule)).fetchall()}
    names = (*rule.raters, "score")
    empty = (None,) * len(names)
    return {
        code: {n: _text(v, rule.places) for n, v in zip(names, found.get(code, empty), strict=True)}
        for code in sorted(set(about) | set(found))
    }


def _marks_statement(rule: Rule) -> str:
    """Of each side: the sum of the last marks, over aspects times raters; complete when each rater marked each aspect."""
    sides, whole = [], " AND ".join(f"c_{code}" for code in rule.raters)
    scale = 10**rule.places
    for code, side in rule.raters.items():
        own = f"side = '{code}' AND aspect IN ({_listed(side.aspects)})"
        many = f"count(DISTINCT CASE WHEN {own} THEN rater END)"
        sides.append(
            f"CAST(coalesce(sum(CASE WHEN {own} THEN worth END), 0) AS HUGEINT) AS n_{code}, "
            f"CAST({many} * {len(side.aspects)} AS HUGEINT) AS d_{code}, "
            f"{many} > 0 AND count(CASE WHEN {own} THEN 1 END) = {many} * {len(side.aspects)} AS c_{code}"
        )
    shown = [f"CASE WHEN c_{c} THEN {_half_up(f'n_{c} * {scale}', f'd_{c} * 10')} END" for c in rule.raters]
    bottoms = [f"d_{code}" for code in rule.raters]
    terms = [
        " * ".join([str(int(side.weight * SCALE)), f"n_{code}", *(d for d in bottoms if d != f"d_{code}")])
        for code, side in rule.raters.items()
    ]
    top, bottom = f"({' + '.join(terms)}) * {scale}", " * ".join([str(SCALE * 10), *bottoms])
    shown.append(f"CASE WHEN {whole} THEN {_half_up(top, bottom)} END")
    return (
        f"SELECT about, {', '.join(shown)} FROM (SELECT about, {', '.join(sides)} FROM ("
        'SELECT about, side, rater, aspect, CAST(CAST(arg_max(points, "at") AS DECIMAL(6, 1)) * 10 AS HUGEINT) AS worth '
        "FROM given GROUP BY about, side, rater, aspect) GROUP BY about) ORDER BY about"
    )
