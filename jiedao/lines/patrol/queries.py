"""Questions about people on duty (在岗查询): what the map, the wall and the desks read. Reads only.

Contract for doors:

- `on_duty(actor)` → `list[OnDuty]`: everybody on shift in the actor's scope, by squad and call sign: state (`free`, `busy`,
  `paused`, `stale`), last point and its age in seconds, end of the shift, numbers of the cases at hand. One row never holds
  a name; the call sign is what the map shows. Without scope (peers, other posts) the list is empty.
- `figures(people)` → `{"on_duty": 61, "free": 22, "busy": 35, "paused": 0, "stale": 4}`; the four add up to `on_duty`.
- `snapshot(actor)` → the same as plain rows for JSON, `[[shift, call_sign, state, lon, lat, age, squad], …]`.
- `candidates(case, actor, most=10)` → `Candidates(offered, others)`: who could go to a case with a point, nearest first;
  `others` are those who are not offered, with why. Each has `reasons`, whose `.label` is `{"zh", "en"}`.
- `groups(actor)` → running groups of the scope with their members' call signs and the address of their room.
- Acts: `actions.sending.send(case, shifts, by=…)` makes the order if there is none and asks each to go;
  `actions.groups.make`, `.say`, `.call`, `.end`; `actions.tracks.replay(shift, by=…, purpose=…)` for a track.
- Who ends a shift leaves `on_duty` with that commit; nothing is cached here.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from jiedao.ground.districts import current_district
from jiedao.ground.people import Actor
from jiedao.ground.people.contacts import open_rows
from jiedao.ground.people.models import Unit
from jiedao.kit.clock import now
from jiedao.lines.patrol import power, rules, scope
from jiedao.lines.patrol.calls import room_url
from jiedao.lines.patrol.models import Group
from jiedao.lines.patrol.reasons import Reason
from jiedao.record.models import Assignment, Case

MOST = 5_000
"""People on duty that one answer holds."""


@dataclass(frozen=True)
class OnDuty:
    """One person on shift as a dispatcher sees him: by call sign. `age` in seconds; None without a point."""

    shift_id: UUID
    person_id: UUID
    call_sign: str
    squad_id: UUID
    squad: str
    squad_en: str
    post_kind: str
    state: str
    ends_at: datetime
    lon: float | None
    lat: float | None
    taken_at: datetime | None
    age: int | None
    cases: tuple[str, ...] = ()

    @property
    def is_busy(self) -> bool:
        return bool(self.cases)

    @property
    def load(self) -> int:
        """Cases at hand now. Not kept, not summed over time (R14)."""
        return len(self.cases)


@dataclass(frozen=True)
class Candidate:
    """Somebody who could go. `metres` and `minutes` are None without a fresh point."""

    who: OnDuty
    metres: int | None
    minutes: int | None
    power: power.Power
    reasons: list[Reason] = field(default_factory=list)


@dataclass(frozen=True)
class Candidates:
    """Who is offered for a case, nearest first; and who is not, with why."""

    offered: list[Candidate]
    others: list[Candidate]


_ON_DUTY = """
WITH busy AS (
  SELECT a.person_id, array_agg(DISTINCT c.number) AS cases FROM record_assignment a
  JOIN record_dispatchorder o ON o.id = a.order_id JOIN record_case c ON c.id = o.case_id
  WHERE a.person_id IS NOT NULL AND a.done_at IS NULL AND a.dropped_at IS NULL
    AND o.answered_at IS NULL AND o.returned_at IS NULL AND o.recalled_at IS NULL
  GROUP BY a.person_id)
SELECT s.id, s.person_id, s.call_sign, r.squad_id, u.name, u.name_en, k.code, s.paused_since IS NOT NULL, r.ends_at,
  l.lon, l.lat, l.taken_at, b.cases
FROM patrol_shift s JOIN patrol_roster r ON r.id = s.roster_id JOIN people_unit u ON u.id = r.squad_id
JOIN people_post p ON p.id = s.post_id JOIN people_postkind k ON k.id = p.kind_id
LEFT JOIN patrol_lastposition l ON l.id = s.id LEFT JOIN busy b ON b.person_id = s.person_id
WHERE s.started_at IS NOT NULL AND s.ended_at IS NULL AND r.squad_id = ANY(%s::uuid[])
ORDER BY u.code, s.call_sign LIMIT %s
"""


def on_duty(actor: Actor, within: Iterable[UUID] | None = None) -> list[OnDuty]:
    """Everybody on shift in the actor's scope; `within` narrows it to some squads."""
    squads = scope.squads(actor)
    if within is not None:
        squads = [one for one in squads if one in set(within)]
    return _people(squads) if squads else []


def _people(squads: Sequence[UUID]) -> list[OnDuty]:
    at, known = now(), rules.rules()
    tracked = current_district().switches.get(rules.SWITCH) is True
    with transaction.atomic(), connection.cursor() as cursor:
        open_rows(squads)
        cursor.execute(_ON_DUTY, [list(squads), MOST])
        rows = cursor.fetchall()
    found = []
    for *told, paused, ends_at, lon, lat, taken_at, cases in rows:
        word = rules.state(
            paused=paused, busy=bool(cases), taken_at=taken_at, at=at, stale=known.stale, tracked=tracked
        )
        age = None if taken_at is None else max(0, int((at - taken_at).total_seconds()))
        found.append(OnDuty(*told, word, ends_at, lon, lat, taken_at, age, tuple(cases or ())))
    return found


def figures(people: Sequence[OnDuty]) -> dict[str, int]:
    """How many are on duty and in which state."""
    found = {"on_duty": len(people), "free": 0, "busy": 0, "paused": 0, "stale": 0}
    for one in people:
        found[one.state] += 1
    return found


