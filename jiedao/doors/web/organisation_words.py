"""Words of the organisation (组织用语): kinds of unit, natures of a tenure, states of a tie, lines of a unit's history."""

from typing import Any

from django.utils.translation import gettext, pgettext

from jiedao.doors import organising
from jiedao.doors.web.templatetags.jiedao_ui import pick
from jiedao.ground.journal.models import Change
from jiedao.ground.people.models import Person


def unit_kinds() -> dict[str, str]:
    """Kinds of unit by code."""
    return {
        "department": gettext("Department"),
        "subdistrict": gettext("Sub-district"),
        "office": gettext("Office"),
        "centre": gettext("Centre"),
        "bureau": gettext("Bureau or team"),
        "community": gettext("Community"),
        "squad": gettext("Squad"),
        "party": gettext("Party organisation"),
        "outpost": gettext("Outposted unit"),
        "leadership": gettext("Leadership"),
    }


def levels() -> dict[str, str]:
    return {
        "district": gettext("District level"),
        "subdistrict": gettext("Sub-district level"),
        "community": gettext("Community level"),
    }


def counted(rows: list[tuple[str, str, int]]) -> list[dict[str, Any]]:
    """How many units of each kind stand at each level, in words."""
    kinds, order = unit_kinds(), list(levels())
    found: dict[str, list[dict[str, Any]]] = {level: [] for level in order}
    for level, kind, number in sorted(rows, key=lambda row: list(kinds).index(row[1])):
        found[level].append({"word": kinds[kind], "kind": kind, "number": number})
    return [{"level": levels()[level], "kinds": found[level]} for level in order if found[level]]


def places(found: dict[str, int]) -> list[tuple[str, int]]:
    """The district's places in words, from the large to the small."""
    words = {
        "subdistrict": gettext("Sub-districts"),
        "town": gettext("Towns"),
        "township": gettext("Townships"),
        "community": gettext("Communities"),
        "village": gettext("Villages"),
        "integrated": gettext("Integrated grids"),
        "exclusive": gettext("Exclusive grids"),
    }
    return [(word, found[kind]) for kind, word in words.items() if found.get(kind)]


def natures() -> dict[str, str]:
    """How somebody sits in a seat; who simply holds it needs no word."""
    return {
        "holds": "",
        "acting": pgettext("of a tenure", "Acting"),
        "seconded": pgettext("of a tenure", "Seconded"),
    }


def duties() -> dict[str, str]:
    return {"": "", "full_time": gettext("Full-time"), "part_time": gettext("Part-time")}


def tie_states() -> dict[str, str]:
    """Whether two seats that belong together are held by one person."""
    return {
        "holds": gettext("One person holds both"),
        "apart": gettext("Held by two people"),
        "vacant": gettext("The second seat is vacant"),
        "leaderless": gettext("The leading seat is vacant"),
    }


def mismatches() -> dict[str, str]:
    """What is wrong between accounts and people."""
    return {
        "nobody": gettext("Belongs to nobody"),
        "left": gettext("Its person has left"),
        "second": gettext("Second account of one person"),
        "no_seat": gettext("Its person holds no seat"),
        "without": gettext("In post, without an account"),
        "closed": gettext("Closed accounts"),
    }


def changes(rows: list[tuple[Change, Person | None]]) -> list[dict[str, Any]]:
    """Lines of a unit's history: when, what, who."""
    return [
        {"at": row.at, "what": verb(row.verb), "facts": facts(row), "person": person, "system": row.system}
        for row, person in rows
    ]


def verb(code: str) -> str:
    """A change by its word: an act's own, or one that only follows an act."""
    act = organising.ACTS.get(code)
    if act:
        return str(pick({"zh": act.zh, "en": act.en}))
    others = {
        "moved": gettext("Moved here"),
        "approve_posts": gettext("Posts approved"),
        "merge": gettext("Merged"),
        "make": pgettext("a unit", "Made"),
        "leave": gettext("Left"),
    }
    return others.get(code, code)


def facts(row: Change) -> str:
    """What the journal kept of a change: codes, numbers and days."""
    words = {
        "post": gettext("seat"),
        "person": gettext("staff number"),
        "on": gettext("from"),
        "until": gettext("until"),
        "to": gettext("to"),
        "into": gettext("into"),
        "was": gettext("was"),
        "now": pgettext("a number", "now"),
        "moved": gettext("of these moved down"),
        "home": gettext("sent by"),
        "consent": gettext("consent"),
        "tie": gettext("by the tie"),
        "came_from": gettext("made of"),
        "basis": gettext("by"),
        "area": gettext("area"),
        "field": gettext("field"),
    }
    told = [(words[name], value) for name, value in row.facts.items() if name in words and value not in ("", None, [])]
    return " · ".join(f"{word} {'、'.join(map(str, v)) if isinstance(v, list) else v}" for word, v in told)


def sides() -> dict[str, str]:
    return {"front": gettext("Front desk"), "back": gettext("Back office")}


def masters(command: int, home: int) -> str:
    """Who appraises by which share."""
    if not home:
        return gettext("those in command alone")
    return gettext("command %(command)s : department %(home)s") % {"command": command, "home": home}
