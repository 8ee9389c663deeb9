"""The resident's pages (居民端): the first page, and a request followed by its number and code."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.contrib import messages
from django.forms import Form
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import pgettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from jiedao.doors import acts
from jiedao.doors.fields import MANDATE_WAYS, MANDATES
from jiedao.doors.web import following, forms, public, resident_words, uploads
from jiedao.doors.web.clocks import day, is_chinese, moment
from jiedao.doors.web.resident_words import DID, OFFERED, REFUSED, SAID, STATUS
from jiedao.doors.web.signin import address
from jiedao.doors.words import Sentence
from jiedao.ground.people import Actor, guesses
from jiedao.kit.clock import local
from jiedao.kit.refusal import Absent, Refused
from jiedao.kit.text import fold_width
from jiedao.record import flow, residents, sight
from jiedao.record.definition import Move
from jiedao.record.models import Case
from jiedao.record.public import figures
from jiedao.record.residents import Story
from jiedao.stages import intake


@dataclass(frozen=True)
class Offer:
    """One thing the resident may do now, with its form."""

    verb: str
    word: Any
    form: Form
    is_open: bool


@require_GET
def home(request: HttpRequest) -> HttpResponse:
    """What can be done here, how it goes, and whom to ring when it burns. Colleagues go on to their desk."""
    if request.user.is_authenticated:
        return HttpResponseRedirect(reverse("desk"))
    return render(request, "resident/home.html", {"mine": mine(request)} | _public(request))


def _public(request: HttpRequest) -> dict[str, Any]:
    """The figures of the first page, where the district publishes them."""
    return {"public": True, **public.summary(figures())} if public.is_on(request) else {}


def mine(request: HttpRequest) -> list[dict[str, Any]]:
    """The requests open on this browser, each with its word and its sentence."""
    found = []
    for row in following.opened(request):
        try:
            brief = residents.brief(row.by)
        except Absent:
            following.drop(request, row.at)
            continue
        word = status(brief.told, again=brief.again)
        found.append({"at": row.at, "case": brief.case, "status": word, "sentence": sentence(brief)})
    return found


@require_http_methods(["GET", "HEAD", "POST"])
def follow(request: HttpRequest) -> HttpResponse:
    """Number and code open a request; both come by POST, so that no address holds them."""
    if request.method == "POST":
        return _open(request)
    opened = following.current(request)
    if opened is None or "other" in request.GET:
        return render(request, "resident/follow.html", {"mine": mine(request)})
    following.choose(request, opened.at)
    return _page(request, opened)


def _open(request: HttpRequest) -> HttpResponse:
    """A wrong number and a wrong code look alike, and both count (G20)."""
    number, code = pasted(_typed(request.POST.get("number", "")), _typed(request.POST.get("code", "")))
    try:
        if not number or not code:
            raise Refused("no_such_request")
        guesses.spend(guesses.FOLLOW, address(request), number)
        by = intake.follower(number, code)
        if by is None:
            raise Refused("no_such_request")
    except Refused as refused:
        told = forms.told(refused)
        context = {"told": told, "number": number[:40], "mine": mine(request)}
        return render(request, "resident/follow.html", context, status=told.status)
    guesses.passed(guesses.FOLLOW, address(request), number)
    following.remember(request, by)
    return HttpResponseRedirect(reverse("follow"))


def _typed(text: str) -> str:
    return fold_width(text[:120]).strip()


_NUMBER = re.compile(r"\d{2}-\d{4,}")
_CODE = re.compile(r"[2-9A-HJ-NP-Z]{4}[- ]?[2-9A-HJ-NP-Z]{4}\b")


def pasted(number: str, code: str) -> tuple[str, str]:
    """Number and code from what was typed; a message that holds both may be pasted whole into either field."""
    bare = code.replace("-", "").replace(" ", "").upper()
    if number and len(bare) == 8 and not _NUMBER.search(code):
        return (found[0] if (found := _NUMBER.search(number)) else number), bare
    both = f"{number} {code}".upper()
    first = _NUMBER.search(both)
    second = _CODE.search(both.replace(first[0], " ") if first else both)
    return first[0] if first else number, re.sub("[- ]", "", second[0]) if second else bare


def _page(
    request: HttpRequest,
    opened: following.Opened,
    told: Sentence | None = None,
    bound: Form | None = None,
    verb: str = "",
    files: uploads.Uploads | None = None,
) -> HttpResponse:
    by = opened.by
    try:
        story = residents.story(by)
    except Absent:
        following.drop(request, opened.at)
        return render(request, "resident/follow.html", {"told": forms.told(Refused("no_such_request"))}, status=404)
    offers = _offers(story.case, by, verb, bound)
    context = _shown(story) | {
        "at": opened.at,
        "mine": mine(request),
        "offers": offers,
        "verbs": "-".join(offer.verb for offer in offers),
        "told": told,
        "refused_verb": verb,
        "rated_at": residents.rated_at(story.case),
        "files": files or uploads.Uploads(),
    }
    return render(request, "resident/story.html", context, status=told.status if told else 200)


def _shown(story: Story) -> dict[str, Any]:
    """What both the page and its live part show."""
    told = story.told
    return {
        "story": story, "case": story.case, "status": status(told, again=story.again), "own_status": status(story.case),
        "sentence": sentence(story), "did": DID, "outcomes": acts.OUTCOMES,
        "mandates": MANDATES, "mandate_ways": MANDATE_WAYS,
        "pauses": [(span, label or {"zh": str(STATUS.get(span.reason, "")), "en": str(STATUS.get(span.reason, ""))})
                   for span, label in story.pauses],
        "is_extended": story.before is not None and not told.process.definition.state(told.state).end,
        "supervised": "supervised" in told.marks and told.phase != "closed",
        "refused": told.state in REFUSED, "centre": residents.centre() if told.state in REFUSED else None,
    }  # fmt: skip


def status(case: Case, *, again: bool = False) -> Any:
    """The word for the present state."""
    return resident_words.status(case.state, case.phase, again=again)


def sentence(story: Story | residents.Brief) -> str:
    """The state's own sentence. Empty where it names a time and no running clock backs one."""
    told = story.told
    label = told.process.definition.state(told.state).resident
    text = label.get("zh" if is_chinese() else "en", "")
    if not text or ("{until}" in text and (story.until is None or story.is_held)):
        return ""
    unit = story.unit
    named = (
        (unit.name if is_chinese() or not unit.name_en else unit.name_en)
        if unit
        else pgettext("to a resident", "the unit")
    )
    if is_chinese():
        text = re.sub(r" ?\{unit\} ?", "{unit}", text)  # a space around what is counted, none around a name
    filled = text.replace("{number}", story.case.number).replace("{unit}", named)
    return filled.replace("{until}", _before(story.until))


