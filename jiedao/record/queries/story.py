"""The story of a case (案件经过): its lines with who, what and files, its orders with their clocks, who has looked."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Q

from jiedao.ground.duties.models import DutyItem
from jiedao.ground.journal.models import Look
from jiedao.ground.people import Actor
from jiedao.ground.people.models import Post, Unit
from jiedao.ground.places.models import Area
from jiedao.kit.clock import now
from jiedao.record import sight
from jiedao.record.definition import Label
from jiedao.record.models import Attachment, Case, Check, Deadline, DispatchOrder, Entry, Rating
from jiedao.record.queries.desk import next_step, possible

LOOKS = 20
"""Latest viewings shown."""


@dataclass
class Line:
    """One entry as a page shows it. `was` and `now` only where the state moved."""

    entry: Entry
    verb: Label
    unit: Unit | None
    post: Post | None
    said: dict[str, str]
    was: Label | None
    now: Label | None
    files: list[Attachment] = field(default_factory=list)
    order: DispatchOrder | None = None


@dataclass
class Turn:
    """One unit's order with its steps and clocks."""

    order: DispatchOrder
    deadlines: list[Deadline]
    next: str
    steps: list[dict[str, Any]]


@dataclass
class Story:
    """Everything of a case that a page needs, in a fixed number of queries."""

    lines: list[Line]
    turns: list[Turn]
    deadlines: list[Deadline]
    units: dict[UUID, Unit]
    posts: dict[UUID, Post]
    items: dict[str, Any]
    areas: dict[str, Any]

    @property
    def paused(self) -> set[UUID]:
        """Orders whose answer's clock stands still."""
        return {t.order.id for t in self.turns for d in t.deadlines if d.paused_since and d.name == "answered"}

    @property
    def entries(self) -> list[Entry]:
        return [line.entry for line in self.lines]


def story(case: Case) -> Story:
    """The whole of it. The case's orders are prefetched on it, so that standings ask nothing more."""
    orders = prefetched_orders(case)
    entries = list(case.entries.select_related("words").order_by("seq"))
    files: dict[UUID, list[Attachment]] = defaultdict(list)
    for file in case.attachments.order_by("made_at"):
        files[file.entry_id].append(file)
    deadlines = list(case.deadlines.prefetch_related("pauses").order_by("started_at", "due_at"))
    units = _units(entries, orders)
    posts = {p.id: p for p in Post.objects.filter(id__in={e.post_id for e in entries if e.post_id})}
    by_id = {order.id: order for order in orders}
    lines = [_line(case, entry, units, posts, files, by_id) for entry in entries]
    turns = [_turn(case, order, [d for d in deadlines if d.order_id == order.id]) for order in orders]
    items, areas = _named_by_code(entries, deadlines)
    own = [d for d in deadlines if d.order_id is None]
    return Story(lines, turns, own, units, posts, items, areas)


