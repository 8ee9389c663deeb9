"""Items as written (事项明文): one item in codes and plain words, the same for forms, sheets, comparison and copying."""

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from jiedao.ground.duties.models import DutyItem, DutyList, Responsibility
from jiedao.ground.people.models import Post, Unit
from jiedao.ground.places.models import Area
from jiedao.kit.limits import Limit
from jiedao.kit.refusal import Refused

Written = dict[str, Any]
"""Keys: `code`, `parent`, the fields below, `basis`, `handbook`, `giver`, `given_on`, `contact_post`, `demo`, and who
answers: `lead`, `helpers`, `in_areas` as packages write them.
"""

LINES = {
    "category": 60, "category_en": 80, "name": 120, "name_en": 160, "words": 2000, "limit": 40, "contact_limit": 40,
    "source": 200, "form": 200, "frequency": 80,
}  # fmt: skip
"""Fields of one line, with the signs they hold at most."""

HANDBOOK = ("penalty_basis", "range", "steps", "points", "cautions", "cases")
REQUIRED = ("category", "category_en", "name", "name_en")
FIELDS = (
    "parent", *LINES, "type", "basis", "giver", "given_on", "contact_post", "handbook", "demo", "lead", "helpers",
    "in_areas",
)  # fmt: skip
"""Everything that can differ between two writings of an item, in the order people read it."""

RELATIONS = (Responsibility.Relation.OWN_SUBDISTRICT, Responsibility.Relation.OWN_COMMUNITY)
MOST_ITEMS = 5000
_CODE = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9_-]{0,39}")
_BATCH = 500
_ARTICLE = re.compile(r"[1-9][0-9]{0,3}(-[1-9][0-9]?)?")


def article(number: object) -> str:
    """An article as laws are quoted: 28 → 第28条, 120-1 → 第120条之1."""
    main, _, after = str(number).partition("-")
    return f"第{main}条之{after}" if after else f"第{main}条"


def of(version: DutyList) -> dict[str, Written]:
    """A version's items by code, in its order. Two queries, whatever its size."""
    rows: dict[Any, list[Responsibility]] = {}
    for row in Responsibility.objects.filter(item__list=version).select_related("unit", "area").order_by("id"):
        rows.setdefault(row.item_id, []).append(row)  # type: ignore[attr-defined]
    items = version.items.select_related("parent", "giver", "contact_post").order_by("rank", "id")
    return {item.code: one(item, rows.get(item.id, [])) for item in items}


def one(item: DutyItem, rows: Iterable[Responsibility]) -> Written:
    """An item as written; its relations are at hand."""
    return {
        "code": item.code,
        "parent": item.parent.code if item.parent else "",
        **{name: getattr(item, name) for name in (*LINES, "type", "basis", "handbook", "demo")},
        "giver": item.giver.code if item.giver else "",
        "given_on": item.given_on.isoformat() if item.given_on else "",
        "contact_post": item.contact_post.code if item.contact_post else "",
        **_who(rows),
    }


def _who(rows: Iterable[Responsibility]) -> dict[str, Any]:
    """Lead and helpers by the area they were written for, as codes; `in_areas` are the exceptions of single areas."""
    by_area: dict[str, dict[str, Any]] = {"": {"lead": "", "helpers": []}}
    for row in rows:
        part = by_area.setdefault(row.area.code if row.area else "", {"lead": "", "helpers": []})
        code = row.unit.code if row.unit else str(row.relation)
        if row.role == Responsibility.Role.LEAD:
            part["lead"] = code
        else:
            part["helpers"].append(code)
    everywhere = by_area.pop("")
    return {**everywhere, "in_areas": [{"area": area, **part} for area, part in sorted(by_area.items())]}


def mark(item: Written | None) -> str:
    """A short sign of an item's content: a form sends the one it was drawn from, so that nobody overwrites blindly."""
    if item is None:
        return ""
    plain = json.dumps({"code": item["code"], **whole(item)}, ensure_ascii=False, sort_keys=True)
    return hashlib.sha256(plain.encode()).hexdigest()[:16]


def whole(item: Mapping[str, Any]) -> Written:
    """The same with every field there, empty where nothing was written."""
    empty: Written = {"basis": [], "helpers": [], "in_areas": [], "handbook": {}, "demo": False}
    return {name: item.get(name) or empty.get(name, "") for name in FIELDS}


@dataclass(frozen=True)
class Known:
    """What codes may name: units, areas and posts in force."""

    units: Mapping[str, Unit]
    areas: Mapping[str, Area]
    posts: Mapping[str, Post]


def known(items: Iterable[Written]) -> Known:
    """The rows behind the codes that these items name. Three queries."""
    units, areas, posts = set(), set(), set()
    for item in items:
        for part in (item, *item.get("in_areas", ())):
            units |= {part.get("lead", ""), *part.get("helpers", ())}
            areas.add(part.get("area", ""))
        units.add(item.get("giver", ""))
        posts.add(item.get("contact_post", ""))
    return Known(
        {unit.code: unit for unit in Unit.objects.on().filter(code__in=units)},
        {area.code: area for area in Area.objects.on().filter(code__in=areas)},
        {post.code: post for post in Post.objects.on().filter(code__in=posts)},
    )


def is_code(code: str) -> bool:
    """Whether it can be the code of a list or an item."""
    return bool(_CODE.fullmatch(code))


