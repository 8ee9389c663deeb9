"""The organisation's accounts (组织核对): approved posts, accounts against people, ties, stationed staff, linked leaders."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_GET

from jiedao.doors.web import organisation_words as said
from jiedao.doors.web import supervision, tabs
from jiedao.doors.web.organisation import day_of
from jiedao.doors.web.who import actor_of, is_part, staff
from jiedao.ground.people import counting, history, organisation, ties
from jiedao.ground.people.models import Link
from jiedao.ground.terms import competence
from jiedao.ground.terms.models import terms
from jiedao.kit.refusal import Absent
from jiedao.record import queries
from jiedao.record.queries import PAGE, Count, linked

MOST_COMMANDS = 150
"""Units in command that one page shows; the sums above them are of all."""


@require_GET
@staff
def approved(request: HttpRequest) -> HttpResponse:
    """Approved posts by kind and unit: filled, vacant, at the front line, moved down (O9)."""
    day, code = day_of(request), request.GET.get("unit", "")[:20]
    below = organisation.unit_of(code, day) if code else None
    rows, number = counting.approved(day, below), tabs.number(request)
    page = rows[(number - 1) * PAGE : number * PAGE]
    shown = {
        "day": day,
        "rows": page,
        "pages": tabs.Pages(number, Count(len(rows)), len(page)),
        "sums": counting.summed(rows),
        "kinds": terms("staff_kind"),
        "below": below,
        "bodies": history.bodies(day),
        "keeps": competence.may(actor_of(request), "organisation"),
    }
    return render(request, "organisation/approved.html", shown)


@require_GET
@staff
def accounts(request: HttpRequest) -> HttpResponse:
    """Accounts counted against people, seat kind by seat kind, and every one that does not fit (O3)."""
    by, day = actor_of(request), day_of(request)
    if not competence.may(by, "organisation"):
        raise Absent
    words, counts = said.mismatches(), counting.mismatch_counts(day)
    tab, number = tabs.chosen(request, words), tabs.number(request)
    rows = counting.mismatches(tab, day, number)
    people = counting.people_in_post(day)
    shown = {
        "day": day,
        "crews": counting.crews(day),
        "slots": terms("slot"),
        "people": people,
        "accounts": counts["accounts"],
        "tabs": tabs.tabs(words, {name: Count(counts[name]) for name in words}, tab, reverse("organisation_accounts")),
        "tab": tab,
        "rows": rows,
        "pages": tabs.Pages(number, Count(counts[tab]), len(rows)),
    }
    return render(request, "organisation/accounts.html", shown)


@require_GET
@staff
def tied(request: HttpRequest) -> HttpResponse:
    """Seats that one person holds on purpose, and those that somebody else holds today (O12)."""
    day = day_of(request)
    pairs, words = ties.pairs(day), said.tie_states()
    amiss = [pair for pair in pairs if pair.state != "holds"]
    number, every = tabs.number(request), request.GET.get("tab") == "all"
    rows = (pairs if every else amiss)[(number - 1) * PAGE : number * PAGE]
    named = {"amiss": gettext("That do not hold"), "all": gettext("All")}
    counts = {"amiss": Count(len(amiss)), "all": Count(len(pairs))}
    tab = "all" if every else "amiss"
    shown = {
        "day": day,
        "rules": _rules(pairs),
        "rows": [{"pair": pair, "state": words[pair.state]} for pair in rows],
        "tabs": tabs.tabs(named, counts, tab, reverse("organisation_ties")),
        "pages": tabs.Pages(number, counts[tab], len(rows)),
        "keeps": competence.may(actor_of(request), "organisation"),
    }
    return render(request, "organisation/ties.html", shown)


def _rules(pairs: list[ties.Pair]) -> list[dict[str, Any]]:
    """Each tie once, with how many of its seats hold."""
    found: dict[str, dict[str, Any]] = {}
    for pair in pairs:
        rule = found.setdefault(pair.tie.code, {"tie": pair.tie, "all": 0, "holds": 0})
        rule["all"] += 1
        rule["holds"] += pair.state == "holds"
    return list(found.values())


@require_GET
@staff
def stationed(request: HttpRequest) -> HttpResponse:
    """Staff sent by departments, by the unit that commands them, with both masters and their shares (O4)."""
    day, code = day_of(request), request.GET.get("unit", "")[:20]
    command = organisation.unit_of(code, day) if code else None
    number = tabs.number(request)
    found = counting.commands(day, command)
    total = sum(one.total for one in found)
    rows = counting.stationed(day, command, number) if command else []
    kinds = counting.shares()
    shown = {
        "day": day,
        "commands": found[:MOST_COMMANDS],
        "command": command,
        "shares": kinds,
        "totals": {code: sum(one.by_kind.get(code, 0) for one in found) for code in kinds},
        "total": total,
        "homes": len({home.id for one in found for home, _ in one.by_home}),
        "rows": rows,
        "pages": tabs.Pages(number, Count(total if command else 0), len(rows)),
        "keeps": competence.may(actor_of(request), "organisation"),
    }
    return render(request, "organisation/stationed.html", shown)


@require_GET
@staff
def links(request: HttpRequest) -> HttpResponse:
    """A leader's linked areas, units and fields with their open cases in sight; what he has taken over (O10)."""
    by, day = actor_of(request), day_of(request)
    own = history.links(day, post=by.post) if by.post else []
    chosen = [link for link in own if str(link.id) == request.GET.get("link")]
    lists = queries.Lists(by)
    heaps = {"open": linked.linked(lists, chosen or own), "taken": linked.taken_over(lists)}
    counts = queries.counts({name: heap.source for name, heap in heaps.items()})
    words = {"open": gettext("Open there"), "taken": gettext("Taken over by me")}
    tab, number = tabs.chosen(request, words), tabs.number(request)
    centre = queries.command_centre()
    rows = [supervision.row_of(row, by, lists.known, centre) for row in heaps[tab].page(number)]
    shown = {
        "day": day,
        "own": own,
        "chosen": chosen[0] if chosen else None,
        "groups": _by_level(history.links(day)),
        "tabs": tabs.tabs(words, counts, tab, reverse("organisation_linked")),
        "tab": tab,
        "rows": rows,
        "pages": tabs.Pages(number, counts[tab], len(rows)),
        "list_href": tabs.here(request),
        "back": f"{reverse('organisation_linked')}?tab={tab}",
        "keeps": competence.may(by, "organisation"),
    }
    return render(request, "organisation/_linked.html" if is_part(request) else "organisation/linked.html", shown)


def _by_level(found: list[Link]) -> list[dict[str, Any]]:
    """Links of the district's leaders first, then those of streets and communities."""
    rows, levels = _by_post(found), said.levels()
    groups = [
        {"word": word, "rows": [r for r in rows if r["post"].unit.level == code]} for code, word in levels.items()
    ]
    return [group for group in groups if group["rows"]]


def _by_post(found: list[Link]) -> list[dict[str, Any]]:
    """Links by the seat they hang on, with who sits there. One query."""
    seats = organisation.Seats().of_units(list({link.post.unit_id for link in found})).by_unit() if found else {}
    holders = {seat.id: seat.person for rows in seats.values() for seat in rows if seat.nature != "acting"}
    made: dict[Any, dict[str, Any]] = {}
    for link in found:
        one = made.setdefault(link.post_id, {"post": link.post, "person": holders.get(link.post_id), "links": []})
        one["links"].append(link)
    return list(made.values())
