"""Bad spots (治安乱点) and joint patrols (联合巡查): rounds online and on foot with one checklist; stops with check-in."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from uuid import UUID

from django.db.models import Max

from jiedao.ground.journal import receipts
from jiedao.ground.people import Actor
from jiedao.ground.people.models import Unit
from jiedao.ground.places.models import Area, Site
from jiedao.ground.terms import competence
from jiedao.kit.clock import now, today
from jiedao.kit.refusal import Absent, Refused
from jiedao.lines.patrol import offsets, rules, scope, spotting
from jiedao.lines.patrol.actions.notes import changed
from jiedao.lines.patrol.models import CameraLook, HotSpot, JointPatrol, PatrolStop, Round

CAMERA = "camera"
ANSWERS = ("yes", "no", "na")
MOST_STOPS = 40


def mark(area: Area, *, by: Actor, why: str, since: date, until: date) -> HotSpot:
    """Marks a grid as a bad spot (标记乱点), with the checklist as the district has it this day."""
    unit = _unit_of(area, by)
    if not why.strip():
        raise Refused("incomplete", verb="", missing=["reason"])
    if until < since or until < today():
        raise Refused("bad_span", hours=24)
    if HotSpot.objects.filter(area=area, ended_at=None).exists():
        raise Refused("spot_there", area=area.name)
    with receipts.whole():
        spot = HotSpot.objects.create(
            area=area, unit=unit, why=why.strip()[:300], checklist=rules.rules().checklist, since=since, until=until,
            made_by=by.person,
        )  # fmt: skip
        changed("hot_spot", spot.id, "marked", by, area=area.code)
    return spot


def _unit_of(area: Area, by: Actor) -> Unit:
    """The squad or community that stands for the grid. `Absent` for one that is not the actor's to keep."""
    competence.require(by, scope.KEEP)
    mine = scope.squads(by, scope.KEEP)
    parts = area.path.split("/")
    paths = ["/".join(parts[: n + 1]) for n in range(len(parts))]
    rows = Unit.objects.on().filter(pk__in=mine, area__path__in=paths).select_related("area")
    found = max(rows, key=lambda unit: (len(unit.area.path), unit.kind == Unit.Kind.SQUAD), default=None)
    if found is None:
        raise Absent
    return found


def unmark(spot: HotSpot, *, by: Actor) -> None:
    """Takes the mark off before its day."""
    _unit_of(spot.area, by)
    if spot.ended_at:
        return
    with receipts.whole():
        spot.ended_at = now()
        spot.save(update_fields=["ended_at"])
        changed("hot_spot", spot.id, "unmarked", by)


def begin(spot: HotSpot, way: str, *, by: Actor) -> Round:
    """Begins a round, online or on foot; both answer the same checklist. `Absent` for a spot that is not in sight."""
    spotting.spot_or_absent(spot.id, by)
    if way not in Round.Way.values:
        raise Refused("unreadable", field="way", wants="choice")
    if spot.ended_at:
        raise Refused("round_over")
    with receipts.whole():
        row = Round.objects.create(spot=spot, way=way, person=by.person, began_at=now())
        changed("hot_spot", spot.id, "round", by, way=way)
    return row


def cameras(spot: HotSpot) -> list[Site]:
    """The cameras in the grid, as links; no picture is kept here."""
    return list(Site.objects.on().filter(kind=CAMERA, area__path__startswith=spot.area.path).order_by("code")[:60])


def look_through(row: Round, site: Site, *, by: Actor, purpose: str, seen: str = "") -> str:
    """Opens a camera's link in a round: the record first, then the address. Empty where the site has no link."""
    _own_round(row, by)
    if site.kind != CAMERA:
        raise Absent
    if not purpose.strip():
        raise Refused("purpose_missing")
    with receipts.whole():
        CameraLook.objects.create(
            round=row, site=site, at=now(), person=by.person, purpose=purpose.strip()[:200], seen=seen.strip()[:300]
        )
    return str(site.facts.get("stream", ""))


def finish(row: Round, ticks: Mapping[str, str], *, by: Actor, note: str = "") -> Round:
    """Ends a round with an answer to every line of the checklist."""
    _own_round(row, by)
    wanted = [line["code"] for line in row.spot.checklist]
    missing = [code for code in wanted if ticks.get(code) not in ANSWERS]
    if missing:
        raise Refused("incomplete", verb="", missing=missing)
    with receipts.whole():
        row.ticks, row.note, row.ended_at = {code: ticks[code] for code in wanted}, note.strip()[:500], now()
        row.save(update_fields=["ticks", "note", "ended_at"])
        changed("hot_spot", row.spot_id, "round_ended", by, way=row.way)  # type: ignore[attr-defined]
    return row


