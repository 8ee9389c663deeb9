"""Cases and their verbs (案件与动作): the work list, one case whole, and one operation per verb, made from its act."""

from collections.abc import Callable
from dataclasses import asdict
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from django.http import HttpRequest, HttpResponse

from jiedao.doors import acts, readers
from jiedao.doors.api import bodies, shapes
from jiedao.doors.api.answers import answer
from jiedao.doors.api.signin import caller
from jiedao.ground.journal import notes
from jiedao.ground.people import Actor
from jiedao.kit.refusal import Absent, Refused
from jiedao.record import queries, sight
from jiedao.record.models import Case
from jiedao.record.queries.outside import Wanted, cases

MOST_ROWS = 200
FARTHEST_PAGE = 500


class Done(msgspec.Struct):
    """What came of a write: the case's number, its last line and state, and a child's number if one grew."""

    number: str
    seq: int
    verb: str
    state: str
    child: str = ""


def listed(request: HttpRequest) -> HttpResponse:
    """Cases you may see, newest first with `order=newest`, else the most pressing first."""
    by = caller(request)
    size, page = number(request, "limit", 50, MOST_ROWS), number(request, "page", 1, FARTHEST_PAGE)
    found = cases(by, _wanted(request, by))
    count = found.count()
    rows = found.page(page, size, queries.NEWEST if text(request, "order") == "newest" else "")
    is_last = len(rows) < size or (page * size >= count.number and not count.more)
    body = shapes.Page(
        [shapes.row(row) for row in rows], min(count.number, 1000), count.more, 0 if is_last else page + 1
    )
    return answer(body)


def _wanted(request: HttpRequest, by: Actor) -> Wanted:
    given = request.GET
    since: datetime | None = readers.read("moment", "since", given, by=by, options={})
    overdue: bool | None = readers.read("yes_no", "overdue", given, by=by, options={})
    area = readers.read("area", "area", {"area": text(request, "area")}, by=by, options={})
    return Wanted(
        *(text(request, name) for name in ("phase", "state", "kind", "process", "q")),
        area.path if area else "", text(request, "holder"), overdue, since,
    )  # fmt: skip


def text(request: HttpRequest, name: str) -> str:
    """A word of the query."""
    return str(readers.READERS["line"](name, request.GET.get(name, ""), Actor("system"), {}))


def number(request: HttpRequest, name: str, default: int, most: int) -> int:
    """A number of the query, from 1 to `most`. Refuses `unreadable`."""
    given = request.GET.get(name, "")
    if not given:
        return default
    if not given.isascii() or not given.isdigit() or len(given) > 9 or not 1 <= int(given) <= most:
        raise Refused("unreadable", field=name, wants="number")
    return int(given)


def shown(request: HttpRequest, number: str) -> HttpResponse:
    """One case whole: orders, limits, timeline, and the verbs you may do now."""
    by = caller(request)
    case = the_case(by, number)
    if case.shielded:
        # Every opening of a complaint is logged before it is shown (R6).
        notes.look(
            by.scope, "case", case.id, purpose="api", **by.author, unit_id=by.unit_id,
        )  # fmt: skip
    return answer(shapes.whole(case, queries.story(case), by))


def the_case(by: Actor, number: str) -> Case:
    """The case of a number in an address. What cannot be a number is absent without asking."""
    if not number.isascii() or not number.isprintable() or len(number) > 20:
        raise Absent
    return sight.case_or_404(by, number)


def verb(act: acts.Act) -> Callable[..., HttpResponse]:
    """The view of one verb: reads the body, finds case and order, performs the act."""
    known = {field.name for field in act.fields} | {"key", "seen"} | ({"order"} if act.on_order else set())

    def done(request: HttpRequest, number: str) -> HttpResponse:
        by = caller(request)
        given = bodies.plain(request, known, act.verb)
        key = bodies.key_of(request, given.pop("key", None))
        seen, named = _seen(given.pop("seen", None)), _order(given.pop("order", None))
        case = the_case(by, number)
        order = named if act.on_order else None
        came = acts.perform(act.verb, case, by=by, given=given, key=key, order=order, seen=seen)
        told = asdict(came)
        replayed = told.pop("replayed")
        return answer(Done(**told), replayed=replayed)

    done.__name__, done.__doc__ = f"do_{act.verb}", act.call.__doc__
    return done


VERBS = {act.verb: verb(act) for act in acts.ACTS.values()}
"""The view of every verb, by its name in the address."""


def _seen(given: Any) -> int | None:
    if given is None:
        return None
    if not isinstance(given, int) or isinstance(given, bool) or not 0 <= given < 2**31:
        raise Refused("unreadable", field="seen", wants="number")
    return given


def _order(given: Any) -> str:
    if given in (None, ""):
        return ""
    try:
        return str(UUID(given))
    except (ValueError, AttributeError, TypeError):
        raise Refused("unreadable", field="order", wants="uuid") from None
