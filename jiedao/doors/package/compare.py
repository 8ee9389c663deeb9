"""Comparing packages (区包对比): what two say differently, by table, code and field; a district as it is counts as one."""

import tempfile
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from jiedao.doors.package import export
from jiedao.doors.package.content import Content
from jiedao.doors.package.load import read_checked
from jiedao.doors.package.overrides import changes_of, resolve
from jiedao.doors.package.rules_lists import items
from jiedao.ground.districts import district
from jiedao.ground.districts.models import District
from jiedao.kit.refusal import Refused

Table = dict[str, dict[str, Any]]
_PLACE = frozenset({"at", "invented", "layout", "crew", "path"})


@dataclass(frozen=True)
class Difference:
    """`only_here`, `only_there` or `differs`, with the fields and both values."""

    table: str
    code: str
    what: str
    fields: dict[str, list[str]]

    def __str__(self) -> str:
        if self.what != "differs":
            return f"{'<' if self.what == 'only_here' else '>'} {self.table} {self.code}"
        told = "; ".join(f"{name}: {here} → {there}" for name, (here, there) in self.fields.items())
        return f"≠ {self.table} {self.code}: {told}"


def as_it_is(code: str) -> Content:
    """A district's rows, read as the package that they would export. Refuses `no_such_district`."""
    place = District.objects.filter(code=code).first()
    if place is None:
        raise Refused("no_such_district", name=code, known=sorted(District.objects.values_list("label", flat=True)))
    with tempfile.TemporaryDirectory() as folder, district(place):
        export.write(place, Path(folder) / place.label)
        return read_checked(Path(folder) / place.label)


def differences(here: Content, there: Content) -> list[Difference]:
    """Everything that differs, by table and code."""
    found = []
    ours, theirs = tables(here), tables(there)
    for table in ours:
        for code in sorted(ours[table].keys() | theirs[table].keys()):
            one, other = ours[table].get(code), theirs[table].get(code)
            if one is None or other is None:
                found.append(Difference(table, code, "only_there" if one is None else "only_here", {}))
                continue
            differing = {
                name: [_short(one.get(name)), _short(other.get(name))]
                for name in one.keys() | other.keys()
                if one.get(name) != other.get(name)
            }
            if differing:
                found.append(Difference(table, code, "differs", dict(sorted(differing.items()))))
    return found


def tables(content: Content) -> dict[str, Table]:
    """A package as tables of plain rows by code."""
    package = {name: value for name, value in content.value("package").items() if name != "since"}
    made: dict[str, Table] = {"package": {package["code"]: package}}
    made["areas"] = {
        area.code: _plain(area) | {"shape": content.shapes.by_code[area.code]["coordinates"]} for area in content.areas
    }
    made["units"] = {unit.code: _plain(unit) for unit in content.units}
    made["posts"] = {post.code: _plain(post, "stationed") for post in content.posts}
    made["people"] = {
        person.code: _plain(person) | {"posts": sorted(person.posts), "accounts": sorted(person.accounts)}
        for person in content.people
    }
    made["terms"] = {f"{term.table} {term.code}": _plain(term) for term in content.terms}
    made["sites"] = {site.code: _plain(site) for site in content.sites}
    made["ties"] = {tie["code"]: {"by_itself": False, "source": "", **tie} for tie in content.ties}
    made["establishments"] = {f"{row.unit} {row.staff_kind}": _plain(row) for row in content.establishments}
    made["links"] = {" ".join([row.post, row.area, row.unit, row.field]): {} for row in content.links}
    made["former units"] = {row.code: _plain(row) for row in content.former}
    made["lists"] = {
        f"{row['code']} {row['version']}": {key: value for key, value in row.items() if key != "items"}
        for row, _ in content.lists
    }
    made["items"] = {
        f"{of['code']} {of['version']} {item['code']}": _item(item, content.categories)
        for of, item, _ in items(content)
    }
    made["processes"] = {code: {"document": resolve(code, said).document} for code, said in changes_of(content).items()}
    made["scores"] = {code: {"document": text} for code, text in content.score_rules.items()}
    return made


def _plain(record: Any, *without: str) -> dict[str, Any]:
    names = [one.name for one in fields(record) if one.name not in _PLACE and one.name not in without]
    return {name: getattr(record, name) for name in names}


def _item(item: dict[str, Any], categories: dict[str, dict[str, str]]) -> dict[str, Any]:
    """An item without its parts, which stand for themselves, and with the words of its category for the code."""
    kept = {key: value for key, value in item.items() if key not in ("parts", "category")}
    return kept | ({"category": categories[item["category"]]["name"]} if "category" in item else {})


def _short(value: Any) -> str:
    words = "-" if value in (None, "", [], {}) else str(value)
    return words if len(words) <= 60 else f"{words[:57]}…"
