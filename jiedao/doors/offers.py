"""Offers (可办事项): the moves a door shows: what the gate allows now, less what was done already. Alike for all doors."""

from collections.abc import Collection, Iterable
from uuid import UUID

from jiedao.doors.acts import ACTS
from jiedao.ground.people import Actor
from jiedao.kit.refusal import Refused
from jiedao.record import flow, standing
from jiedao.record.definition import Move
from jiedao.record.models import Case, DispatchOrder
from jiedao.record.predicates import PREDICATES
from jiedao.record.queries import Signing


def of_case(case: Case, by: Actor, signings: Iterable[Signing] = ()) -> list[Move]:
    """Done to the whole case, an order may be named or not. A signature that was given is not asked for again."""
    moves = [m for m in flow.offered(case, by) if m.verb in ACTS and not _needs_order(m)]
    return _unsigned(moves, case, by, signings)


def of_order(
    case: Case,
    by: Actor,
    order: DispatchOrder,
    signings: Iterable[Signing] = (),
    paused: Collection[UUID] = frozenset(),
) -> list[Move]:
    """Done to one unit's order alone. `paused`: the orders whose clock stands still."""
    if not order.is_open and order.returned_at is None:
        return []
    moves = [m for m in flow.offered(case, by, order) if m.verb in ACTS and _needs_order(m)]
    moves = [m for m in moves if not is_over(m.verb, order, is_paused=order.id in paused)]
    return _unsigned(moves, case, by, signings)


ABOUT_NOTHING = frozenset(
    {
        "is_supervised", "not_supervised", "not_escalated", "extension_open", "no_extension_open", "order_objected",
        "no_objection_open", "order_returned", "order_is_lead", "lead_gone", "lead_answered", "was_answered",
        "returned_twice", "returned_thrice", "check_disagrees", "reopen_window_open",
    }
)  # fmt: skip
"""Conditions without which a verb has no object here: it is not shown at all then, where others are shown dimmed."""


def barred(case: Case, by: Actor, order: DispatchOrder | None = None) -> list[tuple[Move, Refused]]:
    """What the actor's role has in this state and cannot do yet, each with the first reason; of one order, or of the case."""
    held = standing.standings(by, case, order)
    found: dict[str, tuple[Move, Refused]] = {}
    possible = set()
    for move in case.process.definition.moves_from(case.state):
        if move.verb not in ACTS or _needs_order(move) != (order is not None):
            continue
        if not standing.plays(by, case, move, held):
            continue
        unmet = [name for name in move.when if not PREDICATES[name](case, order, {})]
        if not unmet:
            possible.add(move.verb)
        elif not ABOUT_NOTHING & set(unmet):
            found.setdefault(move.verb, (move, Refused(unmet[0], verb=move.verb, state=case.state)))
    return [one for verb, one in found.items() if verb not in possible]


def is_over(verb: str, order: DispatchOrder, *, is_paused: bool) -> bool:
    """Whether a verb has no more sense on an order: a step that was taken, a clock that stands or runs already.

    Of an order that was returned only the ruling is left.
    """
    if not order.is_open:
        return verb != "rule"
    done = {
        "acknowledge": order.acknowledged_at is not None,
        "arrive": order.arrived_at is not None,
        "pause": is_paused,
        "resume": not is_paused,
    }
    return done.get(verb, False)


def _needs_order(move: Move) -> bool:
    return ACTS[move.verb].on_order and not ACTS[move.verb].order_optional


def _unsigned(moves: list[Move], case: Case, by: Actor, signings: Iterable[Signing]) -> list[Move]:
    signed = {one.code: {role for role, _, at in one.roles if at} for one in signings}
    mine = {m.verb: set(standing.signs_as(case, m, by)) if m.signed_by else set() for m in moves}
    return [m for m in moves if not mine[m.verb] or not mine[m.verb] <= signed.get(m.verb, set())]
