"""Words of the lists (清单用语): what kinds, types, levels, triggers, fields and steps are called on pages."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.utils.translation import gettext_lazy, pgettext_lazy

from jiedao.doors.web.clocks import is_chinese
from jiedao.doors.web.templatetags.jiedao_ui import limit_label, named
from jiedao.ground.duties.written import article

KINDS = {
    "duty": gettext_lazy("Duty list"),
    "power": gettext_lazy("Administrative power list"),
    "service": gettext_lazy("Public service list"),
    "inspection": gettext_lazy("Integrated inspection list"),
    "certificate": gettext_lazy("Certificate list"),
    "negative": gettext_lazy("Negative list"),
    "catalogue": gettext_lazy("Guiding catalogue"),
}
LEVELS = {
    "district": pgettext_lazy("level", "District"),
    "subdistrict": pgettext_lazy("level", "Sub-district"),
    "community": pgettext_lazy("level", "Community"),
}
TYPES = {
    "licence": gettext_lazy("Licence"),
    "penalty": gettext_lazy("Penalty"),
    "coercion": gettext_lazy("Coercion"),
    "collection": gettext_lazy("Collection"),
    "payment": gettext_lazy("Payment"),
    "inspection": pgettext_lazy("power", "Inspection"),
    "confirmation": gettext_lazy("Confirmation"),
    "reward": gettext_lazy("Reward"),
    "ruling": pgettext_lazy("power", "Ruling"),
    "service": pgettext_lazy("power", "Service"),
    "other": pgettext_lazy("power", "Other power"),
}
TRIGGERS = {
    "law": gettext_lazy("A law was made, changed or ended"),
    "body": gettext_lazy("A duty or a body has changed"),
    "delegation": gettext_lazy("A power is delegated or taken back"),
    "merger": gettext_lazy("Items are merged or split"),
    "admission": gettext_lazy("Work was admitted"),
    "other": pgettext_lazy("trigger", "Another reason"),
}
STEPS = {
    "given": gettext_lazy("Given"),
    "adjusted": gettext_lazy("Adjusted"),
    "taken_back": gettext_lazy("Taken back"),
}
RELATIONS = {
    "own_subdistrict": gettext_lazy("the sub-district of the place"),
    "own_community": gettext_lazy("the community of the place"),
}
FIELDS = {
    "parent": gettext_lazy("Belongs to item"),
    "category": gettext_lazy("Category"),
    "category_en": gettext_lazy("Category in English"),
    "name": pgettext_lazy("of an item", "Name"),
    "name_en": pgettext_lazy("of an item", "Name in English"),
    "words": gettext_lazy("Words it is found by"),
    "limit": pgettext_lazy("of an item", "Time limit"),
    "contact_limit": gettext_lazy("Time until the caller is spoken with"),
    "source": gettext_lazy("Source of limit and item"),
    "form": gettext_lazy("Form in which it is taken on"),
    "frequency": gettext_lazy("Frequency"),
    "type": gettext_lazy("Type of power"),
    "basis": gettext_lazy("Legal basis"),
    "giver": gettext_lazy("Department that gave it"),
    "given_on": gettext_lazy("Given on"),
    "contact_post": gettext_lazy("Contact who answers questions"),
    "handbook": gettext_lazy("Handbook"),
    "demo": gettext_lazy("Invented for the demonstration"),
    "lead": gettext_lazy("Leads"),
    "helpers": pgettext_lazy("units that", "Help"),
    "in_areas": gettext_lazy("Exceptions of single areas"),
    "code": pgettext_lazy("of an item", "Number"),
    "penalty_basis": gettext_lazy("Penalty basis"),
    "range": gettext_lazy("Penalty range"),
    "steps": pgettext_lazy("of a handbook", "Steps"),
    "points": gettext_lazy("Points to check"),
    "cautions": gettext_lazy("Cautions"),
    "cases": gettext_lazy("Cases of practice"),
    "items": gettext_lazy("Items"),
}
NONE = gettext_lazy("– empty –")


def join(told: Iterable[Any]) -> str:
    """Names in a row."""
    return ("、" if is_chinese() else ", ").join(str(one) for one in told)


def laws(rows: Any) -> str:
    """《…》第14条 in one line, for Chinese and English readers alike: laws have no other names."""
    return "；".join(f"《{row.get('law', '')}》{article(row.get('article', ''))}" for row in rows or ())


def value(name: str, said: Any, names: Mapping[str, Any] | None = None) -> str:
    """What a field says, for the two sides of a comparison. `names` are the units that codes stand for."""
    names = names or {}
    if said in (None, "", [], {}, False):
        return str(NONE)
    if name == "basis":
        return laws(said)
    if name in ("limit", "contact_limit"):
        return limit_label(said)
    if name == "type":
        return str(TYPES.get(said, said))
    if name in ("lead", "giver"):
        return _unit(said, names)
    if name == "helpers":
        return join(_unit(code, names) for code in said)
    if name == "in_areas":
        units = [(part["area"], [_unit(code, names) for code in (part["lead"], *part["helpers"])]) for part in said]
        return "；".join(f"{area}: {join(named_units)}" for area, named_units in units)
    if name == "handbook":
        return "\n".join(f"{FIELDS[part]}: {_book(part, told)}" for part, told in said.items() if part in FIELDS)
    return "✓" if said is True else str(said)


def _unit(code: str, names: Mapping[str, Any]) -> str:
    return str(RELATIONS.get(code) or named(names.get(code)) or code)


def _book(part: str, told: Any) -> str:
    if part == "penalty_basis":
        return laws(told)
    return " / ".join(str(line) for line in told) if isinstance(told, list) else str(told)


def who(rows: Any) -> dict[str, Any]:
    """Lead, helpers and the exceptions of areas, in words, from an item's responsibilities."""
    shown: dict[str, Any] = {"lead": "", "helpers": [], "areas": {}}
    for row in rows:
        word = named(row.unit) if row.unit else str(RELATIONS.get(row.relation, row.relation))
        at = shown if row.area is None else shown["areas"].setdefault(named(row.area), {"lead": "", "helpers": []})
        if row.role == "lead":
            at["lead"] = word
        else:
            at["helpers"].append(word)
    for at in (shown, *shown["areas"].values()):
        at["helpers"] = join(at["helpers"])
    return shown
