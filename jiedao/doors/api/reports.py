"""Reports and uploads (上报、上传): the API's hot path: read by msgspec into its shape, one call, one answer."""

from typing import Literal
from uuid import UUID

import msgspec
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse
from django.http.multipartparser import MultiPartParserError

from jiedao.doors import readers
from jiedao.doors.api import bodies
from jiedao.doors.api.answers import answer
from jiedao.doors.api.signin import caller
from jiedao.ground import uploads
from jiedao.ground.journal import receipts
from jiedao.ground.people import Actor
from jiedao.ground.people.contacts import Caller
from jiedao.kit.refusal import Refused
from jiedao.kit.text import clean
from jiedao.stages import intake

Kind = Literal["finding", "help", "consult", "complaint", "denunciation", "suggestion"]
Channel = Literal[
    "resident", "grid", "patrol", "hotline", "community", "department", "window", "petition", "camera", "platform"
]


class CallerGiven(msgspec.Struct, forbid_unknown_fields=True):
    """Who reported. All may be left out; what is given is sealed and never shown in lists."""

    name: str = ""
    phone: str = ""
    may_ring: bool = True


class ReportGiven(msgspec.Struct, forbid_unknown_fields=True):
    """What somebody saw or asked. `point` is [longitude, latitude] in WGS 84, `area` a code, `at` with its zone;
    `photos` are ids that POST /files gave; `source` and `source_key` another system's name and number.
    """

    words: str
    channel: Channel = "platform"
    kind: Kind = "finding"
    process: str = "event"
    title: str = ""
    point: tuple[float, float] | None = None
    area: str = ""
    address: str = ""
    severity: Literal[0, 1, 2] = 0
    caller: CallerGiven | None = None
    photos: list[str] = []
    source: str = ""
    source_key: str = ""
    at: str = ""
    key: UUID | None = None


class Taken(msgspec.Struct):
    """The number, and the code that opens the reporter's page. `joined`: added to an open case of the caller's."""

    number: str
    code: str
    seq: int
    state: str
    joined: bool


class Uploaded(msgspec.Struct):
    """A file that a write may name within a day."""

    id: str
    kind: str
    mime: str
    size: int
    name: str


def report(request: HttpRequest) -> HttpResponse:
    """Reports an event and opens its case. Sent again under the same key it answers the same and adds nothing."""
    by = caller(request)
    given = bodies.decode(request, ReportGiven, "report")
    key, given.key = bodies.key_of(request, given.key), None
    reporter = _caller(given.caller)
    ahead = intake.asked_first(given.process, reporter)
    with receipts.once(by.scope, key, msgspec.to_builtins(given), ahead) as receipt:
        if receipt.known:
            return answer(_taken(**(receipt.outcome or {})), 201, replayed=True)
        taken = intake.report(_told(given, by), by=by, caller=reporter, process=given.process)
        # The receipt holds no code: it is computed from the event again.
        came = {
            "number": taken.case.number,
            "event": str(taken.event.id),
            "seq": taken.entry.seq,
            "state": taken.case.state,
            "joined": taken.joined,
        }
        receipt.came_of(**came)
    return answer(Taken(taken.case.number, taken.code, taken.entry.seq, taken.case.state, taken.joined), 201)


def _taken(number: str, event: str, seq: int, state: str, joined: bool) -> Taken:
    return Taken(number, intake.code_of(UUID(event)), seq, state, joined)


def _told(given: ReportGiven, by: Actor) -> intake.Told:
    area = readers.read("area", "area", {"area": given.area}, by=by, options={})
    at = readers.read("moment", "at", {"at": given.at}, by=by, options={})
    return intake.Told(
        words=given.words,
        channel=given.channel,
        kind=given.kind,
        title=given.title,
        point=given.point,
        area=area,
        address=given.address,
        severity=given.severity,
        source=clean(given.source, 40, one_line=True),
        source_key=clean(given.source_key, 80, one_line=True),
        at=at,
        photos=readers.read("photos", "photos", {"photos": given.photos}, by=by, options={}) or (),
    )


def _caller(given: CallerGiven | None) -> Caller | None:
    if given is None:
        return None
    return Caller(clean(given.name, 60, one_line=True), clean(given.phone, 40, one_line=True), given.may_ring)


def upload(request: HttpRequest) -> HttpResponse:
    """Checks one file and keeps it for a day, until a write names its id in `photos`."""
    by = caller(request)
    key = bodies.key_of(request)
    try:
        file = request.FILES.get("file")
    except MultiPartParserError as broken:
        raise Refused("bad_body", why=str(broken)[:120]) from None
    if not isinstance(file, UploadedFile):
        raise Refused("incomplete", verb="report", missing=["file"])
    ident, stored = uploads.keep(file.chunks(), file.name or "file", scope=by.scope, key=key)
    return answer(Uploaded(ident.hex, stored.kind, stored.mime, stored.size, stored.name), 201)
