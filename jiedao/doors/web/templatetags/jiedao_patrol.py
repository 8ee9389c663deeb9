"""Words of duty (勤务用语): why a point was not stored, in the page's language."""

from django import template
from django.utils.translation import gettext, gettext_lazy

register = template.Library()

_REASONS = {
    "duplicate": gettext_lazy("sent twice"),
    "off_shift": gettext_lazy("off duty"),
    "paused": gettext_lazy("while not shared"),
    "outside_world": gettext_lazy("no place on Earth"),
    "clock_ahead": gettext_lazy("clock ahead"),
    "clock_wrong": gettext_lazy("clock wrong"),
    "clock_corrected": gettext_lazy("clock put right, stored"),
    "too_old": gettext_lazy("older than what is kept"),
    "switched_off": gettext_lazy("positions are off here"),
    "unreadable": gettext_lazy("not readable"),
    "unknown_device": gettext_lazy("unknown device"),
}


@register.filter
def reason(code: str) -> str:
    """Why points of a batch were not stored."""
    return str(_REASONS.get(code) or gettext("other"))
