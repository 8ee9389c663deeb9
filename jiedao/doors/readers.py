"""Readers (取值): from the text of a form or a JSON body to the value a verb takes; one per kind of field.

Each refuses what it cannot read by the field's name and says what it would take: `unreadable`, or `unknown_unit`,
`unknown_item`, … with what was given.
"""

import math
import re
from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any
from uuid import UUID

from jiedao.ground import finding, uploads
from jiedao.ground.duties.models import DutyItem
from jiedao.ground.people import Actor
from jiedao.ground.people.models import Person, Post, Unit
from jiedao.ground.places.models import Area
from jiedao.ground.store import Stored
from jiedao.kit.clock import SHANGHAI
from jiedao.kit.limits import Limit
from jiedao.kit.refusal import Refused
from jiedao.kit.text import clean
from jiedao.record import attachments, sight

Reader = Callable[[str, Any, Actor, Mapping[str, Any]], Any]

READERS: dict[str, Reader] = {}


def read(kind: str, name: str, given: Mapping[str, Any], *, by: Actor, options: Mapping[str, Any]) -> Any:
    """The value of a field. None where nothing was given."""
    if kind == "point":
        return _point(name, given)
    raw = given.get(name)
    if raw is None or raw == "" or raw == []:
        return None
    return READERS[kind](name, raw, by, options)


def reader(kind: str) -> Callable[[Reader], Reader]:
    def register(rule: Reader) -> Reader:
        READERS[kind] = rule
        return rule

    return register


def _text(name: str, raw: Any) -> str:
    if not isinstance(raw, str):
        raise Refused("unreadable", field=name, wants="text")
    return raw


@reader("line")
def _line(name: str, raw: Any, by: Actor, options: Mapping[str, Any]) -> str:
    return clean(_text(name, raw), 200, one_line=True).strip()


@reader("long")
def _long(name: str, raw: Any, by: Actor, options: Mapping[str, Any]) -> str:
    return clean(_text(name, raw)).strip()


@reader("word")
def _word(name: str, raw: Any, by: Actor, options: Mapping[str, Any]) -> str:
    return clean(_text(name, raw), 40, one_line=True).strip()


@reader("choice")
def _choice(name: str, raw: Any, by: Actor, options: Mapping[str, Any]) -> str:
    if str(raw) not in options:
        raise Refused("unreadable", field=name, wants="one_of", known=list(options))
    return str(raw)


@reader("number")
def _number(name: str, raw: Any, by: Actor, options: Mapping[str, Any]) -> int:
    try:
        value = int(str(raw))
    except ValueError:
        raise Refused("unreadable", field=name, wants="number") from None
    if options and str(value) not in options:
        raise Refused("unreadable", field=name, wants="one_of", known=list(options))
    return value


_YES = {"yes": True, "true": True, "1": True, "on": True, "no": False, "false": False, "0": False}


@reader("yes_no")
@reader("yes")
def _yes(name: str, raw: Any, by: Actor, options: Mapping[str, Any]) -> bool:
    found = _YES.get(str(raw).lower())
    if found is None:
        raise Refused("unreadable", field=name, wants="yes_or_no")
    return found


@reader("limit")
def _limit(name: str, raw: Any, by: Actor, options: Mapping[str, Any]) -> str:
    return str(Limit(_text(name, raw).strip()))


@reader("moment")
def _moment(name: str, raw: Any, by: Actor, options: Mapping[str, Any]) -> datetime:
    """ISO 8601; without a zone it is the time people in China read. Centuries that no case lives in are misread."""
    try:
        value = datetime.fromisoformat(_text(name, raw))
    except ValueError:
        raise Refused("unreadable", field=name, wants="time") from None
    if not 1900 < value.year < 2200:
        raise Refused("unreadable", field=name, wants="time")
    return value if value.tzinfo else value.replace(tzinfo=SHANGHAI)


@reader("date")
def _date(name: str, raw: Any, by: Actor, options: Mapping[str, Any]) -> date:
    """A day as ISO 8601 writes it."""
    try:
        value = date.fromisoformat(_text(name, raw).strip())
    except ValueError:
        raise Refused("unreadable", field=name, wants="date") from None
    if not 1900 < value.year < 2200:
        raise Refused("unreadable", field=name, wants="date")
    return value


@reader("money")
def _money(name: str, raw: Any, by: Actor, options: Mapping[str, Any]) -> Decimal:
    """Yuan, to the fen; thousands may be parted by commas."""
    try:
        value = Decimal(str(raw).replace(",", "").strip())
    except InvalidOperation:
        raise Refused("unreadable", field=name, wants="money") from None
    if not value.is_finite() or not 0 <= value < 10**12 or value != value.quantize(Decimal("0.01")):
        raise Refused("unreadable", field=name, wants="money")
    return value.quantize(Decimal("0.01"))


_ARTICLE = re.compile(r"(?P<law>.+?)[\s》]*第?\s*(?P<article>[0-9]{1,4}(?:-[0-9]{1,3})?)\s*条?")


