"""Me (我的): one's posts, how pages look, how one is told, what is kept of one and who looked at it."""

import json
from typing import Any
from uuid import UUID

from django import forms
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext, gettext_lazy, pgettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from jiedao.doors.fields import asked
from jiedao.doors.notify import channels, listeners, outbox, pace, state, wishes
from jiedao.doors.web import forms as shared
from jiedao.doors.web import me_copy, notices, sheet, tabs
from jiedao.doors.web.clocks import is_chinese
from jiedao.doors.web.middleware import keep_in_cookies
from jiedao.doors.web.who import actor_of, staff
from jiedao.ground.people import corrections, posts, preferences
from jiedao.ground.terms import competence
from jiedao.kit.refusal import Absent, Refused
from jiedao.record.verbs import VERBS

PACE_WORDS = {
    "now": gettext_lazy("At once"),
    "hourly": gettext_lazy("Each hour, together"),
    "daily": gettext_lazy("Once a day, together"),
    "off": gettext_lazy("Only in the inbox"),
}
LOOKED = {
    "track": gettext_lazy("your track"),
    "tracks": gettext_lazy("your track"),
    "body_camera": gettext_lazy("your body camera"),
    "person": gettext_lazy("your personal data"),
    "contact": gettext_lazy("your personal data"),
}
"""What was opened, by its code in the journal."""

KEPT = "platform"
"""Which competence sees all that did not arrive: who runs the platform."""


class LookForm(forms.Form):
    """How pages look. Empty is what the machine itself is set to."""

    lang = forms.ChoiceField(
        label=gettext_lazy("Language"), required=False,
        choices=[("", gettext_lazy("As the browser says")), ("zh-hans", "简体中文"), ("en", "English")],
    )  # fmt: skip
    theme = forms.ChoiceField(
        label=gettext_lazy("Theme"), required=False,
        choices=[
            ("", gettext_lazy("As the machine is set")), ("light", pgettext_lazy("theme", "Light")),
            ("dark", pgettext_lazy("theme", "Dark")),
        ],
    )  # fmt: skip
    size = forms.ChoiceField(
        label=gettext_lazy("Text size"), required=False,
        choices=[("", gettext_lazy("Standard size")), ("elder", gettext_lazy("Larger text"))],
    )  # fmt: skip
    density = forms.ChoiceField(
        label=gettext_lazy("Rows of lists"), required=False,
        choices=[("", gettext_lazy("Close")), ("wide", gettext_lazy("Wide apart"))],
    )  # fmt: skip
    keys = forms.ChoiceField(
        label=gettext_lazy("Single-letter keys"), required=False,
        choices=[("", pgettext_lazy("keys", "On")), ("off", pgettext_lazy("keys", "Off"))],
    )  # fmt: skip


class HoursForm(forms.Form):
    """When one is told outside."""

    own_hours = forms.ChoiceField(
        label=gettext_lazy("Quiet hours"), required=False,
        choices=[("", gettext_lazy("As the district has them")), ("yes", gettext_lazy("My own"))],
    )  # fmt: skip
    quiet_from = forms.TimeField(
        label=gettext_lazy("Quiet from"), required=False, widget=forms.TimeInput({"type": "time"}, "%H:%M")
    )
    quiet_to = forms.TimeField(
        label=gettext_lazy("Quiet until"), required=False, widget=forms.TimeInput({"type": "time"}, "%H:%M"),
        help_text=gettext_lazy("Both empty: no quiet hours."),
    )  # fmt: skip
    daily_at = forms.TimeField(
        label=gettext_lazy("Daily message at"), required=False, widget=forms.TimeInput({"type": "time"}, "%H:%M")
    )


class ChannelForm(forms.Form):
    """A new channel."""

    kind = forms.ChoiceField(label=gettext_lazy("Channel"))
    given = forms.CharField(
        label=gettext_lazy("Address"), max_length=400,
        help_text=gettext_lazy("A mail address, or the whole webhook address that the group's robot shows."),
    )  # fmt: skip

    def __init__(self, *args: Any, offered: list[dict[str, Any]], **given: Any) -> None:
        super().__init__(*args, **given)
        zh = is_chinese()
        self.fields["kind"].choices = [  # type: ignore[attr-defined]
            (one["code"], one["term"].name if zh else one["term"].name_en) for one in offered if one["set_up"]
        ]


