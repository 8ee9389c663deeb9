"""Rules of terms and organisation (词条、编制校验): every word a post or a site uses stands in the district's tables."""

from collections.abc import Callable, Iterator

from jiedao.doors.package.content import Content
from jiedao.doors.package.read import Problem
from jiedao.doors.package.records import TermRecord
from jiedao.kit.limits import Limit
from jiedao.kit.refusal import Refused

SETTLERS = ("grid", "community", "subdistrict", "department", "district")


def terms_are_sound(content: Content) -> Iterator[Problem]:
    """A competence names post kinds, an office a unit; shares make a hundred; limits can be read."""
    for term in content.terms:
        yield from _SOUND.get(term.table, _anything)(content, term)


def _anything(content: Content, term: TermRecord) -> Iterator[Problem]:
    yield from ()


def _competence(content: Content, term: TermRecord) -> Iterator[Problem]:
    kinds = {kind["code"] for kind in content.value("units")["post_kinds"]}
    for code in term.facts.get("posts", ()):
        if code not in kinds:
            yield content.problem("unknown_post_kind", term.at, code=code, term=term.code)
    if term.facts.get("within", "district") not in ("district", "body"):
        yield content.problem("unknown_scope", term.at, term=term.code, within=term.facts["within"])


def _office(content: Content, term: TermRecord) -> Iterator[Problem]:
    if term.facts.get("unit") not in {unit.code for unit in content.units}:
        yield content.problem("unknown_unit", term.at, code=term.facts.get("unit", ""), term=term.code)


def _station_kind(content: Content, term: TermRecord) -> Iterator[Problem]:
    shares = [term.facts.get("command", 0), term.facts.get("home", 0)]
    if not all(isinstance(share, int) for share in shares) or sum(shares) != 100:
        yield content.problem("shares_are_no_hundred", term.at, term=term.code, shares=shares)


def _matter(content: Content, term: TermRecord) -> Iterator[Problem]:
    if term.facts.get("settles") not in SETTLERS:
        yield content.problem("unknown_level", term.at, term=term.code, level=term.facts.get("settles", ""))


def _right(content: Content, term: TermRecord) -> Iterator[Problem]:
    try:
        Limit(str(term.facts.get("within", "")))
    except Refused:
        yield content.problem("bad_limit", term.at, term=term.code, limit=term.facts.get("within", ""))


_SOUND: dict[str, Callable[[Content, TermRecord], Iterator[Problem]]] = {
    "competence": _competence,
    "office": _office,
    "station_kind": _station_kind,
    "matter": _matter,
    "right": _right,
}


def posts_use_known_words(content: Content) -> Iterator[Problem]:
    known = _tables(content)
    told = set()
    for post in content.posts:
        for table, code in (("slot", post.slot), ("staff_kind", post.staff_kind)):
            if code and code not in known.get(table, ()) and (table, code, post.at) not in told:
                told.add((table, code, post.at))
                yield content.problem("unknown_term", post.at, table=table, code=code)


def approved_posts_are_sound(content: Content) -> Iterator[Problem]:
    units = {unit.code for unit in content.units}
    kinds = _tables(content).get("staff_kind", set())
    seen = set()
    for row in content.establishments:
        for code in (row.unit, row.moved_from):
            if code and code not in units:
                yield content.problem("unknown_unit", row.at, code=code)
        if row.staff_kind not in kinds:
            yield content.problem("unknown_term", row.at, table="staff_kind", code=row.staff_kind)
        if row.moved > row.approved:
            yield content.problem("more_moved_than_approved", row.at, unit=row.unit, moved=row.moved)
        if (row.unit, row.staff_kind) in seen:
            yield content.problem("code_twice", row.at, what="establishment", code=f"{row.unit} {row.staff_kind}")
        seen.add((row.unit, row.staff_kind))


def ties_and_links_lead_somewhere(content: Content) -> Iterator[Problem]:
    kinds = {kind["code"] for kind in content.value("units")["post_kinds"]}
    for i, tie in enumerate(content.ties):
        for code in (tie["leads"], tie["follows"]):
            if code not in kinds:
                yield content.problem("unknown_post_kind", ("organisation", ("ties", i)), code=code)
    posts = {post.code for post in content.posts}
    units = {unit.code for unit in content.units}
    areas = {area.code for area in content.areas}
    for link in content.links:
        if link.post not in posts:
            yield content.problem("unknown_post", link.at, code=link.post)
        if link.area and link.area not in areas:
            yield content.problem("unknown_area", link.at, code=link.area)
        if link.unit and link.unit not in units:
            yield content.problem("unknown_unit", link.at, code=link.unit)
        if not (link.area or link.unit or link.field):
            yield content.problem("link_leads_nowhere", link.at, post=link.post)
    for former in content.former:
        if former.into not in units:
            yield content.problem("unknown_unit", former.at, code=former.into)
        if former.on < content.since or former.code in units:
            yield content.problem("merged_unit_still_stands", former.at, unit=former.code, on=former.on)


def sites_are_known(content: Content) -> Iterator[Problem]:
    kinds = _tables(content).get("site_kind", set())
    areas = {area.code for area in content.areas}
    for site in content.sites:
        if site.kind not in kinds:
            yield content.problem("unknown_term", site.at, table="site_kind", code=site.kind)
        if site.area and site.area not in areas:
            yield content.problem("unknown_area", site.at, code=site.area)


def terms_stand_once(content: Content) -> Iterator[Problem]:
    for table, rows in content.value("terms").get("terms", {}).items():
        codes = [row["code"] for row in rows]
        for i, code in enumerate(codes):
            if code in codes[:i]:
                yield content.problem("code_twice", ("terms", ("terms", table, i)), what=table, code=code)


def _tables(content: Content) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for term in content.terms:
        found.setdefault(term.table, set()).add(term.code)
    return found


RULES: tuple[Callable[[Content], Iterator[Problem]], ...] = (
    terms_are_sound,
    terms_stand_once,
    posts_use_known_words,
    approved_posts_are_sound,
    ties_and_links_lead_somewhere,
    sites_are_known,
)
