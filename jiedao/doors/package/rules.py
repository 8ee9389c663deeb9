"""The rules of a package (校验规则): what its files say about each other must hold before a row is written."""

from collections import Counter
from collections.abc import Callable, Iterator

from jiedao.doors.package import rules_lists, rules_organisation
from jiedao.doors.package.content import Content
from jiedao.doors.package.overrides import Misfit, changes_of, resolve, shipped
from jiedao.doors.package.read import Problem
from jiedao.doors.package.records import Place


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
    people = [person for person in content.people if not person.invented]
    records: list[tuple[str, str, Place]] = [("area", a.code, a.at) for a in content.areas]
    records += [("unit", u.code, u.at) for u in content.units]
    records += [("post", p.code, p.at) for p in content.posts]
    kinds = content.value("units")["post_kinds"]
    records += [("post kind", k["code"], ("units", ("post_kinds", i))) for i, k in enumerate(kinds)]
    records += [("person", p.code, p.at) for p in people]
    records += [("account", name, p.at) for p in content.people for name in p.accounts]
    records += [("site", s.code, s.at) for s in content.sites]
    records += [("former unit", f.code, f.at) for f in content.former]
    records += [("tie", t["code"], ("organisation", ("ties", i))) for i, t in enumerate(content.ties)]
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
    layouts = {"subdistrict", "community", "none", *content.value("units").get("layouts", ())}
    for area in content.areas:
        if area.kind in ("subdistrict", "community") and area.layout not in layouts:
            yield content.problem("unknown_layout", area.at, area=area.code, layout=area.layout)
    for unit in content.units:
        if unit.parent and unit.parent not in codes:
            yield content.problem("unknown_unit", unit.at, code=unit.parent)
        for code in (unit.area, *unit.serves):
            if code and code not in areas:
                yield content.problem("unknown_area", unit.at, code=code)
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
    for person in content.people:
        for j, code in enumerate(person.posts):
            if code not in posts:
                yield content.problem("unknown_post", (person.at[0], (*person.at[1], "posts", j)), code=code)
    for i, code in enumerate(content.value("people").get("fill", {}).get("vacant", ())):
        if code not in posts:
            yield content.problem("unknown_post", ("people", ("people", "fill", "vacant", i)), code=code)


def the_stationed_are_sent_by_somebody(content: Content) -> Iterator[Problem]:
    units = {unit.code for unit in content.units}
    kinds = {term.code for term in content.terms if term.table == "station_kind"}
    seats = [(post.stationed, post.at) for post in content.posts if post.stationed]
    for sent, at in [*seats, *((p.stationed, p.at) for p in content.people if p.stationed and not p.invented)]:
        for code in (sent["home"], sent["command"]):
            if code not in units:
                yield content.problem("unknown_unit", at, code=code)
        if sent["kind"] not in kinds:
            yield content.problem("unknown_term", at, table="station_kind", code=sent["kind"])


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


def score_rules_are_sound(content: Content) -> Iterator[Problem]:
    from jiedao.lines.scores import rules  # noqa: PLC0415 -- app ready

    for name, document in content.score_rules.items():
        wrong = rules.problems(document)
        # The file's name says which rule of every district it stands for.
        if not wrong and (code := rules.read(document).code) != name:
            wrong = [f"1: the file is {name}, the rule is {code}"]
        for problem in wrong:
            line, _, what = problem.partition(": ")
            yield Problem(f"scores/{name}.yaml", int(line) if line.isdigit() else 1, "bad_rule", {"what": what})


def every_area_has_a_shape(content: Content) -> Iterator[Problem]:
    codes = {area.code for area in content.areas}
    for area in content.areas:
        if area.code not in content.shapes.by_code:
            yield content.problem("shape_missing", area.at, area=area.code)
    for code in content.shapes.by_code:
        if code not in codes:
            yield content.shapes.problem("unknown_area", code)


def shapes_fit(content: Content) -> Iterator[Problem]:
    """Shapes are sound, lie in the area around them, and do not overlap. Gaps are told, not refused."""
    from jiedao.doors.package import shapes  # noqa: PLC0415 -- slow import

    yield from shapes.check(content)


RULES: tuple[Callable[[Content], Iterator[Problem]], ...] = (
    codes_are_unique,
    codes_fit,
    units_know_each_other,
    people_hold_known_posts,
    the_stationed_are_sent_by_somebody,
    *rules_organisation.RULES,
    *rules_lists.RULES,
    processes_resolve,
    score_rules_are_sound,
    every_area_has_a_shape,
    shapes_fit,
)
