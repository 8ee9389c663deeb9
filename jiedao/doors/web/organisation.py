"""Organisation (组织): the chart, a unit's own page, the roster of seats on any day, and what is vacant."""

from collections.abc import Iterator
from datetime import date, timedelta

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_GET

from jiedao.doors.web import organisation_words as said
from jiedao.doors.web import sheets, tabs
from jiedao.doors.web.templatetags.jiedao_ui import named
from jiedao.doors.web.who import actor_of, staff
from jiedao.ground.people import counting, history, organisation, reorganising, ties
from jiedao.ground.people.models import Unit
from jiedao.ground.people.organisation import Seats
from jiedao.ground.terms import competence
from jiedao.ground.terms.models import terms
from jiedao.kit.clock import today
from jiedao.kit.refusal import Absent
from jiedao.record.queries import Count


@require_GET
@staff
def chart(request: HttpRequest) -> HttpResponse:
    """The tree of a day: every unit with its plates and who sits there; one sub-district down to its grids' branches."""
    day, chosen = day_of(request), request.GET.get("unit", "")
    within = organisation.unit_of(chosen[:20], day) if chosen else None
    kind = request.GET.get("kind", "") if request.GET.get("kind", "") in Unit.Kind.values else ""
    planned = reorganising.ahead()
    shown = {
        "day": day,
        "day_query": "" if day == today() else f"&day={day}",
        "sides": said.sides(),
        "natures": said.natures(),
        "roots": organisation.tree(day, within=within, kind=kind),
        "within": within,
        "kind": kind,
        "kinds": said.unit_kinds(),
        "bodies": history.bodies(day),
        "counts": said.counted(organisation.counts(day)),
        "places": said.places(organisation.places(day)),
        "planned": planned,
        "becoming": dict(reorganising.changed(planned)),
        "keeps": competence.may(actor_of(request), "organisation"),
    }
    return render(request, "organisation/chart.html", shown)


@require_GET
@staff
def unit(request: HttpRequest, code: str) -> HttpResponse:
    """One unit on a day: seats and holders, approved posts, stationed staff, ties, links, what became of it."""
    day = day_of(request)
    found = organisation.unit_of(code[:20], day)
    if found is None:
        raise Absent
    by = actor_of(request)
    approved = counting.approved(day, found)
    shown = {
        "day": day,
        "unit": found,
        "over": found.valid_to is not None and found.valid_to <= day,
        "above": history.above(found),
        "below": history.below(found, day),
        "before": history.before(found),
        "after": history.after(found),
        "seats": Seats(day).of_units([found.id]).all(),
        "approved": approved,
        "approved_rows": approved[:60],
        "approved_sum": counting.summed(approved),
        "staff_kinds": terms("staff_kind"),
        "slots": terms("slot"),
        "commands": counting.commands(day, found),
        "stationed": counting.stationed(day, found, tabs.number(request)),
        "shares": counting.shares(),
        "pairs": ties.pairs(day, found),
        "links": history.links(day, unit=found),
        "changes": said.changes(history.changes(found)),
        "keeps": competence.may(by, "organisation", found),
    }
    return render(request, "organisation/unit.html", shown)


@require_GET
@staff
def roster(request: HttpRequest) -> HttpResponse:
    """Every seat with who sits in it on a day, to be searched, turned over and taken away."""
    day, found = day_of(request), _sought(request)
    number, count = tabs.number(request), found.count()
    rows = found.page(number)
    shown = {
        "day": day,
        "rows": rows,
        "pages": tabs.Pages(number, Count(count), len(rows)),
        "count": count,
        "kinds": Seats(day).by_kind(),
        "slots": terms("slot"),
        "staff_kinds": terms("staff_kind"),
        "query": request.GET.urlencode(),
        "keeps": competence.may(actor_of(request), "organisation"),
        **_asked(request),
    }
    return render(request, "organisation/roster.html", shown)


@require_GET
@staff
def export(request: HttpRequest, form: str) -> HttpResponse:
    """The roster as a table: the same rows as the page shows, all of them."""
    name, rows = f"roster-{day_of(request)}.{form}", _lines(_sought(request))
    return (
        sheets.workbook(name, gettext("Who is where"), rows, plain=True)
        if form == "xlsx"
        else sheets.answer(name, rows)
    )


@require_GET
@staff
def vacancies(request: HttpRequest) -> HttpResponse:
    """Seats nobody fills on a day, by kind; who acts in one is named."""
    day, kind = day_of(request), request.GET.get("kind", "")
    every = Seats(day).vacant()
    found = every.of_kind(kind) if kind else every
    number, count = tabs.number(request), found.count()
    rows = found.page(number)
    shown = {
        "day": day,
        "rows": rows,
        "count": count,
        "kinds": every.by_kind(),
        "kind": kind,
        "slots": terms("slot"),
        "staff_kinds": terms("staff_kind"),
        "pages": tabs.Pages(number, Count(count), len(rows)),
        "keeps": competence.may(actor_of(request), "organisation"),
    }
    return render(request, "organisation/vacancies.html", shown)


def day_of(request: HttpRequest) -> date:
    """The day asked for, between the founding of the republic and ten years ahead; today for anything else."""
    try:
        asked = date.fromisoformat(request.GET.get("day", ""))
    except ValueError:
        return today()
    return asked if date(1949, 10, 1) <= asked <= today() + timedelta(days=3660) else today()


def _asked(request: HttpRequest) -> dict[str, str]:
    return {name: request.GET.get(name, "").strip()[:40] for name in ("q", "kind", "unit", "state")}


def _sought(request: HttpRequest) -> Seats:
    asked, found = _asked(request), Seats(day_of(request))
    if asked["q"] and "\0" not in asked["q"]:
        found = found.searched(asked["q"])
    if asked["kind"] and "\0" not in asked["kind"]:
        found = found.of_kind(asked["kind"])
    if asked["unit"]:
        below = organisation.unit_of(asked["unit"].replace("\0", "")[:20], found.day)
        if below is None:
            raise Absent
        found = found.below(below.id)
    return found.vacant() if asked["state"] == "vacant" else found


def _lines(found: Seats) -> Iterator[list[object]]:
    yield [
        "unit", "unit_name", "post", "post_name", "kind", "area", "duty", "slot", "staff_kind", "person", "name",
        "nature", "from", "until", "instead_of", "basis",
    ]  # fmt: skip
    for seat in found.all(sheets.MOST + 1):
        person, acted = seat.person, seat.instead_of
        yield [
            seat.unit.code, named(seat.unit), seat.code, named(seat), named(seat.kind),
            seat.area.code if seat.area else "", seat.duty, seat.slot, seat.staff_kind,
            person.code if person else "", named(person), seat.nature, seat.since, seat.until, named(acted), seat.basis,
        ]  # fmt: skip


def page_of(code: str) -> str:
    """Where a unit is read; the chart where no unit is meant."""
    return reverse("organisation_unit", args=[code]) if code else reverse("organisation")
