"""Desk filters (工作台标签): codes of lists as words."""

from decimal import Decimal
from typing import Any

from django import template
from django.utils.translation import gettext

from jiedao.doors.web import admission_words, clocks, telling
from jiedao.kit.clock import now

register = template.Library()


@register.filter
def channel(code: str) -> str:
    """Where a report came from."""
    return telling.channel(code)


@register.filter
def kind(code: str) -> str:
    """What kind of report it is."""
    return telling.kind(code)


@register.filter
def mark_words(marks: dict[str, Any]) -> list[dict[str, Any]]:
    """Marks of a case as words."""
    return telling.marks(marks)


@register.filter
def yuan(amount: Decimal | None) -> str:
    """An amount of money with its thousands parted."""
    return admission_words.money(amount)


@register.filter
def articles(basis: list[dict[str, Any]]) -> str:
    """Laws and articles of a legal basis."""
    return admission_words.basis(basis)


@register.filter
def at_key(known: dict[Any, Any], key: Any) -> Any:
    """What a table holds under a key. None if nothing."""
    return known.get(key)


@register.filter
def level_word(code: str) -> str:
    """A level as people call it."""
    return admission_words.level(code)


@register.filter
def ago(at: Any) -> str:
    """How long ago a moment was, in two units at most."""
    return gettext("%(span)s ago") % {"span": clocks.span(now() - at)} if at else ""


@register.filter
def is_done(cells: list[dict[str, Any]]) -> bool:
    """Whether the last step of a row was taken."""
    return bool(cells and cells[-1]["at"])
