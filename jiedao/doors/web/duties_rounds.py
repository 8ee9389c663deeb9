"""The delegation round on one page (赋权轮次): what is offered, what each street says, what the owner gives or takes back."""

from datetime import date
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from jiedao.doors import acts
from jiedao.doors.fields import STANCES
from jiedao.doors.web import duties_words as words
from jiedao.doors.web import forms
from jiedao.doors.web.templatetags.jiedao_ui import pick
from jiedao.doors.web.who import actor_of, staff
from jiedao.ground import finding
from jiedao.ground.journal import receipts
from jiedao.ground.people import Actor
from jiedao.ground.terms import competence
from jiedao.kit.clock import today
from jiedao.kit.refusal import Absent, Refused
from jiedao.lines.lists import actions, keeping, rounds
from jiedao.lines.lists.models import ListChange
from jiedao.record import flow, sight
from jiedao.record.models import Case, DispatchOrder

CHOICES = ("carry", "need", "no")
"""What a street says of one power: needs it and can carry it, needs it but cannot yet, does not need it."""


@require_http_methods(["GET", "POST"])
@staff
def page(request: HttpRequest, number: str) -> HttpResponse:
    """One round. A street that is asked answers here, per power; the owner gives and takes back in the draft."""
    by = actor_of(request)
    case = sight.case_or_404(by, number)
    change = rounds.change_of(case)
    if change is None:
        raise Absent
    order, refusal = _asked(case, by), None
    if request.method == "POST":
        try:
            _done(request, by, change, order)
            return HttpResponseRedirect(reverse("duties_round", args=[number]), status=303)
        except Refused as refused:
            refusal = forms.told(refused)
    mine = {wish.item_code: wish for wish in change.wishes.filter(unit_id=order.unit_id)} if order else {}  # type: ignore[attr-defined]
    offers = rounds.offers(change)
    shown = {
        "case": case,
        "change": change,
        "trigger": words.TRIGGERS[change.trigger],
        "list": change.draft,
        "rows": [
            {"offer": one, "type": words.TYPES.get(one.item.type, ""), "mine": mine.get(one.item.code)}
            for one in offers
        ],
        "order": order,
        "stances": [(code, pick(label)) for code, label in STANCES.items()],
        "may_give": _may_give(by, change, case),
        "source": rounds.catalogue_of(change),
        "units": keeping.units() if _may_give(by, change, case) else [],
        "today": today().isoformat(),
        "refusal": refusal,
    }
    return render(request, "duties/round.html", shown, status=refusal.status if refusal else 200)


def _asked(case: Case, by: Actor) -> DispatchOrder | None:
    """The actor's own order to give an opinion, while it waits for an answer. None for everybody else."""
    order = acts.order_of(case, "", by)
    if order is None or not order.is_open or order.role != DispatchOrder.Role.HEARD:
        return None
    return order if any(move.verb == "opine" for move in flow.offered(case, by, order)) else None


def _may_give(by: Actor, change: ListChange, case: Case) -> bool:
    draft = change.draft
    return draft is not None and competence.may(by, "lists", draft.owner) and actions.is_open_to_edits(draft, case)


def _done(request: HttpRequest, by: Actor, change: ListChange, order: DispatchOrder | None) -> None:
    given = request.POST
    what = given.get("what", "")
    body = {
        "round": str(change.id),
        **{name: given.getlist(name) for name in given if name not in ("key", "csrfmiddlewaretoken")},
    }
    with receipts.once(by.scope, given.get("key", ""), body) as receipt:
        if receipt.known:
            return
        if what == "answer" and order is not None:
            _answer(request, by, order)
        elif what in ("give", "take_back", "take") and change.draft is not None:
            _decide(request, by, change, what)
        else:
            raise Refused("not_yours", verb="opine", roles=[])


def _answer(request: HttpRequest, by: Actor, order: DispatchOrder) -> None:
    given = request.POST
    wishes: dict[str, dict[str, Any]] = {}
    for name in given:
        if name.startswith("wish-") and given[name] in CHOICES:
            said = given[name]
            wishes[name.removeprefix("wish-")[:40]] = {"needs": said != "no", "carries": said == "carry"}
    stance, text = given.get("stance", ""), given.get("text", "").strip()
    if stance not in STANCES:
        raise Refused("incomplete", verb="opine", missing=["stance"])
    rounds.wish(order, by=by, stance=stance, text=text, wishes=wishes)


def _decide(request: HttpRequest, by: Actor, change: ListChange, what: str) -> None:
    codes = [code[:40] for code in request.POST.getlist("item")][:2000]
    if not codes:
        raise Refused("incomplete", verb="", missing=["items"])
    assert change.draft is not None
    if what == "take_back":
        actions.edit(change.draft, "take_back", codes, by=by)
        return
    source = rounds.catalogue_of(change)
    if what == "take":
        if source is None:
            raise Refused("no_catalogue", number=change.list_code)
        actions.edit(change.draft, "take", source, codes, by=by)
        return
    giver = finding.unit(request.POST.get("giver", ""))
    if giver is None:
        raise Refused("unknown_unit", field="giver", given=request.POST.get("giver", "")[:40])
    try:
        on = date.fromisoformat(request.POST.get("given_on", ""))
    except ValueError:
        raise Refused("unreadable", field="given_on", wants="date") from None
    actions.edit(change.draft, "give", codes, giver=giver, given_on=on, by=by, source=source)
