"""The rules of a package (校验规则): what its files say about each other must hold before a row is written."""

from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

from jiedao.doors.package.content import Content, Place
from jiedao.doors.package.overrides import Misfit, changes_of, resolve, shipped
from jiedao.doors.package.read import LAWS, Problem
from jiedao.kit.limits import Limit
from jiedao.kit.refusal import Refused

RELATIONS = {"own_subdistrict": "subdistrict", "own_community": "community"}


def check(content: Content) -> list[Problem]:
    """Everything that keeps the package from being loaded; of a kind at most twenty, the rest says no more."""
    found: list[Problem] = []
    for rule in RULES:
        found += list(_first(rule(content)))
    return found


def _first(problems: Iterator[Problem]) -> Iterator[Problem]:
    for count, problem in enumerate(problems):
        if count == 20:
            return
        yield problem


def codes_are_unique(content: Content) -> Iterator[Problem]:
    people = content.value("people")["people"]
    records: list[tuple[str, str, Place]] = [("area", a.code, a.at) for a in content.areas]
    records += [("unit", u.code, u.at) for u in content.units]
    records += [("post", p.code, p.at) for p in content.posts]
    kinds = content.value("units")["post_kinds"]
    records += [("post kind", k["code"], ("units", ("post_kinds", i))) for i, k in enumerate(kinds)]
    records += [("person", p["code"], ("people", ("people", i))) for i, p in enumerate(people)]
    records += [("account", p["account"], ("people", ("people", i))) for i, p in enumerate(people) if "account" in p]
    counted = Counter((what, code) for what, code, _ in records)
    told = set()
    for what, code, at in reversed(records):
        if counted[what, code] > 1 and (what, code) not in told:
            told.add((what, code))
            yield content.problem("code_twice", at, what=what, code=code)


def codes_fit(content: Content) -> Iterator[Problem]:
    """Columns have a length; and an area's code begins with that of the area around it, as division codes do."""
    for area in content.areas:
        if area.parent and not area.code.startswith(area.parent):
            yield content.problem("code_outside_parent", area.at, code=area.code, parent=area.parent)
    for unit in content.units:
        if len(unit.code) > 20 or len(unit.name) > 80 or len(unit.name_en) > 120:
            yield content.problem("too_long", unit.at, unit=unit.code, name=unit.name)
    for post in content.posts:
        if len(post.code) > 40:
            yield content.problem("too_long", post.at, post=post.code)


def units_know_each_other(content: Content) -> Iterator[Problem]:
    codes = {unit.code for unit in content.units}
    areas = {area.code for area in content.areas}
    kinds = {kind["code"] for kind in content.value("units")["post_kinds"]}
    for unit in content.units:
        if unit.parent and unit.parent not in codes:
            yield content.problem("unknown_unit", unit.at, code=unit.parent)
        if unit.area and unit.area not in areas:
            yield content.problem("unknown_area", unit.at, code=unit.area)
    for post in content.posts:
        if post.unit not in codes:
            yield content.problem("unknown_unit", post.at, code=post.unit)
        if post.kind not in kinds:
            yield content.problem("unknown_post_kind", post.at, code=post.kind)
        if post.area and post.area not in areas:
            yield content.problem("unknown_area", post.at, code=post.area)
    yield from _circles(content)


def _circles(content: Content) -> Iterator[Problem]:
    parents = {unit.code: unit.parent for unit in content.units}
    for unit in content.units:
        seen, code = set(), unit.code
        while code:
            if code in seen:
                yield content.problem("unit_above_itself", unit.at, code=unit.code)
                break
            seen.add(code)
            code = parents.get(code, "")


def people_hold_known_posts(content: Content) -> Iterator[Problem]:
    posts = {post.code for post in content.posts}
    for i, person in enumerate(content.value("people")["people"]):
        for j, code in enumerate(person["posts"]):
            if code not in posts:
                yield content.problem("unknown_post", ("people", ("people", i, "posts", j)), code=code)


def dates_follow(content: Content) -> Iterator[Problem]:
    for i, duty_list in enumerate(content.value("lists")["lists"]):
        if duty_list["valid_from"] < duty_list["published_on"]:
            at: Place = ("lists", ("lists", i, "valid_from"))
            yield content.problem("in_force_before_published", at, list=duty_list["code"])


