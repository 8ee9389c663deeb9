"""Layouts found again (归并版式): what all areas of a kind have alike is written once, the rest by itself."""

import re
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import Any

from jiedao.doors.package import seats
from jiedao.doors.package.seats import Seat
from jiedao.ground.people.models import Post, Unit
from jiedao.ground.places.models import Area

MOST_LAYOUTS = 6
MOST_CREWS = 12
_TAIL = re.compile(r"[a-z][a-z0-9-]{0,9}")
"""An office's own part of its code, as the schema has it."""


@dataclass
class Found:
    """Layouts by name, the layout of each area, the crew of each grid, and what is left to be written by itself."""

    layouts: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    layout_of: dict[str, str] = field(default_factory=dict)
    crew_of: dict[str, str] = field(default_factory=dict)
    units: list[Unit] = field(default_factory=list)
    posts: list[dict[str, Any]] = field(default_factory=list)


class Finder:
    """One search over the areas, units and posts in force."""

    def __init__(self, areas: list[Area], units: list[Unit], posts: list[Post]) -> None:
        self.areas = areas
        self.units = {unit.code: unit for unit in units}
        self.posts: dict[str, list[Post]] = defaultdict(list)
        for post in posts:
            self.posts[post.unit.code].append(post)
        self.found = Found()
        self._told: set[str] = set()

    def find(self) -> Found:
        for kind in ("subdistrict", "community"):
            self._layouts(kind)
        self._crews()
        self.found.units = [unit for code, unit in self.units.items() if code not in self._told]
        for code, posts in sorted(self.posts.items()):
            self._single(self.units[code], [post for post in posts if post.code not in self._told])
        return self.found

    def _layouts(self, kind: str) -> None:
        """Areas whose bodies are alike but for their names share a layout; the commonest has the kind's own name."""
        alike: dict[tuple[Any, ...], list[Area]] = defaultdict(list)
        bodies: dict[str, dict[str, Unit]] = {}
        for area in self.areas:
            if area.kind == kind:
                bodies[area.code] = self._bodies(area)
                shape = tuple(_shape(unit, area, tail) for tail, unit in sorted(bodies[area.code].items()))
                alike[shape].append(area)
        self.found.layout_of |= {area.code: "none" for area in alike.pop((), [])}
        ranked = sorted(alike.items(), key=lambda pair: (-len(pair[1]), pair[1][0].code))
        for number, (shape, members) in enumerate(ranked):
            if number and (number >= MOST_LAYOUTS or len(members) < 2):
                self.found.layout_of |= {area.code: "none" for area in members}
                continue
            name = f"{kind}_{'abcdefgh'[number]}" if number else kind
            self.found.layouts[name] = [self._office(dict(row), members, bodies) for row in shape]
            self.found.layout_of |= {area.code: name for area in members}
            self._told |= {unit.code for area in members for unit in bodies[area.code].values()}

    def _bodies(self, area: Area) -> dict[str, Unit]:
        """The units of an area by what follows its code; those with a telephone or grids of their own stand alone."""
        found = {}
        for code, unit in self.units.items():
            tail = "" if code == area.code else code[len(area.code) + 1 :] if code.startswith(f"{area.code}-") else None
            if tail is None or (tail and not _TAIL.fullmatch(tail)) or unit.level != area.kind:
                continue
            if not unit.duty_phone and not unit.serves and _usual(unit, area, tail):
                found[tail] = unit
        return found

    def _office(self, row: dict[str, Any], members: list[Area], bodies: dict[str, dict[str, Unit]]) -> dict[str, Any]:
        """The row of a layout with the seats that all of its areas have; further ones are written by themselves."""
        tail = row.get("code", "")
        sets = []
        for area in members:
            unit = bodies[area.code][tail]
            known = {area.code: "{code}", area.parent.code if area.parent else "": "{parent}"}
            sets.append({s: p for p in self.posts[unit.code] if (s := seats.seat_of(p, unit.code, known))})
        shared = sorted(set.intersection(*(set(one) for one in sets)))
        self._told |= {one[seat].code for one in sets for seat in shared}
        return {**row, "posts": _short(shared)}

    def _crews(self) -> None:
        """The seats of grids: what all of a sort have, named crews for what several have, the rest by itself."""
        grids = [area for area in self.areas if area.kind == "grid"]
        by_area: dict[Any, list[Post]] = defaultdict(list)
        for post in (one for posts in self.posts.values() for one in posts):
            if post.area_id and post.area.kind == "grid":
                by_area[post.area_id].append(post)
        has = {grid.code: self._seats_of(grid, by_area[grid.id]) for grid in grids}
        crews: list[dict[str, Any]] = []
        rest: dict[str, frozenset[Seat]] = {}
        for sort in sorted({grid.grid_kind for grid in grids}):
            codes = [grid.code for grid in grids if grid.grid_kind == sort]
            shared = set.intersection(*(set(has[code]) for code in codes))
            if shared:
                crews.append({"kind": sort, "posts": _short(sorted(shared))})
            for code in codes:
                self._told |= {has[code][seat].code for seat in shared}
                rest[code] = frozenset(has[code]) - shared
        common = Counter(seats_ for seats_ in rest.values() if seats_).most_common(MOST_CREWS)
        ranked = sorted((one for one in common if one[1] > 1), key=lambda one: (-one[1], sorted(one[0])))
        names = {seats_: f"crew_{'abcdefghijklmnop'[n]}" for n, (seats_, _) in enumerate(ranked)}
        crews += [{"crew": name, "posts": _short(sorted(seats_))} for seats_, name in names.items()]
        for code, seats_ in rest.items():
            if seats_ in names:
                self.found.crew_of[code] = names[seats_]
                self._told |= {has[code][seat].code for seat in seats_}
        if crews:
            self.found.layouts["grid"] = crews

    def _seats_of(self, grid: Area, posts: list[Post]) -> dict[Seat, Post]:
        parent = grid.parent.code if grid.parent else ""
        mine = [post for post in posts if post.unit.code == parent]
        return {seat: post for post in mine if (seat := seats.seat_of(post, grid.code, {grid.code: ""}))}

    def _single(self, unit: Unit, posts: list[Post]) -> None:
        """Seats that no layout gives: by the code of their unit, of their grid, or by a code of their own."""
        told = unit.code in self._told
        places: dict[str, list[Seat]] = defaultdict(list)
        for post in posts:
            begins = [unit.code, post.area.code if post.area else ""]
            begin = next((one for one in begins if one and post.code.startswith(f"{one}-")), "")
            seat = seats.seat_of(post, begin, {begin: ""} if begin != unit.code else {}) if begin else None
            if seat is None:
                row = seats.rows([seats.Seat(post.code, post.kind.code, post.name, post.name_en,
                    post.area.code if post.area else "", post.duty, post.slot, post.staff_kind)])[0]  # fmt: skip
                self.found.posts.append(
                    {"unit": unit.code, **row, "code": "", "count": 0, "first": 0, "whole": post.code}
                )
            elif told or begin != unit.code:
                places[begin].append(seat)
        for begin, of_place in sorted(places.items()):
            at = "" if begin == unit.code else begin
            self.found.posts += [{"unit": unit.code, "at": at, **row} for row in seats.rows(sorted(of_place))]