def _named_by_code(entries: Iterable[Entry], deadlines: Iterable[Deadline]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Duty items and areas that lines and limits speak of by code."""
    items = {e.facts["item"] for e in entries if e.facts.get("item")}
    items |= {d.source[5:] for d in deadlines if d.source.startswith("item ")}
    areas = {e.facts["area"] for e in entries if e.facts.get("area")}
    named_items = {i.code: i for i in DutyItem.objects.filter(code__in=items).order_by("list__version")}
    named_areas = {a.code: a for a in Area.objects.filter(code__in=areas).order_by("valid_from")}
    return named_items, named_areas


def prefetched_orders(case: Case) -> list[DispatchOrder]:
    """The case's orders, leads first, kept on the case."""
    rows = list(case.orders.select_related("unit", "item", "sender").order_by("sent_at", "id"))
    case._orders = rows
    return sorted(rows, key=lambda order: (not order.is_open, order.role != "lead", order.sent_at))


def _units(entries: Iterable[Entry], orders: Iterable[DispatchOrder]) -> dict[UUID, Any]:
    wanted = {e.unit_id for e in entries if e.unit_id} | {o.unit_id for o in orders}
    codes = {code for e in entries for code in e.facts.get("units", []) if isinstance(code, str)}
    for entry in entries:
        if entry.verb == "review":  # a draft names its departments by id
            wanted |= {UUID(one) for one in (entry.facts.get("lead"), *entry.facts.get("helpers", [])) if one}
    return {u.id: u for u in Unit.objects.filter(Q(id__in=wanted) | Q(code__in=codes, valid_to=None))}


def _line(
    case: Case,
    entry: Entry,
    units: dict[UUID, Any],
    posts: dict[UUID, Any],
    files: dict[UUID, list[Attachment]],
    orders: dict[UUID, DispatchOrder],
) -> Line:
    definition = case.process.definition
    moved = entry.was != entry.now
    words = getattr(entry, "words", None)
    return Line(
        entry,
        definition.verb_label(entry.verb),
        units.get(entry.unit_id) if entry.unit_id else None,
        posts.get(entry.post_id) if entry.post_id else None,
        dict(words.said) if words else {},
        definition.states[entry.was].label if moved and entry.was in definition.states else None,
        definition.states[entry.now].label if moved and entry.now in definition.states else None,
        files.get(entry.id, []),
        orders.get(entry.order_id) if entry.order_id else None,
    )


def _turn(case: Case, order: DispatchOrder, deadlines: list[Deadline]) -> Turn:
    definition = case.process.definition
    by_name = {deadline.name: deadline for deadline in deadlines}
    taken: dict[str, datetime | None] = {
        "acknowledged": order.acknowledged_at,
        "contacted": order.contacted_at,
        "arrived": order.arrived_at,
        "answered": order.answered_at,
    }
    steps = [
        {"code": step, "at": taken[step], "deadline": by_name.get(step)}
        for step in taken
        if step in definition.steps and (step in by_name or taken[step])
    ]
    owes = (case.has_caller and order.role == "lead") or case.from_unit_id is not None
    step = possible(definition, case.state, next_step(definition, taken, owes), order.role) if order.is_open else ""
    return Turn(order, deadlines, step, steps)


@dataclass
class Seen:
    """One viewing: which unit and post, when, what for."""

    look: Look
    unit: Unit | None
    post: Post | None


def looks(case: Case) -> list[Seen]:
    """Who has looked at a case or its reporter, the latest first."""
    found = list(Look.objects.filter(object_id=case.id).order_by("-at")[:LOOKS])
    units = {u.id: u for u in Unit.objects.filter(id__in={x.unit_id for x in found if x.unit_id})}
    posts = {p.id: p for p in Post.objects.filter(id__in={x.post_id for x in found if x.post_id})}
    return [Seen(x, units.get(x.unit_id), posts.get(x.post_id)) for x in found]  # type: ignore[arg-type]


def looked_lately(case: Case, reader: str) -> bool:
    """Whether a reader's opening of the case is on the record since this session can have begun."""
    since = now() - timedelta(hours=12)
    return Look.objects.filter(object_id=case.id, reader=reader, what="case", at__gte=since).exists()


@dataclass
class Signing:
    """A move that waits for signatures: whose they are, and since when each is there."""

    verb: Label
    all_of: bool
    roles: list[tuple[str, Label, datetime | None]]
    code: str = ""


def signings(case: Case, entries: Iterable[Entry]) -> list[Signing]:
    """The moves of the present state that ask for signatures. They count from when the case came into it."""
    definition, rows = case.process.definition, list(entries)
    came = max((e.seq for e in rows if e.now == case.state and e.was != case.state), default=0)
    found: list[Signing] = []
    for move in definition.moves_from(case.state):
        if move.signed_by is None or any(one.code == move.verb for one in found):
            continue
        signed: dict[str, datetime] = {}
        for entry in rows:
            if entry.seq > came and entry.verb == "sign" and entry.facts.get("signs") == move.verb:
                signed |= dict.fromkeys(entry.facts.get("as", []), entry.at)
        roles = [(role, definition.roles[role].label, signed.get(role)) for role in move.signed_by.roles]
        found.append(Signing(definition.verb_label(move.verb), move.signed_by.rule == "all", roles, move.verb))
    return found


def checks_of(case: Case) -> tuple[list[Check], list[Rating]]:
    """Checks and ratings, the latest first."""
    return list(case.checks.order_by("-at")), list(case.ratings.order_by("-at"))


def related(case: Case, by: Actor) -> dict[str, list[Case]]:
    """Parent, children, lead case and followers, as far as the actor may see them."""
    wanted = Q(parent_id=case.id) | Q(merged_into_id=case.id)
    for other in (case.parent_id, case.merged_into_id):
        if other:
            wanted |= Q(pk=other)
    found = list(sight.visible_to(by).filter(wanted).select_related("process").order_by("opened_at")[:50])
    return {
        "parent": [c for c in found if c.id == case.parent_id],
        "children": [c for c in found if c.parent_id == case.id],
        "lead": [c for c in found if c.id == case.merged_into_id],
        "followers": [c for c in found if c.merged_into_id == case.id],
    }


def reported_units(case: Case) -> list[Any]:
    """The units a complaint is about."""
    return list(Unit.objects.filter(id__in=case.reported_units)) if case.reported_units else []


def since(case: Case, seen: int) -> list[Line]:
    """The lines that came after a form was opened, with who wrote them."""
    entries = list(case.entries.filter(seq__gt=seen).select_related("words").order_by("seq")[:10])
    units = _units(entries, [])
    posts = {p.id: p for p in Post.objects.filter(id__in={e.post_id for e in entries if e.post_id})}
    return [_line(case, entry, units, posts, {}, {}) for entry in entries]
