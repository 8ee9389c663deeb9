"""The burden ledger (社区负担台账): what is laid on communities, hours a month of each, fields asked for twice."""

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from jiedao.doors.fields import Label, asked, choices
from jiedao.doors.web import admission_words, sheet
from jiedao.doors.web.who import actor_of, staff
from jiedao.ground.terms import competence
from jiedao.ground.terms.models import terms
from jiedao.lines.admission import burdens, certificates

RHYTHMS = choices(
    once="一次性|Once", daily="每个工作日|Every working day", weekly="每周|Every week", monthly="每月|Every month",
    quarterly="每季度|Every quarter", yearly="每年|Every year",
)  # fmt: skip


def _kinds(case: Any = None) -> dict[str, Label]:
    return {code: {"zh": term.name, "en": term.name_en} for code, term in terms("burden_kind").items()}


ADD = (
    asked("kind", "choice", "类别", "Kind", required=True, choices=_kinds),
    asked("name", "line", "名称", "Name", required=True),
    asked("owner", "unit", "由哪个单位布置", "Which unit lays it", required=True),
    asked("rhythm", "choice", "频次", "How often", required=True, choices=RHYTHMS),
    asked("hours", "money", "每次小时数", "Hours each time", required=True),
    asked("communities", "codes", "涉及的社区", "Which communities", hint={"zh": "不选即全部", "en": "None chosen means all"}),
    asked("fields", "long", "填报的字段", "Fields it asks for", hint={"zh": "一行一个", "en": "One a line"}),
    asked("item_code", "word", "准入事项代码", "Code of the admitted item"),
)  # fmt: skip

MOST = 20
"""Communities that the totals show at first."""


@require_GET
@staff
def page(request: HttpRequest) -> HttpResponse:
    """The ledger of the district or of one community: totals, rows, fields asked for more than once."""
    by = actor_of(request)
    chosen = str(request.GET.get("community", ""))[:20]
    loads = burdens.loads()
    if not any(load.community.code == chosen for load in loads):
        chosen = ""
    rows = burdens.running(community=chosen)
    kinds = terms("burden_kind")
    # A district has a hundred communities: those with nothing laid on them wait behind one line.
    listed = loads if request.GET.get("all") else [load for load in loads if load.rows][:MOST]
    shown = {
        "loads": listed,
        "more": len(loads) - len(listed),
        "chosen": next((load for load in loads if load.community.code == chosen), None),
        "rows": [{"row": row, "kind": kinds.get(row.kind), "monthly": burdens.monthly(row)} for row in rows],
        "doubled": burdens.doubled(rows),
        "unfounded": sum(not row.founded for row in rows),  # type: ignore[attr-defined]
        "rhythms": admission_words.rhythms(),
        "may_add": competence.may(by, "burden"),
        "here": request.get_full_path(),
    }
    return render(request, "admission/burden.html", shown)


@require_http_methods(["GET", "POST"])
@staff
def add(request: HttpRequest) -> HttpResponse:
    """Enters one burden."""
    by = actor_of(request)

    def write(told: dict[str, Any]) -> str:
        told["fields"] = str(told.get("fields", "")).splitlines()
        burdens.add(by=by, **told)
        return reverse("burden")

    own = certificates.community_of(by)
    initial = {"communities": [own.code]} if own else {}
    return sheet.page(
        request, "burden_add", ADD, write, heading=gettext("Enter a burden"), back=reverse("burden"), initial=initial
    )


@require_POST
@staff
def end(request: HttpRequest, row: UUID) -> HttpResponse:
    """No longer laid on anybody."""
    by = actor_of(request)
    return sheet.pressed(request, f"burden-end-{row}", lambda: burdens.end(row, by=by), reverse("burden"))
