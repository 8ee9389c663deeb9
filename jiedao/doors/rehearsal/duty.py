"""A day of duty in the demo (演示勤务): six squads on shift, invented people who walk their grids, so that the map lives.

Only in demo districts that take positions. Everything goes through the verbs and the intake that real people use; where
somebody is at a moment follows from his code and the clock alone, so that it is the same at every reading.
"""

import hashlib
import logging
from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import lru_cache
from math import cos, hypot, radians
from typing import Any

from jiedao.ground.districts import district
from jiedao.ground.districts.models import District
from jiedao.ground.people import Actor, certificates
from jiedao.ground.people.models import Person, Post, Unit
from jiedao.ground.places.locate import centre
from jiedao.ground.places.models import Area
from jiedao.kit.clock import local, now, today
from jiedao.kit.refusal import Refused
from jiedao.lines.patrol import devices, rules, taking
from jiedao.lines.patrol.actions import briefing, shifts
from jiedao.lines.patrol.models import Roster, Shift
from jiedao.lines.patrol.sorting import Point
from jiedao.record.models import DispatchOrder
from jiedao.stages import assignment

log = logging.getLogger(__name__)

LASTS = timedelta(hours=8)
ON_DUTY = 6
"""Every so manieth of a squad is on duty at a time."""
STEP = 5.0
"""Seconds between two points of a walk."""
PACE = 1.2
"""Metres a second."""
SYSTEM = Actor.system("rehearsal")

WORDS = "今天重点：排水口、电动自行车停放、占道经营。雨后注意路面积水。处置先拍照，不清楚权限的先报告。（演示）"
TASKS = (
    ("查看 6 处排水口是否堵塞", "背街小巷", 60), ("劝导占道经营，清理通道", "菜市场周边", 120),
    ("检查楼道电动自行车停放", "老旧小区", 180), ("走访重点企业，查看消防通道", "产业园区", 240),
)  # fmt: skip


def move_all() -> int:
    """Keeps the duty of every demo district going; says how many points were sent. Called by the ticker."""
    sent = 0
    for place in District.objects.filter(demo=True):
        if place.switches.get(rules.SWITCH) is not True:
            continue
        try:
            with district(place):
                sent += move()
        except Exception:
            log.exception("rehearsing duty failed in %s", place.code)
    return sent


def move() -> int:
    """Who is on duty walks on; a squad without a turn of this moment gets one first."""
    begin()
    at, sent = now().timestamp(), 0
    rows = Shift.objects.filter(started_at__isnull=False, ended_at=None, paused_since=None, roster__made_by=None)
    for shift in rows.filter(sharings__until=None).select_related("person", "post__area", "roster__squad__area"):
        if not is_silent(shift.person):
            sent += _walk(shift, at)
    return sent


def is_silent(person: Person) -> bool:
    """A few have a phone that lost its fix: their place grows old, as on a real day."""
    return _number(person.code, "silent") % 29 == 0


def _walk(shift: Shift, at: float) -> int:
    area = shift.post.area or _grid_of(shift.person, shift.roster.squad)
    if area is None:
        return 0
    # The last one of this very moment: who has just begun to share stands on the map at once.
    moments = [at - at % STEP - STEP, at - at % STEP, at + 0.01]
    points = [Point(*where(shift.person.code, area, moment), moment, 8.0) for moment in moments]
    return taking.take(devices.page_sender(shift.person), points).stored


def begin() -> int:
    """A turn for every squad that has none of this moment: everybody on it, a part of them on duty. Says how many began."""
    at, begun = now(), 0
    squads = list(Unit.objects.on().filter(kind=Unit.Kind.SQUAD).select_related("area", "parent").order_by("code"))
    there = set(Roster.objects.filter(begins_at__lte=at, ends_at__gt=at).values_list("squad_id", flat=True))
    for squad in squads:
        if squad.id not in there:
            begun += _turn(squad, at)
    return begun


def _turn(squad: Unit, at: datetime) -> int:
    for old in Roster.objects.filter(squad=squad, made_by=None, ends_at__lte=at, closed_at=None):
        for left in old.shifts.filter(started_at__isnull=False, ended_at=None).select_related("roster"):  # type: ignore[attr-defined]
            shifts.close(left, at)
    begins = local(at).replace(minute=0, second=0, microsecond=0)
    turn = briefing.plan(squad, begins, begins + LASTS, by=SYSTEM)
    briefing.put_on(turn, staff(squad), by=SYSTEM)
    briefing.write(turn, WORDS, by=SYSTEM)
    for text, place, minutes in TASKS:
        when = begins + timedelta(minutes=minutes)
        briefing.order(turn, briefing.Order(text, place, when), by=SYSTEM)
    briefing.publish(turn, by=SYSTEM)
    crew = list(turn.shifts.select_related("person", "post__unit", "post__kind").order_by("call_sign"))  # type: ignore[attr-defined]
    on = [shift for n, shift in enumerate(crew) if n % ON_DUTY == 1]
    _certify(on)
    for n, shift in enumerate(on):
        _start(shift, rests=n % 11 == 7)
    _busy(squad, on)
    return len(on)


