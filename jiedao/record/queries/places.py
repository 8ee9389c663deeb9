"""Load of places (网格负荷): open matters and those of the last month by grid, and where these happened."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from jiedao.ground.people import Actor
from jiedao.kit.clock import now
from jiedao.record.queries import scope

MONTH = timedelta(days=30)
"""What pages call the last month."""

OPEN = "c.phase = ANY('{intake,triage,dispatch,resolution,verification}')"


@dataclass(frozen=True, slots=True)
class Load:
    """Matters of one grid: open now, and opened within the last month."""

    open: int = 0
    month: int = 0


def loads(by: Actor, paths: Sequence[str]) -> dict[str, Load]:
    """The load of these areas by path, grids or others; what the actor may not see is not counted. One query."""
    sight, seen = scope.seen_by(by)
    found = scope.rows(
        f"""SELECT c.area_path, count(*) FILTER (WHERE {OPEN}), count(*) FILTER (WHERE c.opened_at >= %s)
        FROM record_case c WHERE c.area_path = ANY(%s) AND {sight} GROUP BY c.area_path""",
        [now() - MONTH, list(paths), *seen],
    )
    return {path: Load(still_open, month) for path, still_open, month in found}


def happened() -> list[tuple[float, float]]:
    """Where the matters of the last month happened: points and nothing else, for a redraw to be tried on."""
    found = scope.rows(
        "SELECT c.lon, c.lat FROM record_case c WHERE c.opened_at >= %s AND c.lon IS NOT NULL AND c.lat IS NOT NULL",
        [now() - MONTH],
    )
    return [(lon, lat) for lon, lat in found]
