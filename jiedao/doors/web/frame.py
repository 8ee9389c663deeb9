"""Frame (页面框架): what the bars around every page show, as one context processor."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.functional import SimpleLazyObject
from django.utils.translation import get_language, gettext_lazy, pgettext_lazy

from jiedao.doors.web import who
from jiedao.kit import clock


@dataclass(frozen=True)
class Desk:
    """One entry of the bars: a page by its URL name, its word, its symbol, the letter after G, its group, who gets it."""

    url_name: str
    word: Any
    icon: str
    letter: str = ""
    group: str = ""
    kinds: frozenset[str] = frozenset()


PUBLIC = (
    Desk("home", gettext_lazy("Home"), "home"),
    Desk("report", gettext_lazy("Report"), "report"),
    Desk("follow", gettext_lazy("My requests"), "follow"),
    Desk("duties", gettext_lazy("Duty lists"), "list"),
)

GROUPS = {
    "cases": pgettext_lazy("group of desks", "Cases"),
    "duty": pgettext_lazy("patrol", "Duty"),
    "ground": gettext_lazy("Places, people, duties"),
    "powers": gettext_lazy("Work passed down"),
    "system": gettext_lazy("System"),
}
"""Headings under which the bar folds what does not stand first for the post."""

# No kinds: every post. A desk whose page does not exist in this installation is left out.
STAFF = (
    Desk("desk", gettext_lazy("My desk"), "home", "H"),
    Desk("department", gettext_lazy("Department desk"), "inbox", "O", "cases"),
    Desk("triage", gettext_lazy("Triage desk"), "triage", "Y", "cases"),
    Desk("command_map", gettext_lazy("Dispatch map"), "map", "T", "cases"),
    Desk("whistles", gettext_lazy("Whistles"), "whistle", "W", "cases"),
    Desk("checks", gettext_lazy("Check and callback"), "check", "V", "cases"),
    Desk("supervision", gettext_lazy("Supervision"), "eye", "S", "cases"),
    Desk("cases", gettext_lazy("All cases"), "file", "L", "cases"),
    Desk("rates", gettext_lazy("Rates"), "figures", "A", "cases"),
    Desk("shift", pgettext_lazy("shift", "Today"), "clock", "I", "duty"),
    Desk("shifts", pgettext_lazy("patrol", "Duty"), "person", "R", "duty"),
    Desk("board", gettext_lazy("Board"), "figures", "E", "cases"),
    Desk("scores", gettext_lazy("Scores"), "figures", "K", "cases"),
    Desk("grids", gettext_lazy("Grids"), "map", "M", "ground"),
    Desk("duties", gettext_lazy("Duty lists"), "list", "D", "ground"),
    Desk("organisation", gettext_lazy("Organisation"), "person", "N", "ground"),
    Desk("replies", gettext_lazy("Reply templates"), "list", "C", "ground"),
    Desk("precedents", pgettext_lazy("of rulings", "Precedents"), "return", "X", "ground"),
    Desk("admission", gettext_lazy("Admission"), "lock", "J", "powers"),
    Desk("rights", gettext_lazy("Rights"), "check", "Q", "powers"),
    Desk("burden", gettext_lazy("Burden"), "bars", "B", "powers"),
    Desk("processes", gettext_lazy("Processes"), "file", "P", "system", frozenset({"system_admin", "district_leader"})),
    Desk("people_rights", gettext_lazy("Rights of subjects"), "person", "U", "system", frozenset({"security_admin"})),
    Desk("retention", gettext_lazy("Retention"), "stop", "", "system", frozenset({"security_admin", "system_admin"})),
    Desk("audit", gettext_lazy("Audit"), "eye", "", "system", frozenset({"auditor"})),
    Desk("operator", pgettext_lazy("of the platform", "Operation"), "live", "", "system", frozenset({"system_admin"})),
)


def frame(request: HttpRequest) -> dict[str, Any]:
    """Variables of base.html; nothing here asks the database unless somebody is signed in."""
    if getattr(request, "district", None) is not None and hasattr(request, "user"):
        who.greet(request)
    code = (get_language() or "zh-hans").lower()
    is_chinese = code.startswith("zh")
    preferences = getattr(request, "preferences", {})
    return {
        "district": getattr(request, "district", None),
        "lang": "zh-Hans" if is_chinese else "en",
        "other_lang": "en" if is_chinese else "zh-hans",
        "other_lang_href": with_query(request, "lang", "en" if is_chinese else "zh-hans"),
        "elder_href": with_query(request, "size", "" if preferences.get("size") else "elder"),
        "preferences": preferences,
        "server_now": clock.now().isoformat(timespec="milliseconds"),
        "csp_nonce": getattr(request, "csp_nonce", ""),
        "live_url": live_url(request),
        **_bars(request),
        "post": getattr(getattr(request, "actor", None), "post", None),
        "posts": getattr(request, "posts", []),
        "waiting": getattr(request, "waiting", None),
        "tour": SimpleLazyObject(lambda: _tour(request)),
        "sharing": request.COOKIES.get("jd_sharing", ""),
    }


def _tour(request: HttpRequest) -> Any:
    from jiedao.doors.web import tours  # noqa: PLC0415 -- app ready

    return tours.note(request)


def _bars(request: HttpRequest) -> dict[str, Any]:
    shown = SimpleLazyObject(lambda: desks(request))
    return {
        "desks": shown,
        "bar": SimpleLazyObject(lambda: [entry for entry in shown if not entry["group"]]),
        "more_desks": SimpleLazyObject(lambda: folded(shown)),
    }


def with_query(request: HttpRequest, name: str, value: str) -> str:
    """This address with one query parameter changed; after a POST, the bare path."""
    query = request.GET.copy()
    query[name] = value
    return f"?{query.urlencode()}"


def live_url(request: HttpRequest) -> str:
    """The stream of hints of this district, for those who may have it: nobody before signing in."""
    user = getattr(request, "user", None)
    if getattr(request, "district", None) is None or user is None or not user.is_authenticated:
        return ""
    return f"{live_origin(request)}/live/"


def live_origin(request: HttpRequest) -> str:
    """The exact origin of LIVE_URL, with this request's host name where it says {host}; empty when it is our own."""
    given = str(getattr(settings, "LIVE_URL", "") or "")
    name = request.get_host().rsplit(":", 1)[0]
    parts = urlsplit(given.replace("{host}", name))
    return f"{parts.scheme}://{parts.netloc}" if parts.scheme and parts.netloc else ""