def snapshot(actor: Actor) -> list[list[Any]]:
    """People on duty with a point, as rows for JSON."""
    return [
        [str(p.shift_id), p.call_sign, p.state, round(p.lon, 6), round(p.lat or 0, 6), p.age, str(p.squad_id)]
        for p in on_duty(actor)
        if p.lon is not None
    ]


@dataclass(frozen=True)
class Crew:
    """Everybody on duty in a scope, with what must be known of each before a case is looked at."""

    people: list[OnDuty]
    units: dict[UUID, Unit]
    homes: dict[UUID, Unit]
    certified: power.Certified


def crew(actor: Actor, people: list[OnDuty] | None = None) -> Crew:
    """Asked once for any number of cases; of `people`, where they are known already."""
    people = on_duty(actor) if people is None else people
    persons = [one.person_id for one in people]
    units = {unit.id: unit for unit in Unit.objects.filter(pk__in={one.squad_id for one in people})}
    return Crew(people, units, power.homes(persons), power.certified(persons))


def candidates(case: Case, actor: Actor, most: int = 10, among: Crew | None = None) -> Candidates:
    """Who of the actor's scope could go to a case, and why. Empty for a case without a point."""
    if case.lon is None or case.lat is None:
        return Candidates([], [])
    among = among or crew(actor)
    powers, known, at = power.Powers(case), rules.rules(), now()
    papers, asked = power.Papers(case, among.certified), set(_asked(case))
    far = rules.distances(
        (case.lon, case.lat),
        [float("nan") if p.lon is None else p.lon for p in among.people],
        [float("nan") if p.lat is None else p.lat for p in among.people],
    )
    offered, others = [], []
    for person, away in zip(among.people, far, strict=True):
        home = among.homes.get(person.person_id)
        may = powers.of(among.units[person.squad_id], [home] if home else [])
        found = _judged(person, float(away), may, known, at, person.person_id in asked)
        found.reasons.extend(papers.reasons(person.person_id))
        (offered if not _kept_out(found) else others).append(found)
    offered.sort(key=lambda one: (one.who.is_busy, one.metres or 0, one.who.call_sign))
    others.sort(key=lambda one: (one.metres is None, one.metres or 0, one.who.call_sign))
    return Candidates(offered[:most], others[:most])


def _asked(case: Case) -> list[UUID]:
    rows = Assignment.objects.filter(order__case=case, done_at=None, dropped_at=None, person__isnull=False)
    return list(rows.values_list("person_id", flat=True))


KEPT_OUT = frozenset(
    {"stale", "no_position", "paused", "over", "no_item", "reported", "barred", "not_listed", "no_certificate", "asked"}
)


def _kept_out(found: Candidate) -> bool:
    return any(reason.code in KEPT_OUT for reason in found.reasons)


def _judged(person: OnDuty, away: float, may: power.Power, known: rules.Rules, at: datetime, asked: bool) -> Candidate:
    """One person against one case: first what keeps him out, then what speaks for him."""
    told: list[Reason] = []
    is_here = person.lon is not None and person.age is not None
    metres = round(away) if is_here else None
    minutes = rules.travel(away, known.pace, known.detour) if is_here else None
    if asked:
        told.append(Reason("asked"))
    if person.state == "paused":
        told.append(Reason("paused"))
    if not is_here:
        told.append(Reason("no_position"))
    elif person.age is not None and person.age > known.stale.total_seconds():
        told.append(Reason("stale", {"minutes": person.age // 60}))
    left = int((person.ends_at - at).total_seconds() // 60)
    if left <= 0:
        told.append(Reason("over"))
    if not may.may:
        told.append(Reason(may.how, may.facts))
    if metres is not None:
        told.append(Reason("distance", {"metres": metres, "minutes": minutes}))
    told.append(Reason("busy", {"load": person.load}) if person.is_busy else Reason("free"))
    if person.age is not None:
        told.append(Reason("position", {"seconds": person.age}))
    if may.may:
        told.append(Reason(may.how, may.facts))
    if 0 < left <= 60:
        told.append(Reason("shift_end", {"minutes": left}))
    return Candidate(person, metres, minutes, may, told)


@dataclass(frozen=True)
class GroupShown:
    """A running group as the map lists it. `room_url` is empty while no call is open or no gateway is set."""

    id: UUID
    name: str
    case_number: str
    ends_at: datetime
    call_signs: tuple[str, ...]
    shift_ids: tuple[UUID, ...]
    room_url: str


def groups(actor: Actor) -> list[GroupShown]:
    """Running groups that somebody of the actor's scope made."""
    units = scope.squads(actor)
    if not units or actor.post is None:
        return []
    at = now()
    rows = Group.objects.filter(ended_at=None, ends_at__gt=at, case__closed_at=None).select_related("case")
    wide = actor.post.unit.level == Unit.Level.DISTRICT and actor.post.unit.kind in scope.WIDE
    if not wide:
        rows = rows.filter(unit__in=[*units, actor.post.unit_id])
    return [shown(group) for group in rows.order_by("-made_at")[:100]]


def shown(group: Group) -> GroupShown:
    """One group with its members who are still in it and on duty."""
    members = [
        one.shift
        for one in group.members.filter(left_at=None, shift__ended_at=None).select_related("shift")  # type: ignore[attr-defined]
    ]
    members.sort(key=lambda shift: shift.call_sign)
    return GroupShown(
        group.id,
        group.name,
        group.case.number if group.case else "",
        group.ends_at,
        tuple(shift.call_sign for shift in members),
        tuple(shift.id for shift in members),
        room_url(group.room),
    )
