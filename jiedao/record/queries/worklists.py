"""Work lists of cases (工作列表): one hand-tuned statement per page, whatever the number of rows; sight is in it."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec

from jiedao.ground.db.asking import ask
from jiedao.ground.people import Actor
from jiedao.ground.terms.models import fact
from jiedao.kit.clock import now
from jiedao.record.definition import Definition, Label, State
from jiedao.record.queries import pressing, scope, titles
from jiedao.record.queries.conditions import (
    NOT_CHECKED,
    NOT_OURS,
    NOT_SPOKEN,
    OPEN,
    PAUSED,
    QUESTIONS,
    SILENT,
    SOON,
    UNCONTACTED,
)
from jiedao.record.queries.scope import Count, Params

PAGE = 50


@dataclass(frozen=True, slots=True)
class Named:
    """A unit, item or area as a row shows it. `phone` is the unit's duty phone."""

    name: str
    name_en: str
    code: str = ""
    phone: str = ""


@dataclass(frozen=True, slots=True)
class CaseRow:
    """One case of a list: what, who has it since when, until when. `waits_for`: the unit whose clock rings next, `post` who
    of it must act: who took it up there, else who handles such work in it.
    """

    id: UUID
    number: str
    title: str
    kind: str
    channel: str
    severity: int
    phase: str
    state: Label
    process: Label
    marks: dict[str, Any]
    opened_at: datetime
    held_since: datetime | None
    seq: int
    holder: Named | None
    item: Named | None
    area: Named | None
    address: str
    clock: dict[str, Any] | None
    lon: float | None
    lat: float | None
    state_code: str = ""
    process_id: UUID | None = None
    sender: Named | None = None
    waits_for: Named | None = None
    post: Named | None = None

    @property
    def seat(self) -> Named | None:
        """The post of the holder's that has it. None where the clock is another unit's."""
        elsewhere = self.waits_for and self.holder and self.waits_for.code != self.holder.code
        return None if elsewhere else self.post


@dataclass(frozen=True)
class Listing:
    """A list of cases: its condition on `c`, not yet asked."""

    where: str
    params: Params
    known: dict[UUID, Definition]
    by_words: bool = False

    def also(self, condition: str, *values: Any) -> "Listing":
        """The same list, narrowed."""
        return replace(self, where=f"{self.where} AND {condition}", params=[*self.params, *values])

    def searched(self, words: str = "", kind: str = "", area: str = "") -> "Listing":
        """Narrowed by number or title, by kind, by the path of an area."""
        found = self
        if words:
            condition, values = titles.found(words)
            found = replace(found.also(condition, *values), by_words=True)
        if kind:
            found = found.also("c.kind = %s", kind)
        if area:
            found = found.also("(c.area_path = %s OR c.area_path LIKE %s)", area, f"{area}/%")
        return found

    @property
    def source(self) -> tuple[str, Params]:
        return f"FROM record_case c WHERE {self.where}", self.params

    def count(self) -> Count:
        return scope.count(*self.source)

    def ids(self, most: int = 200) -> list[tuple[str, UUID]]:
        """Number and id of its cases, in no order."""
        source, params = self.source
        found = scope.rows(f"SELECT c.number, c.id {source} LIMIT %s", [*params, most])
        return [(row[0], row[1]) for row in found]

    def page(self, number: int = 1, size: int = PAGE, order: str = "") -> list[CaseRow]:
        """One page in the one default order: overdue longest first, then severity, then due."""
        offset = (max(number, 1) - 1) * size
        if order:
            picked, values = pressing.sorted_by(order, self.where, self.params, size, offset)
        else:
            every = pressing.of_few if self.by_words else pressing.pressing
            picked, values = every(self.where, self.params, now(), size, offset)
        found = scope.rows(f"WITH {picked} SELECT id FROM picked ORDER BY nth", values)
        return rows_of([row[0] for row in found], self.known)


NEWEST = "c.opened_at DESC, c.id DESC"

