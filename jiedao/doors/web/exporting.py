"""Making exports (导出的生成): the job that reads a list as its asker would, page by page, and keeps it as a file.

It calls the list's own page, as the post stands at that moment: a sheet never holds more than the page would show, and
who lost the post since gets nothing. A list in the clear is a PDF: the one form that carries mark and password alike.
"""

import io
import logging
from collections.abc import Iterator
from typing import Any
from uuid import UUID

from django.core.handlers.wsgi import WSGIRequest
from django.db import InterfaceError, OperationalError, connection, transaction
from django.http import HttpRequest, HttpResponse
from django.urls import Resolver404, resolve, reverse
from django.utils import translation
from django.utils.translation import gettext, pgettext
from procrastinate import RetryStrategy
from procrastinate.contrib.django import app
from pypdf import PdfReader, PdfWriter

from jiedao.doors.notify import listeners
from jiedao.doors.paper import press
from jiedao.doors.web import register, sheets, take
from jiedao.doors.web.callers import callers
from jiedao.doors.web.clocks import moment
from jiedao.doors.web.templatetags.jiedao_ui import named, pick
from jiedao.ground.db.jobs import MOST_TRIES
from jiedao.ground.districts import district
from jiedao.ground.people import Actor
from jiedao.kit.clock import local, now
from jiedao.kit.refusal import Refused
from jiedao.lines.exports import ledger
from jiedao.lines.exports.models import Export
from jiedao.lines.subjects import desk
from jiedao.record import queries, sight
from jiedao.record.queries.register import ORDERS

log = logging.getLogger(__name__)

AGAIN = RetryStrategy(max_attempts=MOST_TRIES - 1, exponential_wait=2)
OURS = "jiedao.doors.web."


@app.task(name=ledger.TASK, queue=ledger.QUEUE, retry=AGAIN)
def export(schema: str, export: str) -> None:
    """The job: makes one list. A database that is away is tried again; anything else ends it, and the asker is told."""
    with district(schema.removeprefix("d")):
        make(UUID(export))


def make(pk: UUID) -> None:
    """Makes what was asked for, once, and tells its asker."""
    row = ledger.begun(pk)
    if row is None:
        return
    try:
        with translation.override(row.lang):
            name, content, rows = _clear(row) if row.unmasked else _masked(row)
    except (OperationalError, InterfaceError):
        raise
    except Exception:
        log.exception("export %s was not made", pk)
        with transaction.atomic():
            ledger.failed(row, "fault")
            listeners.export_told(row.person.id, "export_failed")
        return
    with transaction.atomic():
        if ledger.made(row, name, content, rows):
            listeners.export_told(row.person.id, "export")


def is_list(path: str) -> bool:
    """Whether an address is one of our own pages: nothing else is asked for by a job."""
    try:
        return bool(resolve(path).func.__module__.startswith(OURS))
    except Resolver404:
        return False


def _masked(row: Export) -> tuple[str, bytes, int]:
    """The sheet of a list, exactly as the button on its page would have given it."""
    request = _request(row)
    if row.path == reverse("cases"):
        by = ledger.asker(row)
        title, lines = gettext("All cases"), list(register.table(request, by, register.asked(request)))
        stem, plain = "cases", False
    else:
        first = take.read(_page(request))
        tables = take.follow(request, first, _page)
        asked = "；".join(f"{label} {value}".strip() for label, value in first.asked)
        head = sheets.preamble(first.title, asked, ledger.asker(row), str(take.PURPOSES.get(row.purpose, row.purpose)))
        title, lines, stem, plain = first.title, [*head, *take.lines(tables)], take.stem(row.path), True
    name = f"{stem}-{local(now()):%Y%m%d-%H%M}.{row.form}"
    made = sheets.workbook(name, title, lines, plain=plain) if row.form == "xlsx" else sheets.answer(name, lines)
    return name, made.content, max(len(lines) - 7, 0)


def _page(request: HttpRequest) -> HttpResponse:
    """One page of the list. What is no page any more fails the export."""
    found = resolve(request.path)
    request.resolver_match = found
    answer = found.func(request, *found.args, **found.kwargs)
    if answer.status_code != 200:
        raise Refused("export_not_ours")
    return answer