@reader("basis")
def _basis(name: str, raw: Any, by: Actor, options: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Laws and articles, a line each: 「城市绿化条例 第22条」. Programs may send objects with `law` and `article`."""
    rows = raw if isinstance(raw, list) else [line for line in _text(name, raw).splitlines() if line.strip()]
    if len(rows) > 30:
        raise Refused("too_many", field=name, most=30)
    return [_article(name, row) for row in rows]


def _article(name: str, row: Any) -> dict[str, Any]:
    if isinstance(row, dict):
        row = f"{row.get('law', '')} {row.get('article', '')}"
    found = _ARTICLE.fullmatch(clean(_text(name, row), 200, one_line=True).strip().lstrip("《"))
    if found is None:
        raise Refused("unreadable", field=name, wants="article")
    article = found["article"]
    return {"law": found["law"].strip(), "article": int(article) if article.isdigit() else article}


@reader("codes")
def _codes(name: str, raw: Any, by: Actor, options: Mapping[str, Any]) -> list[str]:
    """Codes of units, all of them known."""
    return [unit.code for unit in _units(name, raw, by, options)]


@reader("unit")
def _unit(name: str, raw: Any, by: Actor, options: Mapping[str, Any]) -> Unit:
    """A unit in force, by code or id."""
    found = finding.unit(raw)
    if found is None:
        raise Refused("unknown_unit", field=name, given=str(raw)[:40])
    return found


@reader("units")
def _units(name: str, raw: Any, by: Actor, options: Mapping[str, Any]) -> list[Unit]:
    given = raw if isinstance(raw, (list, tuple)) else [raw]
    if len(given) > 30:
        raise Refused("too_many", field=name, most=30)
    found = [_unit(name, one, by, options) for one in given if one]
    return list({unit.id: unit for unit in found}.values())


@reader("item")
def _item(name: str, raw: Any, by: Actor, options: Mapping[str, Any]) -> DutyItem:
    """An item of a duty list in force, by code or id; of several lists the one that names who is responsible."""
    found = finding.item(raw)
    if found is None:
        raise Refused("unknown_item", field=name, given=str(raw)[:40])
    return found


@reader("area")
def _area(name: str, raw: Any, by: Actor, options: Mapping[str, Any]) -> Area:
    found = finding.area(raw)
    if found is None:
        raise Refused("unknown_area", field=name, given=str(raw)[:40])
    return found


@reader("post")
def _post(name: str, raw: Any, by: Actor, options: Mapping[str, Any]) -> Post:
    found = finding.post(raw)
    if found is None:
        raise Refused("unknown_post", field=name, given=str(raw)[:40])
    return found


@reader("post_code")
def _post_code(name: str, raw: Any, by: Actor, options: Mapping[str, Any]) -> Post:
    return _post(name, raw, by, options)


@reader("person_code")
def _person_code(name: str, raw: Any, by: Actor, options: Mapping[str, Any]) -> Person:
    return _person(name, raw, by, options)


@reader("person")
def _person(name: str, raw: Any, by: Actor, options: Mapping[str, Any]) -> Person:
    found = finding.person(raw)
    if found is None:
        raise Refused("unknown_person", field=name, given=str(raw)[:40])
    return found


@reader("case")
def _case(name: str, raw: Any, by: Actor, options: Mapping[str, Any]) -> Any:
    """Another case the actor may see; one he may not see does not exist for him."""
    return sight.case_or_404(by, clean(_text(name, raw), 20, one_line=True).strip())


@reader("photos")
def _photos(name: str, raw: Any, by: Actor, options: Mapping[str, Any]) -> list[Any]:
    """Files that a form has stored already, or ids of what the same person has uploaded before."""
    if not isinstance(raw, (list, tuple)):
        raise Refused("unreadable", field=name, wants="list")
    if len(raw) > attachments.MOST:
        raise Refused("too_many_files", most=attachments.MOST)
    return [one if isinstance(one, Stored) else uploads.named(str(one), scope=by.scope) for one in raw]


@reader("marks")
def _marks(name: str, raw: Any, by: Actor, options: Mapping[str, Any]) -> dict[UUID, dict[str, Any]]:
    """Unit → arrival, handling, satisfied. Keys are unit ids or codes."""
    if not isinstance(raw, dict):
        raise Refused("unreadable", field=name, wants="marks")
    if len(raw) > 30 or not all(isinstance(mark, dict) for mark in raw.values()):
        raise Refused("unreadable", field=name, wants="marks")
    asked = ("arrival", "handling", "satisfied")
    return {
        _unit(name, unit, by, options).id: {part: str(mark[part])[:20] for part in asked if part in mark}
        for unit, mark in raw.items()
    }


def _point(name: str, given: Mapping[str, Any]) -> tuple[float, float] | None:
    """Longitude and latitude in WGS 84: `[lon, lat]` under the name, or the two fields `lon` and `lat` of a form."""
    raw = given.get(name) or [given.get("lon"), given.get("lat")]
    if raw in ([None, None], ["", ""]):
        return None
    try:
        lon, lat = (float(part) for part in raw)
        if not (math.isfinite(lon) and math.isfinite(lat)):
            raise ValueError
    except (TypeError, ValueError):
        raise Refused("unreadable", field=name, wants="point") from None
    if not (-180 <= lon <= 180 and -90 <= lat <= 90):
        raise Refused("outside_world", lon=lon, lat=lat)
    return lon, lat
