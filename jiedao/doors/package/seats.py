"""Seats written short (岗位写法): posts of a unit or a grid as rows, numbered ones as one row with a count."""

import re
from dataclasses import dataclass
from typing import Any

from jiedao.ground.people.models import Post


@dataclass(frozen=True, order=True)
class Seat:
    """A post as a layout sees it: what follows the code of its unit or grid, and what it is."""

    tail: str
    kind: str
    name: str
    name_en: str
    area: str
    duty: str
    slot: str
    staff_kind: str


def seat_of(post: Post, begin: str, areas: dict[str, str]) -> Seat | None:
    """None if the code of the post does not begin with that of its place."""
    if not post.code.startswith(f"{begin}-"):
        return None
    area = post.area.code if post.area else ""
    same = post.name == post.kind.name and post.name_en == post.kind.name_en
    return Seat(
        post.code[len(begin) + 1 :], post.kind.code, "" if same else post.name, "" if same else post.name_en,
        areas.get(area, area), post.duty, post.slot, post.staff_kind,
    )  # fmt: skip


def rows(seats: list[Seat]) -> list[dict[str, Any]]:
    """The seats as rows of a package, in the order of their codes."""
    made: list[dict[str, Any]] = []
    runs: dict[tuple[Any, ...], list[int]] = {}
    for seat in seats:
        stem, number = _numbered(seat.tail)
        if number:
            runs.setdefault((stem, *_rest(seat)), []).append(number)
        else:
            made.append(_row(seat.tail, seat))
    for key, numbers in runs.items():
        stem, rest = key[0], Seat("", *key[1:])
        for first, count in _stretches(sorted(numbers)):
            made.append({**_row(stem, rest), "count": count, "first": first if first > 1 else 0})
    return sorted(made, key=lambda row: (row.get("code", row["kind"]), row.get("first", 0)))


def _rest(seat: Seat) -> tuple[str, ...]:
    return (seat.kind, seat.name, seat.name_en, seat.area, seat.duty, seat.slot, seat.staff_kind)


def _row(tail: str, seat: Seat) -> dict[str, Any]:
    return {
        "kind": seat.kind, "code": tail if tail != seat.kind else "", "name": seat.name, "name_en": seat.name_en,
        "area": seat.area, "duty": seat.duty, "slot": seat.slot, "staff_kind": seat.staff_kind,
    }  # fmt: skip


def _numbered(tail: str) -> tuple[str, int]:
    found = re.fullmatch(r"([a-z0-9A-Z][a-zA-Z0-9_-]*)-([1-9][0-9]{0,3})", tail)
    return (found[1], int(found[2])) if found else (tail, 0)


def _stretches(numbers: list[int]) -> list[tuple[int, int]]:
    """Runs of numbers without a gap: first and length."""
    found: list[tuple[int, int]] = []
    for number in numbers:
        if found and found[-1][0] + found[-1][1] == number:
            found[-1] = (found[-1][0], found[-1][1] + 1)
        else:
            found.append((number, 1))
    return found
