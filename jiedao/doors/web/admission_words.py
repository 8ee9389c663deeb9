"""Words of admission (准入用语): codes of papers, checks, hand-overs, burdens as people read them."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext, pgettext

from jiedao.doors.fields import STANCES, VETTED, Field
from jiedao.doors.papers import LEVELS
from jiedao.doors.web import clocks
from jiedao.doors.web.sheet import NO_CASE
from jiedao.doors.web.templatetags.jiedao_ui import named, pick
from jiedao.lines.admission.desk import Opinion
from jiedao.lines.admission.rules import Sign


def aims() -> dict[str, str]:
    return {
        "new": gettext("New admission"),
        "review": gettext("Review"),
        "change": pgettext("of an admitted item", "Change"),
        "withdraw": gettext("Withdrawal"),
    }


def states() -> dict[str, str]:
    return {
        "running": gettext("In force"),
        "reviewed": gettext("Reviewed"),
        "adjusted": gettext("Adjusted"),
        "withdrawn": gettext("Withdrawn"),
    }


def kinds() -> dict[str, str]:
    """What may come down with work."""
    return {
        "function": gettext("Function"),
        "post": pgettext("seat", "Post"),
        "staff": gettext("Staff"),
        "money": gettext("Money"),
        "vehicle": gettext("Vehicles"),
        "gear": gettext("Gear"),
    }


def rhythms() -> dict[str, str]:
    return {
        "once": gettext("once"),
        "daily": gettext("every working day"),
        "weekly": gettext("every week"),
        "monthly": gettext("every month"),
        "quarterly": gettext("every quarter"),
        "yearly": gettext("every year"),
    }


def level(code: str) -> str:
    return pick(LEVELS.get(code, {}), code)


def of(fields: Sequence[Field], name: str, code: str) -> str:
    """A choice of a declared field in words."""
    options = next((field.options(NO_CASE) for field in fields if field.name == name), {})
    return pick(options.get(code, {}), code)


def opinion(one: Opinion) -> dict[str, Any]:
    known = VETTED if one.verb == "vet" else STANCES
    return {
        "one": one,
        "stance": pick(known.get(one.stance, {}), "") if one.said_at else gettext("No answer yet"),
        "what": gettext("Legal review") if one.verb == "vet" else gettext("Opinion"),
        "is_against": one.stance in ("object", "unlawful"),
    }


def sign(one: Sign) -> dict[str, Any]:
    """A check on top of the papers: its name, whether it is met, what it found."""
    names = {
        "negative_list": gettext("In no negative list"),
        "duplicate": gettext("No duplicate"),
        "basis": gettext("Legal basis"),
        "money": gettext("Money comes with it"),
        "people": gettext("People come with it"),
        "ahead": gettext("Applied for in time"),
    }
    return {"name": names[one.code], "is_met": one.is_met, "found": _found(one)}


def _found(one: Sign) -> str:
    if one.code in ("negative_list", "duplicate"):
        return f"{named(one.found.list)} · {named(one.found)}" if one.found else ""
    if one.code == "basis":
        return basis(one.found)
    if one.code == "money":
        return money(one.found)
    if one.code == "people":
        return str(one.found)
    return clocks.day(one.found)


def basis(rows: list[dict[str, Any]]) -> str:
    """Laws and articles in the page's language."""
    if clocks.is_chinese():
        return "；".join(f"《{one['law']}》第{one['article']}条" for one in rows)
    return "; ".join(f"{one['law']}, art. {one['article']}" for one in rows)


def money(amount: Decimal | None) -> str:
    """Yuan with its thousands parted."""
    if amount is None:
        return "–"
    return f"{amount:,.2f} 元" if clocks.is_chinese() else f"¥{amount:,.2f}"
