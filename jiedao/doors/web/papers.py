"""Papers (文书打印): a case file and receipts as PDF, kept with their hash; the code on them leads the right people on."""

from typing import Any
from uuid import UUID

import segno
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import get_language, gettext, pgettext
from django.views.decorators.http import require_POST, require_safe

from jiedao.doors.paper import press
from jiedao.doors.web import case as case_page
from jiedao.doors.web import clocks, sheet, telling, who
from jiedao.doors.web.following import follower_of
from jiedao.doors.web.templatetags.jiedao_ui import named, pick
from jiedao.doors.web.who import actor_of, staff
from jiedao.ground.people import Actor
from jiedao.kit.clock import local, now
from jiedao.kit.refusal import Absent
from jiedao.lines.papers import printing
from jiedao.lines.papers.models import Paper
from jiedao.record import residents, sight
from jiedao.record.models import Case

LAYOUTS = {"a4": "file", "a5": "receipt", "80mm": "receipt"}


@require_POST
@staff
def make(request: HttpRequest, number: str, layout: str) -> HttpResponse:
    """Prints the file or a receipt. A receipt that was handed out before comes as a copy."""
    by = actor_of(request)
    case = sight.case_or_404(by, number)
    if layout not in LAYOUTS:
        raise Absent
    case_page.look(case, by, "paper", layout)

    def write() -> str:
        return _href(_made(request, case, layout, by))

    apart = f":{layout}{'-large' if request.POST.get('elder') else ''}"
    return sheet.led(request, f"paper:{case.number}:{layout}", write, reverse("case", args=[case.number]), apart)


def _made(request: HttpRequest, case: Case, layout: str, by: Actor) -> Paper:
    kind, code = LAYOUTS[layout], printing.token()
    first = printing.original(case, kind, layout, by) if kind == "receipt" else None
    elder = bool(request.POST.get("elder"))
    told = file(case, by) if kind == "file" else {**receipt(case, by), "layout": layout, "elder": elder}
    told |= {"copy": first is not None, "qr": qr(request, code)}
    return printing.keep(case, kind, layout, told, by=by, code=code, press=press.pdf, original=first)


def _href(paper: Paper) -> str:
    return reverse("paper", args=[paper.id])


@require_POST
@staff
def again(request: HttpRequest, paper_id: UUID) -> HttpResponse:
    """The same paper once more, as a copy: what it said then, not what it would say now."""
    by = actor_of(request)
    paper = printing.own(paper_id, by)
    case = sight.case_or_404(by, paper.case.number)
    case_page.look(case, by, "paper", "copy")

    def write() -> str:
        told = {**paper.told, "copy": True}
        first = paper.original or paper
        made = printing.keep(
            case, paper.kind, paper.layout, told, by=by, code=printing.token(), press=press.pdf, original=first
        )
        return _href(made)

    return sheet.led(request, f"copy:{paper.id}", write, reverse("case", args=[case.number]))


@require_safe
@staff
def show(request: HttpRequest, paper_id: UUID) -> HttpResponse:
    """A paper of one's own unit, as it was made, for who may still see its case."""
    by = actor_of(request)
    paper = printing.own(paper_id, by)
    case = sight.case_or_404(by, paper.case.number)
    return _answer(bytes(paper.content), f"{case.number}-{paper.kind}-{paper.layout}.pdf")


@require_safe
def own_receipt(request: HttpRequest, layout: str) -> HttpResponse:
    """The receipt of the request that is open on this device."""
    by = follower_of(request)
    if by is None:
        return HttpResponseRedirect(reverse("follow"))
    case = sight.visible_to(by).select_related("process", "item", "area", "holder").first()
    if case is None or LAYOUTS.get(layout) != "receipt":
        raise Absent
    told = receipt(case, by) | {"layout": layout, "elder": request.GET.get("size") == "elder", "copy": False}
    told["qr"] = _qr(request.build_absolute_uri(reverse("follow")))
    return _answer(press.pdf("receipt", told), f"{case.number}.pdf")


@require_safe
def code(request: HttpRequest, token: str) -> HttpResponse:
    """Where a code leads: colleagues who may see the case to it, everybody else to "my request", whatever the code is."""
    if request.user.is_authenticated and getattr(request.user, "person", None) and who.enter(request) is None:
        case = printing.led_to(token)
        if case is not None and sight.visible_to(actor_of(request)).filter(pk=case.pk).exists():
            return HttpResponseRedirect(reverse("case", args=[case.number]))
    return HttpResponseRedirect(reverse("follow"))


def _answer(content: bytes, name: str) -> HttpResponse:
    headers = {
        "Content-Disposition": f'inline; filename="{name}"',
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": "private, no-store",
    }
    return HttpResponse(content, content_type="application/pdf", headers=headers)


def qr(request: HttpRequest, token: str) -> str:
    return _qr(request.build_absolute_uri(reverse("paper_code", args=[token])))


def _qr(address: str) -> str:
    return str(segno.make(address, error="m").svg_inline(scale=4, border=2, dark="#000", light="#fff", omitsize=False))


def _at(moment: Any) -> str:
    return f"{local(moment):%Y-%m-%d %H:%M}" if moment else ""


