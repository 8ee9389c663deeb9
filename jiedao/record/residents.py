"""What a resident reads (居民查询): the own request with its public lines, its promise, and who has looked at it."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Q

from jiedao.ground.journal.models import Look
from jiedao.ground.people import Actor
from jiedao.ground.people.models import Unit
from jiedao.ground.places.models import Area
from jiedao.kit.clock import now
from jiedao.kit.refusal import Absent
from jiedao.record import clocks, sight
from jiedao.record.definition import Label
from jiedao.record.models import Attachment, Case, Deadline, DispatchOrder, Entry, Event, Pause

MOST_LOOKS = 50

SHOWN = {
    "contact": ("text",), "reply": ("text", "did"), "answer": ("text",), "reject": ("reason", "told"),
    "rework": ("reason",), "close": ("text",), "pause": ("reason",), "defer": ("reason",), "undefer": ("reason",),
    "terminate": ("reason",), "grant_extension": ("reason",), "reopen": ("reason",), "withdraw": ("reason",),
    "add": ("text",), "solve_on_site": ("text",), "rate": ("text",),
}  # fmt: skip
"""Which words of a public line a resident reads. Of any other verb only that it happened."""

RESULTS = frozenset({"reply", "answer", "solve_on_site"})
"""Verbs that say what was done."""

FOLLOWED = frozenset({"dispatch", "acknowledge", "reply", "rework", "pause", "defer", "undefer", "grant_extension",
                      "close", "terminate", "solve_on_site", "reopen", "reject", "answer"})  # fmt: skip
"""Verbs of the case one's own was joined to: what units did, never what was said with somebody else."""


@dataclass(frozen=True)
class Line:
    """One line as the resident reads it. `own`: from the resident; `asked`: the units a dispatch named."""

    id: UUID
    at: datetime
    verb: str
    unit: Unit | None
    asked: list[Unit]
    own: bool
    words: dict[str, str]
    facts: dict[str, Any]
    photos: list[Attachment]


@dataclass(frozen=True)
class Seen:
    """That a unit looked at the request. `unit` is None for a post of no unit."""

    at: datetime
    unit: Unit | None
    what: str


@dataclass(frozen=True)
class Story:
    """A request as its resident reads it. `told` is the case whose progress counts: its own, or the one it joined."""

    event: Event
    case: Case
    told: Case
    unit: Unit | None
    until: datetime | None
    promise: Deadline | None
    before: datetime | None
    again: bool = False
    pauses: list[tuple[Pause, Label]] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)
    looks: list[Seen] = field(default_factory=list)

    @property
    def result(self) -> Line | None:
        """What was last said to have been done. None while nobody has answered, or since it was taken up again."""
        told = [line for line in self.lines if line.verb in RESULTS or line.verb in ("reopen", "rework")]
        last = told[-1] if told else None
        return last if last is not None and last.verb in RESULTS and last.words.get("text") else None

    @property
    def joined(self) -> bool:
        return self.told.id != self.case.id

    @property
    def is_held(self) -> bool:
        return _stands_still(self.told, self.promise)


def story(by: Actor) -> Story:
    """What the resident of an event may read now. `Absent` if the event is not there any more."""
    case = _own(by)
    assert by.event_id is not None
    event = Event.objects.filter(pk=by.event_id, case_id=case.id).first()
    if event is None:
        raise Absent
    told = case.merged_into or case
    promise, again = _promise(told)
    return Story(
        event=event, case=case, told=told, unit=acting_unit(told), until=until(told), promise=promise, again=again,
        before=_before(told, promise), pauses=_pauses(told, promise), lines=lines(case, told),
        looks=_looks(case),
    )  # fmt: skip


@dataclass(frozen=True)
class Brief:
    """A request on a list: its state, and what its sentence names. As on `Story`."""

    case: Case
    told: Case
    unit: Unit | None
    until: datetime | None
    is_held: bool
    again: bool = False


def brief(by: Actor) -> Brief:
    """A request as a list shows it. `Absent` if it is not there any more."""
    case = _own(by)
    told = case.merged_into or case
    promise, again = _promise(told)
    return Brief(case, told, acting_unit(told), until(told), _stands_still(told, promise), again)