def of_unit(unit: Unit, posts: list[Post]) -> list[Any]:
    """The seats of a unit that stands by itself."""
    return _short(sorted(seat for post in posts if (seat := seats.seat_of(post, unit.code, {}))))


def _short(of: list[Seat]) -> list[Any]:
    """`handler*3` where a row says no more than that."""
    made: list[Any] = []
    for row in seats.rows(of):
        said = {key: value for key, value in row.items() if value not in ("", 0)}
        if set(said) == {"kind"}:
            made.append(row["kind"])
        elif set(said) == {"kind", "count"} and row["count"] < 100:
            made.append(f"{row['kind']}*{row['count']}")
        else:
            made.append(said)
    return made


def _usual(unit: Unit, area: Area, tail: str) -> bool:
    """Whether a unit hangs and lies where a layout would put it."""
    parent = unit.parent.code if unit.parent else ""
    if unit.area_id not in (None, area.id) or (tail and not parent):
        return False
    outer = area.parent.code if area.parent and area.kind == "community" else ""
    return bool(tail) or parent == outer


def _shape(unit: Unit, area: Area, tail: str) -> tuple[tuple[str, Any], ...]:
    """A unit as the row of a layout: its words with the area's name and code taken out."""
    parent = unit.parent.code if unit.parent else ""
    above: dict[str, Any] = {}
    if not tail:
        above = {}
    elif parent.startswith(f"{area.code}-"):
        above = {"under": parent[len(area.code) + 1 :]}
    elif parent != area.code:
        outer = area.parent.code if area.parent else ""
        above = {"parent": parent.replace(outer, "{parent}") if outer and area.kind == "community" else parent}
    row = {
        "code": tail, "kind": unit.kind, "side": unit.side, "name": _hole(unit.name, area.name),
        "name_en": _hole(unit.name_en, area.name_en or area.name), "second_name": unit.second_name,
        "second_name_en": unit.second_name_en, **above, "area": unit.area_id == area.id,
    }  # fmt: skip
    return tuple((key, value) for key, value in row.items() if value not in ("", False, None))


def _hole(words: str, name: str) -> str:
    return words.replace(name, "{area}") if name else words