def _common(case: Case, by: Actor, heading: str) -> dict[str, Any]:
    from jiedao.ground.districts import current_district  # noqa: PLC0415 -- app ready

    post = f"{named(by.post.unit)} {named(by.post)}" if by.post else pgettext("made by", "the resident")
    return {
        "lang": "zh" if (get_language() or "zh").startswith("zh") else "en",
        "district": named(current_district()),
        "title": f"{heading} {case.number}",
        "heading": heading,
        "number": case.number,
        "made_at": _at(now()),
        "made_by": post,
        "words": {
            "made": gettext("Made"), "copy": pgettext("of a paper", "Copy"), "said": gettext("What was reported"),
            "clocks": gettext("Clocks"), "orders": gettext("Orders"), "story": gettext("What has happened"),
            "end": gettext("Masked as the post that made it may read it. What is not here this post may not see."),
        },
    }  # fmt: skip


def file(case: Case, by: Actor) -> dict[str, Any]:
    """The whole story as this reader's page tells it, no more: withheld there is withheld here (R7)."""
    shown = case_page.told(case, by)
    definition = shown["definition"]
    return _common(case, by, gettext("Case file")) | {
        "subject": case.title,
        "state": f"{pick(shown['state'].label)} · {pick(definition.label)} · {shown['kind']} · {shown['channel']}",
        "facts": [[label, value] for label, value in _facts(case, shown) if value],
        "said": case.words,
        "clocks": [_clock(one) for one in [*shown["clocks"], *shown["past_clocks"]]],
        "orders": [_order(one) for one in shown["turns"]],
        "lines": [_line(one) for one in shown["lines"]],
    }


def _facts(case: Case, shown: dict[str, Any]) -> list[tuple[str, str]]:
    reporter = shown["reporter"]
    withheld = gettext("Withheld: complaints are handled without the name")
    nobody = gettext("Staff, or nobody left a name.")
    who_asked = nobody if reporter.get("none") else withheld if reporter.get("withheld") else reporter.get("mask", "–")
    return [
        (gettext("Opened"), _at(case.opened_at)),
        (gettext("Filed"), _at(case.filed_at)),
        (gettext("Ended"), _at(case.closed_at)),
        (gettext("Who has it"), named(case.holder) if case.holder else ""),
        (gettext("Duty item"), f"{case.item.code} {named(case.item)}" if case.item else ""),
        (gettext("Place"), " · ".join(p for p in (case.address, named(case.area) if case.area else "") if p)),
        (gettext("Who reported it"), who_asked),
        (
            gettext("Checks and ratings"),
            "；".join(row["word"] for row in (*shown["check_rows"], *shown["rating_rows"])),
        ),
        (gettext("Attachments"), str(len(shown["files"])) if shown["files"] else ""),
        (gettext("Process"), f"{shown['definition'].code} v{case.process.version}"),
    ]


def _clock(row: dict[str, Any]) -> list[str]:
    """A clock with its state in a word: no colour carries anything on paper."""
    face = clocks.face_of(row)
    return [row["name"], f"{face.left} {face.note}".strip() if face else "–", _at(row["due_at"])]


def _order(turn: dict[str, Any]) -> list[str]:
    order = turn["order"]
    steps = [f"{step['name']} {_at(step['at'])}" for step in turn["steps"] if step["at"]]
    role = {"lead": pgettext("of orders", "Lead"), "heard": pgettext("of orders", "Heard")}
    return [
        named(order.unit),
        role.get(order.role, pgettext("of orders", "Helper")),
        " · ".join([*steps, turn["outcome"]]),
    ]


def _line(row: dict[str, Any]) -> dict[str, Any]:
    line, entry = row["line"], row["entry"]
    actors = {"resident": gettext("Who reported it"), "system": gettext("The system")}
    unit = " ".join(named(one) for one in (line.unit, line.post) if one)
    moved = f"{pick(line.was)} → {pick(line.now)}" if line.was and line.now else pick(line.now) if line.now else ""
    return {
        "at": _at(entry.at),
        "who": unit or actors.get(entry.actor, gettext("A member of staff")),
        "did": " · ".join(part for part in (pick(line.verb), row["ring"], moved) if part),
        "said": [f"{label}: {words}" if label else words for label, words in row["said"]],
        "details": " · ".join(f"{label}: {value}" for label, value in row["details"]),
        "files": "、".join(f"{one.name} ({one.sha256.hex()[:12]})" for one in line.files),
    }


def receipt(case: Case, by: Actor) -> dict[str, Any]:
    """What somebody takes home: the number, what was received, until when, who answers; no name in full (R7)."""
    until = residents.until(case)
    unit = residents.acting_unit(case) or residents.centre()
    mask = "" if case.shielded else case.caller_mask
    rows = [
        (gettext("What was received"), case.title),
        (gettext("Received"), _at(case.opened_at)),
        (gettext("Who reported it"), mask),
        (gettext("Where"), case.address),
        (gettext("You hear from us by"), clocks.moment(until) if until else ""),
        (gettext("Who answers"), named(unit) if unit else ""),
        (pgettext("of a unit", "Phone"), unit.duty_phone if unit else ""),
        (gettext("Kind"), telling.kind(case.kind)),
    ]
    return _common(case, by, gettext("Receipt")) | {
        "facts": [[label, value] for label, value in rows if value],
        "how": gettext("Scan it and enter the number and your code to see how it goes."),
    }