def _own(by: Actor) -> Case:
    if by.event_id is None or by.case_id is None:
        raise Absent
    found = sight.visible_to(by).select_related(
        "process", "area", "holder", "merged_into__process", "merged_into__holder"
    )
    case = found.first()
    if case is None:
        raise Absent
    return case


def _promise(case: Case) -> tuple[Deadline | None, bool]:
    """What runs for the resident, and whether it runs for the second time.

    A promise once kept says nothing of a case that was taken up again: the limit of the new order does.
    """
    found = case.deadlines.filter(kind=Deadline.Kind.PROMISE).order_by("-started_at").first()
    if found is None or found.stopped_at is None or case.process.definition.state(case.state).end:
        return found, False
    return _answer_due(case), True


def _answer_due(case: Case) -> Deadline | None:
    """Until when the lead must answer. None without an open order to it."""
    steps = case.deadlines.filter(stopped_at=None, name="answered", order__role=DispatchOrder.Role.LEAD)
    return steps.order_by("-started_at").first()


def _stands_still(told: Case, promise: Deadline | None) -> bool:
    """The promise stands still while somebody waits: its date is not the last word."""
    state = told.process.definition.state(told.state)
    return promise is not None and promise.paused_since is not None and not state.pauses and not state.end


def acting_unit(case: Case) -> Unit | None:
    """The unit that acts or acted: who has it now, else the lead that answered last. None before it was sent."""
    if case.holder:
        return case.holder
    last = case.orders.filter(role=DispatchOrder.Role.LEAD).exclude(answered_at=None).select_related("unit")
    order = last.order_by("-answered_at").first()
    return order.unit if order else None


def until(case: Case) -> datetime | None:
    """The moment that the sentence of the present state names: a clock that runs. None if none does."""
    state = case.process.definition.state(case.state)
    if state.end:
        return clocks.reopen_until(case)
    running = case.deadlines.filter(stopped_at=None)
    if state.limit:
        wanted = running.filter(kind=Deadline.Kind.STATE, name=state.code)
    elif state.phase == "dispatch":
        wanted = running.filter(name="acknowledged", order__role=DispatchOrder.Role.LEAD)
    else:
        wanted = running.filter(kind=Deadline.Kind.PROMISE)
        if not wanted.exists():
            again = _answer_due(case)
            return again.due_at if again and state.phase == "resolution" else None
    found = wanted.order_by("-started_at").first()
    return found.due_at if found else None


def _before(case: Case, promise: Deadline | None) -> datetime | None:
    """What was promised before more time was granted. None if nothing was granted."""
    if promise is None or promise.source != "extension":
        return None
    first = clocks.timed(case.process.definition.promise, case)
    return clocks.replay(promise, first.within) if first else None


def _pauses(case: Case, promise: Deadline | None) -> list[tuple[Pause, Label]]:
    """Every pause of the promise with its reason; a state's own pause is called by the state's code."""
    if promise is None:
        return []
    reasons = case.process.definition.pause_reasons
    return [(row, reasons.get(row.reason, {})) for row in promise.pauses.order_by("since")]


def lines(case: Case, told: Case) -> list[Line]:
    """The public lines, oldest first: of the own case all, of the one it was joined to what units did."""
    own = list(case.entries.filter(public=True).select_related("words").order_by("seq"))
    opening = case.entries.filter(verb__in=("report", "add"), actor="resident", public=False)
    rows = [*opening.select_related("words"), *own]
    if told.id != case.id:
        rows += told.entries.filter(public=True, actor="person", verb__in=FOLLOWED).select_related("words")
    units = _units(row.unit_id for row in rows)
    named = _by_code({code for row in rows for code in _asked(row)})
    photos = _photos(rows)
    shown = [
        _line(row, units.get(row.unit_id), [named[code] for code in _asked(row) if code in named], photos)
        for row in rows
    ]
    return sorted(shown, key=lambda line: (line.at, line.id))


def _by_code(codes: set[str]) -> dict[str, Unit]:
    found: dict[str, Unit] = {}
    for unit in Unit.objects.on().filter(code__in=codes):
        assert isinstance(unit, Unit)
        found[unit.code] = unit
    return found


