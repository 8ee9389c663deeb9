"""Reply templates and precedents (答复模板、派单先例): two small pages of those who keep them; everybody may read."""

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from jiedao.doors import fields
from jiedao.doors.fields import asked
from jiedao.doors.web import sheet, telling
from jiedao.doors.web.who import actor_of, staff
from jiedao.ground.terms import competence
from jiedao.kit.ids import new_id
from jiedao.kit.refusal import Absent
from jiedao.lines.replies import templates
from jiedao.record import precedents as kept
from jiedao.record.queries import rulings as ruled

FILLED = " ".join(f"{{{place}}}" for place in templates.PLACES)
GAP = {
    "zh": f"可用 {FILLED}，由系统填入；要人写的地方留 ____",
    "en": f"{FILLED} are filled in; leave ____ for what a person writes",
}

EDIT = (
    asked("name", "line", "模板名称", "Name", required=True),
    asked("name_en", "line", "英文名称", "Name in English"),
    asked("item", "item", "用于哪个职责事项", "For which duty item", hint={"zh": "不选即全部", "en": "None chosen means all"}),
    asked("kind", "choice", "用于哪类诉求", "For which kind of request", choices=fields.KINDS),
    asked("outcome", "choice", "办理结果", "Outcome", choices=fields.OUTCOMES),
    asked("took_up", "line", "何时受理", "When it was taken up"),
    asked("spoke_with", "line", "与谁联系", "Whom you spoke with"),
    asked("did", "long", "采取的措施", "What was done"),
    asked("finished", "line", "完成时间", "When it was or will be finished"),
    asked("text", "long", "答复内容", "Answer to the resident", required=True, hint=GAP),
)  # fmt: skip
END = (asked("reason", "long", "理由", "Reason", required=True),)


@require_GET
@staff
def page(request: HttpRequest) -> HttpResponse:
    """Every template in force."""
    found = templates.in_force()
    items = ruled.items_named({one.item_code for one in found if one.item_code})
    rows = [
        {
            "one": one,
            "item": items.get(one.item_code),
            "kind": telling.kind(one.kind) if one.kind else "",
            "outcome": telling.outcome(one.says.get("outcome", "")),
        }
        for one in found
    ]
    may = competence.may(actor_of(request), templates.COMPETENCE)
    return render(request, "replies/page.html", {"rows": rows, "may_keep": may})


@require_http_methods(["GET", "POST"])
@staff
def edit(request: HttpRequest, code: str = "") -> HttpResponse:
    """The next version of a template, or the first of a new one."""
    by = actor_of(request)
    if not competence.may(by, templates.COMPETENCE):
        raise Absent
    initial: dict[str, Any] = {}
    if code:
        one = templates.named(code)
        initial = {"name": one.name, "name_en": one.name_en, "item": one.item_code, "kind": one.kind, **one.says}

    def write(given: dict[str, Any]) -> str:
        item = given.pop("item", None)
        kept = {"item_code": item.code if item else "", **given}
        templates.keep(by=by, code=code or f"own-{new_id().hex[-12:]}", **kept)
        return reverse("replies")

    heading = gettext("Publish the next version") if code else gettext("Add a template")
    return sheet.page(
        request, f"reply:{code}", EDIT, write, heading=heading, back=reverse("replies"), initial=initial,
        template="replies/edit.html", code=code, versions=templates.versions(code) if code else [],
    )  # fmt: skip


@require_POST
@staff
def drop(request: HttpRequest, code: str) -> HttpResponse:
    """Takes a template out of use."""
    by = actor_of(request)
    return sheet.pressed(request, "reply_drop", lambda: templates.drop(by=by, code=code), reverse("replies"))


@require_GET
@staff
def precedents(request: HttpRequest) -> HttpResponse:
    """What rulings settled, by item and community."""
    by = actor_of(request)
    shown = {"rows": ruled.in_force(), "may_end": competence.may(by, "precedents")}
    return render(request, "replies/precedents.html", shown)


@require_http_methods(["GET", "POST"])
@staff
def end(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Ends a precedent, with the reason."""
    by = actor_of(request)
    if not competence.may(by, "precedents"):
        raise Absent
    row = next((one for one in ruled.in_force() if one.id == pk), None)
    if row is None:
        return HttpResponseRedirect(reverse("precedents"))

    def write(given: dict[str, Any]) -> str:
        kept.end(pk, by=by, reason=given.get("reason", ""))
        return reverse("precedents")

    heading = gettext("End the precedent of case %(number)s") % {"number": row.number}
    return sheet.page(request, f"precedent:{pk}", END, write, heading=heading, back=reverse("precedents"))
