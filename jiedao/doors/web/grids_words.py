"""Grids in words (网格用语): sorts of grid, states, faults and changes of a redraw as pages say them."""

from typing import Any

from django.utils.translation import gettext, ngettext

from jiedao.doors.web.clocks import is_chinese
from jiedao.ground.places.checks import Fault
from jiedao.ground.places.models import Area, Redraw
from jiedao.ground.places.plots import Board
from jiedao.kit.clock import today


def kinds() -> dict[str, str]:
    """The two sorts of grid."""
    return {
        str(Area.GridKind.INTEGRATED): gettext("Integrated grid"),
        str(Area.GridKind.EXCLUSIVE): gettext("Exclusive grid"),
    }


def states() -> dict[str, str]:
    """What one may ask of grids beside their sort."""
    return {"unstaffed": gettext("Nobody serves it"), "faults": gettext("Borders do not fit")}


def systems() -> list[tuple[str, str]]:
    """The systems of coordinates that are taken."""
    return [
        ("wgs84", "WGS 84"),
        ("gcj02", gettext("GCJ-02, as Chinese web maps draw")),
        ("cgcs2000", gettext("CGCS2000, degrees")),
    ]


def fault_kinds() -> dict[str, str]:
    return {
        "broken": gettext("Border crosses itself"),
        "overlap": gettext("Overlap"),
        "outside": gettext("Outside the area around it"),
        "gap": gettext("Gap"),
        "sliver": gettext("Sliver"),
        "undrawn": gettext("No border drawn"),
        "unstaffed": gettext("Nobody serves it"),
    }


def fault_words(faults: list[Fault]) -> list[str]:
    """Faults of one grid, each sort once."""
    words = fault_kinds()
    return list(dict.fromkeys(words[fault.kind] for fault in faults))


def fault_rows(faults: list[Fault], *boards: Board) -> list[dict[str, Any]]:
    """Faults numbered, each with the areas it concerns and a point of it to look at."""
    words, rows = fault_kinds(), []
    for number, fault in enumerate(faults, 1):
        middle = fault.shape.representative_point() if fault.shape is not None else None
        rows.append(
            {
                "number": number,
                "kind": fault.kind,
                "word": words[fault.kind],
                "areas": [plot for code in fault.codes if (plot := _plot(code, boards))],
                "square_metres": round(fault.square_metres) if fault.square_metres else None,
                "why": fault.why,
                "stops": fault.stops,
                "lon": middle.x if middle else None,
                "lat": middle.y if middle else None,
            }
        )
    return rows


def _plot(code: str, boards: tuple[Board, ...]) -> Any:
    return next((board[code] for board in boards if code in board), None)


def tools() -> dict[str, tuple[str, str]]:
    """Each change as a heading and as the words of its button."""
    return {
        "split": (gettext("Split by a line"), gettext("Split the grid")),
        "merge": (gettext("Merge with neighbours"), gettext("Merge the grids")),
        "move": (gettext("Move the border"), gettext("Move the points")),
        "rename": (gettext("Another name or code"), gettext("Rename the grid")),
        "add": (gettext("Add a grid"), gettext("Add the grid")),
        "end": (gettext("End this grid"), gettext("End the grid")),
        "load": (gettext("Borders from a GeoJSON file"), gettext("Take the borders in")),
    }


def redraw_state(row: Redraw) -> str:
    """What has become of a redraw."""
    if row.dropped_at:
        return gettext("Given up")
    if row.published_at is None:
        return gettext("Draft")
    return gettext("In force") if row.effective_on <= today() else gettext("Published, takes effect later")


def changes(row: Redraw) -> list[str]:
    """The changes of a redraw, one sentence each, with the codes they speak of."""
    return [_change(change) for change in row.changes]


def _change(change: dict[str, Any]) -> str:
    op = change["op"]
    if op == "split":
        codes = "、".join(part["code"] for part in change["into"][1:])
        return gettext("Split %(code)s; new: %(codes)s") % {"code": change["code"], "codes": codes}
    if op == "merge":
        return gettext("Merge %(codes)s into %(code)s") % {"codes": "、".join(change["codes"]), "code": change["code"]}
    if op == "move":
        told = ngettext("Move %(count)s point of the border of %(code)s", "Move %(count)s points of the border of %(code)s", len(change["points"]))  # fmt: skip  # noqa: E501
        return told % {"count": len(change["points"]), "code": change["code"]}
    if op == "reshape":
        return gettext("Borders from a file: %(count)s grids") % {"count": len(change["shapes"])}
    if op == "add":
        return gettext("New grid %(code)s %(name)s") % {"code": change["code"], "name": _named(change)}
    if op == "end":
        return gettext("End %(code)s") % {"code": change["code"]}
    return gettext("Rename %(code)s: %(to)s %(name)s") % {
        "code": change["code"], "to": change["to"], "name": _named(change),
    }  # fmt: skip


def _named(change: dict[str, Any]) -> str:
    return str(change["name"] if is_chinese() else change.get("name_en") or change["name"])
