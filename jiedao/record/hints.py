"""Hints (更新提示): after the commit one statement tells live pages what changed, and workers that work came."""

import logging

from django.db import DatabaseError

from jiedao.ground.db.asking import ask
from jiedao.ground.districts import schema
from jiedao.record.models import Case, Entry

CHANNEL = "jiedao_hints"
JOBS = "procrastinate_any_queue_v1"

_TELL = "SELECT pg_notify($1, $2), pg_notify($3, $4)"

log = logging.getLogger(__name__)


def send(case: Case, entry: Entry) -> None:
    """Case, area, units and verb: enough to know whom it concerns, no words. A lost hint costs a slow poll."""
    told = {
        "district": schema(),
        "case": str(case.id),
        "number": case.number,
        "verb": entry.verb,
        "area": case.area_path,
        "units": [str(u) for u in case.units],
        "not": [str(u) for u in case.reported_units],
        "from": str(case.from_unit_id or ""),
        "seq": entry.seq,
        "phase": case.phase,
    }
    try:
        ask(_TELL, [CHANNEL, told, JOBS, '{"type":"job_inserted","job_id":0}'])
    except DatabaseError:
        log.warning("hint not sent", extra={"case": case.number})
