"""Middleware (中间件): the district, the language and the headers of a request, and what a fault looks like."""

import logging
import time
from collections.abc import Callable, Mapping
from typing import Any

from django.conf import settings
from django.core.exceptions import DisallowedHost, PermissionDenied
from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import translation
from django.utils.cache import patch_vary_headers

from jiedao.doors.web.frame import live_origin
from jiedao.ground.districts import by_name, district
from jiedao.ground.districts.models import District
from jiedao.ground.people import preferences
from jiedao.kit import clock
from jiedao.kit.ports import chance
from jiedao.kit.refusal import Absent

log = logging.getLogger(__name__)

Answer = Callable[[HttpRequest], HttpResponse]

PREFERENCES = preferences.CHOICES
YEAR = 365 * 24 * 3600
IDLE_MINUTES = 30


class Hosts:
    """The few rows that say which host is which district, kept in the process."""

    seconds = 30.0

    def __init__(self) -> None:
        self._rows: dict[str, District] = {}
        self._codes: dict[str, District] = {}
        # The monotonic clock, not kit.clock: a rehearsal that moves the day must not empty a cache.
        self._read_at = float("-inf")

    def find(self, host: str) -> District | None:
        """The district of a host: its exact name, else its first label. None for any other host."""
        self._refresh()
        name = host.lower().rsplit(":", 1)[0] if not host.endswith("]") else host
        return self._rows.get(name) or self._rows.get(name.split(".", 1)[0])

    def named(self, name: str) -> District | None:
        """The district of a label or code, for DEFAULT_DISTRICT."""
        self._refresh()
        return self._codes.get(name)

    def all(self) -> list[District]:
        """Every district, by code."""
        self._refresh()
        return sorted({place.code: place for place in self._codes.values()}.values(), key=lambda place: place.code)

    def forget(self) -> None:
        """Read the table again at the next request: after a district was made, and between tests."""
        self._read_at = float("-inf")

    def _refresh(self) -> None:
        if time.monotonic() - self._read_at < self.seconds:
            return
        try:
            rows, codes = by_name()
        except (OperationalError, InterfaceError):
            if not self._codes:
                raise
            return  # an old answer is better than none while the database comes back
        self._rows, self._codes, self._read_at = rows, codes, time.monotonic()


hosts = Hosts()


class DistrictMiddleware:
    """Enters the district of the host; a host that names none gets DEFAULT_DISTRICT or the list."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path.startswith(settings.STATIC_URL):
            request.district = None  # type: ignore[attr-defined]
            return self.get_response(request)
        try:
            place = hosts.find(request.get_host()) or hosts.named(settings.DEFAULT_DISTRICT or "")
        except (OperationalError, InterfaceError):
            return unavailable(request)
        except DisallowedHost as fault:
            return misaddressed(request, fault)
        request.district = place  # type: ignore[attr-defined]
        if place is None:
            # Sessions live in districts: a cookie of another day would be looked up in tables that are not there.
            request.COOKIES.pop(settings.SESSION_COOKIE_NAME, None)
            request.urlconf = "jiedao.doors.web.bare"
            return self.get_response(request)
        request.tenant = place  # type: ignore[attr-defined]
        with district(place):
            return self.get_response(request)


class PreferenceMiddleware:
    """Language, theme, size, density and keys: by `?name=`, kept in a cookie; Chinese unless English is asked for."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        chosen = {name: request.GET[name] for name in PREFERENCES if name in request.GET}
        chosen = {name: value for name, value in chosen.items() if value == "" or value in PREFERENCES[name]}
        kept = {name: request.COOKIES.get(name, "") for name in PREFERENCES} | chosen
        kept = {name: value for name, value in kept.items() if value in PREFERENCES[name]}
        # "keys" is in it always: a template would take a dict's method of that name for the preference.
        request.preferences = {"keys": ""} | kept  # type: ignore[attr-defined]
        language = kept.get("lang") or accepted_language(request.headers.get("Accept-Language", ""))
        request.LANGUAGE_CODE = language
        with translation.override(language):
            response = self.get_response(request)
        response.headers.setdefault("Content-Language", "zh-Hans" if language == "zh-hans" else "en")
        patch_vary_headers(response, ("Accept-Language", "Cookie"))
        keep_in_cookies(response, chosen)
        return response


def keep_in_cookies(response: HttpResponse, chosen: Mapping[str, str]) -> None:
    """Preferences for the requests to come; an empty one is forgotten."""
    for name, value in chosen.items():
        if value:
            response.set_cookie(name, value, max_age=YEAR, samesite="Lax", secure=settings.SESSION_COOKIE_SECURE)
        else:
            response.delete_cookie(name, samesite="Lax")