def desks(request: HttpRequest) -> list[dict[str, Any]]:
    """The entries this visitor gets, in the order of the bar, with the present one marked.

    `group` is empty for what stands in the bar itself: the own desk, the desks of the post's kind (its own data), and
    the page that is open. The rest folds under its heading.
    """
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return [entry for desk in PUBLIC if (entry := _entry(request, desk))]
    kinds = getattr(request, "post_kinds", None)
    post = getattr(getattr(request, "actor", None), "post", None)
    first = list(post.kind.desks) if post else []
    allowed = (desk for desk in STAFF if not desk.kinds or kinds is None or desk.kinds & set(kinds))
    shown = [entry for desk in allowed if (entry := _entry(request, desk))]
    for entry in shown:
        if entry["present"] or not first or entry["name"] == "desk" or entry["name"] in first:
            entry["group"] = ""
    place = {name: at for at, name in enumerate(["desk", *first])}
    return sorted(shown, key=lambda entry: (bool(entry["group"]), place.get(entry["name"], len(place))))


def of_post(post: Any) -> tuple[list[Desk], list[Desk]]:
    """The desks that stand first for the holder of a post, and those that fold behind them."""
    allowed = {desk.url_name: desk for desk in STAFF if not desk.kinds or post.kind.code in desk.kinds}
    first = [allowed.pop(name) for name in ["desk", *post.kind.desks] if name in allowed]
    return first, list(allowed.values())


def folded(shown: list[dict[str, Any]]) -> list[tuple[Any, list[dict[str, Any]]]]:
    """What the bar folds, heading by heading."""
    found = ((word, [entry for entry in shown if entry["group"] == group]) for group, word in GROUPS.items())
    return [(word, entries) for word, entries in found if entries]


def _entry(request: HttpRequest, desk: Desk) -> dict[str, Any] | None:
    try:
        href = reverse(desk.url_name)
    except NoReverseMatch:
        return None
    present = request.path == href or (href != "/" and request.path.startswith(href))
    return {
        "name": desk.url_name,
        "href": href,
        "word": desk.word,
        "icon": desk.icon,
        "letter": desk.letter,
        "group": desk.group,
        "present": present,
    }