def items_are_sound(content: Content) -> Iterator[Problem]:
    """Category, limits, law and units of every item."""
    categories = content.value("lists")["categories"]
    laws = {law["name"]: law["articles"] for law in content.value(LAWS)["laws"]}
    units = {unit.code for unit in content.units} | set(RELATIONS)
    areas = {area.code for area in content.areas}
    for duty_list, item, at in _items(content):
        file, path = at
        if item["category"] not in categories:
            yield content.problem("unknown_category", (file, (*path, "category")), code=item["category"])
        yield from _limits(content, item, at)
        for k, basis in enumerate(item.get("basis", ())):
            if basis["article"] > laws.get(basis["law"], 0):
                rule = "unknown_article" if basis["law"] in laws else "unknown_law"
                yield content.problem(rule, (file, (*path, "basis", k)), law=basis["law"], article=basis["article"])
        if duty_list["kind"] == "duty" and not item.get("lead"):
            yield content.problem("nobody_leads", at, item=item["code"])
        for code in _named(item):
            if code not in units:
                yield content.problem("unknown_unit", at, code=code, item=item["code"])
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


def nothing_is_sent_down_unadmitted(content: Content) -> Iterator[Problem]:
    """Who is named for an item below the district must have it in a list of that level, and in no negative one (D3)."""
    levels = {unit.code: unit.level for unit in content.units} | RELATIONS
    admitted: dict[str, set[str]] = {"subdistrict": set(), "community": set()}
    barred: dict[str, set[str]] = {"subdistrict": set(), "community": set()}
    for duty_list, item, _ in _items(content):
        if duty_list["level"] in admitted:
            (barred if duty_list["kind"] == "negative" else admitted)[duty_list["level"]].add(item["code"])
    for duty_list, item, at in _items(content):
        for code in _named(item):
            level = levels.get(code)
            if duty_list["kind"] == "negative" or level not in admitted:
                continue
            if item["code"] not in admitted[level] or item["code"] in barred[level]:
                yield content.problem("not_admitted", at, item=item["code"], unit=code, level=level)


def item_codes_are_unique(content: Content) -> Iterator[Problem]:
    seen: set[tuple[str, int, str]] = set()
    for duty_list, item, at in _items(content):
        key = (duty_list["code"], duty_list["version"], item["code"])
        if key in seen:
            yield content.problem("code_twice", at, what="item", code=item["code"])
        seen.add(key)


def processes_resolve(content: Content) -> Iterator[Problem]:
    written, known = content.value("processes"), shipped()
    named: list[tuple[str, Place]] = [(code, ("processes", ("processes", code))) for code in written["processes"]]
    named += [(code, ("processes", ("without", i))) for i, code in enumerate(written.get("without", ()))]
    for code, at in named:
        if code not in known:
            yield content.problem("unknown_process", at, code=code, known=", ".join(sorted(known)))
    for code, changes in changes_of(content).items():
        try:
            resolve(code, changes)
        except Misfit as misfit:
            path = str(misfit.facts.get("path", ""))
            yield content.problem(misfit.rule, ("processes", ("processes", code, path)), process=code, **misfit.facts)


def every_area_has_a_shape(content: Content) -> Iterator[Problem]:
    codes = {area.code for area in content.areas}
    for area in content.areas:
        if area.code not in content.shapes.by_code:
            yield content.problem("shape_missing", area.at, area=area.code)
    for code in content.shapes.by_code:
        if code not in codes:
            yield content.shapes.problem("unknown_area", code)


def _items(content: Content) -> Iterator[tuple[dict[str, Any], dict[str, Any], Place]]:
    for i, duty_list in enumerate(content.value("lists")["lists"]):
        for j, item in enumerate(duty_list["items"]):
            yield duty_list, item, ("lists", ("lists", i, "items", j))


def _named(item: dict[str, Any]) -> Iterator[str]:
    """Every unit or relation an item names."""
    for part in (item, *item.get("in_areas", ())):
        if part.get("lead"):
            yield part["lead"]
        yield from part.get("helpers", ())


def shapes_fit(content: Content) -> Iterator[Problem]:
    """Shapes are sound, lie in the area around them, and do not overlap. Gaps are told, not refused."""
    from jiedao.doors.package import shapes  # noqa: PLC0415 -- slow import

    yield from shapes.check(content)


RULES: tuple[Callable[[Content], Iterator[Problem]], ...] = (
    codes_are_unique,
    codes_fit,
    units_know_each_other,
    people_hold_known_posts,
    dates_follow,
    items_are_sound,
    item_codes_are_unique,
    nothing_is_sent_down_unadmitted,
    processes_resolve,
    every_area_has_a_shape,
    shapes_fit,
)