@require_GET
@staff
def page(request: HttpRequest) -> HttpResponse:
    """Everything about the person signed in."""
    return _page(request)


def _page(request: HttpRequest, status: int = 200, **bound: Any) -> HttpResponse:
    by, rules, account = actor_of(request), pace.rules(), request.user
    wished, offered = wishes.of(by), state.offered(rules)
    hours = outbox.hours(wished, rules)
    usual = {
        "own_hours": "yes" if wished.own_hours else "", "quiet_from": hours.quiet_from, "quiet_to": hours.quiet_to,
        "daily_at": hours.daily_at,
    }  # fmt: skip
    shown = {
        "person": by.person,
        "username": account.get_username(),
        "held": posts.held_by(by.person) if by.person else [],
        "look": LookForm(initial={**preferences.of(account), **_now(request)}),  # type: ignore[arg-type]
        "hours": HoursForm(initial=usual),
        "kinds": [
            {"code": code, "term": term, "pace": rules.pace(code, wished.paces), "pierces": term.facts.get("pierces")}
            for code, term in rules.kinds.items()
        ],
        "paces": PACE_WORDS,
        "channels": state.mine(by, rules),
        "offered": offered,
        "connected": any(one["set_up"] for one in offered),
        "add": ChannelForm(offered=offered),
        "failures": state.failures(by),
        "looks": [{**one, "word": LOOKED.get(one["what"], one["what"])} for one in state.looks_at(by)],
        "corrections": corrections.of(by),
        "sees_all": competence.may(by, KEPT),
        "keeps": competence.may(by, corrections.KEEPERS),
    }
    return render(request, "me/page.html", shown | bound, status=status)


def _now(request: HttpRequest) -> dict[str, str]:
    """What this browser shows at the moment stands in the form: saving changes nothing that one did not touch."""
    return {name: value for name, value in request.preferences.items() if value}  # type: ignore[attr-defined]


@require_POST
@staff
def look(request: HttpRequest) -> HttpResponse:
    """Keeps how pages look, here and wherever this account signs in. Sent twice it changes nothing."""
    form = LookForm(request.POST)
    if not form.is_valid():
        return _page(request, 422, look=form)
    kept = preferences.keep(request.user, form.cleaned_data)  # type: ignore[arg-type]
    answer = HttpResponseRedirect(f"{reverse('me')}#look", status=303)
    keep_in_cookies(answer, {name: kept.get(name, "") for name in preferences.CHOICES})
    return answer


@require_POST
@staff
def hours(request: HttpRequest) -> HttpResponse:
    """Keeps quiet hours, the hour of the daily message, the pace of each kind. Sent twice it changes nothing."""
    form = HoursForm(request.POST)
    if not form.is_valid():
        return _page(request, 422, hours=form)
    told = form.cleaned_data
    paces = {kind.removeprefix("pace-"): str(wish) for kind, wish in request.POST.items() if kind.startswith("pace-")}
    try:
        wishes.keep(
            by=actor_of(request), own_hours=told["own_hours"] == "yes", quiet_from=told["quiet_from"],
            quiet_to=told["quiet_to"], daily_at=told["daily_at"], paces=paces,
        )  # fmt: skip
    except Refused as refused:
        said = shared.told(refused)
        return _page(request, said.status, hours=form, refusal=said)
    return HttpResponseRedirect(f"{reverse('me')}#hours", status=303)


@require_POST
@staff
def add(request: HttpRequest) -> HttpResponse:
    """Adds a channel; a code is on its way through it."""
    by = actor_of(request)
    form = ChannelForm(request.POST, offered=state.offered(pace.rules()))
    if not form.is_valid():
        return _page(request, 422, add=form)
    told = form.cleaned_data

    def write() -> str:
        return f"{reverse('me')}#channel-{channels.add(by=by, **told).id}"

    try:
        href = sheet.once(request, "channel", told, request.POST.get("key", ""), write)
    except Refused as refused:
        said = shared.told(refused)
        return _page(request, said.status, add=form, refusal=said)
    return HttpResponseRedirect(href, status=303)


