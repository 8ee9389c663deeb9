"""The inbox of notices (通知收件): what one's units and oneself were told, and what of it was read."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection

from jiedao.ground.people import Actor
from jiedao.kit.clock import now
from jiedao.kit.ids import new_id
from jiedao.record.queries.scope import MOST, Count, rows


@dataclass(frozen=True, slots=True)
class NoticeRow:
    """One notice: what happened on which case, who did it, whether I have read it. `link` where it is of no case."""

    id: UUID
    case_id: UUID | None
    number: str
    title: str
    verb: str
    ring: str
    at: datetime
    read: bool
    unit: dict[str, str] | None
    process_id: UUID | None
    mine: bool
    link: str = ""
    seq: int | None = None


_MINE = "(n.unit_id = ANY(%s::uuid[]) OR n.person_id = %s)"
_UNREAD = "NOT EXISTS (SELECT 1 FROM notify_noticeread r WHERE r.notice_id = n.id AND r.person_id = %s)"


# Who has become the unit a complaint is about reads nothing of it any more.
_SHIELD = "(c.id IS NULL OR NOT (c.reported_units && %s::uuid[]))"
_FROM = "FROM notify_notice n LEFT JOIN record_case c ON c.id = n.case_id"


def _whose(by: Actor) -> list[Any]:
    units = by.post.unit.acts_for if by.post else []
    return [units, by.person.id if by.person else None]


def _above(by: Actor) -> list[UUID]:
    return list(by.post.unit.above) if by.post else []


def unread(by: Actor) -> Count:
    """How many notices wait for the actor, in the post acted in."""
    if by.person is None:
        return Count(0)
    source = f"SELECT 1 {_FROM} WHERE {_MINE} AND {_UNREAD} AND {_SHIELD} LIMIT {MOST + 1}"
    return Count(rows(f"SELECT count(*) FROM ({source}) counted", [*_whose(by), by.person.id, _above(by)])[0][0])


_PAGE = f"""
SELECT n.id, n.case_id, COALESCE(c.number, ''), COALESCE(c.title, n.title), n.verb, n.ring, n.at, {_UNREAD}, u.name,
  u.name_en, c.process_id, n.person_id IS NOT NULL, n.link, e.seq
{_FROM} LEFT JOIN record_entry e ON e.id = n.entry_id
LEFT JOIN people_unit u ON u.id = COALESCE(e.unit_id, n.from_unit_id)
WHERE {_MINE} AND (NOT %s OR {_UNREAD}) AND (%s OR n.verb = ANY(%s)) AND {_SHIELD}
ORDER BY n.at DESC, n.id DESC LIMIT %s OFFSET %s
"""


def page(
    by: Actor, number: int = 1, *, only_unread: bool = False, verbs: list[str] | None = None, size: int = 50
) -> list[NoticeRow]:
    """One page of notices, the latest first; of all verbs, or of some."""
    if by.person is None:
        return []
    me = by.person.id
    told = [me, *_whose(by), only_unread, me, verbs is None, verbs or [], _above(by), size, (max(number, 1) - 1) * size]
    return [_row(*found) for found in rows(_PAGE, told)]


def _row(
    pk: UUID, case: UUID | None, number: str, title: str, verb: str, ring: str, at: datetime, is_unread: bool,
    name: str | None, name_en: str | None, process: UUID | None, mine: bool, link: str, seq: int | None,
) -> NoticeRow:  # fmt: skip
    unit = {"name": name, "name_en": name_en or ""} if name else None
    return NoticeRow(pk, case, number, title, verb, ring, at, not is_unread, unit, process, mine, link, seq)


def one(by: Actor, notice: UUID) -> tuple[str, str, int | None] | None:
    """Number, link and line of a notice that is the actor's to read; None for any other."""
    source = f"SELECT COALESCE(c.number, ''), n.link, e.seq {_FROM} LEFT JOIN record_entry e ON e.id = n.entry_id"
    found = rows(f"{source} WHERE n.id = %s AND {_MINE} AND {_SHIELD}", [notice, *_whose(by), _above(by)])
    return found[0] if found and by.person else None


_READ = f"""
INSERT INTO notify_noticeread (id, notice_id, person_id, at)
SELECT * FROM unnest(%s::uuid[], %s::uuid[]) AS given(id, notice_id), (VALUES (%s::uuid, %s::timestamptz)) AS who(p, t)
WHERE EXISTS (SELECT 1 FROM notify_notice n WHERE n.id = given.notice_id AND {_MINE})
ON CONFLICT DO NOTHING
"""


def read(by: Actor, notices: list[UUID]) -> int:
    """Marks notices as read by the person; somebody else's are left alone. Says how many were new."""
    if by.person is None or not notices:
        return 0
    with connection.cursor() as cursor:
        cursor.execute(_READ, [[new_id() for _ in notices], notices, by.person.id, now(), *_whose(by)])
        return int(cursor.rowcount)