def _before(at: datetime | None) -> str:
    """The moment before which something happens. Midnight is said as the end of the day before it."""
    if at is None or (local(at).hour, local(at).minute) != (0, 0):
        return moment(at)
    last = day(local(at - timedelta(minutes=1)).date())
    return f"{last} 24:00" if is_chinese() else pgettext("to a resident", "the end of %(day)s") % {"day": last}


def _offers(case: Case, by: Actor, verb: str, bound: Form | None) -> list[Offer]:
    """Exactly what the definition gives the resident now; a rating given once is not asked again."""
    moves = {move.verb: move for move in flow.offered(case, by)}
    if "rate" in moves and residents.rated_at(case):
        del moves["rate"]
    return [
        Offer(
            name,
            word,
            bound if bound is not None and name == verb else act_form(name, case, by, moves[name]),
            name == verb,
        )
        for name, word in OFFERED.items()
        if name in moves
    ]


def act_form(verb: str, case: Case, by: Actor, move: Move | None = None, data: Any = None) -> Form:
    """The act's own form; ids carry the verb, for several stand on one page."""
    form = forms.form_for(forms.Asked(acts.ACTS[verb], case, by), move, data)
    form.auto_id = f"id_{verb}_%s"
    return form


@require_GET
def part(request: HttpRequest, what: str) -> HttpResponse:
    """The live parts: `state` is status and promise, `lines` what happened. The polls end with the half hour."""
    if what not in ("state", "lines"):
        raise Absent
    opened = following.current(request)
    if opened is None:
        # 286 is htmx's word for: show this and ask no more.
        return render(request, "resident/_over.html", {"what": what}, status=286)
    story = residents.story(opened.by)
    context = _shown(story) | {"at": opened.at}
    if what == "lines":
        return render(request, "resident/_lines.html", context)
    now = "-".join(offer.verb for offer in _offers(story.case, opened.by, "", None))
    shown = request.GET.get("verbs", "")[:60]
    return render(request, "resident/_story.html", context | {"verbs": shown, "has_more": shown != now})


@require_POST
def act(request: HttpRequest, verb: str) -> HttpResponse:
    """One act on the open request. A refusal keeps the words and the photos."""
    opened = following.current(request)
    if opened is None:
        return HttpResponseRedirect(reverse("follow"))
    by = opened.by
    if verb not in OFFERED:
        raise Absent
    case = sight.visible_to(by).select_related("process").first()
    if case is None:
        raise Absent
    form = act_form(verb, case, by, data=request.POST)
    files = uploads.taken(request) if verb == "add" else uploads.Uploads()
    try:
        if files.refused:
            raise files.refused[0]
        given = forms.given(form, acts.ACTS[verb], files.files)
        acts.perform(verb, case, by=by, given=given, key=request.POST.get("key", ""))
    except Refused as refused:
        forms.mark(form, acts.ACTS[verb], refused)
        return _page(request, opened, forms.told(refused), form, verb, files)
    following.choose(request, opened.at)
    messages.success(request, str(SAID[verb]))
    return HttpResponseRedirect(reverse("follow"))


@require_POST
def leave(request: HttpRequest) -> HttpResponse:
    """Closes the request on this device, for the next person at it."""
    following.forget(request)
    return HttpResponseRedirect(reverse("home"))
