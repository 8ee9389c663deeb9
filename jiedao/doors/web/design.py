"""The design on one page (设计): every colour with its measured contrast, every size, every component, as pages use them.

In demo districts only: it shows nothing of a district, and nobody works on it.
"""

import re
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from jiedao.kit import clock
from jiedao.kit.refusal import Absent

TOKENS = Path(__file__).parent / "static" / "css" / "tokens.css"
GROUNDS = ("canvas", "surface", "sunken")
TEXT = ("ink", "ink-2", "ink-3", "accent", "soon", "overdue", "severe")
LINES = ("control",)
TINTED = ("accent", "soon", "overdue", "severe")
SIZES = ("meta", "dense", "body", "section", "title", "figure")
STEPS = ("s1", "s2", "s3", "s4", "s5", "s6", "s7")
BLOCK = re.compile(r"(:root[^{]*)\{([^{}]*)\}")
COLOUR = re.compile(r"--([a-z0-9-]+):\s*(#[0-9a-f]{6})")
ENOUGH_FOR_TEXT, ENOUGH_FOR_LINES = 4.5, 3.0
"""Contrasts of WCAG 2.2, 1.4.3 and 1.4.11."""


@dataclass(frozen=True)
class Measured:
    """One colour on one ground: the ratio of their luminances, and the least it must be."""

    name: str
    ground: str
    ratio: float
    least: float

    @property
    def is_enough(self) -> bool:
        return self.ratio >= self.least


@cache
def palettes() -> dict[str, dict[str, str]]:
    """The colours of both themes by name, as the style sheet writes them."""
    blocks = [(head, dict(COLOUR.findall(body))) for head, body in BLOCK.findall(TOKENS.read_text(encoding="utf-8"))]
    light = next(colours for head, colours in blocks if head.strip() == ":root")
    dark = next(colours for head, colours in blocks if '[data-theme="dark"]' in head)
    return {"light": light, "dark": light | dark}


def measured(theme: str) -> list[Measured]:
    """Every colour on every ground it is written on."""
    colours = palettes()[theme]
    pairs = [(name, ground, ENOUGH_FOR_TEXT) for name in TEXT for ground in GROUNDS]
    pairs += [(name, ground, ENOUGH_FOR_LINES) for name in LINES for ground in GROUNDS]
    pairs += [(name, f"{name}-tint", ENOUGH_FOR_TEXT) for name in TINTED]
    pairs += [("on-accent", "accent", ENOUGH_FOR_TEXT), ("ink", "accent-tint", ENOUGH_FOR_TEXT)]
    return [Measured(name, ground, contrast(colours[name], colours[ground]), least) for name, ground, least in pairs]


def contrast(one: str, other: str) -> float:
    """The contrast of two colours `#rrggbb`, 1 to 21 (WCAG 2.2, relative luminance)."""
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return round((light + 0.05) / (dark + 0.05), 1)


def _luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


class _Sample(forms.Form):
    """A form with each kind of field."""

    words = forms.CharField(widget=forms.Textarea(attrs={"rows": 3}))
    place = forms.CharField(required=False)
    kind = forms.ChoiceField(widget=forms.RadioSelect)
    told = forms.BooleanField(required=False)

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.fields["words"].label, self.fields["words"].help_text = _("What was done"), _("At most 5,000 characters")
        self.fields["place"].label, self.fields["told"].label = _("Place"), _("The resident was told")
        kinds = self.fields["kind"]
        assert isinstance(kinds, forms.ChoiceField)
        kinds.label, kinds.choices = _("Kind"), [("help", _("Help")), ("question", _("Question"))]


def _clocks() -> list[tuple[str, dict[str, Any]]]:
    at = clock.now()
    hours = timedelta(hours=1)
    begun = {"started_at": at - 30 * hours, "limit": "2 working_days", "source": "order"}
    return [
        (_("running"), {**begun, "due": at + 40 * hours}),
        (_("soon: the last quarter"), {**begun, "due": at + 2 * hours}),
        (_("overdue: counts up"), {**begun, "due": at - 3 * hours}),
        (_("paused"), {**begun, "due": at + hours, "paused_since": at - hours, "reason": _("waits for papers")}),
        (_("stopped in time"), {**begun, "due": at + hours, "stopped_at": at - hours}),
        (_("stopped late"), {**begun, "due": at - 3 * hours, "stopped_at": at - hours}),
    ]


@require_GET
def page(request: HttpRequest) -> HttpResponse:
    """The page; absent outside demo districts."""
    place = getattr(request, "district", None)
    if place is None or not place.demo:
        raise Absent
    refused = _Sample({"place": _("Liberation Lane 5")})
    refused.is_valid()
    return render(
        request,
        "design/page.html",
        {
            "colours": {theme: palettes()[theme] for theme in ("light", "dark")},
            "measured": {theme: measured(theme) for theme in ("light", "dark")},
            "sizes": SIZES,
            "steps": STEPS,
            "faces": _clocks(),
            "form": _Sample(),
            "refused": refused,
            "at": clock.now(),
        },
    )
