"""The cast (演练角色): who of the district acts, and how each unit is used to working."""

from collections import defaultdict
from dataclasses import dataclass
from typing import cast
from uuid import UUID

from jiedao.ground.people import Actor
from jiedao.ground.people.models import Tenure, Unit
from jiedao.kit.ports import chance
from jiedao.kit.refusal import Refused
from jiedao.record.models import Case


@dataclass(frozen=True)
class Temper:
    """How a unit works: `pace` of its limit it takes, how often it is careless, cheats, or returns what is its own."""

    name: str
    pace: float
    careless: float
    cheats: float
    returns: float


TEMPERS = (
    (Temper("prompt", 0.35, 0.03, 0.0, 0.02), 5),
    (Temper("steady", 0.7, 0.06, 0.0, 0.05), 6),
    (Temper("late", 1.25, 0.12, 0.02, 0.08), 3),
    (Temper("careless", 0.6, 0.4, 0.05, 0.06), 2),
    (Temper("cheating", 0.15, 0.3, 0.5, 0.15), 1),
)
"""Tempers with their weights: most units work well, a few do not."""

HANDLERS = ("handler", "unit_head", "office_head", "subdistrict_clerk", "community_clerk")
"""Post kinds that work on orders."""

GRID = ("grid_worker", "grid_head")
LEADERS = ("party_secretary", "director", "deputy_director")
DRAFTERS = ("office_head", "subdistrict_clerk")


class Cast:
    """Actors by post kind and unit, read once; tempers drawn by chance, in the order of the unit codes."""

    def __init__(self) -> None:
        self._by_kind: dict[str, list[Actor]] = defaultdict(list)
        self._by_unit: dict[UUID, list[Actor]] = defaultdict(list)
        rows = Tenure.objects.on().select_related("person", "post__kind", "post__area", "post__unit__area")
        # Outlines of areas are the heaviest thing there is, and nobody here draws a map.
        rows = rows.defer("post__area__shape", "post__unit__area__shape")
        for tenure in cast("list[Tenure]", list(rows.order_by("post__code", "person__code"))):
            actor = Actor.at(tenure.post, tenure.person)
            self._by_kind[actor.post_kind].append(actor)
            self._by_unit[tenure.post.unit_id].append(actor)
        units = cast("list[Unit]", list(Unit.objects.on().select_related("area").defer("area__shape").order_by("code")))
        tempers, weights = [temper for temper, _ in TEMPERS], [weight for _, weight in TEMPERS]
        self._tempers = {unit.id: chance.choices(tempers, weights)[0] for unit in units}
        self.units = {unit.id: unit for unit in units}
        self.subdistricts = [unit for unit in units if unit.kind == Unit.Kind.SUBDISTRICT]
        self.departments = [unit for unit in units if unit.kind == Unit.Kind.DEPARTMENT]

    def one(self, *kinds: str) -> Actor:
        """Somebody in one of these kinds of post. Refuses `nobody_in_post` for a district that has none."""
        found = [actor for kind in kinds for actor in self._by_kind[kind]]
        if not found:
            raise Refused("nobody_in_post", kinds=list(kinds))
        return chance.choice(found)

    def everybody(self, *kinds: str) -> list[Actor]:
        """All who sit in these kinds of post, kind by kind; without one, all there are."""
        return [actor for kind in kinds or sorted(self._by_kind) for actor in self._by_kind[kind]]

    def of_unit(self, unit: Unit, *kinds: str) -> Actor | None:
        """Somebody who acts for a unit: in it, or in an office that takes its orders up."""
        found = [a for a in self._by_unit[unit.id] if not kinds or a.post_kind in kinds]
        if not found:
            found = [a for kind in kinds for a in self._by_kind[kind] if a.post and unit.id in a.post.unit.acts_for]
        return chance.choice(found) if found else None

    def at(self, path: str, *kinds: str) -> Actor | None:
        """Somebody whose area holds the place; of the smallest area there is somebody in."""
        found = [
            actor
            for kind in kinds
            for actor in self._by_kind[kind]
            if actor.area_path and f"{path}/".startswith(f"{actor.area_path}/")
        ]
        longest = max((len(actor.area_path or "") for actor in found), default=0)
        nearest = [actor for actor in found if len(actor.area_path or "") == longest]
        return chance.choice(nearest) if nearest else None

    def near(self, case: Case, *kinds: str) -> Actor | None:
        """The same for the place of a case."""
        return self.at(case.area_path, *kinds) if case.area_path else None

    def body_at(self, path: str) -> Unit | None:
        """The sub-district of a place."""
        codes = path.split("/")
        return next((unit for unit in self.subdistricts if unit.area and unit.area.code in codes), None)

    def temper(self, unit: Unit) -> Temper:
        return self._tempers[unit.id]
