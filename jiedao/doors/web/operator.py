"""Operator's page (运行页): what rings, queue, limits, statements, notices, links, backups, disks; as last read."""

from datetime import UTC, datetime, timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from jiedao.doors.watch import alarms, notes
from jiedao.doors.web.clocks import is_chinese
from jiedao.doors.web.who import actor_of, staff
from jiedao.ground.terms import competence
from jiedao.kit.clock import now
from jiedao.kit.refusal import Absent

KEPT = "platform"
STALE = timedelta(minutes=3)
GB = 1024**3


@require_GET
@staff
def page(request: HttpRequest) -> HttpResponse:
    """For who runs the platform; nobody else finds it."""
    if not competence.may(actor_of(request), KEPT):
        raise Absent
    state = notes.get("state")
    told, at = state.get("readings", {}), _time(state.get("at"))
    shown = {
        "at": at,
        "stale": at is None or now() - at > STALE,
        "alarms": [_alarm(name, one) for name, one in state.get("alarms", {}).items() if name in alarms.kinds()],
        "kinds": len(alarms.kinds()),
        "queue": told.get("queue"),
        "districts": told.get("districts", []),
        "links": [
            {**link, "of": one, "last_at": _moment(link["last"])}
            for one in told.get("districts", [])
            for link in one["links"]
        ],
        "statements": told.get("statements"),
        "slow": [{**one, "seen_at": _time(one["at"])} for one in state.get("slow", [])],
        "kept": [{"name": name, **_kept(told, name)} for name in ("backup", "drill", "verify", "ticker")],
        "disks": [{**one, "free_gb": one["free"] / GB, "total_gb": one["total"] / GB} for one in told.get("disk", [])],
        "size_gb": (told.get("statements") or {}).get("size", 0) / GB,
        "release": told.get("release", ""),
    }
    return render(request, "operator/page.html", shown)


def _alarm(name: str, one: dict[str, Any]) -> dict[str, Any]:
    word, mend = alarms.told(name, "zh" if is_chinese() else "en")
    fact = one["fact"][0 if is_chinese() else 1]
    return {"name": name, "word": word, "mend": mend, "fact": fact, "since": _time(one["since"])}


def _kept(told: dict[str, Any], name: str) -> dict[str, Any]:
    one = told.get("kept", {}).get(name, {})
    age = one.get("age")
    return {
        "well": one.get("well"),
        "said": one.get("said", ""),
        "age": timedelta(seconds=age) if age is not None else None,
    }


def _time(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def _moment(seconds: float | None) -> datetime | None:
    return datetime.fromtimestamp(seconds, UTC) if seconds else None
