"""Terms, sites, approved posts, links and re-organisations of a package (词条、点位、编制、挂点、机构整合)."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from jiedao.doors.package.read import COMMON
from jiedao.doors.package.records import (
    AreaRecord,
    EstablishmentRecord,
    FormerUnit,
    LinkRecord,
    Place,
    SiteRecord,
    TermRecord,
)

if TYPE_CHECKING:
    from jiedao.doors.package.content import Content


def terms(content: "Content") -> Iterator[TermRecord]:
    """The terms that all districts share, and the district's own, which win by table and code."""
    found: dict[tuple[str, str], TermRecord] = {}
    for name in (COMMON, "terms"):
        for table, rows in content.value(name).get("terms", {}).items():
            for i, row in enumerate(rows):
                found[table, row["code"]] = TermRecord(
                    table, row["code"], row["name"], row["name_en"], row.get("facts", {}),
                    row.get("rank", (i + 1) * 10), row.get("source", ""), (name, ("terms", table, i)),
                )  # fmt: skip
    yield from found.values()


def sites(content: "Content") -> Iterator[SiteRecord]:
    for i, row in enumerate(content.value("sites").get("sites", ())):
        yield SiteRecord(
            row["code"], row["kind"], row["name"], row.get("name_en", ""), row.get("address", ""), row.get("area", ""),
            float(row["lon"]) if "lon" in row else None, float(row["lat"]) if "lat" in row else None,
            row.get("facts", {}), ("sites", ("sites", i)),
        )  # fmt: skip


def establishments(content: "Content") -> Iterator[EstablishmentRecord]:
    for row, at in _each(content, "establishments"):
        yield EstablishmentRecord(
            row["unit"], row["staff_kind"], row["approved"], at, row.get("moved_from", ""), row.get("moved", 0),
            row.get("moved_on", ""), row.get("source", ""),
        )  # fmt: skip


def links(content: "Content") -> Iterator[LinkRecord]:
    for row, at in _each(content, "links"):
        yield LinkRecord(row["post"], at, row.get("area", ""), row.get("unit", ""), row.get("field", ""))


def former_units(content: "Content") -> Iterator[FormerUnit]:
    """The bodies that were merged, under the unit they were part of."""
    known = {unit.code: unit for unit in content.units}
    for row, at in _each(content, "reorganisations"):
        into = known.get(row["into"])
        for former in row["from"]:
            yield FormerUnit(
                former["code"], former.get("kind", "office"), into.level if into else "district", former["name"],
                former.get("name_en", ""), into.parent if into else "", row["into"], row["done_on"], at,
            )  # fmt: skip


def _each(content: "Content", name: str) -> Iterator[tuple[dict[str, Any], Place]]:
    """The rows of a table; one with `each` stands for a row in every area of that layout."""
    for i, row in enumerate(content.value("organisation").get(name, ())):
        at: Place = ("organisation", (name, i))
        if "each" not in row:
            yield row, at
            continue
        for area in content.areas:
            if area.layout == row["each"]:
                yield {key: _filled(value, area) for key, value in row.items() if key != "each"}, at


def _filled(value: Any, area: AreaRecord) -> Any:
    if isinstance(value, str):
        return value.replace("{code}", area.code).replace("{parent}", area.parent).replace("{area}", area.name)
    if isinstance(value, list):
        return [_filled(part, area) for part in value]
    if isinstance(value, dict):
        return {key: _filled(part, area) for key, part in value.items()}
    return value
