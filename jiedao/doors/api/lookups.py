"""Lookups (检索): codes that writes name: units, duty items, areas, by part of a name or code."""

from typing import Any

import msgspec
from django.http import HttpRequest, HttpResponse

from jiedao.doors.api.answers import answer
from jiedao.doors.api.cases import MOST_ROWS, number, text
from jiedao.record.queries import outside


class UnitShown(msgspec.Struct):
    """A unit: who acts."""

    code: str
    zh: str
    en: str
    kind: str
    level: str
    above: str
    area: str


class ItemShown(msgspec.Struct):
    """A duty item, on the list of one level."""

    code: str
    zh: str
    en: str
    category: str
    list: str
    level: str
    limit: str


class AreaShown(msgspec.Struct):
    """An area; `path` joins the codes from the district down."""

    code: str
    zh: str
    en: str
    kind: str
    path: str


class Units(msgspec.Struct):
    units: list[UnitShown]


class Items(msgspec.Struct):
    items: list[ItemShown]


class Areas(msgspec.Struct):
    areas: list[AreaShown]


def units(request: HttpRequest) -> HttpResponse:
    """Units in force, by `q` and `kind`."""
    found = outside.units(text(request, "q"), text(request, "kind"), number(request, "limit", 50, MOST_ROWS))
    shown = [UnitShown(u.code, u.name, u.name_en, u.kind, u.level, _code(u.parent), _code(u.area)) for u in found]
    return answer(Units(shown))


def _code(thing: Any) -> str:
    return thing.code if thing else ""


def items(request: HttpRequest) -> HttpResponse:
    """Items of the duty lists in force, by `q`."""
    found = outside.items(text(request, "q"), number(request, "limit", 50, MOST_ROWS))
    return answer(Items([
        ItemShown(i.code, i.name, i.name_en, i.category, i.list.code, i.list.level, i.limit) for i in found
    ]))  # fmt: skip


def areas(request: HttpRequest) -> HttpResponse:
    """Areas in force, by `q` and `kind`, from the district down."""
    found = outside.areas(text(request, "q"), text(request, "kind"), number(request, "limit", 50, MOST_ROWS))
    return answer(Areas([AreaShown(a.code, a.name, a.name_en, a.kind, a.path) for a in found]))
