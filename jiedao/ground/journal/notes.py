"""Writing the journal (留痕): a change of an object, a look at personal data. Both in the caller's transaction."""

import logging
from datetime import UTC, timedelta
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from jiedao.ground.journal import chain
from jiedao.ground.journal.models import Change, Look
from jiedao.kit.clock import now

IDENTITY = ("contact", "subject", "caller")
MOST_AN_HOUR = 30
"""Openings of identity by one reader within an hour before an alarm rings. Source: our own guarantee (G19)."""

log = logging.getLogger(__name__)


def _alone(name: str) -> None:
    """One writer per chain: two at once would both follow the same record. Held until the transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"{connection.schema_name}:{name}"])


def change(
    kind: str,
    object_id: UUID,
    verb: str,
    *,
    person_id: UUID | None = None,
    post_id: UUID | None = None,
    system: str = "",
    **facts: Any,
) -> Change:
    """Adds to the object's chain what was changed and by whom. `facts` hold codes and ids, never names."""
    with transaction.atomic():
        _alone(f"change:{object_id}")
        last = Change.objects.filter(kind=kind, object_id=object_id).order_by("-seq").first()
        row = Change(
            kind=kind,
            object_id=object_id,
            seq=last.seq + 1 if last else 1,
            verb=verb,
            at=now(),
            person_id=person_id,
            post_id=post_id,
            system=system,
            facts=facts,
            prev=bytes(last.hash) if last else b"",
        )
        row.hash = chain.link(row.prev, chain.plain(told_change(row)))
        row.save(force_insert=True)
    return row


def look(
    reader: str,
    what: str,
    object_id: UUID,
    *,
    purpose: str,
    person_id: UUID | None = None,
    post_id: UUID | None = None,
    unit_id: UUID | None = None,
) -> Look:
    """Logs a reading before it is shown (R6). If this row cannot be written, nothing is shown."""
    with transaction.atomic():
        _alone(f"look:{reader}")
        last = Look.objects.filter(reader=reader).order_by("-seq").first()
        row = Look(
            reader=reader,
            seq=last.seq + 1 if last else 1,
            at=now(),
            person_id=person_id,
            post_id=post_id,
            unit_id=unit_id,
            what=what,
            object_id=object_id,
            purpose=purpose,
            prev=bytes(last.hash) if last else b"",
        )
        row.hash = chain.link(row.prev, chain.plain(told_look(row)))
        row.save(force_insert=True)
        if what in IDENTITY:
            _ring_if_often(row)
    return row


def _ring_if_often(row: Look) -> None:
    """The thirty-first opening of an identity within an hour is told to whoever watches, and stands in the journal (G19)."""
    since = row.at - timedelta(hours=1)
    opened = Look.objects.filter(reader=row.reader, what__in=IDENTITY, at__gt=since).count()
    if opened > MOST_AN_HOUR:
        log.warning("alarm: %s opened %s identities within an hour", row.reader, opened)
        change("alarm", row.id, "many_openings", person_id=row.person_id, post_id=row.post_id, opened=opened)


def told_change(row: Change) -> dict[str, Any]:
    """What of a change its hash covers."""
    names = ("kind", "object_id", "seq", "verb", "person_id", "post_id", "system", "facts")
    return {name: getattr(row, name) for name in names} | {"at": row.at.astimezone(UTC).isoformat()}


def told_look(row: Look) -> dict[str, Any]:
    """What of a look its hash covers."""
    names = ("reader", "seq", "person_id", "post_id", "unit_id", "what", "object_id", "purpose")
    return {name: getattr(row, name) for name in names} | {"at": row.at.astimezone(UTC).isoformat()}
