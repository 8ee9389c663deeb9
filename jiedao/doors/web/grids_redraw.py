"""Redrawing grids (网格调整): drafts, their editor with checks and trial, and publishing with a date."""

import json
from collections.abc import Iterable
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from jiedao.doors.web import forms as words
from jiedao.doors.web import grids_forms, grids_words
from jiedao.doors.web.clocks import is_chinese
from jiedao.doors.web.who import actor_of, staff
from jiedao.ground.journal import receipts
from jiedao.ground.places import crew, files, geometry, plots, redraw, trial
from jiedao.ground.places.models import Area, Redraw
from jiedao.ground.places.plots import Board, Plot
from jiedao.ground.terms import competence
from jiedao.kit.clock import today
from jiedao.kit.refusal import Absent, Refused
from jiedao.record.queries import places

SHOWN = 300
"""Grids one community may list; none has a tenth of it."""


@require_http_methods(["GET", "POST"])
@staff
def drafts(request: HttpRequest) -> HttpResponse:
    """All redraws, and the form that begins one."""
    by, refusal = actor_of(request), None
    tomorrow = today() + timedelta(days=1)
    form = grids_forms.Begin(request.POST or None, initial={"effective_on": tomorrow})
    if request.method == "POST" and form.is_valid():
        try:
            return HttpResponseRedirect(reverse("redraw", args=[_begun(request, form)]), status=303)
        except Refused as refused:
            refusal = words.told(refused)
    form.fields["effective_on"].widget.attrs["min"] = tomorrow.isoformat()
    shown = {
        "rows": [
            {"redraw": row, "state": grids_words.redraw_state(row), "changes": len(row.changes)}
            for row in redraw.every()
        ],
        "form": form, "refusal": refusal, "may": competence.may(by, "grids"), "left": crew.left_over(),
    }  # fmt: skip
    status = refusal.status if refusal else 422 if form.is_bound else 200
    return render(request, "grids/drafts.html", shown, status=status)


def _begun(request: HttpRequest, form: grids_forms.Begin) -> str:
    by = actor_of(request)
    body = {name: str(value) for name, value in form.cleaned_data.items()}
    with receipts.once(by.scope, request.POST.get("key", ""), body) as receipt:
        if not receipt.known:
            receipt.came_of(redraw=str(redraw.prepare(by=by, **form.cleaned_data).id))
        return str((receipt.outcome or {})["redraw"])


@require_GET
@staff
def editor(request: HttpRequest, redraw_id: UUID) -> HttpResponse:
    """The draft: its changes, the grids of the community at hand, tools, checks, trial, publishing."""
    return _editor(request, _readable(request, redraw_id))


def _readable(request: HttpRequest, pk: UUID) -> Redraw:
    """Drafts are read by who may keep grids; what was published, by everybody who has signed in."""
    row = redraw.found(pk)
    if row.dropped_at or (row.published_at is None and not competence.may(actor_of(request), "grids")):
        raise Absent
    return row


def _editor(
    request: HttpRequest, row: Redraw, bound: dict[str, Any] | None = None, refusal: words.Told | None = None
) -> HttpResponse:
    try:
        before, after = redraw.boards(row)
    except Refused as refused:
        # The grids of the day are others by now: the draft is shown with what does not fit, and can be taken back.
        refusal, before = refusal or words.told(refused), plots.board(row.effective_on)
        after = before
    chosen = after.get(request.GET.get("grid", ""))
    chosen = chosen if chosen and chosen.kind == Area.Kind.GRID else None
    under = _community(request, before, after, chosen)
    changed = trial.touched(before, after)
    staff_of, is_draft = crew.staff(), row.published_at is None
    faults = trial.faults(before, after, staff_of) if is_draft else []
    compared = trial.compare(before, after, places.happened(), staff_of) if changed else []
    touched = [code for code in changed if code in before]
    forms = grids_forms.tools(row, chosen.code if chosen else "", under.code if under else "", bound or {})
    shown = {
        "redraw": row, "state": grids_words.redraw_state(row), "is_draft": is_draft, "refusal": refusal,
        "may": is_draft and competence.may(actor_of(request), "grids"), "changes": grids_words.changes(row),
        "communities": [plot for plot in before.values() if plot.kind == Area.Kind.COMMUNITY],
        "under": under, "chosen": chosen, "grids": _below(after, under)[:SHOWN], "changed": set(changed),
        "tools": forms,
        "tool_rows": _tool_rows(forms),
        "open": next(iter(bound or {}), request.GET.get("tool", "")), "fault_rows": grids_words.fault_rows(faults, after, before),
        "stops": sum(fault.stops for fault in faults), "trial": [_tried(row) for row in compared], "kinds": grids_words.kinds(),
        "corners": _corners(chosen), "seats": crew.of_grids([c for c in touched if c not in after]),
        "staying": len(crew.of_grids([c for c in touched if c in after])), "here": _here(row, under),
        "map": _map(row, under, chosen),
    }  # fmt: skip
    return render(request, "grids/redraw.html", shown, status=refusal.status if refusal else 422 if bound else 200)


def _tool_rows(forms: dict[str, Any]) -> list[tuple[str, Any, str, str]]:
    said = grids_words.tools()
    return [(op, forms[op], *said[op]) for op in grids_forms.TOOLS]


def _tried(row: trial.Tried) -> dict[str, Any]:
    ground = [m and m.square_metres and f"{m.square_metres / 10_000:.2f}" for m in (row.before, row.after)]
    return {"code": row.code, "plot": row.plot, "state": row.state, "before": row.before, "after": row.after,
            "before_ha": ground[0] or "–", "after_ha": ground[1] or "–"}  # fmt: skip


