"""Frame (页面框架): what the bars around every page show, as one context processor."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.translation import get_language, gettext_lazy

from jiedao.kit import clock


@dataclass(frozen=True)
class Desk:
    """One entry of the bars: a page by its URL name, its word, its symbol, the letter after G, who gets it."""

    url_name: str
    word: Any
    icon: str
    letter: str = ""
    kinds: frozenset[str] = frozenset()


PUBLIC = (
    Desk("home", gettext_lazy("Home"), "home"),
    Desk("report", gettext_lazy("Report"), "report"),
    Desk("follow", gettext_lazy("My requests"), "follow"),
    Desk("duties", gettext_lazy("Duty lists"), "list"),
)

# No kinds: every post. A desk whose page does not exist in this installation is left out.
STAFF = (
    Desk("desk", gettext_lazy("My desk"), "home", "H"),
    Desk("department", gettext_lazy("Department desk"), "inbox", "O"),
    Desk("triage", gettext_lazy("Triage desk"), "triage", "Y"),
    Desk("whistles", gettext_lazy("Whistles"), "whistle", "W"),
    Desk("checks", gettext_lazy("Check and callback"), "check", "V"),
    Desk("supervision", gettext_lazy("Supervision"), "eye", "S"),
    Desk("cases", gettext_lazy("All cases"), "file", "L"),
    Desk("rates", gettext_lazy("Rates"), "figures", "A"),
    Desk("processes", gettext_lazy("Processes"), "file", "P", frozenset({"system_admin", "district_leader"})),
    Desk("grids", gettext_lazy("Grids"), "map", "M"),
    Desk("duties", gettext_lazy("Duty lists"), "list", "D"),
    Desk("organisation", gettext_lazy("Organisation"), "person", "N"),
    Desk("admission", gettext_lazy("Admission"), "lock", "J"),
    Desk("rights", gettext_lazy("Rights"), "check", "Q"),
    Desk("burden", gettext_lazy("Burden"), "bars", "B"),
)


def frame(request: HttpRequest) -> dict[str, Any]:
    """Variables of base.html; nothing here asks the database unless somebody is signed in."""
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
        "desks": lambda: desks(request),
        "post": getattr(getattr(request, "actor", None), "post", None),
        "posts": getattr(request, "posts", []),
        "waiting": getattr(request, "waiting", None),
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
    """The entries this visitor gets, with the present one marked."""
    user = getattr(request, "user", None)
    is_staff = bool(user is not None and user.is_authenticated)
    kinds = getattr(request, "post_kinds", None)
    shown = []
    for desk in STAFF if is_staff else PUBLIC:
        if desk.kinds and kinds is not None and not desk.kinds & set(kinds):
            continue
        try:
            href = reverse(desk.url_name)
        except NoReverseMatch:
            continue
        present = request.path == href or (href != "/" and request.path.startswith(href))
        shown.append({"href": href, "word": desk.word, "icon": desk.icon, "letter": desk.letter, "present": present})
    return shown
