"""The fast lane (快速通道): writes reach their verb past Django's request, addresses and signals.

Two kinds of address, under WSGI alone: a report, and a verb of a case. It enters the district, asks who calls, hands
over to the same view as the API's own address, and words every failure as the gate does. The thread keeps its
connection for the next write.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Any

from django.conf import settings
from django.db import InterfaceError, OperationalError, connection
from django.http import HttpResponse
from django.http.request import split_domain_port, validate_host

from jiedao.doors.api import cases, gate, reports, signin
from jiedao.doors.api.answers import refuse
from jiedao.doors.web.middleware import hosts
from jiedao.ground.db import asking, patience
from jiedao.ground.districts import district
from jiedao.kit.refusal import Refused
from jiedao.record.cases import asked_by_number

REPORTS = "/api/v1/events"
_VERB = re.compile(r"/api/v1/cases/([0-9A-Za-z-]{1,20})/([a-z_]+)")

Environ = dict[str, Any]
Start = Callable[[str, list[tuple[str, str]]], Any]
Application = Callable[[Environ, Start], Iterable[bytes]]

# WSGI's names of the headers that a write may carry.
_HEADERS = {"Authorization": "HTTP_AUTHORIZATION", "Idempotency-Key": "HTTP_IDEMPOTENCY_KEY"}


class Headers:
    """The headers of a request as its view asks for them."""

    def __init__(self, environ: Environ) -> None:
        self._environ = environ

    def get(self, name: str, default: Any = None) -> Any:
        return self._environ.get(_HEADERS[name], default)


class Asked:
    """What a write needs of a request: headers, body, and who it is by."""

    def __init__(self, environ: Environ) -> None:
        length = int(environ.get("CONTENT_LENGTH") or 0)
        gate.check_length(length, environ["PATH_INFO"])
        self.headers = Headers(environ)
        self.body: bytes = environ["wsgi.input"].read(length) if length > 0 else b""
        self.auth: Any = None


@dataclass(frozen=True)
class Write:
    """A view, and what it is going to ask first: that travels with the question of who calls."""

    view: Callable[[Any], HttpResponse]
    ahead: Sequence[asking.Statement] = ()


def with_lane(pages: Application) -> Application:
    """The application, with writes taken out of it."""

    def application(environ: Environ, start: Start) -> Iterable[bytes]:
        patience.begin(environ.get("PATH_INFO", ""))
        write = _write(environ.get("PATH_INFO", "")) if environ.get("REQUEST_METHOD") == "POST" else None
        if write is None:
            return pages(environ, start)
        response = gate.finished(_answered(environ, write))
        start(f"{response.status_code} {response.reason_phrase}", list(response.items()))
        return [response.content]

    return application


def _write(path: str) -> Write | None:
    if path == REPORTS:
        return Write(reports.report)
    found = _VERB.fullmatch(path)
    view = cases.VERBS.get(found[2]) if found else None
    return Write(partial(view, number=found[1]), asked_by_number(found[1])) if found and view else None


def _answered(environ: Environ, write: Write) -> HttpResponse:
    try:
        host = environ.get("HTTP_HOST", "")
        place = (hosts.find(host) or hosts.named(settings.DEFAULT_DISTRICT or "")) if _is_ours(host) else None
        if place is None:
            raise Refused("no_district")
        asked: Any = Asked(environ)
        with district(place), asking.ahead(*write.ahead):
            asked.auth = signin.actor(asked)
            return write.view(asked)
    except ValueError:
        return refuse(Refused("bad_body", why="Content-Length"))
    except Exception as fault:
        if isinstance(fault, OperationalError | InterfaceError):
            connection.close()
        return gate.worded(fault)


@lru_cache(maxsize=256)
def _is_ours(host: str) -> bool:
    domain, _ = split_domain_port(host)
    return bool(domain) and validate_host(domain, settings.ALLOWED_HOSTS)