def _community(request: HttpRequest, before: Board, after: Board, chosen: Plot | None) -> Plot | None:
    """The community at hand: the one asked for, the chosen grid's, that of the last change, else the first."""
    asked = before.get(request.GET.get("under", "")) if chosen is None else before.get(chosen.parent)
    if asked is not None:
        return asked
    changed = trial.touched(before, after)
    last = (after.get(changed[0]) or before[changed[0]]).parent if changed else ""
    first = next((plot.parent for plot in before.values() if plot.kind == Area.Kind.GRID), "")
    return before.get(last or first)


def _below(board: Board, under: Plot | None) -> list[Plot]:
    return sorted((p for p in board.values() if under and p.parent == under.code), key=lambda plot: plot.code)


def _corners(chosen: Plot | None) -> list[tuple[float, float]]:
    """The corners of the chosen grid's border, for who moves one without a map."""
    if chosen is None or chosen.shape is None:
        return []
    rings = [ring for part in geometry.polygons(chosen.shape) for ring in (part.exterior, *part.interiors)]
    return [(round(x, 7), round(y, 7)) for ring in rings for x, y, *_ in ring.coords[:-1]][:400]


def _here(row: Redraw, under: Plot | None) -> str:
    return f"{reverse('redraw', args=[row.id])}?under={under.code if under else ''}"


def _map(row: Redraw, under: Plot | None, chosen: Plot | None) -> dict[str, Any]:
    href = reverse("redraw_board", args=[row.id])
    return {"url": f"{href}?under={under.code if under else ''}", "chosen": chosen.code if chosen else "",
            "here": f"{reverse('redraw', args=[row.id])}?grid=CODE"}  # fmt: skip


@require_GET
@staff
def board(request: HttpRequest, redraw_id: UUID) -> HttpResponse:
    """What the editor draws: the community and its neighbours as they were and as they would be, and the faults."""
    row = _readable(request, redraw_id)
    before, after = redraw.boards(row)
    under = before.get(request.GET.get("under", ""))
    changed = trial.touched(before, after)
    parents = {plot.parent for code in changed if (plot := after.get(code) or before.get(code))}
    parents |= {under.code} if under else set()
    near = _near(after, under)
    kept = {plot.code for plot in after.values() if plot.parent in parents} | near
    was = [before[code] for code in changed if code in before]
    found = trial.faults(before, after)
    told = {
        "after": _drawn([after[code] for code in sorted(kept)]),
        "before": _drawn(was),
        "around": _drawn([before[code] for code in sorted(parents) if code in before]),
        "faults": [
            {"number": number, "kind": fault.kind, "geometry": plots.geojson(fault.shape)}
            for number, fault in enumerate(found, 1)
            if fault.shape is not None
        ],
    }
    return JsonResponse(told, headers={"Cache-Control": "private, no-store"})


def _near(after: Board, under: Plot | None) -> set[str]:
    """Grids whose box touches the community's: those a border of it is shared with."""
    if under is None or under.shape is None:
        return set()
    west, south, east, north = under.shape.bounds
    found = set()
    for plot in after.values():
        if plot.kind == Area.Kind.GRID and plot.shape is not None:
            w, s, e, n = plot.shape.bounds
            if w <= east and e >= west and s <= north and n >= south:
                found.add(plot.code)
    return found


def _drawn(shown: Iterable[Plot]) -> dict[str, Any]:
    told = files.collection(plot for plot in shown if plot.shape is not None)
    if not is_chinese():
        for feature in told["features"]:
            feature["properties"]["name"] = feature["properties"]["name_en"] or feature["properties"]["name"]
    return told


@require_POST
@staff
def change(request: HttpRequest, redraw_id: UUID, op: str) -> HttpResponse:
    """One change of a draft, or what becomes of it. A form that cannot be taken comes back as it was typed."""
    kind, by = grids_forms.FORMS.get(op), actor_of(request)
    row = _readable(request, redraw_id)
    if kind is None:
        raise Absent
    form = kind(request.POST, request.FILES, auto_id=f"{op}_%s")
    if not form.is_valid():
        return _editor(request, row, {op: form})
    body = {"op": op, "redraw": str(redraw_id), **{name: _told(value) for name, value in form.cleaned_data.items()}}
    try:
        with receipts.once(by.scope, request.POST.get("key", ""), body) as receipt:
            if not receipt.known:
                form.ask(redraw_id, by)
    except Refused as refused:
        return _editor(request, redraw.found(redraw_id), {op: form}, words.told(refused))
    under = request.GET.get("under", "")[:20]
    back = reverse("redraws") if op == "drop" else f"{reverse('redraw', args=[redraw_id])}?under={under}"
    return HttpResponseRedirect(back, status=303)


def _told(value: Any) -> Any:
    """A value of a form for its receipt; of a file, name and size."""
    return f"{value.name} {value.size}" if hasattr(value, "chunks") else json.loads(json.dumps(value, default=str))


@require_GET
@staff
def download(request: HttpRequest, redraw_id: UUID) -> HttpResponse:
    """The grids of the community at hand, or those of the whole redraw, as GeoJSON that can be sent back."""
    row = _readable(request, redraw_id)
    before, after = redraw.boards(row)
    under = request.GET.get("under", "")
    codes = trial.touched(before, after)
    wanted = [
        p for p in after.values() if p.kind == Area.Kind.GRID and (p.parent == under if under else p.code in codes)
    ]
    system = request.GET.get("system", "wgs84")
    told = files.collection(wanted, "gcj02" if system == "gcj02" else "wgs84", name=row.name)
    answer = JsonResponse(told, content_type="application/geo+json", json_dumps_params={"ensure_ascii": False})
    answer.headers["Content-Disposition"] = f'attachment; filename="grids-{under or row.id}.geojson"'
    return answer
