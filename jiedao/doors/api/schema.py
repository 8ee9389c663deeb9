"""The API's description (接口说明): OpenAPI 3.1, from the acts' fields and the shapes of the answers.

`python -m jiedao openapi` writes docs/openapi.json; with `--check` it fails if the file is not what the code says.
"""

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from jiedao.doors.acts import Act, Field
from jiedao.doors.api import answers, cases, lookups, positions, reports, shapes
from jiedao.ground.db.home import CHECKOUT
from jiedao.record.verbs import VERBS

FILE = CHECKOUT / "docs" / "openapi.json"
REF = "#/components/schemas/{name}"

SHAPES = (
    answers.Error, reports.ReportGiven, reports.Taken, reports.Uploaded, cases.Done, shapes.Page, shapes.CaseShown,
    lookups.Units, lookups.Items, lookups.Areas, positions.PositionsGiven, positions.PositionsTaken,
)  # fmt: skip

_STATUSES = {
    400: "The request cannot be read; `facts.field` says where.",
    401: "No token, or one that has ended, was revoked, or whose holder has left the post.",
    403: "You see the case, but the verb is not for your role.",
    404: "Not there, or not in your sight: the two look the same.",
    405: "The address does not take this method.",
    409: "Something came in between, or the key was used for another body.",
    413: "The body is too large.",
    422: "A rule says no; `rule` names it, `next` says what to do.",
    429: "Too soon; wait as `Retry-After` says.",
    503: "Down for a moment; send it again with the same key.",
}
READ_REFUSALS = (400, 401, 404, 405, 413, 503)
WRITE_REFUSALS = tuple(_STATUSES)

KEY = {
    "in": "header", "name": "Idempotency-Key", "required": False, "schema": {"type": "string", "format": "uuid"},
    "description": "The write's key, a UUID made by the client; may stand in the body as `key` instead. Sent again "
    "with the same body it changes nothing and answers the same, with `Idempotent-Replayed: true`.",
}  # fmt: skip
NUMBER = {"in": "path", "name": "number", "required": True, "schema": {"type": "string", "examples": ["26-00912"]}}


def _text(most: int) -> dict[str, Any]:
    return {"type": "string", "maxLength": most}


_CODE = {"type": "string", "maxLength": 60, "description": "Code or id."}
_MARK = {
    "type": "object",
    "properties": {
        "arrival": {"type": "integer", "minimum": 1, "maximum": 5},
        "handling": {"type": "integer", "minimum": 1, "maximum": 5},
        "satisfied": {"type": "string", "enum": ["satisfied", "basically", "dissatisfied"]},
    },
}  # fmt: skip
_KINDS: dict[str, dict[str, Any]] = {
    "line": _text(200), "word": _text(40), "long": _text(5000), "choice": _text(60), "number": {"type": "integer"},
    "yes": {"type": "boolean"}, "yes_no": {"type": "boolean"},
    "limit": {"type": "string", "examples": ["4 working_hours", "3 working_days"]},
    "moment": {"type": "string", "description": "ISO 8601; without a zone it is the time in China."},
    "date": {"type": "string", "format": "date"},
    "money": {"type": "string", "description": "Yuan, to the fen.", "examples": ["120000.00"]},
    "unit": _CODE, "item": _CODE, "area": _CODE, "post": _CODE, "person": _CODE,
    "basis": {"type": "array", "maxItems": 30, "items": {"type": "object"}, "description": "`{law, article}` each."},
    "codes": {"type": "array", "maxItems": 30, "items": _CODE},
    "units": {"type": "array", "maxItems": 30, "items": _CODE}, "case": _text(20),
    "photos": {"type": "array", "maxItems": 9, "items": {"type": "string"}, "description": "Ids of POST /files."},
    "marks": {"type": "object", "additionalProperties": _MARK, "description": "Unit code or id → its marks."},
    "point": {
        "type": "array", "minItems": 2, "maxItems": 2, "items": {"type": "number"},
        "description": "[longitude, latitude] in WGS 84.",
    },
}  # fmt: skip


