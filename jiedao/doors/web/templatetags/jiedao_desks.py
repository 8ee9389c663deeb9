"""Desk filters (工作台标签): codes of lists as words."""

from typing import Any

from django import template

from jiedao.doors.web import telling

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
