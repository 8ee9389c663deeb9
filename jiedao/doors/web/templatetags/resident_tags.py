"""Resident filters (居民端标签): what a resident reads for the state of a case."""

from typing import Any

from django import template

from jiedao.doors.web.resident_words import status
from jiedao.record.models import Case

register = template.Library()


@register.filter
def resident_status(case: Case) -> Any:
    """The word for the present state."""
    return status(case.state, case.phase)
