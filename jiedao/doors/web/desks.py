"""The first page of staff (我的工作台): what waits for the post acted in, each count opening to its list."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_GET, require_POST

from jiedao.doors.web import frame, who
from jiedao.doors.web.who import actor_of, staff
from jiedao.ground.people import Actor
from jiedao.kit.refusal import Absent
from jiedao.record import queries
from jiedao.record.queries import Count

FEW = 5
"""Rows of the first heap that stand on the first page itself."""


@dataclass(frozen=True)
class Waiting:
    """One heap of work: how much, where it lies, and what of it comes first."""

    word: str
    count: Count
    href: str
    first: Callable[[], Sequence[Any]]


@require_GET
@staff
def home(request: HttpRequest) -> HttpResponse:
    """What waits for me. Somebody without a post sees what he reported himself."""
    by = actor_of(request)
    lists = queries.Lists(by)
    own = lists.reported().page(1, 10, queries.NEWEST)
    waiting = heaps(by, lists)
    top = next((heap for heap in waiting if heap.count.number), None)
    shown: dict[str, Any] = {"heaps": waiting, "own": own, "posts": request.posts, "actor": by}  # type: ignore[attr-defined]
    shown |= {"top": top, "first": top.first() if top else []}
    if not waiting and by.post:
        shown["doors"] = frame.of_post(by.post)[0][1:]
    if request.GET.get("part"):
        return render(request, "desk/_waiting.html", shown)
    return render(request, "desk/home.html", shown)


@require_GET
@staff
def session(request: HttpRequest) -> HttpResponse:
    """Whether one is still signed in: a part's request is answered 401 otherwise. No act, if it says so itself."""
    return HttpResponse(status=204)


def heaps(by: Actor, lists: queries.Lists) -> list[Waiting]:
    """The heaps of this post, counted in one query."""
    wanted: dict[str, tuple[str, tuple[str, list[Any]], str, Callable[[], Sequence[Any]]]] = {}

    def heap(name: str, word: str, listing: queries.Listing, href: str) -> None:
        wanted[name] = (word, listing.source, href, lambda: listing.page(1, FEW))

    own = set(by.post.kind.desks) if by.post else set()
    if "department" in own:
        orders = queries.Orders(by)
        word, href = gettext("Orders to answer"), reverse("department")
        wanted["orders"] = (word, orders.source("open"), href, lambda: orders.page("open", 1, FEW))
    if "triage" in own:
        words = tab_words()
        for tab in queries.TRIAGE:
            heap(f"triage_{tab}", words[tab], lists.triage(tab), f"{reverse('triage')}?tab={tab}")
    if "checks" in own:
        heap("check", gettext("To check"), lists.to_check("check"), reverse("checks"))
        heap("callback", gettext("To call back"), lists.to_check("callback"), f"{reverse('checks')}?tab=callback")
    if "whistles" in own:
        heap("sent", gettext("Sent by us, not ended"), lists.sent(), f"{reverse('department')}?tab=sent")
    if "supervision" in own:
        heap("overdue", gettext("Overdue"), lists.supervision("overdue"), reverse("supervision"))
        heap("soon", gettext("Due soon"), lists.supervision("soon"), f"{reverse('supervision')}?tab=soon")
    found = queries.counts({name: source for name, (_, source, _, _) in wanted.items()})
    return [Waiting(word, found[name], href, first) for name, (word, _, href, first) in wanted.items()]


def tab_words() -> dict[str, str]:
    """The tabs of triage in words."""
    return {
        "new": gettext("To triage"),
        "verifying": gettext("Being verified"),
        "returned": gettext("Sent back"),
        "ruling": gettext("To be ruled upon"),
        "questions": gettext("Objections and more time"),
        "deferred": gettext("Deferred"),
        "closing": gettext("Waiting to be closed"),
    }


@require_POST
@staff
def switch(request: HttpRequest) -> HttpResponse:
    """Acts in another of one's posts. One that is not held (any more) is not there."""
    if who.choose(request, request.POST.get("post", "")) is None:
        raise Absent
    return HttpResponseRedirect(reverse("desk"), status=303)