@require_POST
@staff
def confirm(request: HttpRequest, channel: UUID) -> HttpResponse:
    """The code that came through a channel. Not under a receipt: a wrong one must be counted each time."""
    try:
        channels.confirm(channel, by=actor_of(request), code=request.POST.get("code", "")[:20])
    except Refused as refused:
        said = shared.told(refused)
        return _page(request, said.status, refusal=said)
    return HttpResponseRedirect(f"{reverse('me')}#channel-{channel}", status=303)


_ACTS = {
    "again": lambda pk, by: channels.send_again(pk, by=by),
    "on": lambda pk, by: channels.switch(pk, by=by, on=True),
    "off": lambda pk, by: channels.switch(pk, by=by, on=False),
    "remove": lambda pk, by: channels.remove(pk, by=by),
}


@require_POST
@staff
def act(request: HttpRequest, channel: UUID, what: str) -> HttpResponse:
    """Switches a channel, removes it, or has another code sent."""
    if what not in _ACTS:
        raise Absent
    by = actor_of(request)
    return sheet.pressed(
        request, f"channel-{what}-{channel}", lambda: _ACTS[what](channel, by), f"{reverse('me')}#told"
    )


@require_GET
@staff
def copy(request: HttpRequest) -> HttpResponse:
    """All that is kept of this person, as a file (R19)."""
    told = json.dumps(me_copy.of(actor_of(request), request.user), ensure_ascii=False, indent=1, default=str)
    answer = HttpResponse(told, content_type="application/json; charset=utf-8")
    answer.headers["Content-Disposition"] = 'attachment; filename="my-data.json"'
    return answer


CORRECT = (asked("words", "long", "哪一项不对，应当是什么", "What is wrong, and what it should be", required=True),)
ANSWER = (asked("words", "long", "改了什么，或为什么不改", "What was changed, or why not", required=True),)


@require_http_methods(["GET", "POST"])
@staff
def correct(request: HttpRequest) -> HttpResponse:
    """Asks for a correction of what is kept."""
    by = actor_of(request)

    def write(told: dict[str, Any]) -> str:
        listeners.correction_asked(corrections.ask(by=by, **told))
        return f"{reverse('me')}#data"

    return sheet.page(
        request, "correction", CORRECT, write, heading=gettext("Ask for a correction"), back=reverse("me")
    )


@require_GET
@staff
def waiting(request: HttpRequest) -> HttpResponse:
    """Corrections that colleagues wait for; for who keeps the organisation."""
    return render(request, "me/corrections.html", {"rows": corrections.waiting(actor_of(request))})


@require_http_methods(["GET", "POST"])
@staff
def answer(request: HttpRequest, row: UUID) -> HttpResponse:
    """Answers one."""
    by = actor_of(request)
    found = next((one for one in corrections.waiting(by) if one.id == row), None)
    if found is None:
        raise Absent

    def write(told: dict[str, Any]) -> str:
        listeners.correction_answered(corrections.answer(row, by=by, **told))
        return reverse("corrections")

    heading = gettext("Answer the request")
    return sheet.page(request, f"correction-{row}", ANSWER, write, heading=heading, back=reverse("corrections"))


@require_GET
@staff
def deliveries(request: HttpRequest) -> HttpResponse:
    """What did not arrive, of everybody: for who runs the platform; nobody else finds it."""
    by, number = actor_of(request), tabs.number(request)
    if not competence.may(by, KEPT):
        raise Absent
    rows, offered = state.failures(by, everybody=True, size=50, page=number), pace.rules().channels
    told = [{"row": row, "word": _word(row.verb), "name": offered.get(row.kind)} for row in rows]
    shown = {"rows": told, "number": number, "has_next": len(rows) == 50}
    return render(request, "me/deliveries.html", shown)


def _word(verb: str) -> dict[str, str]:
    """What a notice told of, in words."""
    known = VERBS.get(verb)
    return {"zh": known.zh, "en": known.en} if known else notices.other(verb)