# The clock of a row is the next to ring; where all stand still, a paused one. As JSON the fifty rows come over in one
# piece and are read in C; this and the preparing take the list from 5 ms to 2.
_ROWS = """
SELECT json_agg(json_build_array(c.id, c.number, c.title, c.kind, c.channel, c.severity, c.phase, c.process_id, c.state,
  c.marks, c.opened_at, c.held_since, c.seq, u.name, u.name_en, u.code, u.duty_phone, i.name, i.name_en, i.code, a.name,
  a.name_en, a.code, c.address, d.due_at, d.soon_at, d.started_at, d.paused_since, d."limit", d.name, c.lon, c.lat,
  f.name, f.name_en, f.code, f.duty_phone, d.unit_name, d.unit_name_en, d.unit_code, d.unit_phone,
  s.name, s.name_en, s.code) ORDER BY p.nth)
FROM unnest($1::uuid[]) WITH ORDINALITY p (id, nth)
JOIN record_case c ON c.id = p.id
LEFT JOIN people_unit u ON u.id = c.holder_id
LEFT JOIN duties_dutyitem i ON i.id = c.item_id
LEFT JOIN places_area a ON a.id = c.area_id
LEFT JOIN people_unit f ON f.id = c.from_unit_id
LEFT JOIN LATERAL (
  SELECT r.due_at, r.soon_at, r.started_at, r.paused_since, r."limit", r.name, w.name AS unit_name,
    w.name_en AS unit_name_en, w.code AS unit_code, w.duty_phone AS unit_phone, w.id AS unit_id
  FROM record_deadline r LEFT JOIN record_dispatchorder o ON o.id = r.order_id LEFT JOIN people_unit w ON w.id = o.unit_id
  WHERE r.case_id = c.id AND r.stopped_at IS NULL ORDER BY r.paused_since IS NOT NULL, r.due_at LIMIT 1
) d ON TRUE
LEFT JOIN LATERAL (
  SELECT e.post_id FROM record_entry e
  WHERE e.case_id = c.id AND e.unit_id = coalesce(d.unit_id, c.holder_id) AND e.post_id IS NOT NULL
  ORDER BY e.seq DESC LIMIT 1
) t ON TRUE
LEFT JOIN LATERAL (
  SELECT q.name, q.name_en, q.code FROM (
    SELECT name, name_en, code, kind_id FROM people_post WHERE id = t.post_id
    UNION ALL SELECT name, name_en, code, kind_id FROM people_post
    WHERE t.post_id IS NULL AND unit_id = coalesce(d.unit_id, c.holder_id) AND valid_to IS NULL) q
  JOIN people_postkind k ON k.id = q.kind_id
  ORDER BY k.code IN ('handler', 'duty_officer', 'subdistrict_clerk', 'community_clerk') DESC, k.rank DESC, q.code LIMIT 1
) s ON TRUE
"""

_Text = str | None
_Time = datetime | None
_Row = tuple[
    UUID, str, str, str, str, int, str, UUID, str,
    dict[str, Any], datetime, _Time, int, _Text, _Text, _Text, _Text, _Text, _Text, _Text, _Text,
    _Text, _Text, str, _Time, _Time, _Time, _Time, _Text, _Text, float | None, float | None,
    _Text, _Text, _Text, _Text, _Text, _Text, _Text, _Text, _Text, _Text, _Text,
]  # fmt: skip
_read = msgspec.json.Decoder(list[_Row]).decode


def rows_of(cases: list[UUID], known: dict[UUID, Definition]) -> list[CaseRow]:
    """These cases as a list shows them, in this order."""
    found = ask(_ROWS, [cases])[0][0]
    return [_case_row(row, known) for row in _read(found)] if found else []


def case_rows(cases: list[UUID]) -> list[CaseRow]:
    """The same for a desk that has found its cases by papers of its own."""
    return rows_of(cases, scope.definitions()) if cases else []


def _case_row(row: Any, known: dict[UUID, Definition]) -> CaseRow:
    (pk, number, title, kind, channel, severity, phase, process, state, marks, opened_at, held_since, seq, *rest) = row
    unit, item, area = rest[0:4], rest[4:7], rest[7:10]
    address, due, soon, started, paused, limit, name, lon, lat = rest[10:19]
    sender, waits_for, post = rest[19:23], rest[23:27], rest[27:30]
    definition = known[process]
    return CaseRow(
        pk,
        number,
        title,
        kind,
        channel,
        severity,
        phase,
        definition.state(state).label,
        definition.label,
        marks,
        opened_at,
        held_since,
        seq,
        Named(*unit) if unit[0] else None,
        Named(*item) if item[0] else None,
        Named(*area) if area[0] else None,
        address,
        clock_of(due, soon, started, paused, limit, name),
        lon,
        lat,
        state,
        process,
        Named(*sender) if sender[0] else None,
        Named(*waits_for) if waits_for[0] else None,
        Named(*post) if post[0] else None,
    )


def clock_of(
    due: datetime | None,
    soon: datetime | None,
    started: datetime | None,
    paused: datetime | None,
    limit: str | None = None,
    name: str | None = None,
    stopped: datetime | None = None,
) -> dict[str, Any] | None:
    """A deadline as pages draw it. None where nothing runs."""
    if due is None:
        return None
    return {
        "due_at": due,
        "soon_from": soon,
        "started_at": started,
        "paused_since": paused,
        "limit": limit,
        "name": name,
        "stopped_at": stopped,
    }


def asks(definition: Definition, state: State, verb: str, standing: str = "centre") -> bool:
    """Whether a state waits for a verb that this standing may do."""
    return any(
        definition.roles[role].standing == standing
        for move in definition.moves_of(verb, state.code)
        for role in move.by
    )


def led_to(definition: Definition, state: State, *verbs: str) -> bool:
    """Whether one of the verbs leads into a state."""
    return any(move.to == state.code for move in definition.moves if move.verb in verbs)


def _is_new(definition: Definition, state: State) -> bool:
    return (
        state.phase in ("intake", "triage")
        and asks(definition, state, "classify")
        and not led_to(definition, state, "verify_report")
    )


def _is_verifying(definition: Definition, state: State) -> bool:
    return led_to(definition, state, "verify_report")


