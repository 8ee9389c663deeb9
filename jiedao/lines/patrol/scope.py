"""Scope of patrol (勤务可见范围): whose people on duty an actor may see. Peers see nobody but themselves (R11)."""

from uuid import UUID

from jiedao.ground.people import Actor
from jiedao.ground.people.models import Unit
from jiedao.ground.terms import competence
from jiedao.kit.refusal import Absent
from jiedao.lines.patrol.models import Roster, Shift

WATCH = "patrol_watch"
"""Sees people on duty and sends them."""
KEEP = "patrol_keep"
"""Keeps rosters, briefings, wrap-up and duty notes."""
CHECK = "patrol_check"
"""Makes spot checks on the road."""
TRACKS = "patrol_tracks"
"""Looks at a track, with a purpose, logged."""

WIDE = frozenset({Unit.Kind.CENTRE, Unit.Kind.LEADERSHIP})
FIELD = frozenset({Unit.Kind.SQUAD, Unit.Kind.COMMUNITY})
"""Units that have members to send."""


def squads(actor: Actor, what: str = WATCH) -> list[UUID]:
    """Ids of the units whose shifts the actor may see: of the district for its centre and leaders, else of the own body.

    Empty for everybody whose post the district has not named for it.
    """
    if actor.kind == "system":
        return list(Unit.objects.on().values_list("id", flat=True))
    if actor.post is None or not competence.may(actor, what):
        return []
    unit = actor.post.unit
    if unit.level == Unit.Level.DISTRICT and unit.kind in WIDE:
        # Whom one may watch is on a roster; who may be checked or planned for need never have been on one.
        if what == WATCH:
            return list(Roster.objects.order_by().values_list("squad_id", flat=True).distinct())
        return list(Unit.objects.on().filter(kind__in=FIELD).values_list("id", flat=True))
    return list(Unit.objects.on().filter(above__overlap=unit.acts_for).values_list("id", flat=True))


def shift_or_absent(actor: Actor, shift_id: UUID, what: str = WATCH) -> Shift:
    """One shift in the actor's scope, or the actor's own. `Absent` for any other, whether it exists or not."""
    found = Shift.objects.select_related("roster__squad", "person", "post__kind").filter(pk=shift_id).first()
    if found is None:
        raise Absent
    own = actor.person is not None and found.person_id == actor.person.id  # type: ignore[attr-defined]
    if own or found.roster.squad_id in squads(actor, what):  # type: ignore[attr-defined]
        return found
    raise Absent
