"""Following (查询): which request of a resident this browser has open, for half an hour after the last act."""

from datetime import timedelta
from uuid import UUID

from django.http import HttpRequest

from jiedao.ground.people import Actor
from jiedao.kit.clock import now

KEPT_FOR = timedelta(minutes=30)


def remember(request: HttpRequest, by: Actor) -> None:
    """This browser follows that event from now on. A new session id: an id somebody planted opens nothing."""
    if not request.user.is_authenticated:
        request.session.cycle_key()
    request.session["follow"] = {
        "event": str(by.event_id), "case": str(by.case_id), "until": int((now() + KEPT_FOR).timestamp())
    }  # fmt: skip


def follower_of(request: HttpRequest) -> Actor | None:
    """The resident this browser follows as. None when nothing is open, or the half hour is over.

    A poll is no act and keeps nothing open.
    """
    kept = request.session.get("follow")
    if not kept:
        return None
    left = kept["until"] - now().timestamp()
    if left < 0:
        forget(request)
        return None
    if "JD-Poll" not in request.headers and left < (KEPT_FOR - timedelta(minutes=1)).total_seconds():
        request.session["follow"] = {**kept, "until": int((now() + KEPT_FOR).timestamp())}
    return Actor.resident(UUID(kept["event"]), UUID(kept["case"]))


def forget(request: HttpRequest) -> None:
    """Closes the request on this browser, with everything it knew of it."""
    for name in ("follow", "taken"):
        request.session.pop(name, None)