def _is_returned(definition: Definition, state: State) -> bool:
    return led_to(definition, state, "return", "uphold") and asks(definition, state, "dispatch")


def _is_ruling(definition: Definition, state: State) -> bool:
    """Returned for the last time: nobody sends it on before somebody has ruled."""
    given_back = led_to(definition, state, "return")
    return given_back and asks(definition, state, "rule") and not asks(definition, state, "dispatch")


def _is_deferred(definition: Definition, state: State) -> bool:
    return led_to(definition, state, "defer")


def _awaits_close(definition: Definition, state: State) -> bool:
    return state.phase == "verification" and (asks(definition, state, "close") or asks(definition, state, "ask_check"))


TRIAGE: dict[str, Callable[[Definition, State], bool] | str] = {
    "new": _is_new,
    "verifying": _is_verifying,
    "returned": _is_returned,
    "ruling": _is_ruling,
    "questions": QUESTIONS,
    "deferred": _is_deferred,
    "closing": _awaits_close,
}
"""The tabs of the triage desk (研判台), in order: a rule over states, or a condition."""

SUPERVISION = ("overdue", "soon", "unowned", "silent", "paused", "uncontacted")
"""The tabs of the supervision desk (督办台), in order."""

NEAR_CAP = timedelta(days=2)
"""How long before its cap a pause is too long: it ends by itself then, and nobody should be surprised."""


class Lists:
    """The lists of one actor. Reads the definitions once; each list is asked when somebody looks at it."""

    def __init__(self, actor: Actor) -> None:
        self.actor = actor
        self.known = scope.definitions()
        self._sight = scope.seen_by(actor)

    def where(self, condition: str = "TRUE", *values: Any) -> Listing:
        """Everything of a condition that the actor may see."""
        sight, seen = self._sight
        return Listing(f"{condition} AND {sight}", [*values, *seen], self.known)

    def in_states(self, rule: Callable[[Definition, State], bool]) -> Listing:
        """Cases in a state of which the rule holds, whichever process and version they follow."""
        pairs = {
            (pk, state.code)
            for pk, definition in self.known.items()
            for state in definition.states.values()
            if not state.end and rule(definition, state)
        }
        condition, values = scope.within(pairs)
        return self.where(condition, *values)

    def triage(self, tab: str) -> Listing:
        """One tab of the inbox."""
        rule = TRIAGE[tab]
        return self.where(rule) if isinstance(rule, str) else self.in_states(rule)

    def to_check(self, verb: str) -> Listing:
        """Cases that wait for a check or a callback and that the actor's unit never handled. None without a post."""
        if self.actor.post is None or self.actor.person is None:
            return self.where("FALSE")
        found = self.in_states(
            lambda definition, state: (
                state.phase in ("verification", "triage") and asks(definition, state, verb, "checker")
            )
        )
        if verb == "check":
            found = found.also(NOT_CHECKED)
        if verb == "callback":
            found = found.also("c.has_caller").also(NOT_SPOKEN, fact("callback_rule", "rule", "tries", 3))
        return found.also(NOT_OURS, list(self.actor.post.unit.above), self.actor.person.id)

    def supervision(self, tab: str) -> Listing:
        """Past a limit; in its last quarter; with nobody; no line for half a limit; a pause near its cap; caller not rung."""
        at = now()
        if tab == "overdue":
            return self.where(f"{OPEN} AND c.due_at < %s", at)
        if tab == "soon":
            return self.where(SOON, at, at, at)
        if tab == "unowned":
            return self.where("c.phase IN ('dispatch', 'resolution') AND c.holder_id IS NULL")
        if tab == "paused":
            return self.where(PAUSED, at + NEAR_CAP)
        if tab == "uncontacted":
            return self.where(UNCONTACTED, at)
        return self.where(SILENT, at, at)

    def of_process(self, *codes: str) -> Listing:
        """Cases of these processes, running and ended."""
        ids = [pk for pk, definition in self.known.items() if definition.code in codes]
        return self.where("c.process_id = ANY(%s::uuid[])", ids)

    def whistles(self, tab: str, *codes: str) -> Listing:
        """Whistles being drafted, called, waiting for the sub-district's judgement, or ended."""
        phases = {
            "drafted": ["intake", "triage"],
            "running": ["dispatch", "resolution"],
            "rating": ["verification"],
            "ended": ["closed"],
        }
        return self.of_process(*codes).also("c.phase = ANY(%s)", phases[tab])

    def sent(self) -> Listing:
        """What the actor's own body sent and has not ended: two-way orders and whistles."""
        if self.actor.post is None:
            return self.where("FALSE")
        return self.where(f"{OPEN} AND c.from_unit_id = ANY(%s::uuid[])", list(self.actor.post.unit.acts_for))

    def reported(self) -> Listing:
        """What the person reported in the last 90 days."""
        if self.actor.person is None:
            return self.where("FALSE")
        since = now() - timedelta(days=90)
        return self.where(f"c.opened_at >= %s AND {scope.REPORTED_BY}", since, [self.actor.person.id])