def staff(squad: Unit) -> list[tuple[Person, Post]]:
    """The people whom a squad commands: its own seats and the grid workers stationed with it."""
    stationed = set(squad.stationed.filter(valid_to=None).values_list("person_id", flat=True))  # type: ignore[attr-defined]
    found = briefing.members(squad)
    return [(person, post) for person, post in found if post.unit_id == squad.id or person.id in stationed]  # type: ignore[attr-defined]


def _certify(crew: list[Shift]) -> None:
    """Invented certificates for those of the enforcement seats who have none yet; some end soon."""
    held = certificates.held(shift.person_id for shift in crew)  # type: ignore[attr-defined]
    on = today()
    for shift in crew:
        if "-enforce-" not in shift.post.code or shift.person_id in held:  # type: ignore[attr-defined]
            continue
        days = _number(shift.person.code, "certificate") % 900 + 5
        try:
            certificates.enter(
                shift.person, kind="enforcement", number=f"演示-{shift.person.code}", issued_by="发证机关（演示）",
                valid_from=on - timedelta(days=365), valid_until=on + timedelta(days=days), by=SYSTEM,
            )  # fmt: skip
        except Refused as refused:
            log.info("%s is not certified: %s", shift.call_sign, refused)


def _start(shift: Shift, *, rests: bool) -> None:
    by = Actor.at(shift.post, shift.person)
    try:
        shifts.acknowledge(shift.id, by=by)
        shifts.start(shift.id, by=by)
        if shifts.basis_of(shift.post):
            shifts.share(shift.id, by=by)
        if rests:
            shifts.pause(shift.id, by=by)
    except Refused as refused:
        log.info("%s does not begin: %s", shift.call_sign, refused)


def _busy(squad: Unit, crew: list[Shift]) -> None:
    """Some of them already go to open orders of the squad or its community."""
    orders = DispatchOrder.objects.open().filter(unit_id__in=squad.acts_for, acknowledged_at__isnull=False)
    free = iter([shift for shift in crew if shift.post.unit_id == squad.id])  # type: ignore[attr-defined]
    for order in orders.select_related("unit", "case")[:4]:
        shift = next(free, None)
        if shift is None:
            return
        head = Actor.at(shift.post, shift.person)
        try:
            assignment.assign(order, by=_handler(order) or head, post=shift.post, person=shift.person)
            assignment.take_up(order, by=head)
        except Refused as refused:
            log.info("%s is not sent: %s", shift.call_sign, refused)


def _handler(order: DispatchOrder) -> Actor | None:
    """Somebody of the order's own unit who may send."""
    kinds = ("squad_head", "community_secretary", "community_clerk", "handler", "unit_head")
    for post in (
        order.unit.posts.on().filter(kind__code__in=kinds).select_related("unit", "kind", "area").order_by("code")
    ):  # type: ignore[attr-defined]
        held = post.tenures.on().select_related("person").first()
        if held:
            return Actor.at(post, held.person)
    return None


# Where somebody is


def where(code: str, area: Area, at: float) -> tuple[float, float]:
    """The place of a walker at a moment: on a closed walk of his own within the area."""
    corners = _corners(code, area)
    lengths = [_metres(one, other) for one, other in _sides(corners)]
    left = (at * PACE + _number(code, "start") % 5_000) % sum(lengths)
    for (one, other), length in zip(_sides(corners), lengths, strict=True):
        if left <= length:
            part = left / length if length else 0.0
            return one[0] + (other[0] - one[0]) * part, one[1] + (other[1] - one[1]) * part
        left -= length
    return corners[0]


def _corners(code: str, area: Area) -> list[tuple[float, float]]:
    middle = centre(area) or (0.0, 0.0)
    wide = ((area.east or 0) - (area.west or 0)) * 0.3
    high = ((area.north or 0) - (area.south or 0)) * 0.3
    return [(middle[0] + wide * _share(code, f"x{n}"), middle[1] + high * _share(code, f"y{n}")) for n in range(5)]


def _sides(corners: list[tuple[float, float]]) -> Iterator[tuple[tuple[float, float], tuple[float, float]]]:
    yield from zip(corners, [*corners[1:], corners[0]], strict=True)


def _metres(one: tuple[float, float], other: tuple[float, float]) -> float:
    east = (other[0] - one[0]) * cos(radians(one[1])) * rules.METRES_PER_DEGREE
    return hypot(east, (other[1] - one[1]) * rules.METRES_PER_DEGREE)


def _grid_of(person: Person, squad: Unit) -> Any:
    """A grid of the squad's community, the same for the same person."""
    if squad.area is None:
        return None
    grids = _grids(squad.area.path)
    return grids[_number(person.code, "grid") % len(grids)] if grids else squad.area


@lru_cache(maxsize=64)
def _grids(path: str) -> tuple[Area, ...]:
    return tuple(Area.objects.on().filter(path__startswith=f"{path}/", kind=Area.Kind.GRID).order_by("code"))


@lru_cache(maxsize=20_000)
def _number(code: str, what: str) -> int:
    return int.from_bytes(hashlib.blake2b(f"{code}/{what}".encode(), digest_size=6).digest())


def _share(code: str, what: str) -> float:
    """Between -1 and 1."""
    return _number(code, what) % 20_001 / 10_000 - 1
