"""Rules of duty lists (清单校验): law, limits, units, versions, and that nothing is sent down unadmitted."""

from collections.abc import Callable, Iterator
from typing import Any

from jiedao.doors.package.content import Content
from jiedao.doors.package.read import LAWS, Problem
from jiedao.doors.package.records import Place
from jiedao.ground.duties.models import ADMITS
from jiedao.kit.limits import Limit
from jiedao.kit.refusal import Refused

RELATIONS = {"own_subdistrict": "subdistrict", "own_community": "community"}


def versions_follow(content: Content) -> Iterator[Problem]:
    """One version of a list to a number and to a day, in force no earlier than published."""
    numbers: set[tuple[str, int]] = set()
    days: set[tuple[str, str]] = set()
    for row, (file, path) in content.lists:
        if row["valid_from"] < row["published_on"]:
            at: Place = (file, (*path, "valid_from"))
            yield content.problem("in_force_before_published", at, list=row["code"])
        if (row["code"], row["version"]) in numbers:
            yield content.problem("code_twice", (file, path), what="list", code=f"{row['code']} {row['version']}")
        elif (row["code"], row["valid_from"]) in days:
            yield content.problem(
                "two_versions_on_one_day", (file, (*path, "valid_from")), list=row["code"], day=row["valid_from"]
            )
        numbers.add((row["code"], row["version"]))
        days.add((row["code"], row["valid_from"]))


def owners_are_known(content: Content) -> Iterator[Problem]:
    units = {unit.code for unit in content.units}
    for row, (file, path) in content.lists:
        if row.get("owner", "") and row["owner"] not in units:
            yield content.problem("unknown_unit", (file, (*path, "owner")), code=row["owner"])


def items_are_sound(content: Content) -> Iterator[Problem]:
    """Category, limits, law and units of every item and sub-item."""
    for duty_list, item, (file, path) in items(content):
        if "category" in item and item["category"] not in content.categories:
            yield content.problem("unknown_category", (file, (*path, "category")), code=item["category"])
        yield from _limits(content, item, (file, path))
        yield from _law(content, item, (file, path))
        if duty_list["kind"] == "duty" and "category" in item and not item.get("lead"):
            yield content.problem("nobody_leads", (file, path), item=item["code"])


def items_name_known_units(content: Content) -> Iterator[Problem]:
    units = {unit.code for unit in content.units} | set(RELATIONS)
    posts = {post.code for post in content.posts}
    areas = {area.code for area in content.areas}
    for _, item, at in items(content):
        file, path = at
        for code in (*named(item), *([item["giver"]] if "giver" in item else ())):
            if code not in units:
                yield content.problem("unknown_unit", at, code=code, item=item["code"])
        if item.get("contact_post", "") and item["contact_post"] not in posts:
            yield content.problem("unknown_post", (file, (*path, "contact_post")), code=item["contact_post"])
        for k, exception in enumerate(item.get("in_areas", ())):
            if exception["area"] not in areas:
                yield content.problem("unknown_area", (file, (*path, "in_areas", k)), code=exception["area"])


def _limits(content: Content, item: dict[str, Any], at: Place) -> Iterator[Problem]:
    for key in ("limit", "contact_limit"):
        if key not in item:
            continue
        try:
            Limit(item[key])
        except Refused:
            yield content.problem("bad_limit", (at[0], (*at[1], key)), limit=item[key])
        if not item.get("source"):
            yield content.problem("limit_without_source", at, item=item["code"])


def _law(content: Content, item: dict[str, Any], at: Place) -> Iterator[Problem]:
    laws = {law["name"]: law["articles"] for law in content.value(LAWS)["laws"]}
    file, path = at
    named = [((*path, "basis", k), row) for k, row in enumerate(item.get("basis", ()))]
    penalty = item.get("handbook", {}).get("penalty_basis", ())
    named += [((*path, "handbook", "penalty_basis", k), row) for k, row in enumerate(penalty)]
    for spot, basis in named:
        if basis["article"] > laws.get(basis["law"], 0):
            rule = "unknown_article" if basis["law"] in laws else "unknown_law"
            yield content.problem(rule, (file, spot), law=basis["law"], article=basis["article"])


def nothing_is_sent_down_unadmitted(content: Content) -> Iterator[Problem]:
    """Who is named for an item below the district must have it in a list of that level, and in no negative one (D3)."""
    levels = {unit.code: unit.level for unit in content.units} | RELATIONS
    admitted: dict[str, set[str]] = {"subdistrict": set(), "community": set()}
    barred: dict[str, set[str]] = {"subdistrict": set(), "community": set()}
    for duty_list, item, _ in items(content):
        if duty_list["level"] in admitted:
            if duty_list["kind"] == "negative":
                barred[duty_list["level"]].add(item["code"])
            elif duty_list["kind"] in ADMITS:
                admitted[duty_list["level"]].add(item["code"])
    for duty_list, item, at in items(content):
        if duty_list["kind"] not in ADMITS:
            continue
        for code in named(item):
            level = levels.get(code)
            if level in admitted and (item["code"] not in admitted[level] or item["code"] in barred[level]):
                yield content.problem("not_admitted", at, item=item["code"], unit=code, level=level)


def item_codes_are_unique(content: Content) -> Iterator[Problem]:
    seen: set[tuple[str, int, str]] = set()
    for duty_list, item, at in items(content):
        key = (duty_list["code"], duty_list["version"], item["code"])
        if key in seen:
            yield content.problem("code_twice", at, what="item", code=item["code"])
        seen.add(key)


def categories_agree(content: Content) -> Iterator[Problem]:
    """Two files may name the same category only with the same words."""
    for name in content.list_files:
        for code, words in (content.value(name).get("categories") or {}).items():
            if content.categories[code] != words:
                yield content.problem("code_twice", (name, ("categories", code)), what="category", code=code)


def items(content: Content) -> Iterator[tuple[dict[str, Any], dict[str, Any], Place]]:
    """Every item with its list, and every sub-item after its item. A sub-item has no category of its own."""
    for duty_list, (file, path) in content.lists:
        for j, item in enumerate(duty_list["items"]):
            at = (*path, "items", j)
            yield duty_list, item, (file, at)
            for k, part in enumerate(item.get("parts", ())):
                yield duty_list, part, (file, (*at, "parts", k))


def named(item: dict[str, Any]) -> Iterator[str]:
    """Every unit or relation an item names."""
    for part in (item, *item.get("in_areas", ())):
        if part.get("lead"):
            yield part["lead"]
        yield from part.get("helpers", ())


RULES: tuple[Callable[[Content], Iterator[Problem]], ...] = (
    categories_agree,
    versions_follow,
    owners_are_known,
    items_are_sound,
    items_name_known_units,
    item_codes_are_unique,
    nothing_is_sent_down_unadmitted,
)
