"""Assignment (指派): who of the unit goes: asked, accepted, under way, on site, done. Each step is a line with its time.

Within a unit's order, whose own steps it leaves alone. Who was asked and says nothing within the district's limit is
rung by the tick, like every other limit.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from jiedao.ground.people import Actor
from jiedao.ground.people.models import Person, Post
from jiedao.ground.terms.models import fact
from jiedao.kit.clock import now
from jiedao.kit.limits import Limit
from jiedao.kit.refusal import Refused
from jiedao.record import clocks, flow, orders, standing, tick
from jiedao.record.definition import Timed
from jiedao.record.models import Assignment, Case, Deadline, DispatchOrder, Entry

ANSWER = tick.UNANSWERED
"""The name of the limit within which somebody asked says whether he goes."""

Seat = tuple[Post | None, Person | None]


def assign(order: DispatchOrder, *, by: Actor, post: Post | None = None, person: Person | None = None) -> Entry:
    """Who of the unit goes (指派): a post or a person of it, or of a unit below."""
    return assign_all(order, by=by, seats=[(post, person)])


def assign_all(order: DispatchOrder, *, by: Actor, seats: Sequence[Seat]) -> Entry:
    """Several at once, in one line. Refuses `not_of_the_unit`, and `already_asked` for one who was asked before."""
    with flow.hold(order.case_id) as case:
        _fresh(case, order)
        if not seats or any(post is None and person is None for post, person in seats):
            raise Refused("incomplete", verb="assign", missing=["post"])
        for post, person in seats:
            if post and not standing.may_go(order.unit, post.unit):
                raise Refused("not_of_the_unit", unit=order.unit.name)
            if person and any(_is(row, person) for row in _open(order)):
                raise Refused("already_asked", unit=order.unit.name)
        said = _told(seats)
        move = flow.permit(case, "assign", by=by, said=said, order=order)
        at = now()
        Assignment.objects.bulk_create(Assignment(order=order, post=p, person=one, asked_at=at) for p, one in seats)
        _expect(case, order, at)
        return flow.advance(case, move, by=by, said=said, order=order)


def _told(seats: Sequence[Seat]) -> dict[str, Any]:
    """One seat as it always stood on the line; several as lists."""
    posts = [post.code if post else "" for post, _ in seats]
    persons = [str(person.id) if person else "" for _, person in seats]
    if len(seats) == 1:
        return {"post": posts[0], "person": persons[0]}
    return {"post": posts[0], "person": persons[0], "posts": posts, "persons": persons}


def take_up(order: DispatchOrder, *, by: Actor, seen: int | None = None) -> Entry:
    """I go (接受指派). Who was asked by post becomes the one who goes."""
    return _step(order, "take_up", "accepted_at", by=by, seen=seen)


def set_out(order: DispatchOrder, *, by: Actor, seen: int | None = None) -> Entry:
    """On the way (出发)."""
    return _step(order, "set_out", "under_way_at", by=by, seen=seen)


def reach(
    order: DispatchOrder, *, by: Actor, point: tuple[float, float] | None = None, seen: int | None = None
) -> Entry:
    """At the place (到场)."""
    return _step(order, "reach", "on_site_at", by=by, said={"point": list(point) if point else None}, seen=seen)


def finish(order: DispatchOrder, *, by: Actor, text: str = "", seen: int | None = None) -> Entry:
    """Done at the place (现场办完). The unit's reply is another step, and may be somebody else's."""
    return _step(order, "finish", "done_at", by=by, said={"text": text}, seen=seen)


def stand_down(
    order: DispatchOrder, *, by: Actor, reason: str, person: Person | None = None, seen: int | None = None
) -> Entry:
    """Does not go (取消指派): one says so of oneself, or whoever sent somebody calls him back."""
    with flow.hold(order.case_id, seen=seen) as case:
        _fresh(case, order)
        said = {"reason": reason, "person": str(person.id) if person else ""}
        move = flow.permit(case, "stand_down", by=by, said=said, order=order)
        found = [row for row in _open(order) if (_is(row, person) if person else _mine(row, by))]
        if not found:
            raise Refused("not_assigned", unit=order.unit.name)
        found[0].dropped_at = now()
        found[0].save(update_fields=["dropped_at"])
        _answered(case, order, found[0].dropped_at)
        return flow.advance(case, move, by=by, said=said, order=order)


STEPS = ("accepted_at", "under_way_at", "on_site_at", "done_at")


def _step(
    order: DispatchOrder, verb: str, column: str, *, by: Actor, said: dict[str, Any] | None = None, seen: int | None
) -> Entry:
    """Takes a step of the actor's own assignment, and with it those before that were passed over."""
    said = said or {}
    with flow.hold(order.case_id, seen=seen) as case:
        _fresh(case, order)
        move = flow.permit(case, verb, by=by, said=said, order=order)
        found = [row for row in _open(order) if _mine(row, by)]
        if not found:
            raise Refused("not_assigned", unit=order.unit.name)
        row, at = found[0], now()
        if getattr(row, column):
            raise Refused("already_told", unit=order.unit.name, at=getattr(row, column).isoformat())
        passed = [name for name in STEPS[: STEPS.index(column) + 1] if getattr(row, name) is None]
        for name in passed:
            setattr(row, name, at)
        row.person = by.person
        row.save(update_fields=[*passed, "person"])
        _answered(case, order, at)
        return flow.advance(case, move, by=by, said=said, order=order)


def _open(order: DispatchOrder) -> list[Assignment]:
    """Who was asked on this order and has neither finished nor been stood down; anew, under the lock."""
    return list(
        Assignment.objects.filter(order=order, done_at=None, dropped_at=None)
        .select_related("post")
        .order_by("asked_at", "id")
    )


def _is(row: Assignment, person: Person) -> bool:
    return row.person_id == person.id


def _mine(row: Assignment, by: Actor) -> bool:
    if by.person is not None and row.person_id == by.person.id:
        return True
    return row.person_id is None and by.post is not None and row.post_id == by.post.id


def _expect(case: Case, order: DispatchOrder, at: datetime) -> None:
    """The limit for an answer begins with the latest who was asked, where the district has set one."""
    within = str(fact("patrol_rule", "answer", "within", ""))
    if within:
        Limit(within)
        clocks.stop(clocks.running(case, order, ANSWER), at)
        clocks.start(case, Deadline.Kind.STEP, ANSWER, Timed(within, "patrol_rule answer"), at, order)
        _sort(case, order)


def _answered(case: Case, order: DispatchOrder, at: datetime) -> None:
    """Once nobody is asked and silent, the limit stops."""
    if not any(row.accepted_at is None for row in _open(order)):
        clocks.stop(clocks.running(case, order, ANSWER), at)
        _sort(case, order)


def _sort(case: Case, order: DispatchOrder) -> None:
    order.due_at = clocks.next_due(case, order)
    order.save(update_fields=["due_at"])


def _fresh(case: Case, order: DispatchOrder) -> None:
    """Under the lock: what another request just did to this order counts. Refuses `order_over`."""
    orders.refresh(case, order)
    if not order.is_open:
        raise Refused("order_over", unit=order.unit.name)
