"""Organisation filters (组织标签): codes of units, seats and ties as words."""

from typing import Any

from django import template

from jiedao.doors.web import organisation_words as words
from jiedao.doors.web.clocks import is_chinese
from jiedao.doors.web.templatetags.jiedao_ui import named
from jiedao.ground.people.counting import Share

register = template.Library()


@register.filter
def unit_kind(code: str) -> str:
    return words.unit_kinds().get(code, code)


@register.filter
def side(code: str) -> str:
    """Front desk or back office."""
    return words.sides().get(code, code)


@register.filter
def nature(code: str) -> str:
    return words.natures().get(code, code)


@register.filter
def duty(code: str) -> str:
    return words.duties().get(code, code)


@register.filter
def tie_state(code: str) -> str:
    return words.tie_states().get(code, code)


@register.filter
def second_plate(unit: Any) -> str:
    """The second name on a unit's door, in the page's language where it has one."""
    return str(unit.second_name if is_chinese() else unit.second_name_en or unit.second_name)


@register.filter
def term(code: str, table: dict[str, Any]) -> str:
    """The district's own word for a code; the code itself where it has none."""
    return named(table[code]) if code in (table or {}) else code


@register.filter
def station(code: str, shares: dict[str, Share]) -> str:
    return named(shares[code].term) if code in shares else code


@register.filter
def masters(code: str, shares: dict[str, Share]) -> str:
    """Both masters and their shares."""
    return words.masters(shares[code].command, shares[code].home) if code in shares else ""


@register.filter
def of(table: dict[str, Any], key: str) -> Any:
    return table.get(key, 0)


@register.filter
def unlocal(number: Any) -> str:
    """A number as a machine reads it."""
    return str(number)
