"""Grids (网格): the tree of areas as list and map of one query, each grid with who serves it, sites."""

from typing import Any

from django.db import connection
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_GET

from jiedao.doors.web import grids_words, parts, tabs
from jiedao.doors.web.clocks import is_chinese
from jiedao.doors.web.who import actor_of, staff
from jiedao.ground.places import checks, crew, geometry, outlines, plots, sites, tree
from jiedao.ground.places.models import Area
from jiedao.ground.terms import competence
from jiedao.ground.terms.models import terms
from jiedao.kit.clock import today
from jiedao.record import queries
from jiedao.record.queries import places
from jiedao.record.queries.scope import Count

PAGE = 60
VIEWS = ("both", "list", "map")


@require_GET
@staff
def page(request: HttpRequest) -> HttpResponse:
    """Grids by the tree, by sort, without people, with faults: the list and the map show the same set."""
    by, number = actor_of(request), tabs.number(request)
    people = crew.staff()
    top = tree.tree(people)
    node = _node(top, request.GET.get("under", "")) or top
    faults = checks.of_district(connection.schema_name, today(), people)
    wanted = _wanted(request, node, faults)
    found = tree.grids(wanted)
    codes = list(found.values_list("code", flat=True))
    rows = list(found[(number - 1) * PAGE : number * PAGE])
    loads = places.loads(by, [row.path for row in rows])
    by_code = _by_code(faults)
    shown = {
        "top": top, "node": node, "open": "/".join(node.path.split("/")[:2]),
        "kinds": grids_words.kinds(), "states": grids_words.states(),
        "view": request.GET.get("view") if request.GET.get("view") in VIEWS else VIEWS[0],
        "views": _views(request), "here": tabs.here(request, "page", "under"), "query": request.GET,
        "rows": [
            {"area": row, "staff": people.get(row.code, 0), "load": loads.get(row.path, places.Load()),
             "faults": grids_words.fault_words(by_code.get(row.code, []))} for row in rows
        ],
        "pages": tabs.Pages(number, Count(len(codes)), len(rows), PAGE), "found": len(codes),
        "strength": crew.strength(wanted.within), "branches": crew.branches(wanted.within),
        "site_kinds": _site_kinds(node.path if node is not top else ""), "rule": _rule(),
        "map": _map_state(request, node, top, codes, people, by_code), "may_redraw": competence.may(by, "grids"),
        "filtered": bool(wanted.kind or wanted.words or wanted.codes is not None),
    }  # fmt: skip
    return render(request, "grids/page.html", shown)


def _node(node: tree.Node, code: str) -> tree.Node | None:
    if node.code == code:
        return node
    return next((found for part in node.parts if (found := _node(part, code))), None)


def _wanted(request: HttpRequest, node: tree.Node, faults: list[checks.Fault]) -> tree.Wanted:
    state = request.GET.get("state", "")
    codes = None
    if state == "unstaffed":
        codes = frozenset(code for fault in faults if fault.kind == "unstaffed" for code in fault.codes)
    if state == "faults":
        codes = frozenset(code for fault in faults if fault.kind != "unstaffed" for code in fault.codes)
    within = "" if node.kind == Area.Kind.DISTRICT else node.path
    words = request.GET.get("q", "").replace("\0", "").strip()[:40]
    return tree.Wanted(within, request.GET.get("kind", ""), words, codes)


def _by_code(faults: list[checks.Fault]) -> dict[str, list[checks.Fault]]:
    found: dict[str, list[checks.Fault]] = {}
    for fault in faults:
        for code in fault.codes if fault.kind != "unstaffed" else ():
            found.setdefault(code, []).append(fault)
    return found


def _views(request: HttpRequest) -> list[dict[str, Any]]:
    words = {"both": gettext("List and map"), "list": gettext("List"), "map": gettext("Map")}
    present = request.GET.get("view", VIEWS[0])
    return [
        {"word": word, "href": f"{tabs.here(request, 'view')}view={code}", "present": code == present}
        for code, word in words.items()
    ]