def accepted_language(header: str) -> str:
    """The first of our two languages that a browser names; Chinese when it names neither."""
    weighed = []
    for index, part in enumerate(header.split(",")[:20]):
        tag, _, weight = part.strip().lower().partition(";q=")
        try:
            weighed.append((-float(weight or 1), index, tag))
        except ValueError:
            continue
    for _, _, tag in sorted(weighed):
        if tag.startswith("zh"):
            return "zh-hans"
        if tag.startswith("en"):
            return "en"
    return "zh-hans"


class HeaderMiddleware:
    """The security headers of every page (G21, R18): nonce CSP, nosniff, no framing, nothing kept by caches."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.csp_nonce = chance.secret(16).hex()  # type: ignore[attr-defined]
        return protect(request, self.get_response(request))


def protect(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """Puts the headers on one answer; what a view set itself stays."""
    headers = response.headers
    if "Content-Security-Policy" not in headers:
        headers["Content-Security-Policy"] = policy(getattr(request, "csp_nonce", ""), live_origin(request))
    headers.setdefault("X-Content-Type-Options", "nosniff")
    headers.setdefault("X-Frame-Options", "DENY")
    headers.setdefault("Referrer-Policy", "same-origin")
    headers.setdefault("Permissions-Policy", "camera=(self), geolocation=(self), microphone=(), payment=(), usb=()")
    # Nearly every page shows P2 to somebody; the few that may be kept say so themselves.
    headers.setdefault("Cache-Control", "no-store")
    return response


def policy(nonce: str, live: str = "") -> str:
    """The Content-Security-Policy of a page. 'self' beside the nonce, for what a module imports."""
    rules = {
        "default-src": "'none'",
        "script-src": f"'self' 'nonce-{nonce}'",
        "style-src": f"'self' 'nonce-{nonce}'",
        "img-src": "'self' data: blob:",
        "font-src": "'self'",
        "connect-src": f"'self' {live}".strip(),
        "media-src": "'self' blob:",
        "worker-src": "'self'",
        "manifest-src": "'self'",
        "form-action": "'self'",
        "base-uri": "'none'",
        "frame-ancestors": "'none'",
        "object-src": "'none'",
    }
    return "; ".join(f"{name} {value}" for name, value in rules.items())


class FaultMiddleware:
    """What a view could not answer: absent and forbidden look the same (A5), a silent database is a 503."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, fault: Exception) -> HttpResponse | None:
        if isinstance(fault, Absent | Http404 | PermissionDenied):
            return absent(request)
        if isinstance(fault, OperationalError | InterfaceError):
            return unavailable(request)
        return None


def absent(request: HttpRequest, *_: Any, **__: Any) -> HttpResponse:
    """Not there or not yours: one page, one status. Also the urlconf's handler404 and handler403."""
    return render(request, "404.html", status=404)


def unavailable(request: HttpRequest, seconds: int = 10) -> HttpResponse:
    """The database does not answer; the page counts down and tries again by itself.

    Plain context: the usual processors would ask the same database who is signed in.
    """
    from django.template.loader import render_to_string  # noqa: PLC0415 -- app ready

    body = render_to_string("503.html", {"retry_after": seconds, "csp_nonce": getattr(request, "csp_nonce", "")})
    return protect(request, HttpResponse(body, status=503, headers={"Retry-After": str(seconds)}))


def misaddressed(request: HttpRequest, fault: DisallowedHost) -> HttpResponse:
    """A host name that is not among ALLOWED_HOSTS: 400. One line in the log says what to add, if it is ours after all."""
    log.warning("%s", str(fault).splitlines()[0][:200])
    body = "Host name not answered here. 此地址不是本系统的网址。\n"
    headers = {"Content-Security-Policy": policy("")}
    return protect(request, HttpResponse(body, status=400, content_type="text/plain; charset=utf-8", headers=headers))


class IdleMiddleware:
    """Ends a session after 30 minutes without an act, and after 12 hours in any case (G20); polls are no act."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        user = getattr(request, "user", None)
        if user is not None and getattr(request, "district", None) and user.is_authenticated:
            now = int(clock.now().timestamp())
            last = request.session.get("acted_at", now)
            began = request.session.get("signed_in_at", now)
            if now - last > IDLE_MINUTES * 60 or now - began > settings.SESSION_COOKIE_AGE:
                request.session.flush()
                request.user = _nobody()
            elif "acted_at" not in request.session or (now - last >= 60 and "JD-Poll" not in request.headers):
                request.session["acted_at"] = now  # once a minute: not every click may cost a write
                # Each write gives the session's row a new end; this one is what counts.
                request.session.setdefault("signed_in_at", began)
        return self.get_response(request)


def _nobody() -> Any:
    from django.contrib.auth.models import AnonymousUser  # noqa: PLC0415 -- app ready

    return AnonymousUser()