def field_schema(field: Field) -> dict[str, Any]:
    """A field of an act as JSON Schema. Choices that depend on the case are named by the case itself."""
    found = dict(_KINDS[field.kind])
    choices = {} if callable(field.choices) else field.choices
    if choices:
        found["enum"] = [int(code) if field.kind == "number" else code for code in choices]
        found.pop("maxLength", None)
    found["title"] = f"{field.label['zh']} · {field.label['en']}"
    return found


def body_of(act: Act) -> dict[str, Any]:
    """The request body of a verb."""
    fields = {field.name: field_schema(field) for field in act.fields}
    fields |= {
        "key": {"type": "string", "format": "uuid", "description": "The write's key, if not in the header."},
        "seen": {"type": "integer", "minimum": 0, "description": "`seq` of the case as you saw it; refused as "
                 "`changed` if lines came since."},
    }  # fmt: skip
    if act.on_order:
        fields["order"] = {"type": "string", "format": "uuid", "description": "Which order; else your unit's open one."}
    required = [field.name for field in act.fields if field.required]
    shape = {"type": "object", "additionalProperties": False, "properties": fields, "required": required}
    return {"required": bool(required), "content": {"application/json": {"schema": shape}}}


def of_act(act: Act) -> dict[str, Any]:
    """How the description of a verb's operation differs from an empty one."""
    return {
        "parameters": [KEY],
        "requestBody": body_of(act),
        "responses": responses("Done", WRITE_REFUSALS),
    }


def summary(act: Act) -> str:
    verb = VERBS[act.verb]
    return f"{verb.en} ({verb.zh})"


def responses(name: str, refusals: tuple[int, ...], status: int = 200) -> dict[int, Any]:
    """Every status of an operation with its shape."""
    good = {status: {"description": "Done." if status == 200 else "Taken.", "content": _json(name)}}
    return good | {code: {"description": _STATUSES[code], "content": _json("Error")} for code in refusals}


def _json(name: str) -> dict[str, Any]:
    return {"application/json": {"schema": {"$ref": REF.format(name=name)}}}


def json_body(name: str) -> dict[str, Any]:
    return {"required": True, "content": _json(name)}


def query(name: str, shape: Mapping[str, Any], told: str) -> dict[str, Any]:
    return {"in": "query", "name": name, "required": False, "schema": dict(shape), "description": told}


def document() -> dict[str, Any]:
    """The whole description, plain values only, in a fixed order."""
    from jiedao.doors.api.urls import api  # noqa: PLC0415 -- app ready

    found = json.loads(json.dumps(api.get_openapi_schema(path_prefix="api/v1/")))
    _, components = msgspec.json.schema_components(SHAPES, ref_template=REF)
    found["components"]["schemas"] |= json.loads(json.dumps(components))
    for path in found["paths"].values():
        for operation in path.values():
            _tidy(operation)
    return dict(found)


def _tidy(operation: dict[str, Any]) -> None:
    """A parameter once, as we describe it; no success that is not ours."""
    named = {(p["in"], p["name"]): p for p in operation.get("parameters", [])}
    operation["parameters"] = list(named.values())
    if not any("content" in operation["responses"].get(code, {}) for code in ("200",)):
        operation["responses"].pop("200", None)


def text() -> str:
    return json.dumps(document(), ensure_ascii=False, indent=1, sort_keys=True) + "\n"


def write(path: Path = FILE) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text(), encoding="utf-8")


def is_current(path: Path = FILE) -> bool:
    return path.exists() and path.read_text(encoding="utf-8") == text()


def main(words: list[str]) -> int:
    """0 written or current, 1 not current."""
    if "--check" not in words:
        write()
        return 0
    if is_current():
        return 0
    print(
        f"{FILE.relative_to(CHECKOUT)} is not what the code says; write it: python -m jiedao openapi", file=sys.stderr
    )
    return 1


if __name__ == "__main__":
    import os

    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "jiedao.settings")
    django.setup()
    from jiedao.doors.api import schema  # the module under its own name, so that its shapes are the API's

    sys.exit(schema.main(sys.argv[1:]))