def _map_state(
    request: HttpRequest, node: tree.Node, top: tree.Node, codes: list[str], people: dict[str, int], faults: Any
) -> dict[str, Any]:
    """What the map draws over the lines: nothing here is a shape, so the lines can be kept by the browser."""
    all_shown = node is top and len(codes) == top.grids
    return {
        "shown": None if all_shown else codes,
        "chosen": "" if node is top else node.code,
        "staffed": sorted(people),
        "faults": sorted(faults),
        "href": reverse("grid", args=["CODE"]),
    }


def _site_kinds(within: str) -> list[dict[str, Any]]:
    counts, known = sites.counts(within), terms("site_kind")
    order = [code for code in known if code in counts] + sorted(set(counts) - set(known))
    return [{"code": code, "kind": known.get(code) or code, "count": counts[code]} for code in order]


def _rule() -> Any:
    return next(iter(terms("grid_rule").values()), None)


@require_GET
@staff
def grid(request: HttpRequest, code: str) -> HttpResponse:
    """One grid: who serves it, its branch, its open matters, the sites inside, where it came from."""
    by, area = actor_of(request), tree.grid(code)
    lists = queries.Lists(by)
    listing = lists.where(places.OPEN).searched(area=area.path)
    load = places.loads(by, [area.path]).get(area.path, places.Load())
    ground = plots.board(today()).get(area.code)
    who = crew.crew(area)
    faults = checks.of_district(connection.schema_name, today(), crew.staff(), area.path)
    size = geometry.square_metres(ground.shape) if ground and ground.shape is not None else None
    is_ended = area.valid_to is not None and area.valid_to <= today()
    shown = {
        "area": area, "above": outlines.upwards(area)[:-1], "crew": who, "kinds": grids_words.kinds(),
        "rows": listing.page(1, 20), "count": listing.count(), "load": load, "hectares": size and size / 10_000,
        "per_head": round(load.month / who.staff, 1) if who.staff else None,
        "sites": sites.inside(area),
        "history": tree.history(area), "is_ended": is_ended,
        "ends_later": area.valid_to if not is_ended else None, "faults": grids_words.fault_words(faults),
        "map": {"shown": [area.code], "chosen": area.code, "staffed": [area.code] if who.staff else [],
                "faults": [], "href": reverse("grid", args=["CODE"]), "near": True},
        "may_redraw": competence.may(by, "grids"),
    }  # fmt: skip
    return render(request, "grids/grid.html", shown)


@require_GET
@staff
def shapes(request: HttpRequest) -> HttpResponse:
    """The lines of all areas for the map; they change with a redraw, so a browser that has them is told so at once."""
    if plots.board(today()) == {}:
        raise Http404
    return parts.sent(request, outlines.lines(english=not is_chinese()))


@require_GET
@staff
def site_list(request: HttpRequest) -> HttpResponse:
    """Sites of a district by kind, with a map of their points."""
    known, kind = terms("site_kind"), request.GET.get("kind", "")
    words, number = request.GET.get("q", "").replace("\0", "").strip()[:40], tabs.number(request)
    found = sites.on(kind=kind, words=words)
    rows = list(found[(number - 1) * PAGE : number * PAGE])
    points = [
        {"id": s.code, "lon": s.lon, "lat": s.lat, "label": s.name if is_chinese() else s.name_en or s.name}
        for s in found[: sites.MOST]
        if s.lon is not None
    ]
    shown = {
        "kinds": _site_kinds(""), "known": known, "rows": rows, "query": request.GET, "points": points,
        "pages": tabs.Pages(number, Count(found.count()), len(rows), PAGE), "found": found.count(),
        "map": {"shown": [], "chosen": "", "staffed": [], "faults": [], "href": reverse("grid", args=["CODE"])},
    }  # fmt: skip
    return render(request, "grids/sites.html", shown)
