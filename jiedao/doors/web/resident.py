"""The resident's pages (居民端): the first page, and a request followed by its number and code."""

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.forms import Form
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import pgettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from jiedao.doors import acts
from jiedao.doors.web import following, forms, uploads
from jiedao.doors.web.clocks import is_chinese, moment
from jiedao.doors.web.resident_words import BY_PHASE, DID, OFFERED, SAID, STATUS
from jiedao.doors.web.signin import address
from jiedao.doors.words import Sentence
from jiedao.ground.people import Actor, guesses
from jiedao.kit.refusal import Absent, Refused
from jiedao.kit.text import fold_width
from jiedao.record import flow, residents, sight
from jiedao.record.definition import Move
from jiedao.record.models import Case
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
    return render(request, "resident/home.html", {"following": following.follower_of(request)})


@require_http_methods(["GET", "HEAD", "POST"])
def follow(request: HttpRequest) -> HttpResponse:
    """Number and code open a request; both come by POST, so that no address holds them."""
    if request.method == "POST":
        return _open(request)
    by = following.follower_of(request)
    if by is None or "other" in request.GET:
        return render(request, "resident/follow.html", {})
    return _page(request, by)


def _open(request: HttpRequest) -> HttpResponse:
    """A wrong number and a wrong code look alike, and both count (G20)."""
    number = _typed(request.POST.get("number", ""))
    code = _typed(request.POST.get("code", "")).replace("-", "").replace(" ", "").upper()
    try:
        if not number or not code:
            raise Refused("no_such_request")
        guesses.spend(guesses.FOLLOW, address(request), number)
        by = intake.follower(number, code)
        if by is None:
            raise Refused("no_such_request")
    except Refused as refused:
        told = forms.told(refused)
        context = {"told": told, "number": request.POST.get("number", "")[:40]}
        return render(request, "resident/follow.html", context, status=told.status)
    guesses.passed(guesses.FOLLOW, address(request), number)
    following.remember(request, by)
    return HttpResponseRedirect(reverse("follow"))


def _typed(text: str) -> str:
    return fold_width(text[:60]).strip()


def _page(
    request: HttpRequest,
    by: Actor,
    told: Sentence | None = None,
    bound: Form | None = None,
    verb: str = "",
    files: uploads.Uploads | None = None,
) -> HttpResponse:
    try:
        story = residents.story(by)
    except Absent:
        following.forget(request)
        return render(request, "resident/follow.html", {"told": forms.told(Refused("no_such_request"))}, status=404)
    offers = _offers(story.case, by, verb, bound)
    context = _shown(story) | {
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
        "story": story, "case": story.case, "status": status(told), "own_status": status(story.case),
        "sentence": sentence(story), "did": DID, "outcomes": acts.OUTCOMES,
        "pauses": [(span, label or {"zh": str(STATUS.get(span.reason, "")), "en": str(STATUS.get(span.reason, ""))})
                   for span, label in story.pauses],
        "is_extended": story.before is not None and not told.process.definition.state(told.state).end,
        "supervised": "supervised" in told.marks and told.phase != "closed",
    }  # fmt: skip


def status(case: Case) -> Any:
    """The word for the present state."""
    return STATUS.get(case.state) or BY_PHASE.get(case.phase, "")


def sentence(story: Story) -> str:
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
    filled = text.replace("{number}", story.case.number).replace("{unit}", named)
    return filled.replace("{until}", moment(story.until))


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
    by = following.follower_of(request)
    if by is None:
        # 286 is htmx's word for: show this and ask no more.
        return render(request, "resident/_over.html", {"what": what}, status=286)
    story = residents.story(by)
    if what == "lines":
        return render(request, "resident/_lines.html", _shown(story))
    shown, now = request.GET.get("verbs", "")[:60], "-".join(offer.verb for offer in _offers(story.case, by, "", None))
    return render(request, "resident/_story.html", _shown(story) | {"verbs": shown, "has_more": shown != now})


@require_POST
def act(request: HttpRequest, verb: str) -> HttpResponse:
    """One act on the open request. A refusal keeps the words and the photos."""
    by = following.follower_of(request)
    if by is None:
        return HttpResponseRedirect(reverse("follow"))
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
        return _page(request, by, forms.told(refused), form, verb, files)
    messages.success(request, str(SAID[verb]))
    return HttpResponseRedirect(reverse("follow"))


@require_POST
def leave(request: HttpRequest) -> HttpResponse:
    """Closes the request on this device, for the next person at it."""
    following.forget(request)
    return HttpResponseRedirect(reverse("home"))
