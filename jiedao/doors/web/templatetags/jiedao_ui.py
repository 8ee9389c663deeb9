"""Interface tags (界面标签): clocks, times, masks, icons, fields and labels, the same on every page."""

import re
from datetime import date, datetime
from typing import Any

from django import template
from django.conf import settings
from django.forms import BoundField, Form
from django.templatetags.static import static
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext

from jiedao.doors.web import clocks
from jiedao.kit import clock as kit_clock
from jiedao.kit.ids import new_id
from jiedao.kit.limits import Limit
from jiedao.kit.refusal import Refused

register = template.Library()

PHASES = ("intake", "triage", "dispatch", "resolution", "verification", "closed")
FACE_ICONS = {
    "running": "clock",
    "soon": "triangle",
    "overdue": "diamond",
    "paused": "bars",
    "stopped": "tick",
}


@register.simple_tag
def icon(name: str, label: str = "") -> SafeString:
    """One symbol of the sprite; with a label it stands alone, without one a word is beside it."""
    href = f"{static('img/icons.svg')}#{name}"
    if label:
        return format_html('<svg class="icon" role="img" aria-label="{}"><use href="{}"></use></svg>', label, href)
    return format_html('<svg class="icon" aria-hidden="true"><use href="{}"></use></svg>', href)


@register.inclusion_tag("ui/_clock.html")
def clock(deadline: Any, why: bool = False) -> dict[str, Any]:
    """A deadline in its present face (running, soon, overdue, paused, stopped)."""
    face = clocks.face_of(deadline)
    return {
        "face": face,
        "icon_name": FACE_ICONS[face.name] if face else "",
        "why": why and face is not None,
        "limit": limit_label(clocks.first(deadline, "limit")) if deadline is not None else "",
        "deadline": deadline,
    }


@register.filter
def limit_label(limit: Any) -> str:
    """A limit in words of its own unit: 4 工作时, 2 working days."""
    if limit is None or limit == "":
        return ""
    try:
        read = Limit(limit) if isinstance(limit, str) else limit
        return str(read.label("zh" if clocks.is_chinese() else "en"))
    except (Refused, ValueError, AttributeError):
        return str(limit)


@register.filter
def limit_source(source: str) -> str:
    """Who set a limit, in words; what a definition names as its source stays as it is."""
    if source in ("order", "case"):
        return gettext("printed on the order") if source == "order" else gettext("set for this case")
    if str(source).startswith("item "):
        return gettext("duty item %(code)s") % {"code": source.removeprefix("item ")}
    return pick(source)


FOR_REVIEW = re.compile(r"[A-Z]\d|[A-Z]: |PROCESSES")
"""How the marks begin that whoever reviews a package reads: chapters of a description, other places, our own papers."""


@register.filter
def source_mark(source: str | None) -> str:
    """Where a rule or a number comes from, in a reader's words; what was written for readers stays as it is."""
    text = str(source or "")
    if re.search(r"\bdemo\b|\bours\b", text):
        return gettext("made up for the demonstration")
    if "local default" in text:
        return gettext("set by the district")
    return gettext("as this district does it") if FOR_REVIEW.match(text) else text


@register.filter
def when(at: datetime | date | None) -> str:
    """A moment in Asia/Shanghai: today 16:30."""
    return clocks.moment(at)


@register.filter
def day(on: date | None) -> str:
    """A date: 6月3日."""
    return clocks.day(on)


@register.filter
def span(length: Any) -> str:
    """A duration: 1 天 7 时."""
    return clocks.span(length) if length is not None else ""


@register.simple_tag
def at(moment: datetime | None) -> SafeString | str:
    """A <time> element with the machine's form beside the people's."""
    if moment is None:
        return ""
    local = kit_clock.local(moment)
    return format_html(
        '<time datetime="{}" title="{}">{}</time>',
        local.isoformat(timespec="seconds"),
        local.strftime("%Y-%m-%d %H:%M:%S"),
        clocks.moment(moment),
    )


@register.filter
def pick(labels: Any, fallback: str = "") -> str:
    """The label of this page's language from {"zh": …, "en": …}; a plain string stays itself."""
    if not labels:
        return fallback
    if isinstance(labels, dict):
        first, second = ("zh", "en") if clocks.is_chinese() else ("en", "zh")
        return str(labels.get(first) or labels.get(second) or fallback)
    return str(labels)


