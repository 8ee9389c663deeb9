"""Faults (故障): what somebody sees when we failed; the urlconf names `failed` as its handler500."""

import logging
import sys

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string

from jiedao.doors.web.middleware import unavailable
from jiedao.kit.ids import new_id

log = logging.getLogger(__name__)


def failed(request: HttpRequest) -> HttpResponse:
    """A 500 with a number that also stands in the log; a database that went away is a 503."""
    if isinstance(sys.exc_info()[1], OperationalError | InterfaceError):
        return unavailable(request)
    number = str(new_id())[-12:]
    # The number only: a request's body may hold what somebody said (R18).
    log.error("fault %s at %s %s", number, request.method, request.path)
    body = render_to_string("500.html", {"error_number": number, "csp_nonce": getattr(request, "csp_nonce", "")})
    return HttpResponse(body, status=500)


def unreadable(request: HttpRequest, exception: Exception) -> HttpResponse:
    """A request beyond every limit: the urlconf's handler400. Nothing of it was read, so nothing of it is shown."""
    body = render_to_string("400.html", {"csp_nonce": getattr(request, "csp_nonce", "")})
    return HttpResponse(body, status=400)
