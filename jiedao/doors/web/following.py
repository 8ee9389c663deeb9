"""Following (查询): which requests of a resident this browser has open, for half an hour after the last act.

The browser holds nothing but its session's id. Who chose the elder pages is not hurried: there they stay open as long
as the session does.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.http import HttpRequest

from jiedao.ground.people import Actor
from jiedao.kit.clock import now

KEPT_FOR = timedelta(minutes=30)
UNHURRIED = timedelta(hours=12)
MOST = 9


@dataclass(frozen=True)
class Opened:
    """One open request: the number of its tab in this session, and as whom it is read."""

    at: int
    by: Actor


def remember(request: HttpRequest, by: Actor) -> int:
    """This browser follows that event from now on. A new session id: an id somebody planted opens nothing."""
    if not request.user.is_authenticated:
        request.session.cycle_key()
    kept = _kept(request) or {"open": [], "next": 1}
    rows = [row for row in kept["open"] if row["event"] != str(by.event_id)][-(MOST - 1) :]
    at = int(kept["next"])
    rows.append({"at": at, "event": str(by.event_id), "case": str(by.case_id)})
    request.session["follow"] = {"open": rows, "now": at, "next": at + 1, "until": _until(request)}
    return at


def opened(request: HttpRequest) -> list[Opened]:
    """Every request open on this browser, in the order they were opened. Empty after the half hour.

    A poll is no act and keeps nothing open.
    """
    kept = _kept(request)
    if kept is None:
        return []
    left = kept["until"] - now().timestamp()
    if "JD-Poll" not in request.headers and left < (_span(request) - timedelta(minutes=1)).total_seconds():
        request.session["follow"] = {**kept, "until": _until(request)}
    return [Opened(row["at"], Actor.resident(UUID(row["event"]), UUID(row["case"]))) for row in kept["open"]]


def current(request: HttpRequest) -> Opened | None:
    """The request that this page or form is about: the tab it names, else the one opened last. None if none is."""
    rows = opened(request)
    named = request.POST.get("at") or request.GET.get("at") or ""
    wanted = int(named) if named.isascii() and named.isdigit() else 0
    last = (request.session.get("follow") or {}).get("now", 0)
    found = {row.at: row for row in rows}
    if wanted:
        return found.get(wanted)
    return found.get(last) or (rows[-1] if rows else None)


def choose(request: HttpRequest, at: int) -> None:
    """Brings one of the open requests to the front."""
    kept = _kept(request)
    if kept and kept["now"] != at and any(row["at"] == at for row in kept["open"]):
        request.session["follow"] = {**kept, "now": at}


def follower_of(request: HttpRequest) -> Actor | None:
    """The resident this browser follows as. None when nothing is open, or the half hour is over."""
    found = current(request)
    return found.by if found else None


def drop(request: HttpRequest, at: int) -> None:
    """Takes one request off the list, because it is not there any more."""
    kept = _kept(request)
    if kept:
        request.session["follow"] = {**kept, "open": [row for row in kept["open"] if row["at"] != at]}


def forget(request: HttpRequest) -> None:
    """Closes every request on this browser, with everything it knew of them."""
    for name in ("follow", "taken"):
        request.session.pop(name, None)


def _kept(request: HttpRequest) -> dict[str, Any] | None:
    kept: dict[str, Any] | None = request.session.get("follow")
    if not kept or "open" not in kept or kept["until"] < now().timestamp():
        if kept:
            forget(request)
        return None
    return kept


def _span(request: HttpRequest) -> timedelta:
    return UNHURRIED if getattr(request, "preferences", {}).get("size") else KEPT_FOR


def _until(request: HttpRequest) -> int:
    return int((now() + _span(request)).timestamp())
