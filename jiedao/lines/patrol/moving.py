"""Moves on the map (位置提示): who watches a squad hears that somebody of it moved, came or went; the map then asks anew.

Once a second for each squad is enough: the live server passes a hint on a little later than that, so that a batch which
came within the second, and was not told of, is among what the map then finds.
"""

from collections.abc import Iterable
from uuid import UUID

from jiedao.ground.db import asking
from jiedao.ground.districts import schema
from jiedao.kit.clock import now
from jiedao.record import hints

EVERY = 1.0
"""Seconds; `doors/live` waits longer than this."""

_ABOVE = "SELECT DISTINCT unnest(above) FROM people_unit WHERE id = ANY($1)"
_told: dict[tuple[str, UUID], float] = {}


def tell(squads: Iterable[UUID], *, at_once: bool = False) -> None:
    """The hint for these squads, with the commit. `at_once`: somebody came or went, which is never left out."""
    at, place = now().timestamp(), schema()
    due = [one for one in set(squads) if at_once or not 0 <= at - _told.get((place, one), 0.0) < EVERY]
    if due:
        _told.update({(place, one): at for one in due})
        hints.positions([str(unit) for (unit,) in asking.ask(_ABOVE, [due])])
