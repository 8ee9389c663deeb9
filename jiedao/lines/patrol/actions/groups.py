"""Groups (临时编组): people on duty put together, told something, called into a room. They end with case or shift."""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from django.db.models import Q
from shapely.geometry import Point, Polygon

from jiedao.ground.journal import receipts
from jiedao.ground.people import Actor
from jiedao.ground.places.models import Area
from jiedao.kit.clock import now
from jiedao.kit.ports import chance
from jiedao.kit.refusal import Absent, Refused
from jiedao.lines.patrol import calls, queries, scope
from jiedao.lines.patrol.actions.notes import changed
from jiedao.lines.patrol.models import Group, GroupMember, GroupMessage, Roster, Shift
from jiedao.record.models import Case

LONGEST = timedelta(hours=24)
MOST_CORNERS = 400
MOST_AREAS = 300


def inside(polygon: Sequence[tuple[float, float]], actor: Actor) -> list[UUID]:
    """Who of the actor's people on duty is within a line drawn on the map. Who shares no position is nowhere."""
    if not 3 <= len(polygon) <= MOST_CORNERS:
        raise Refused("unreadable", field="polygon", wants="list")
    shape = Polygon(polygon)
    if not shape.is_valid:
        shape = shape.buffer(0)
    return [
        one.shift_id
        for one in queries.on_duty(actor)
        if one.lon is not None and one.lat is not None and shape.intersects(Point(one.lon, one.lat))
    ]


def of_area(path: str, actor: Actor) -> list[UUID]:
    """Who is on duty in the squads that stand for an area or lie in it."""
    inside = Q(roster__squad__area__path=path) | Q(roster__squad__area__path__startswith=f"{path}/")
    shifts = Shift.objects.filter(inside, started_at__isnull=False, ended_at=None)
    return list(shifts.filter(roster__squad_id__in=scope.squads(actor)).values_list("id", flat=True))


def areas(actor: Actor) -> list[Area]:
    """The areas for which squads on duty stand, and those above them, from the large to the small."""
    squads = Roster.objects.filter(shifts__started_at__isnull=False, shifts__ended_at=None)
    mine = squads.filter(squad_id__in=scope.squads(actor), squad__area__isnull=False)
    paths = {path for (path,) in mine.values_list("squad__area__path").distinct()}
    above = {"/".join(path.split("/")[: n + 1]) for path in paths for n in range(path.count("/") + 1)}
    return list(Area.objects.on().filter(path__in=above).order_by("path")[:MOST_AREAS])


def make(name: str, shifts: Sequence[UUID], *, by: Actor, case: Case | None = None) -> Group:
    """A group of people on duty. With a case it ends when that closes, else with the last of their shifts."""
    known = {one.shift_id: one for one in queries.on_duty(by)}
    members = [known[pk] for pk in dict.fromkeys(shifts) if pk in known]
    if not members:
        raise Refused("group_empty")
    assert by.person is not None and by.post is not None
    at = now()
    with receipts.whole():
        group = Group.objects.create(
            name=name.strip()[:80] or "、".join(one.call_sign for one in members[:4]), case=case, unit=by.post.unit,
            made_at=at, made_by=by.person, ends_at=min(max(one.ends_at for one in members), at + LONGEST),
        )  # fmt: skip
        GroupMember.objects.bulk_create(GroupMember(group=group, shift_id=one.shift_id) for one in members)
        changed("group", group.id, "made", by, number=len(members), case=case.number if case else "")
    return group


def group_or_absent(group_id: UUID, by: Actor) -> Group:
    """A group in the actor's scope, or one he is in himself."""
    found = Group.objects.select_related("case", "unit").filter(pk=group_id).first()
    if found is None:
        raise Absent
    if by.person is not None and found.members.filter(shift__person=by.person, left_at=None).exists():  # type: ignore[attr-defined]
        return found
    if by.post is not None and (found.unit_id == by.post.unit_id or found.unit_id in scope.squads(by)):  # type: ignore[attr-defined]
        return found
    raise Absent


def is_over(group: Group) -> bool:
    """Whether it has ended: by hand, with its case, or with its time."""
    if group.ended_at is not None or now() >= group.ends_at:
        return True
    return group.case is not None and group.case.closed_at is not None


def say(group: Group, text: str, *, by: Actor) -> GroupMessage:
    """A message to everybody in it (喊话). The notices are made by the door, in this transaction."""
    _running(group)
    if not text.strip():
        raise Refused("incomplete", verb="", missing=["text"])
    with receipts.whole():
        row = GroupMessage.objects.create(group=group, at=now(), by=by.person, text=text.strip()[:300])
        changed("group", group.id, "said", by)
    return row


def call(group: Group, *, by: Actor) -> str:
    """Opens the group's room (视频通话) and gives its address. The name is chance, so that nobody guesses it."""
    _running(group)
    if not calls.gateway():
        raise Refused("no_gateway")
    if not group.room:
        with receipts.whole():
            group.room, group.room_at = f"jiedao-{chance.secret(12).hex()}", now()
            group.save(update_fields=["room", "room_at"])
            changed("group", group.id, "called", by)
    return calls.room_url(group.room)


def end(group: Group, *, by: Actor) -> None:
    """Ends it. Nothing happens to one that has ended."""
    if group.ended_at is None:
        with receipts.whole():
            group.ended_at, group.room = now(), ""
            group.save(update_fields=["ended_at", "room"])
            changed("group", group.id, "ended", by)


def _running(group: Group) -> None:
    if is_over(group):
        raise Refused("group_over")