def _asked(entry: Entry) -> list[str]:
    return list(entry.facts.get("units", [])) if entry.verb == "dispatch" else []


def _line(entry: Entry, unit: Unit | None, asked: list[Unit], photos: dict[UUID, list[Attachment]]) -> Line:
    said = entry.words.said if getattr(entry, "words", None) else {}
    wanted = SHOWN.get(entry.verb, ())
    return Line(
        entry.id, entry.at, entry.verb, unit, asked, entry.actor == "resident",
        {name: str(said[name]) for name in wanted if said.get(name)}, entry.facts, photos.get(entry.id, []),
    )  # fmt: skip


def _photos(entries: list[Entry]) -> dict[UUID, list[Attachment]]:
    own = {entry.id for entry in entries if entry.actor == "resident"}
    found: dict[UUID, list[Attachment]] = {}
    for photo in Attachment.objects.filter(entry__in=[entry.id for entry in entries]).order_by("made_at", "id"):
        if photo.public or photo.entry_id in own:
            found.setdefault(photo.entry_id, []).append(photo)
    return found


def _looks(case: Case) -> list[Seen]:
    """Who opened this request or the data of its caller, newest first (R6)."""
    ids = [case.id, *case.events.values_list("id", flat=True)]
    rows = list(Look.objects.filter(object_id__in=ids).order_by("-at")[:MOST_LOOKS])
    units = _units(row.unit_id for row in rows)
    return [Seen(row.at, units.get(row.unit_id), row.what) for row in rows]


def _units(ids: Iterable[UUID | None]) -> dict[UUID | None, Unit]:
    found: dict[UUID | None, Unit] = {}
    for unit in Unit.objects.filter(pk__in={one for one in ids if one}):
        assert isinstance(unit, Unit)
        found[unit.id] = unit
    return found


def rated_at(case: Case) -> datetime | None:
    """When the resident rated this closing. None if not yet."""
    rows = case.entries.filter(verb="rate", actor="resident", at__gte=case.closed_at or case.opened_at)
    found = rows.order_by("-at").first()
    return found.at if found else None


def open_nearby(area: Area, days: int = 90) -> int:
    """How many open findings and calls for help lie in an area. Complaints are nobody else's business."""
    kinds = [Case.Kind.FINDING, Case.Kind.HELP]
    rows = Case.objects.filter(kind__in=kinds, opened_at__gte=now() - timedelta(days=days), parent=None)
    inside = Q(area_path=area.path) | Q(area_path__startswith=f"{area.path}/")
    return rows.filter(inside).exclude(phase="closed").count()


def centre() -> Unit | None:
    """The district's command centre: who answers for a request that no unit has yet."""
    found: Unit | None = Unit.objects.on().filter(kind=Unit.Kind.CENTRE, level=Unit.Level.DISTRICT).first()
    return found


def communities() -> list[tuple[Area, list[Area]]]:
    """Today's sub-districts with their communities: the way to say a place without a map. Without shapes."""
    wanted = [Area.Kind.SUBDISTRICT, Area.Kind.COMMUNITY]
    found: dict[str, tuple[Area, list[Area]]] = {}
    for area in Area.objects.on().filter(kind__in=wanted).defer("shape").order_by("path"):
        if area.kind == Area.Kind.SUBDISTRICT:
            found[area.path] = (area, [])
        elif (above := area.path.rpartition("/")[0]) in found:
            found[above][1].append(area)
    return list(found.values())


def named_areas(codes: Iterable[str]) -> list[Area]:
    """Areas of today by code, for their names. Without shapes."""
    return list(Area.objects.on().filter(code__in=list(codes)).defer("shape"))


def outlines() -> list[Area]:
    """District, sub-districts and communities with their shapes: public; no grid is drawn for residents."""
    wanted = [Area.Kind.DISTRICT, Area.Kind.SUBDISTRICT, Area.Kind.COMMUNITY]
    return list(Area.objects.on().filter(kind__in=wanted).exclude(shape=None).order_by("path"))
