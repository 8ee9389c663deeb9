"""What the load is made of (压力素材): tokens of those who act, and orders that wait for a reply.

Runs inside the bench's installation: `python -m bench.material 20000` prints JSON.
"""

import json
import sys
from datetime import timedelta
from typing import Any
from uuid import UUID

import django
from django.db import connection

from bench.place import DISTRICT
from jiedao.ground.districts import district

MARK = "bench"
"""Begins what we ask the server only to find the place in its log."""
REPORTER = "hotline"
READER = "dispatcher"
HANDLERS = ("handler", "subdistrict_clerk", "community_clerk", "office_head", "unit_head", "grid_worker")

_READY = """
SELECT c.number, o.id, o.unit_id FROM record_dispatchorder o JOIN record_case c ON c.id = o.case_id
WHERE c.state = 'handling' AND o.role = 'lead' AND o.answered_at IS NULL AND o.returned_at IS NULL
  AND o.recalled_at IS NULL AND o.acknowledged_at IS NOT NULL AND (o.contacted_at IS NOT NULL OR NOT c.has_caller)
ORDER BY md5(o.id::text) LIMIT %s
"""


def prepare(most: int, label: str = DISTRICT) -> dict[str, Any]:
    """Tokens of a district, and up to `most` replies as (number of the case, order, token)."""
    with district(label) as place:
        return {
            "schema": place.schema_name,
            "host": f"{place.label}.localhost",
            "reporter": _token_of(REPORTER),
            "reader": _token_of(READER),
            "replies": _replies(most),
            "numbers": _numbers(),
        }


def _token_of(username: str) -> str:
    from jiedao.ground.people import tokens  # noqa: PLC0415 -- app ready

    account, post = tokens.holder(username, "")
    return tokens.make(account, post, "bench", timedelta(days=2))[1]


def _replies(most: int) -> list[tuple[str, str, str]]:
    """Orders whose unit may reply at once, in no order of time or place, each by somebody who works there."""
    with connection.cursor() as cursor:
        cursor.execute(_READY, [most])
        ready = cursor.fetchall()
    tokens_of = {unit: _handler(unit) for unit in {unit for _, _, unit in ready}}
    return [(number, str(order), str(tokens_of[unit])) for number, order, unit in ready if tokens_of[unit]]


def _numbers() -> list[str]:
    """Of 500 cases, in no order of time or place."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT number FROM record_case ORDER BY md5(id::text) LIMIT 500")
        return [number for (number,) in cursor.fetchall()]


def _handler(unit: UUID) -> str | None:
    """A token of who handles for a unit; an account is made for who has none. None if nobody there does."""
    from jiedao.ground.people import tokens  # noqa: PLC0415 -- app ready
    from jiedao.ground.people.models import Account, Tenure  # noqa: PLC0415 -- app ready

    held = (
        Tenure.objects.on()
        .filter(post__unit=unit, post__kind__code__in=HANDLERS)
        .select_related("post", "person")
        .first()
    )
    if held is None:
        return None
    account = Account.objects.filter(person=held.person).first()
    if account is None:
        account = Account(username=f"bench-{held.person.code}", person=held.person)
        account.save(force_insert=True)
    return tokens.make(account, held.post, "bench", timedelta(days=2))[1]


if __name__ == "__main__":
    django.setup()
    json.dump(prepare(int(sys.argv[1])), sys.stdout)
