"""Records of a package (区包记录): what its files say, spelled out into plain rows that point at each other by code."""

from dataclasses import dataclass, field
from typing import Any

from jiedao.doors.package.read import Step

Place = tuple[str, tuple[Step, ...]]
"""File and path in it, for the line of a problem."""


@dataclass
class AreaRecord:
    """`layout` names the bodies the area gets, `crew` the seats of a grid beside those that every grid has."""

    code: str
    kind: str
    name: str
    name_en: str
    parent: str
    path: str
    at: Place
    grid_kind: str = ""
    layout: str = ""
    crew: str = ""


@dataclass
class UnitRecord:
    code: str
    kind: str
    level: str
    name: str
    name_en: str
    parent: str
    area: str
    at: Place
    duty_phone: str = ""
    second_name: str = ""
    second_name_en: str = ""
    side: str = ""
    serves: list[str] = field(default_factory=list)


@dataclass
class PostRecord:
    """`stationed` is who sent those that sit here, where the seat is filled by somebody invented."""

    code: str
    unit: str
    kind: str
    name: str
    name_en: str
    area: str
    at: Place
    duty: str = ""
    slot: str = ""
    staff_kind: str = ""
    stationed: dict[str, Any] | None = None


@dataclass
class PersonRecord:
    """`invented` people fill the seats that nobody is named for."""

    code: str
    name: str
    name_en: str
    phone: str
    posts: list[str]
    at: Place
    accounts: list[str] = field(default_factory=list)
    language: str = ""
    stationed: dict[str, Any] | None = None
    left_on: str = ""
    invented: bool = False


@dataclass
class TermRecord:
    table: str
    code: str
    name: str
    name_en: str
    facts: dict[str, Any]
    rank: int
    source: str
    at: Place


@dataclass
class EstablishmentRecord:
    unit: str
    staff_kind: str
    approved: int
    at: Place
    moved_from: str = ""
    moved: int = 0
    moved_on: str = ""
    source: str = ""


@dataclass
class LinkRecord:
    post: str
    at: Place
    area: str = ""
    unit: str = ""
    field: str = ""


@dataclass
class FormerUnit:
    """A unit that a re-organisation ended: it became part of `into` on a day."""

    code: str
    kind: str
    level: str
    name: str
    name_en: str
    parent: str
    into: str
    on: str
    at: Place


@dataclass
class SiteRecord:
    code: str
    kind: str
    name: str
    name_en: str
    address: str
    area: str
    lon: float | None
    lat: float | None
    facts: dict[str, Any]
    at: Place
