"""Shapes (应答结构): what the API says of a case. Codes with their labels in both languages; times in UTC."""

from datetime import datetime
from typing import Any

import msgspec

from jiedao.doors import offers
from jiedao.doors.api.answers import Bilingual
from jiedao.ground.people import Actor
from jiedao.record.definition import Move
from jiedao.record.models import Attachment, Case, Deadline
from jiedao.record.queries import CaseRow, Line, Story, Turn, signings
from jiedao.record.verbs import VERBS


class Named(msgspec.Struct):
    """Something with a code and a name; `en` is empty where nobody gave one."""

    code: str
    zh: str
    en: str = ""


class Clock(msgspec.Struct):
    """One limit: running, paused since, or stopped. `source` says whose it is."""

    name: str
    limit: str
    started_at: datetime
    due_at: datetime
    source: str = ""
    kind: str = ""
    paused_since: datetime | None = None
    stopped_at: datetime | None = None
    met: bool | None = None


class CaseShort(msgspec.Struct):
    """A case as a list shows it."""

    id: str
    number: str
    title: str
    process: Bilingual
    state: str
    state_label: Bilingual
    phase: str
    kind: str
    channel: str
    severity: int
    marks: dict[str, Any]
    opened_at: datetime
    seq: int
    address: str
    holder: Named | None = None
    item: Named | None = None
    area: Named | None = None
    clock: Clock | None = None
    lon: float | None = None
    lat: float | None = None


class Page(msgspec.Struct):
    """A page of cases. `total` counts to 1,000; `more_than_total` says that there are more. `next_page` 0: the last."""

    cases: list[CaseShort]
    total: int
    more_than_total: bool
    next_page: int


class FileShown(msgspec.Struct):
    """A file that hangs on a line."""

    id: str
    kind: str
    mime: str
    name: str
    size: int
    sha256: str


class LineShown(msgspec.Struct):
    """One line of the timeline: the verb, who did it in which post and when, which states, what was said."""

    seq: int
    verb: str
    label: Bilingual
    at: datetime
    was: str
    now: str
    by: str
    unit: Named | None
    post: Named | None
    order: str | None
    facts: dict[str, Any]
    said: dict[str, Any]
    public: bool
    files: list[FileShown]
    hash: str


class OrderShown(msgspec.Struct):
    """One unit's turn. `offered`: what you may do to it now."""

    id: str
    unit: Named
    role: str
    round: int
    limit: str
    sent_at: datetime
    acknowledged_at: datetime | None
    contacted_at: datetime | None
    arrived_at: datetime | None
    answered_at: datetime | None
    returned_at: datetime | None
    recalled_at: datetime | None
    outcome: str
    no_return: bool
    next: str
    clocks: list[Clock]
    offered: list[str]


class OfferShown(msgspec.Struct):
    """A verb you may do to the case now. What may be done to one of its orders stands there."""

    verb: str
    label: Bilingual
    to: str
    needs: list[str]


class CaseShown(msgspec.Struct):
    """A case whole: as far as you may see it, and what you may do. `caller` is masked; who it is opens elsewhere."""

    case: CaseShort
    words: str
    caller: str
    reported_units: list[str]
    filed_at: datetime | None
    closed_at: datetime | None
    orders: list[OrderShown]
    clocks: list[Clock]
    timeline: list[LineShown]
    offered: list[OfferShown]


def row(found: CaseRow) -> CaseShort:
    clock = found.clock
    return CaseShort(
        str(found.id), found.number, found.title, _label(found.process), found.state_code, _label(found.state),
        found.phase, found.kind, found.channel, found.severity, found.marks, found.opened_at, found.seq, found.address,
        *(Named(n.code, n.name, n.name_en) if n else None for n in (found.holder, found.item, found.area)),
        Clock(clock["name"] or "", clock["limit"] or "", clock["started_at"], clock["due_at"],
              paused_since=clock["paused_since"]) if clock else None,
        found.lon, found.lat,
    )  # fmt: skip


def whole(case: Case, told: Story, by: Actor) -> CaseShown:
    definition, signed = case.process.definition, signings(case, told.entries)
    short = CaseShort(
        str(case.id), case.number, case.title, _label(definition.label), case.state,
        _label(definition.state(case.state).label), case.phase, case.kind, case.channel, case.severity, case.marks,
        case.opened_at, case.seq, case.address, _named(case.holder), _named(case.item), _named(case.area), None,
        case.lon, case.lat,
    )  # fmt: skip
    units = {unit.id: unit.code for unit in told.units.values()}
    return CaseShown(
        short, case.words, "" if case.shielded else case.caller_mask,
        [units.get(unit, str(unit)) for unit in case.reported_units], case.filed_at, case.closed_at,
        [_order(turn, offers.of_order(case, by, turn.order, signed, told.paused)) for turn in told.turns],
        [_clock(deadline) for deadline in told.deadlines],
        [_line(line) for line in told.lines], _offered(offers.of_case(case, by, signed)),
    )  # fmt: skip


def _label(label: dict[str, str]) -> Bilingual:
    return Bilingual(label["zh"], label["en"])


def _named(thing: Any) -> Named | None:
    return Named(thing.code, thing.name, thing.name_en) if thing else None


def _clock(deadline: Deadline) -> Clock:
    return Clock(
        deadline.name, deadline.limit, deadline.started_at, deadline.due_at, deadline.source, deadline.kind,
        deadline.paused_since, deadline.stopped_at, deadline.met,
    )  # fmt: skip


def _order(turn: Turn, moves: list[Move]) -> OrderShown:
    order = turn.order
    return OrderShown(
        str(order.id), Named(order.unit.code, order.unit.name, order.unit.name_en), order.role, order.round,
        order.limit, order.sent_at, order.acknowledged_at, order.contacted_at, order.arrived_at, order.answered_at,
        order.returned_at, order.recalled_at, order.outcome, order.no_return, turn.next,
        [_clock(d) for d in turn.deadlines], list(dict.fromkeys(m.verb for m in moves)),
    )  # fmt: skip


def _line(line: Line) -> LineShown:
    entry = line.entry
    return LineShown(
        entry.seq, entry.verb, _label(line.verb), entry.at, entry.was, entry.now, entry.actor, _named(line.unit),
        _named(line.post), str(entry.order_id) if entry.order_id else None, entry.facts, line.said, entry.public,
        [_file(f) for f in line.files], bytes(entry.hash).hex(),
    )  # fmt: skip


def _file(file: Attachment) -> FileShown:
    return FileShown(str(file.id), file.kind, file.mime, file.name, file.size, bytes(file.sha256).hex())


def _offered(moves: list[Move]) -> list[OfferShown]:
    """A verb once, however many lines of the definition allow it."""
    found: dict[str, OfferShown] = {}
    for move in moves:
        verb = VERBS[move.verb]
        label = Bilingual(move.label.get("zh", verb.zh), move.label.get("en", verb.en))
        found.setdefault(move.verb, OfferShown(move.verb, label, move.to, list(move.needs)))
    return list(found.values())
