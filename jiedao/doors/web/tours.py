"""Tours (首日导览): the first time somebody opens a desk, a few notes stand beside what they speak of; put away for good.

Nothing is covered and nothing must be clicked: the note is a part of the page. What was put away is kept with the
account, so it stays away on every machine; Help brings it back.
"""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import yaml
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from jiedao.doors.web.clocks import is_chinese
from jiedao.doors.web.who import staff
from jiedao.ground.people import preferences
from jiedao.kit.refusal import Absent

SOURCE = Path(__file__).with_name("tours.yaml")


@dataclass(frozen=True)
class Note:
    """One note of a tour as the page shows it."""

    name: str
    text: str
    at: str
    step: int
    last: int
    before: str
    after: str
    back: str
    asked_for: bool


@cache
def tours() -> dict[str, list[dict[str, str]]]:
    """Every tour by the URL name of its page."""
    found: dict[str, list[dict[str, str]]] = yaml.safe_load(SOURCE.read_text(encoding="utf-8"))
    return found


def note(request: HttpRequest) -> Note | None:
    """The note for this page and person; None where there is no tour or it was put away, unless it is asked for."""
    match, user = getattr(request, "resolver_match", None), getattr(request, "user", None)
    name = match.url_name if match else None
    if name not in tours() or not getattr(request, "actor", None) or request.method != "GET" or user is None:
        return None
    wanted = request.GET.get("tour", "")
    if not wanted and name in preferences.tours(user):  # type: ignore[arg-type]
        return None
    steps = tours()[name]
    step = min(max(int(wanted), 1), len(steps)) if wanted.isascii() and wanted.isdigit() and len(wanted) < 3 else 1
    told = steps[step - 1]
    return Note(
        name=name,
        text=told["zh" if is_chinese() else "en"],
        at=told["at"],
        step=step,
        last=len(steps),
        before=_address(request, step - 1) if step > 1 else "",
        after=_address(request, step + 1) if step < len(steps) else "",
        back=_address(request, 0),
        asked_for=bool(wanted),
    )


def _address(request: HttpRequest, step: int) -> str:
    query = request.GET.copy()
    query.pop("tour", None)
    if step:
        query["tour"] = str(step)
    return f"{request.path}?{query.urlencode()}" if query else request.path


@require_POST
@staff
def put_away(request: HttpRequest, name: str) -> HttpResponse:
    """Puts a tour away, or with `again` brings it back. Sent twice it changes nothing."""
    if name not in tours():
        raise Absent
    again = request.POST.get("again") == "yes"
    preferences.put_away(request.user, name, again=again)  # type: ignore[arg-type]
    back = request.POST.get("next", "")
    safe = url_has_allowed_host_and_scheme(back, allowed_hosts=None)
    return HttpResponseRedirect(back if safe else reverse("desk"), status=303)
