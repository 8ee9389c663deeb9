"""The fast lane (快速通道): reports reach their verb past Django's request, addresses and signals.

One address, under WSGI alone. It enters the district, asks who calls, hands over to the same `reports.report` as the
API's own view, and words every failure as the gate does. The thread keeps its connection for the next report.
"""

from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Any

from django.conf import settings
from django.db import InterfaceError, OperationalError, connection
from django.http import HttpResponse
from django.http.request import split_domain_port, validate_host

from jiedao.doors.api import gate, reports, signin
from jiedao.doors.api.answers import refuse
from jiedao.doors.web.middleware import hosts
from jiedao.ground.districts import district
from jiedao.kit.refusal import Refused

ADDRESS = "/api/v1/events"

Environ = dict[str, Any]
Start = Callable[[str, list[tuple[str, str]]], Any]
Application = Callable[[Environ, Start], Iterable[bytes]]

# WSGI's names of the headers that a report may carry.
_HEADERS = {"Authorization": "HTTP_AUTHORIZATION", "Idempotency-Key": "HTTP_IDEMPOTENCY_KEY"}


class Headers:
    """The headers of a request as its view asks for them."""

    def __init__(self, environ: Environ) -> None:
        self._environ = environ

    def get(self, name: str, default: Any = None) -> Any:
        return self._environ.get(_HEADERS[name], default)


class Asked:
    """What a report needs of a request: headers, body, and who it is by."""

    def __init__(self, environ: Environ) -> None:
        length = int(environ.get("CONTENT_LENGTH") or 0)
        gate.check_length(length, ADDRESS)
        self.headers = Headers(environ)
        self.body: bytes = environ["wsgi.input"].read(length) if length > 0 else b""
        self.auth: Any = None


def with_lane(pages: Application) -> Application:
    """The application, with reports taken out of it."""

    def application(environ: Environ, start: Start) -> Iterable[bytes]:
        if environ.get("PATH_INFO") != ADDRESS or environ.get("REQUEST_METHOD") != "POST":
            return pages(environ, start)
        response = gate.finished(_answered(environ))
        start(f"{response.status_code} {response.reason_phrase}", list(response.items()))
        return [response.content]

    return application


def _answered(environ: Environ) -> HttpResponse:
    try:
        host = environ.get("HTTP_HOST", "")
        place = (hosts.find(host) or hosts.named(settings.DEFAULT_DISTRICT or "")) if _is_ours(host) else None
        if place is None:
            raise Refused("no_district")
        asked: Any = Asked(environ)
        with district(place):
            asked.auth = signin.actor(asked)
            return reports.report(asked)
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