@register.filter
def named(thing: Any) -> str:
    """The name of a unit, place or item: its English one on English pages, where it has one."""
    if thing is None:
        return ""
    if isinstance(thing, dict):
        return str((not clocks.is_chinese() and thing.get("name_en")) or thing.get("name") or "")
    english = "" if clocks.is_chinese() else getattr(thing, "name_en", "")
    return str(english or getattr(thing, "name", thing))


@register.filter
def lang_of(labels: Any) -> str:
    """The language a picked label is really in, for its lang attribute."""
    wanted = "zh" if clocks.is_chinese() else "en"
    if isinstance(labels, dict) and not labels.get(wanted):
        wanted = "en" if wanted == "zh" else "zh"
    return "zh-Hans" if wanted == "zh" else "en"


@register.filter
def tongue(said: Any) -> SafeString:
    """The lang attribute of what somebody typed: Chinese words on an English page are read out as Chinese."""
    is_foreign = not clocks.is_chinese() and re.search(r"[\u3400-\u9fff]", str(said or ""))
    return SafeString(' lang="zh-Hans"' if is_foreign else "")


@register.filter
def mask_name(name: str) -> str:
    """张*"""
    from jiedao.kit import text  # noqa: PLC0415 -- slow import

    return text.mask_name(name) if name else ""


@register.filter
def mask_phone(phone: str) -> str:
    """138****1234"""
    from jiedao.kit import text  # noqa: PLC0415 -- slow import

    return text.mask_phone(phone) if phone else ""


@register.inclusion_tag("ui/_masked.html")
def masked(name: str = "", phone: str = "", reveal: str = "") -> dict[str, str]:
    """A person as everybody may read them, with the way to ask for more where there is one."""
    return {"name": mask_name(name), "phone": mask_phone(phone), "reveal": reveal}


@register.inclusion_tag("ui/_rail.html")
def rail(phase: str) -> dict[str, Any]:
    """The six phases of a case with the present one boxed."""
    words = {
        "intake": gettext("Intake"),
        "triage": gettext("Triage"),
        "dispatch": gettext("Dispatch"),
        "resolution": gettext("Handling"),
        "verification": gettext("Checking"),
        "closed": gettext("Closed"),
    }
    present = PHASES.index(phase) if phase in PHASES else -1
    return {
        "steps": [
            {"word": words[name], "past": index < present, "present": index == present}
            for index, name in enumerate(PHASES)
        ]
    }


@register.inclusion_tag("ui/_field.html")
def field(bound: BoundField, hint: str = "", optional: bool | None = None) -> dict[str, Any]:
    """One field: label above, hint below, error beside; what may stay empty says so."""
    bound.field.widget.attrs.pop("placeholder", None)  # allauth repeats every label in the field
    return {
        "field": bound,
        "hint": hint or bound.help_text,
        "optional": not bound.field.required if optional is None else optional,
        "hidden": bound.is_hidden,
        "is_checkbox": getattr(bound.field.widget, "input_type", "") == "checkbox" and not bound.use_fieldset,
        "is_photos": getattr(bound.field.widget, "input_type", "") == "file"
        and getattr(bound.field.widget, "allow_multiple_selected", False),
    }


@register.inclusion_tag("ui/_fields.html")
def fields(form: Form) -> dict[str, Any]:
    """Every field of a form, hidden ones too, below its error summary."""
    return {"form": form}


@register.inclusion_tag("ui/_summary.html")
def summary(form: Form | None) -> dict[str, Any]:
    """What stops a form, as links to its fields; takes the focus when the page opens."""
    return {"form": form}


@register.simple_tag(takes_context=True)
def form_key(context: template.Context, seen: int | None = None) -> SafeString:
    """The client's key of one form, so that sending it twice is harmless (幂等键).

    A form that comes back with errors keeps its key: nothing was written under it. `seen` is the seq of
    the case the page shows.
    """
    request = context.get("request")
    sent = request.POST.get("key", "") if request is not None and request.method == "POST" else ""
    fresh = context.get("fresh_keys", False)
    key = sent if sent and not fresh and len(sent) <= 64 else str(new_id())
    html = format_html('<input type="hidden" name="key" value="{}">', key)
    if seen is not None:
        html += format_html('<input type="hidden" name="seen" value="{}">', seen)
    return html


@register.simple_tag
def setting(name: str) -> Any:
    """A setting pages may show (LIVE_URL)."""
    return getattr(settings, name, "") if name in {"LIVE_URL"} else ""