def _own_round(row: Round, by: Actor) -> None:
    if by.person is None or row.person_id != by.person.id:  # type: ignore[attr-defined]
        raise Absent
    if row.ended_at:
        raise Refused("round_over")


def plan(
    name: str,
    begins_at: datetime,
    sites: Sequence[tuple[Site, datetime | None]],
    *,
    by: Actor,
    units: Sequence[Unit] = (),
) -> JointPatrol:
    """A joint patrol with its stops in order (联合巡查计划)."""
    competence.require(by, scope.KEEP)
    assert by.post is not None
    if not name.strip() or not 0 < len(sites) <= MOST_STOPS:
        raise Refused("incomplete", verb="", missing=["stops" if name.strip() else "name"])
    with receipts.whole():
        row = JointPatrol.objects.create(
            name=name.strip()[:120], unit=by.post.unit, units=[unit.id for unit in units], begins_at=begins_at,
            made_by=by.person, made_at=now(),
        )  # fmt: skip
        PatrolStop.objects.bulk_create(
            PatrolStop(patrol=row, seq=seq, site=site, due_at=due) for seq, (site, due) in enumerate(sites, 1)
        )
        changed("joint_patrol", row.id, "planned", by, stops=len(sites))
    return row


def patrol_or_absent(patrol_id: UUID, by: Actor) -> JointPatrol:
    """A joint patrol of the actor's unit or of one that takes part."""
    found = JointPatrol.objects.select_related("unit").filter(pk=patrol_id).first()
    if found is None or by.post is None:
        raise Absent
    ours = set(by.post.unit.acts_for)
    if not ours & {found.unit_id, *found.units} and found.unit_id not in scope.squads(by):  # type: ignore[attr-defined]
        raise Absent
    return found


def check_in(
    stop: PatrolStop, *, by: Actor, code: str = "", point: tuple[float, float] | None = None, note: str = "",
    source_id: UUID | None = None,
) -> PatrolStop:  # fmt: skip
    """Arrives at a stop (签到): by the code that hangs at the place, or by being near enough. Refuses `not_there`."""
    patrol_or_absent(stop.patrol_id, by)  # type: ignore[attr-defined]
    if stop.arrived_at:
        raise Refused("stop_done", place=stop.site.name, at=stop.arrived_at.isoformat())
    known, site = rules.rules(), stop.site
    away = None
    if point and site.lon is not None and site.lat is not None:
        away = round(rules.metres(point, (site.lon, site.lat)))
    by_code = code.strip() == site.code
    if not by_code and (away is None or away > known.arrive_metres):
        raise Refused("not_there", place=site.name, metres=away if away is not None else "?")
    with receipts.whole():
        stop.arrived_at, stop.arrived_by = now(), by.person.id if by.person else None
        stop.way, stop.metres, stop.note = ("code" if by_code else "place"), away, note.strip()[:300]
        stop.save(update_fields=["arrived_at", "arrived_by", "way", "metres", "note"])
        if by_code and point and source_id and site.lon is not None and site.lat is not None:
            offsets.sample(source_id, point, (site.lon, site.lat))
        changed("joint_patrol", stop.patrol_id, "arrived", by, stop=stop.seq)  # type: ignore[attr-defined]
    return stop


def deviations(patrol: JointPatrol) -> list[tuple[PatrolStop, str]]:
    """What did not go by the plan: `missed`, `skipped` for a later one, `late` by ten minutes, `out_of_turn`."""
    found, latest = [], None
    stops = spotting.stops(patrol)
    last = max((stop.seq for stop in stops if stop.arrived_at), default=0)
    for stop in stops:
        if stop.arrived_at is None:
            if patrol.ended_at or (stop.due_at and now() > stop.due_at):
                found.append((stop, "missed"))
            elif stop.seq < last:
                found.append((stop, "skipped"))
            continue
        if latest and stop.arrived_at < latest:
            found.append((stop, "out_of_turn"))
        elif stop.due_at and (stop.arrived_at - stop.due_at).total_seconds() > 600:
            found.append((stop, "late"))
        latest = max(latest or stop.arrived_at, stop.arrived_at)
    return found


def end(patrol: JointPatrol, *, by: Actor, note: str = "") -> None:
    """Ends a joint patrol; stops that nobody reached are missed."""
    patrol_or_absent(patrol.id, by)
    if patrol.ended_at is None:
        with receipts.whole():
            patrol.ended_at, patrol.note = now(), note.strip()[:500]
            patrol.save(update_fields=["ended_at", "note"])
            reached = patrol.stops.aggregate(last=Max("arrived_at"))["last"]  # type: ignore[attr-defined]
            changed("joint_patrol", patrol.id, "ended", by, reached=bool(reached))
