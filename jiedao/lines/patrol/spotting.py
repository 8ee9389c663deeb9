"""What the pages of bad spots and joint patrols show (乱点与联合巡查数据): own squad's or in scope. Reads only."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Q

from jiedao.ground.people import Actor
from jiedao.ground.people.contacts import open_rows
from jiedao.ground.people.models import Unit
from jiedao.ground.places.models import Area, Site
from jiedao.kit.clock import now, today
from jiedao.kit.refusal import Absent
from jiedao.lines.patrol import desk, rules, scope
from jiedao.lines.patrol.models import HotSpot, JointPatrol, LastPosition, PatrolStop, Position, Round

MOST = 200


def units(actor: Actor) -> set[UUID]:
    """Units whose bad spots the actor sees: those watched or kept, and the own squad or community. Else none."""
    found = set(scope.squads(actor)) | set(scope.squads(actor, scope.KEEP))
    if actor.post is not None and actor.post.unit.kind in scope.FIELD:
        found |= set(actor.post.unit.acts_for)
    return found


def spots(actor: Actor) -> list[HotSpot]:
    """Bad spots that are marked, the oldest first; then those that ended within thirty days."""
    late = now() - timedelta(days=30)
    rows = HotSpot.objects.filter(Q(ended_at=None) | Q(ended_at__gte=late), unit_id__in=units(actor))
    found = list(rows.select_related("area", "unit").order_by("since", "area__code")[:MOST])
    return sorted(found, key=lambda spot: not is_on(spot))


def is_on(spot: HotSpot) -> bool:
    """Whether the mark stands this day."""
    return spot.ended_at is None and spot.since <= today() <= spot.until


def spot_or_absent(spot_id: UUID, by: Actor) -> HotSpot:
    """One bad spot in sight. `Absent` for any other."""
    found = HotSpot.objects.select_related("area", "unit").filter(pk=spot_id).first()
    if found is None or found.unit_id not in units(by):  # type: ignore[attr-defined]
        raise Absent
    return found


def round_or_absent(round_id: UUID, by: Actor) -> Round:
    """One round of a bad spot in sight; whose it is decides who may write in it."""
    found = Round.objects.select_related("spot__area", "spot__unit", "person").filter(pk=round_id).first()
    if found is None or found.spot.unit_id not in units(by):  # type: ignore[attr-defined]
        raise Absent
    return found


def history(spot: HotSpot) -> list[Round]:
    """Rounds online and on foot in one list, the latest first, with the cameras that were looked through."""
    rows = spot.rounds.select_related("person").prefetch_related("looks__site")  # type: ignore[attr-defined]
    return list(rows.order_by("-began_at")[:MOST])


def grids(actor: Actor) -> list[Area]:
    """Grids the actor may mark: those of the squads and communities kept that are not marked already."""
    paths = {unit.area.path for unit in _kept(actor) if unit.area is not None}
    if not paths:
        return []
    inside = Q()
    for path in paths:
        inside |= Q(path=path) | Q(path__startswith=f"{path}/")
    marked = HotSpot.objects.filter(ended_at=None).values("area_id")
    rows = Area.objects.on().filter(inside, kind=Area.Kind.GRID).exclude(pk__in=marked)
    return list(rows.order_by("code")[: MOST * 2])


def _kept(actor: Actor) -> list[Unit]:
    kept = {unit.id for unit in desk.kept(actor)}
    return list(Unit.objects.filter(pk__in=kept).select_related("area"))


def joints(actor: Actor) -> list[JointPatrol]:
    """Joint patrols of the actor's units or of those in scope, the latest first."""
    ours = [*units(actor), *(actor.post.unit.acts_for if actor.post else [])]
    rows = JointPatrol.objects.filter(Q(unit_id__in=ours) | Q(units__overlap=ours)).select_related("unit")
    return list(rows.prefetch_related("stops").order_by("-begins_at")[:MOST])


def parties(patrol: JointPatrol) -> list[Unit]:
    """Who takes part, the unit that planned it first."""
    rows = Unit.objects.filter(pk__in=[patrol.unit_id, *patrol.units])  # type: ignore[attr-defined]
    return sorted(rows, key=lambda unit: (unit.id != patrol.unit_id, unit.code))  # type: ignore[attr-defined]


def partners() -> list[Unit]:
    """Squads that may be asked to take part."""
    return list(Unit.objects.on().filter(kind=Unit.Kind.SQUAD).order_by("code")[:MOST])


def stops(patrol: JointPatrol) -> list[PatrolStop]:
    return list(patrol.stops.select_related("site").order_by("seq"))  # type: ignore[attr-defined]


def places() -> list[Site]:
    """Places that a stop may be, for the list beside the field."""
    return list(Site.objects.on().exclude(kind="camera").order_by("code")[:MOST])


def sites(codes: Iterable[str]) -> dict[str, Site]:
    """Places in use by code."""
    return {site.code: site for site in Site.objects.on().filter(code__in=list(codes))}


def own_point(by: Actor) -> tuple[tuple[float, float], UUID | None] | None:
    """Where the actor's own shared position was just now, and its source. None without a fresh one."""
    shift = desk.current(by)
    if shift is None or shift.started_at is None:
        return None
    with transaction.atomic():
        open_rows([shift.roster.squad_id, shift.id])  # type: ignore[attr-defined]
        last = LastPosition.objects.filter(pk=shift.id).first()
        if last is None or _is_old(last.taken_at):
            return None
        point = Position.objects.filter(shift_id=shift.id, taken_at=last.taken_at).first()
    return (last.lon, last.lat), (point.source_id if point else None)


def _is_old(taken_at: datetime) -> bool:
    return now() - taken_at > rules.rules().stale