def faults(item: Written, found: Known, codes: Iterable[str]) -> list[Refused]:
    """What keeps an item from standing on a list, each with its field. `codes` are those of the whole list."""
    bad: list[Refused] = []
    if not is_code(str(item.get("code", ""))):
        bad.append(Refused("bad_item_code", field="code", given=str(item.get("code", ""))[:40]))
    missing = [name for name in REQUIRED if not item.get(name)]
    bad += [Refused("incomplete", field=name, verb="", missing=[name]) for name in missing]
    bad += [
        Refused("too_long", field=name, most=most, length=len(item.get(name) or ""))
        for name, most in LINES.items()
        if len(item.get(name) or "") > most
    ]
    parent = item.get("parent")
    if parent and (parent == item.get("code") or parent not in codes):
        bad.append(Refused("unknown_item", field="parent", given=parent))
    if item.get("type") and item["type"] not in DutyItem.Type.values:
        bad.append(Refused("unknown_power_type", field="type", given=str(item["type"])[:40]))
    return bad + _limit_faults(item) + _basis_faults(item) + _name_faults(item, found)


def _limit_faults(item: Written) -> list[Refused]:
    bad = []
    for name in ("limit", "contact_limit"):
        if not item.get(name):
            continue
        try:
            Limit(item[name])
        except Refused as refused:
            bad.append(Refused(refused.rule, **refused.facts, field=name))
    if (item.get("limit") or item.get("contact_limit")) and not item.get("source"):
        bad.append(Refused("limit_without_source", field="source"))
    return bad


def _basis_faults(item: Written) -> list[Refused]:
    """Every basis names a law and one of its articles."""
    bad = []
    handbook = item.get("handbook") or {}
    for name, rows in (("basis", item.get("basis")), ("penalty_basis", handbook.get("penalty_basis"))):
        for row in rows or ():
            if not row.get("law") or not _ARTICLE.fullmatch(str(row.get("article", ""))):
                bad.append(Refused("bad_basis", field=name, given=str(row.get("law", ""))[:80]))
    return bad


def _name_faults(item: Written, found: Known) -> list[Refused]:
    """Codes that name nothing in force."""
    bad = []
    for part in (item, *(item.get("in_areas") or ())):
        if part.get("area") and part["area"] not in found.areas:
            bad.append(Refused("unknown_area", field="in_areas", given=part["area"]))
        for name in ("lead", "helpers"):
            named = [part.get(name)] if name == "lead" else part.get(name) or ()
            for code in named:
                if code and code not in RELATIONS and code not in found.units:
                    bad.append(Refused("unknown_unit", field="in_areas" if part.get("area") else name, given=code))
    if item.get("giver") and item["giver"] not in found.units:
        bad.append(Refused("unknown_unit", field="giver", given=item["giver"]))
    if item.get("contact_post") and item["contact_post"] not in found.posts:
        bad.append(Refused("unknown_post", field="contact_post", given=item["contact_post"]))
    if item.get("given_on"):
        try:
            date.fromisoformat(item["given_on"])
        except ValueError:
            bad.append(Refused("unreadable", field="given_on", wants="time"))
        if not item.get("giver"):
            bad.append(Refused("giver_unnamed", field="giver"))
    return bad


def write(version: DutyList, items: Iterable[Written], found: Known, first_rank: int = 0) -> None:
    """Adds items to a draft, parents before their parts. They were asked for faults before. Three statements or so."""
    wanted = list(items)
    there = {item.code: item for item in version.items.all()}
    for level in _levels(wanted, set(there)):
        rows = {
            item["code"]: _row(version, item, found, there, first_rank + wanted.index(item)) for item in level
        }  # fmt: skip
        DutyItem.objects.bulk_create(rows.values(), batch_size=_BATCH)
        there |= rows
    said = [row for item in wanted for row in answers(there[item["code"]], item, found)]
    Responsibility.objects.bulk_create(said, batch_size=_BATCH)


def _levels(items: list[Written], there: set[str]) -> Iterable[list[Written]]:
    """Items whose parent is there already, then those below them. Refuses `item_above_itself` for a circle."""
    waiting = items
    while waiting:
        ready = [item for item in waiting if not item.get("parent") or item["parent"] in there]
        if not ready:
            raise Refused("item_above_itself", field="parent", item=waiting[0]["code"])
        yield ready
        there |= {item["code"] for item in ready}
        waiting = [item for item in waiting if item["code"] not in there]


def _row(version: DutyList, item: Written, found: Known, there: Mapping[str, DutyItem], rank: int) -> DutyItem:
    return DutyItem(list=version, code=item["code"], rank=rank, **columns(item, found, there))


def columns(item: Written, found: Known, there: Mapping[str, DutyItem]) -> dict[str, Any]:
    """What of an item stands in its own row."""
    said = whole(item)
    return {
        **{name: said[name] for name in (*LINES, "type", "basis", "handbook", "demo")},
        "parent": there.get(said["parent"]),
        "giver": found.units.get(said["giver"]),
        "given_on": date.fromisoformat(said["given_on"]) if said["given_on"] else None,
        "contact_post": found.posts.get(said["contact_post"]),
    }


def answers(row: DutyItem, item: Written, found: Known) -> list[Responsibility]:
    """Who answers for an item, as rows not yet written."""
    made = []
    for part in (item, *(item.get("in_areas") or ())):
        named = [(part["lead"], Responsibility.Role.LEAD)] if part.get("lead") else []
        named += [(code, Responsibility.Role.HELPER) for code in part.get("helpers") or ()]
        for code, role in named:
            own = code in RELATIONS
            made.append(
                Responsibility(
                    item=row,
                    area=found.areas.get(part.get("area", "")),
                    relation=code if own else Responsibility.Relation.NAMED,
                    unit=None if own else found.units[code],
                    role=role,
                )
            )
    return made
