"""The API's gate (接口入口): an early way past the pages' middleware, because the API has no session, form or language.

It enters the district, calls the view and words every failure; nothing of a page's chain runs.
"""

import logging
from collections.abc import Callable
from functools import lru_cache

from django.conf import settings
from django.core.exceptions import DisallowedHost, SuspiciousOperation
from django.db import DataError, InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import Resolver404, ResolverMatch, resolve

from jiedao.doors.api.answers import refuse
from jiedao.doors.api.bodies import LARGEST_MB
from jiedao.doors.web.middleware import hosts
from jiedao.ground import store
from jiedao.ground.districts import district
from jiedao.ground.districts.models import District
from jiedao.kit.refusal import Absent, Refused

PREFIX = "/api/"
UPLOADS = "/api/v1/files"

log = logging.getLogger(__name__)


class ApiMiddleware:
    """Answers everything under /api/ by itself; every other request goes on to the pages."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not request.path_info.startswith(PREFIX):
            return self.get_response(request)
        try:
            response = _answered(request)
        except Exception as fault:
            response = worded(fault)
        return finished(response)


def finished(response: HttpResponse) -> HttpResponse:
    """The headers that every answer of the API carries."""
    response.headers.setdefault("Content-Length", str(len(response.content)))
    for name, value in HEADERS:
        response.headers.setdefault(name, value)
    return response


HEADERS = (
    ("Cache-Control", "no-store"),
    ("X-Content-Type-Options", "nosniff"),
    ("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'"),
)


def _answered(request: HttpRequest) -> HttpResponse:
    place = _district(request)
    if place is None:
        raise Refused("no_district")
    _check_size(request)
    match = _match(request.path_info)
    request.resolver_match = match
    request.district = request.tenant = place  # type: ignore[attr-defined]
    with district(place):
        response: HttpResponse = match.func(request, *match.args, **match.kwargs)
    if response.status_code == 405:
        allowed = response.headers.get("Allow", "")
        response = refuse(Refused("wrong_method"))
        response.headers["Allow"] = allowed
    return response


def _match(path: str) -> ResolverMatch:
    """The view of an address. Those without a number in them are few, and looked for once."""
    return _fixed(path) if path.count("/") == 3 and len(path) < 20 else resolve(path)


_fixed = lru_cache(maxsize=64)(resolve)


def _district(request: HttpRequest) -> District | None:
    try:
        return hosts.find(request.get_host()) or hosts.named(settings.DEFAULT_DISTRICT or "")
    except DisallowedHost:
        return None


def _check_size(request: HttpRequest) -> None:
    """By the length it announces, before a byte of it is read."""
    try:
        length = int(request.META.get("CONTENT_LENGTH") or 0)
    except ValueError:
        length = 0
    check_length(length, request.path_info)


def check_length(length: int, path: str) -> None:
    """Refuses `body_too_large`."""
    most = store.LARGEST // 1024 // 1024 + 1 if path == UPLOADS else LARGEST_MB
    if length > most * 1024 * 1024:
        raise Refused("body_too_large", most_mb=most)


def worded(fault: Exception) -> HttpResponse:
    """What stopped a request, in words. What we did not foresee is logged, and said to be our fault."""
    if isinstance(fault, Refused | Absent):
        return refuse(fault)
    if isinstance(fault, Resolver404 | Http404):
        return refuse(Absent())
    if isinstance(fault, OperationalError | InterfaceError):
        log.warning("the database did not answer: %s", fault)
        return refuse(Refused("unavailable"))
    if isinstance(fault, DataError):
        log.error("the database cannot hold what came in: %s", fault)
        return refuse(Refused("bad_text"))
    if isinstance(fault, SuspiciousOperation):
        return refuse(Refused("bad_body", why="it breaks a limit"))
    log.error("a request failed", exc_info=fault)
    return refuse(Refused("fault"))
