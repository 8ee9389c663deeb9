"""The bulletin (通报): a period on paper, as PDF by typst or as DOCX from a template that an official may edit."""

import io
from pathlib import Path
from typing import Any

from django.http import HttpRequest
from django.utils.translation import get_language, gettext, pgettext

from jiedao.doors.paper import press
from jiedao.doors.web import scores_words
from jiedao.doors.web.clocks import is_chinese
from jiedao.doors.web.templatetags.jiedao_ui import pick
from jiedao.doors.web.who import actor_of
from jiedao.ground.districts import current_district
from jiedao.kit.clock import local, now
from jiedao.lines.scores import desk, objections, periods
from jiedao.lines.scores.models import Period, Statement

TEMPLATE = Path(press.__file__).parent / "bulletin.docx"


def told(request: HttpRequest, found: Period, statement: Statement) -> dict[str, Any]:
    """Everything a bulletin says, as text: what each may read, units by code, a watermark until it is frozen."""
    by, rule, place = actor_of(request), periods.rule_of(found), current_district()
    columns = scores_words.columns(rule)
    name = place.name if is_chinese() else place.name_en or place.name
    post = by.post.name if by.post and is_chinese() else (by.post.name_en if by.post else "")
    return {
        "lang": (get_language() or "zh")[:2],
        "title": pick(rule.label),
        "district": name,
        "period": found.name,
        "draft": found.state != Period.State.FINAL,
        "made_at": f"{local(now()):%Y-%m-%d %H:%M}",
        "made_by": post,
        "facts": _facts(found, statement),
        "head": [pgettext("of a score sheet", "Line"), *(column["label"] for column in columns)],
        "rows": [_row(line, columns, rule) for line in desk.shown(found, by, statement)],
        "objections": [_objection(one) for one in objections.of_period(found) if one.decided_at],
        "rule": [list(row) for row in scores_words.told(rule)],
        "words": {
            "made": gettext("Made at"),
            "draft": gettext("Draft"),
            "objections": gettext("Objections"),
            "rule": gettext("Rule"),
        },
    }


def _facts(found: Period, statement: Statement) -> list[list[str]]:
    rule = periods.rule_of(found)
    return [
        [gettext("Window"), f"{local(found.starts_at):%Y-%m-%d %H:%M} – {local(found.ends_at):%Y-%m-%d %H:%M}"],
        [gettext("Rule"), f"{rule.code} v{found.rule.version} ({rule.source})"],
        [gettext("State"), scores_words.states()[found.state]],
        [gettext("Statement"), f"v{statement.version} {statement.hash}"],
        [gettext("Two computations compared:"), gettext("they agree")],
    ]


def _row(line: desk.Shown, columns: list[dict[str, str]], rule: Any) -> list[str]:
    name = line.name if is_chinese() or not line.name_en else line.name_en
    forms = {code: each.shown_as for code, each in rule.indicators.items()}
    cells = [scores_words.value(line.values.get(one["code"]), forms.get(one["code"], "")) for one in columns]
    return [f"{line.code} {name}", *cells]


def _objection(one: Any) -> str:
    outcome = gettext("Upheld") if one.outcome == "upheld" else gettext("Dismissed")
    return f"{one.about} {one.number}: {outcome}. {one.reasons}"


def pdf(request: HttpRequest, found: Period, statement: Statement) -> bytes:
    return press.pdf("bulletin", told(request, found, statement))


def docx(request: HttpRequest, found: Period, statement: Statement) -> bytes:
    """From `bulletin.docx`: an official may change its words and its look and keep the names in braces."""
    from docxtpl import DocxTemplate  # noqa: PLC0415 -- slow import

    paper = DocxTemplate(str(TEMPLATE))
    paper.render(told(request, found, statement), autoescape=True)
    body = io.BytesIO()
    paper.save(body)
    return body.getvalue()
