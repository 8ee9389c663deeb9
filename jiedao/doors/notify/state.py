"""How telling goes (送达情况): a person's own channels and what did not arrive; all failing channels for who runs this."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from jiedao.doors.notify import addresses, pace
from jiedao.ground.people import Actor
from jiedao.record.queries.scope import rows

FEW = 10


@dataclass(frozen=True, slots=True)
class ChannelRow:
    """One channel as its person sees it."""

    id: UUID
    kind: str
    mask: str
    is_on: bool
    proven_at: datetime | None
    code_until: datetime | None
    failing_since: datetime | None
    problem: str
    last_sent_at: datetime | None
    waiting: int
    next_at: datetime | None
    name: Any = None


_MINE = """
SELECT c.id, c.kind, c.mask, c.is_on, c.proven_at, c.code_until, c.failing_since, c.problem, c.last_sent_at,
  count(s.id), min(s.due_at)
FROM notify_channel c LEFT JOIN notify_sending s ON s.channel_id = c.id AND s.state IN ('waiting', 'begun')
WHERE c.person_id = %s GROUP BY c.id ORDER BY c.made_at
"""


def mine(by: Actor, rules: pace.Rules) -> list[ChannelRow]:
    """The person's channels, the oldest first."""
    found = rows(_MINE, [by.person.id if by.person else None])
    return [ChannelRow(*row, rules.channels.get(row[1])) for row in found]


def offered(rules: pace.Rules) -> list[dict[str, Any]]:
    """The kinds of channel of this district, each with whether this platform is connected to it."""
    return [
        {"code": code, "term": term, "set_up": addresses.WAYS[code].is_set_up}
        for code, term in rules.channels.items()
        if code in addresses.WAYS and (code != "json" or addresses.WAYS[code].is_set_up)
    ]


@dataclass(frozen=True, slots=True)
class Failure:
    """What did not arrive: which notice, by which kind of channel, whose, why."""

    number: str
    verb: str
    kind: str
    mask: str
    person: str
    unit: dict[str, str] | None
    tries: int
    problem: str
    state: str
    at: datetime
    next_at: datetime | None


_FAILED = """
SELECT COALESCE(k.number, ''), n.verb, c.kind, c.mask, h.code, s.tries, s.problem, s.state, COALESCE(s.done_at, s.begun_at),
  CASE WHEN s.state = 'waiting' THEN s.due_at END,
  (SELECT ARRAY[u.name, u.name_en] FROM people_tenure t JOIN people_post p ON p.id = t.post_id
   JOIN people_unit u ON u.id = p.unit_id WHERE t.person_id = h.id AND t.valid_to IS NULL ORDER BY p.code LIMIT 1)
FROM notify_sending s JOIN notify_channel c ON c.id = s.channel_id JOIN people_person h ON h.id = c.person_id
JOIN notify_notice n ON n.id = s.notice_id LEFT JOIN record_case k ON k.id = n.case_id
WHERE s.problem <> '' AND s.state IN ('failed', 'waiting') AND (%s OR c.person_id = %s)
ORDER BY COALESCE(s.done_at, s.begun_at) DESC, s.id LIMIT %s OFFSET %s
"""


def failures(by: Actor, *, everybody: bool = False, size: int = FEW, page: int = 1) -> list[Failure]:
    """What did not arrive, the latest first: one's own, or everybody's for who runs the platform."""
    found = rows(_FAILED, [everybody, by.person.id if by.person else None, size, (page - 1) * size])
    return [
        Failure(
            number, verb, kind, mask, person,
            {"name": unit[0], "name_en": unit[1]} if unit else None, tries, problem, state, at, next_at,
        )
        for number, verb, kind, mask, person, tries, problem, state, at, next_at, unit in found
    ]  # fmt: skip


_LOOKS = """
SELECT l.at, l.what, l.purpose, u.name, u.name_en FROM journal_look l LEFT JOIN people_unit u ON u.id = l.unit_id
WHERE l.object_id = %s ORDER BY l.at DESC LIMIT 50
"""


def looks_at(by: Actor) -> list[dict[str, Any]]:
    """Who looked at what is kept of this person: unit, when, what for (R6, R11)."""
    found = rows(_LOOKS, [by.person.id if by.person else None])
    return [
        {"at": at, "what": what, "purpose": purpose, "unit": {"name": name, "name_en": name_en} if name else None}
        for at, what, purpose, name, name_en in found
    ]
