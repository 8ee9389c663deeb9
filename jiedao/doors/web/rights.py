"""Rights (职权): the district's own, asked, answered, decided; the answer shows in the decision."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_GET, require_http_methods

from jiedao.doors.fields import DECISIONS, STANCES, asked
from jiedao.doors.web import sheet, tabs, telling
from jiedao.doors.web.who import actor_of, staff
from jiedao.ground.people import Actor
from jiedao.kit.refusal import Absent
from jiedao.lines.rights import actions, desk
from jiedao.record import queries
from jiedao.record.queries.scope import Count

PAGE = 50
ASK = (
    asked("holder", "unit", "向哪个单位征询", "Whom to ask", required=True),
    asked("question", "long", "征询的问题", "The question", required=True),
    asked("about_unit", "unit", "涉及的单位", "About which unit"),
    asked("about_post", "post_code", "涉及的岗位", "About which post"),
    asked("about_person", "person_code", "涉及的人员", "About whom"),
)


@require_GET
@staff
def page(request: HttpRequest) -> HttpResponse:
    """The district's rights, and the questions under them."""
    by, number = actor_of(request), tabs.number(request)
    words = {
        "answer": gettext("Waiting for our answer"),
        "asked": gettext("Asked by us"),
        "decided": gettext("Decided"),
    }
    lists = {"answer": desk.to_answer(by), "asked": desk.asked_by(by), "decided": desk.decided(by)}
    counts = {name: Count(rows.count()) for name, rows in lists.items()}
    tab = tabs.chosen(request, words)
    rows = list(lists[tab][(number - 1) * PAGE : number * PAGE])
    cases = {row.id: row for row in queries.case_rows([use.case_id for use in rows])}
    known = actions.rights()
    shown = {
        "tabs": tabs.tabs(words, counts, tab, reverse("rights")),
        "tab": tab,
        "rows": [
            {"use": use, "case": cases.get(use.case_id), "right": known.get(use.right), "told": _told(use)}
            for use in rows
        ],
        "rights": [_right(term) for term in known.values()],
        "pages": tabs.Pages(number, counts[tab], len(rows), PAGE),
    }
    return render(request, "admission/rights.html", shown)


def _right(term: Any) -> dict[str, Any]:
    facts = term.facts
    silence = {
        "agrees": gettext("Silence counts as agreeing"),
        "asks_again": gettext("After silence it is asked again"),
    }
    return {
        "term": term,
        "within": telling.limit_words(facts["within"]) if facts.get("within") else "",
        "holder": telling.both(
            {"community": ("社区", "Community")}.get(facts.get("asked_of", ""), ("街道", "Sub-district"))
        ),
        "is_binding": bool(facts.get("binding")),
        "silence": silence.get(facts.get("silence", "asks_again"), ""),
    }


def _told(use: Any) -> dict[str, Any]:
    told = actions.told(use)
    return {
        "told": told,
        "stance": telling.pick(STANCES.get(told.stance, {}), ""),
        "decision": telling.pick(DECISIONS.get(told.decision, {}), ""),
    }


@require_http_methods(["GET", "POST"])
@staff
def ask(request: HttpRequest, right: str) -> HttpResponse:
    """Asks under one right."""
    by = actor_of(request)
    term = actions.rights().get(right)
    if term is None:
        raise Absent

    def write(told: dict[str, Any]) -> str:
        use = actions.ask(right, by=by, **told)
        return reverse("case", args=[use.case.number])

    heading = telling.named(term)
    return sheet.page(request, f"ask-{right}", ASK, write, heading=heading, back=reverse("rights"),
                      button=gettext("Ask for the answer"))  # fmt: skip


@require_GET
@staff
def decision(request: HttpRequest, number: str) -> HttpResponse:
    """The decision as a paper: what was asked, the answer, what was decided and why."""
    by: Actor = actor_of(request)
    use = actions.of_case(by, number)
    shown = {"use": use, "right": actions.rights().get(use.right), **_told(use)}
    return render(request, "admission/decision.html", shown)