def _request(row: Export) -> HttpRequest:
    """A request as the asker's browser would send it, in the post that asked."""
    place = connection.tenant
    request: Any = WSGIRequest(
        {
            "REQUEST_METHOD": "GET", "PATH_INFO": row.path.encode().decode("latin-1"),
            "QUERY_STRING": row.query.encode().decode("latin-1"), "wsgi.input": io.BytesIO(),
            "SERVER_NAME": "localhost", "SERVER_PORT": "80", "HTTP_HOST": "localhost",
        }
    )  # fmt: skip
    request.user = ledger.account(row)
    request.session = {"post": str(row.post.id)}
    request.district = request.tenant = place
    request.preferences, request.csp_nonce = {"keys": "", "lang": row.lang}, ""
    request.LANGUAGE_CODE = row.lang
    return request  # type: ignore[no-any-return]


def _clear(row: Export) -> tuple[str, bytes, int]:
    """The register with names and numbers, as a PDF marked on every page. Complaints keep theirs (R7)."""
    request, by = _request(row), ledger.asker(row)
    most = ledger.rule("unmasked", "rows", 1000)
    lines, cases = [], []
    for found in _cases(request, by, most):
        case = sight.case_or_404(by, found.number)
        told = [] if case.shielded else callers(case)
        if any(caller.get("name") or caller.get("phone") for caller in told):
            cases.append(case.id)
        lines.append([found.number, found.title, *_caller(case.shielded, told), pick(found.state), found.address])
    # On the record before the file exists: whose number stands in it sees who took it (R6).
    ledger.looked(row, cases, by)
    name = f"cases-clear-{local(now()):%Y%m%d-%H%M}.pdf"
    return name, press.pdf("clear", _told(row, by, request, lines)), len(lines)


def _cases(request: HttpRequest, by: Actor, most: int) -> Iterator[Any]:
    wanted = register.asked(request)
    found, number, given = register.register(by, wanted), 1, 0
    while rows := found.page(number, order=ORDERS[wanted.order]):
        for row in rows:
            if given == most:
                return
            given += 1
            yield row
        number += 1
        if len(rows) < queries.PAGE:
            return


def _caller(shielded: bool, told: list[dict[str, Any]]) -> list[str]:
    if shielded:
        return [gettext("Withheld: complaints are handled without the name"), "–"]
    return [
        "；".join(str(one.get("name") or one.get("gone") or "–") for one in told) or "–",
        "；".join(str(one.get("phone") or "–") for one in told) or "–",
    ]


def _told(row: Export, by: Actor, request: HttpRequest, lines: list[list[str]]) -> dict[str, Any]:
    place = connection.tenant
    post = f"{named(by.post.unit)} {named(by.post)}" if by.post else ""
    second = f"{named(row.second_post.unit)} {named(row.second_post)}" if row.second_post else ""
    purpose = desk.purposes().get(row.purpose)
    asked = register.told(register.asked(request))
    return {
        "title": gettext("Cases with their callers, in the clear"),
        "district": named(place), "lang": "zh" if row.lang.startswith("zh") else "en",
        "mark": f"{row.person.code} · {str(row.id)[-8:]} · {local(now()):%Y-%m-%d %H:%M}",
        "made_at": moment(now()), "made_by": post,
        "words": {"made": gettext("Made"), "secret": gettext("Personal data: not to be passed on, destroyed after use")},
        "facts": [
            [gettext("Filter"), asked or gettext("none")],
            [gettext("Taken by"), post],
            [gettext("Purpose"), f"{named(purpose) if purpose else row.purpose} · {row.reason}"],
            [gettext("Agreed by"), second],
        ],
        "head": [
            pgettext("of a case", "Number"), gettext("What"), gettext("Name"), pgettext("of a person", "Phone"), gettext("State"),
            pgettext("of a place", "Address"),
        ],
        "rows": lines,
    }  # fmt: skip


def locked(content: bytes, password: str) -> bytes:
    """The PDF under a password (AES-256) that is kept nowhere."""
    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(content)))
    writer.encrypt(user_password=password, algorithm="AES-256")
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()
