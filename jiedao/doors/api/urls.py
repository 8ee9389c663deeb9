"""Addresses of the API (接口地址): every operation once, the verbs from their acts."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import path
from ninja import NinjaAPI

from jiedao import __version__
from jiedao.doors.acts import ACTS
from jiedao.doors.api import cases, lookups, positions, reports, schema
from jiedao.doors.api.gate import worded
from jiedao.doors.api.signin import Bearer

api = NinjaAPI(
    title="Jiedao 街道治理平台",
    version=__version__,
    description=(
        "Every verb of a case for programs. A token acts as one person in one post, in the district of the host name; "
        "make one with `jiedao token make`. Every write carries a key and may be sent again. Refusals name their rule, "
        "its facts, and the next step in Chinese and English."
    ),
    auth=Bearer(),
    docs_url=None,
    urls_namespace="api",
)


@api.exception_handler(Exception)
def _worded(request: HttpRequest, fault: Exception) -> HttpResponse:
    return worded(fault)


def _get(where: str, view: Any, shape: str, name: str, told: str, *asked: dict[str, Any]) -> None:
    extra = {"parameters": list(asked), "responses": schema.responses(shape, schema.READ_REFUSALS)}
    api.get(where, operation_id=name, summary=told, openapi_extra=extra)(view)


def _post(where: str, view: Any, shape: str, name: str, told: str, body: dict[str, Any]) -> None:
    extra = {
        "parameters": [schema.KEY],
        "requestBody": body,
        "responses": schema.responses(shape, schema.WRITE_REFUSALS, 201),
    }
    api.post(where, operation_id=name, summary=told, openapi_extra=extra)(view)


_WORD = {"type": "string", "maxLength": 200}
_ROWS = {"type": "integer", "minimum": 1, "maximum": cases.MOST_ROWS}
_FILE = {"type": "object", "properties": {"file": {"type": "string", "format": "binary"}}, "required": ["file"]}
_LIMIT = schema.query("limit", _ROWS, "Rows of a page.")
_Q = schema.query("q", _WORD, "Part of a name, or the beginning of a code.")

_post("/events", reports.report, "Taken", "report", "Report an event (上报)", schema.json_body("ReportGiven"))
_post(
    "/files", reports.upload, "Uploaded", "upload", "Upload a file (上传附件)",
    {"required": True, "content": {"multipart/form-data": {"schema": _FILE}}},
)  # fmt: skip
_get(
    "/cases", cases.listed, "Page", "list_cases", "Cases you may see (案件列表)",
    schema.query("q", _WORD, "Beginning of a number, or part of a title."),
    schema.query("phase", {"type": "string"}, "intake, triage, dispatch, resolution, verification or closed."),
    schema.query("state", _WORD, "A state of the process."), schema.query("kind", _WORD, "finding, help, complaint …"),
    schema.query("process", _WORD, "event, call, two_way …"),
    schema.query("area", _WORD, "Code of an area: it and all in it."),
    schema.query("holder", _WORD, "Code of the unit that has it."),
    schema.query("overdue", {"type": "boolean"}, "Past its next limit, or not."),
    schema.query("since", {"type": "string"}, "Opened at or after this time."),
    schema.query("order", {"type": "string", "enum": ["pressing", "newest"]}, "Most pressing first, or newest first."),
    _LIMIT, schema.query("page", {"type": "integer", "minimum": 1, "maximum": cases.FARTHEST_PAGE}, "Which page."),
)  # fmt: skip
_get("/cases/{number}", cases.shown, "CaseShown", "show_case", "One case whole (案件)", schema.NUMBER)
_KIND = schema.query("kind", _WORD, "Only this kind.")
_get("/units", lookups.units, "Units", "list_units", "Units (单位)", _Q, _KIND, _LIMIT)
_get("/items", lookups.items, "Items", "list_items", "Duty items (职责事项)", _Q, _LIMIT)
_get("/areas", lookups.areas, "Areas", "list_areas", "Areas (区域)", _Q, _KIND, _LIMIT)

for _where, _view, _name, _told, _body in (
    (
        "/positions",
        positions.take,
        "positions",
        "Positions of a device, in a batch (位置上报)",
        schema.json_body("PositionsGiven"),
    ),
    ("/positions/owntracks", positions.owntracks, "owntracks", "A position from OwnTracks", positions.OWNTRACKS),
    ("/positions/traccar", positions.traccar, "traccar", "A position forwarded by Traccar", positions.TRACCAR),
):
    api.post(
        _where, auth=None, operation_id=_name, summary=_told, tags=["positions"],
        openapi_extra={
            "requestBody": _body, "security": [{"Bearer": []}],
            "responses": schema.responses("PositionsTaken", (400, 401, 403, 405, 413, 503), 200),
        },
    )(_view)  # fmt: skip

for _act in ACTS.values():
    api.post(
        f"/cases/{{number}}/{_act.verb}", operation_id=_act.verb, summary=schema.summary(_act), tags=["verbs"],
        openapi_extra=schema.of_act(_act),
    )(cases.VERBS[_act.verb])  # fmt: skip

urlpatterns = [path("api/v1/", api.urls)]
