"""Scores (评分): a month of a million orders of eighty units, every indicator of the shipped rules, over an export."""

import random
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jiedao.ground.db.home import CHECKOUT
from jiedao.lines.scores import rules, second
from jiedao.lines.scores.figures import lines, opened
from jiedao.lines.scores.vocabulary import COLUMNS, FACTS

RULES = (
    *sorted((CHECKOUT / "jiedao" / "packages" / "scores").glob("*.yaml")),
    CHECKOUT / "jiedao" / "packages" / "gulou" / "scores" / "whistles.yaml",
)
TRIES = 5


@dataclass(frozen=True)
class Measured:
    """Seconds, the best of five. `ratio`: all indicators against DuckDB reading every column of the same rows once."""

    orders: int
    units: int
    indicators: int
    computed: float
    read: float
    ratio: float
    figure_rows: int
    figure_opened: float
    figure_processor: float
    agree: bool


def run(*, quick: bool = False) -> Measured:
    """Makes the rows in DuckDB, writes them as Parquet, computes everything from the file."""
    import duckdb  # noqa: PLC0415 -- slow import

    orders, units = (20_000, 8) if quick else (1_000_000, 80)
    read = [rules.read(path.read_text(encoding="utf-8")) for path in RULES]
    with tempfile.TemporaryDirectory() as folder, duckdb.connect(config={"threads": 2}) as database:
        source = f"'{Path(folder) / 'facts.parquet'}'"
        database.execute(f"COPY ({_rows(orders, units)}) TO {source} (FORMAT parquet)")
        computed, _ = _best(lambda: [second.run(database, source, rule) for rule in read])
        scan = ", ".join(f'count(DISTINCT "{name}")' if name in FACTS else f'max("{name}")' for name in COLUMNS)
        plain, _ = _best(lambda: database.execute(f"SELECT {scan} FROM {source}").fetchall())
        figure, found = _best(lambda: _opened(database, source, read[0]))
        began = time.process_time()
        _opened(database, source, read[0])
        processor = time.process_time() - began
        agree = _agrees(database, source, read)
    count = sum(len(rule.indicators) + len(rule.composites) for rule in read)
    return Measured(orders, units, count, computed, plain, computed / plain, len(found.rows), figure, processor, agree)


def _rows(orders: int, units: int) -> str:
    chance = random.Random(6)
    cells = []
    for name in COLUMNS[4:]:
        fact = FACTS[name]
        values = fact.codes or (("", *map(str, range(0, 2000, 37))) if fact.is_number else ("1", "2", "3"))
        weight = chance.randint(1, 97)
        listed = ", ".join(f"'{value}'" for value in values)
        if name == "sent":  # most of a month's orders were sent in it, so that one figure has ten thousand rows
            listed = ", ".join(["'yes'"] * 9 + ["'no'"])
            values = ("yes",) * 10
        cells.append(f'[{listed}][1 + (hash(i * {weight} + {weight}) % {len(values)})::int] AS "{name}"')
    return (
        f"SELECT 'unit' || lpad((i % {units})::varchar, 3, '0') AS \"unit\", 'o' || i AS \"order\", "
        f"'26-' || lpad(i::varchar, 7, '0') AS number, CASE WHEN i % 20 = 0 THEN 'merged' ELSE '' END AS left_out, "
        f"{', '.join(cells)} FROM range({orders}) t(i) ORDER BY 1, 2"
    )


def _opened(database: Any, source: str, rule: Any) -> Any:
    """A figure of one unit down to its rows, each with what the figure would be without it."""
    named = ", ".join(f'"{name}"' for name in COLUMNS)
    rows = database.execute(f"SELECT {named} FROM {source} WHERE \"unit\" = 'unit003'").fetchall()
    return opened(rows, rule, "unit003", "red_cards")


def _agrees(database: Any, source: str, read: list[Any]) -> bool:
    """One unit of each rule by Python as well."""
    named = ", ".join(f'"{name}"' for name in COLUMNS)
    rows = database.execute(f"SELECT {named} FROM {source} WHERE \"unit\" = 'unit003'").fetchall()
    for rule in read:
        mine = lines(rows, rule)["unit003"]
        told = {code: each.value for code, each in mine.figures.items()} | mine.composites
        theirs = second.run(database, source, rule)["unit003"]
        if {code: None if value is None else f"{value:f}" for code, value in told.items()} != theirs:
            return False
    return True


def _best(act: Any) -> tuple[float, Any]:
    best, found = float("inf"), None
    for _ in range(TRIES):
        began = time.perf_counter()
        found = act()
        best = min(best, time.perf_counter() - began)
    return best, found


def told(found: Measured) -> str:
    """What was measured, in words, with the goals."""
    return "\n".join(
        [
            f"{found.orders:,} orders of {found.units} units, {found.indicators} indicators and composites",
            f"  computed over Parquet   {found.computed:8.2f} s   goal 3 s",
            f"  DuckDB reads the rows   {found.read:8.2f} s   ratio {found.ratio:.2f}",
            f"  a figure of {found.figure_rows:,} orders opened in {found.figure_opened * 1000:.0f} ms, "
            f"{found.figure_processor * 1000:.0f} ms of processor   goal 300 ms",
            f"  Python and SQL agree    {'yes' if found.agree else 'NO'}",
        ]
    )
