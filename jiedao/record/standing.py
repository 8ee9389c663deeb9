"""Standing (身份): what an actor is to a case. A role of a definition is post kinds × one of these."""

from jiedao.ground.people import Actor
from jiedao.ground.people.models import Unit
from jiedao.kit.refusal import Refused
from jiedao.record.definition import Definition, Move, Role
from jiedao.record.models import Case, DispatchOrder, Entry


def covers(path: str | None, case: Case) -> bool:
    """Whether an area holds the place of a case. A case without a place lies nowhere."""
    return path is not None and f"{case.area_path}/".startswith(f"{path}/")


def standings(actor: Actor, case: Case, order: DispatchOrder | None = None) -> set[str]:
    """Everything the actor is to the case; where an order is named, lead and helper speak of that order."""
    if actor.kind == "system":
        return {"system"}
    if actor.kind == "resident":
        return {"reporter"} if actor.case_id == case.id else set()
    assert actor.person is not None
    found = {"any"}
    if actor.person.id in case.reporters:
        found.add("reporter")
    if actor.post is None:
        return found
    unit = actor.post.unit
    if covers(actor.area_path, case):
        found.add("own_area")
        if unit.kind == Unit.Kind.LEADERSHIP:
            found.add("overseer")
    if unit.kind == Unit.Kind.CENTRE and (covers(actor.area_path, case) or unit.level == Unit.Level.DISTRICT):
        found.add("centre")
    if case.from_unit_id in unit.acts_for:
        found.add("sender")
    return found | _by_orders(actor, case, order)


def _by_orders(actor: Actor, case: Case, order: DispatchOrder | None) -> set[str]:
    assert actor.post is not None and actor.person is not None
    unit, found, handled = actor.post.unit, set(), False
    for row in case.held_orders():
        if row.unit_id in unit.above and row.recalled_at is None and row.returned_at is None:
            handled = True
        if row.unit_id in unit.acts_for and row.is_open and (order is None or order.id == row.id):
            found.add(row.role)
    # Nobody checks what his own unit did, nor what he answered himself while sitting in another post.
    if not handled and not any(row.answered_by == actor.person.id for row in case.held_orders()):
        found.add("checker")
    if _goes(actor, case, order):
        found.add("assignee")
    return found


def may_go(sent: Unit, unit: Unit) -> bool:
    """Whether somebody of a unit may go on an order of `sent`: of it or of one below it. A squad also commands those of
    the community it belongs to, whose grid workers stand on its roster.
    """
    return sent.id in unit.above or (sent.kind == Unit.Kind.SQUAD and sent.parent_id in unit.above)


def _goes(actor: Actor, case: Case, order: DispatchOrder | None) -> bool:
    """Whether the actor was asked to go, by name or by post, on an open order of the own unit or of one above it."""
    assert actor.post is not None and actor.person is not None
    unit = actor.post.unit
    ours = {
        row.id
        for row in case.held_orders()
        if row.is_open and may_go(row.unit, unit) and (order is None or order.id == row.id)
    }
    return bool(ours) and any(
        row.order_id in ours
        and (row.person_id == actor.person.id or (row.person_id is None and row.post_id == actor.post.id))
        for row in case.held_assignments()
    )


def may_open(definition: Definition, actor: Actor) -> bool:
    """Whether the actor may open a case of a process: there is no case yet to have a standing to."""
    held = {"person": {"any", "reporter"}, "resident": {"reporter"}, "system": {"system"}}[actor.kind]
    return any(fits(actor, definition.roles[name], held) for name in definition.opened_by)


def fits(actor: Actor, role: Role, held: set[str]) -> bool:
    """Whether the actor is in a role: the standing, and one of its post kinds if it names any."""
    return role.standing in held and (not role.posts or actor.post_kind in role.posts)


def plays(actor: Actor, case: Case, move: Move, held: set[str]) -> bool:
    """Whether the actor, with these standings, may do this line of the definition, by role alone."""
    roles = case.process.definition.roles
    return any(fits(actor, roles[name], held) for name in move.by)


def unsigned(case: Case, move: Move, by: Actor) -> list[str]:
    """Roles whose signature is still missing once this actor has signed. Empty if the move may happen.

    Refuses `already_signed` to who signs twice. Signatures count from the last time the case came into its present
    state: a draft sent back is signed anew.
    """
    assert move.signed_by is not None
    mine = set(signs_as(case, move, by))
    came = Entry.objects.filter(case=case, now=case.state).exclude(was=case.state).order_by("-seq").first()
    lines = Entry.objects.filter(case=case, verb="sign", facts__signs=move.verb, seq__gt=came.seq if came else 0)
    signed = {name for line in lines for name in line.facts.get("as", [])}
    if mine and mine <= signed:
        raise Refused("already_signed", verb=move.verb)
    signed |= mine
    if move.signed_by.rule == "any":
        return [] if signed else list(move.signed_by.roles)
    return [name for name in move.signed_by.roles if name not in signed]


def signs_as(case: Case, move: Move, by: Actor) -> list[str]:
    """The signing roles this actor fills for a move."""
    roles = case.process.definition.roles
    held = standings(by, case)
    return [name for name in (move.signed_by.roles if move.signed_by else ()) if fits(by, roles[name], held)]
