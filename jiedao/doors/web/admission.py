"""The admission desk (准入台): apply, examine, be heard, decide; what is admitted, and who tried without."""

from dataclasses import replace
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_GET, require_http_methods

from jiedao.doors.fields import Field, Label, asked
from jiedao.doors.papers import LEVELS, PAPERS
from jiedao.doors.web import admission_words, sheet, tabs
from jiedao.doors.web.clocks import is_chinese
from jiedao.doors.web.who import actor_of, is_part, staff
from jiedao.ground.people import Actor
from jiedao.lines.admission import actions, attempts, desk, rules
from jiedao.record import queries, sight, versions
from jiedao.record.queries.scope import Count

PAGE = 50


def _words() -> dict[str, str]:
    return {
        "mine": gettext("Our applications"),
        "examine": gettext("To examine"),
        "hear": gettext("Our opinion is asked"),
        "decide": gettext("To decide"),
        "admitted": gettext("Admitted"),
        "attempts": gettext("Attempts without admission"),
        "ended": gettext("Ended applications"),
    }


def _lists(by: Actor) -> dict[str, Any]:
    return {
        "mine": desk.mine(by),
        "examine": desk.to_examine(by),
        "hear": desk.to_hear(by),
        "decide": desk.to_decide(by),
        "admitted": desk.admitted(),
        "ended": desk.decided(by),
    }


@require_GET
@staff
def page(request: HttpRequest) -> HttpResponse:
    """One tab of the desk."""
    by, words, number = actor_of(request), _words(), tabs.number(request)
    lists, tried = _lists(by), attempts.tallies()
    counts = {name: Count(rows.count()) for name, rows in lists.items()} | {"attempts": Count(len(tried))}
    first = next((name for name in ("examine", "decide", "hear") if counts[name].number), "mine")
    tab = tabs.chosen(request, words) if request.GET.get("tab") else first
    rows: list[Any] = tried if tab == "attempts" else list(lists[tab][(number - 1) * PAGE : number * PAGE])
    running = [row for row in rows if tab not in ("admitted", "attempts")]
    shown = {
        "tabs": tabs.tabs(words, counts, tab, reverse("admission")),
        "tab": tab,
        "rows": rows,
        "open_to_us": desk.visible(by, [one.case_id for one in rows]) if tab == "admitted" else set(),
        "ours": desk.of_ours(by, rows) if tab == "admitted" else set(),
        "cases": {row.id: row for row in queries.case_rows([one.case_id for one in running])},
        "pages": tabs.Pages(number, counts[tab], len(rows), PAGE),
        "aims": admission_words.aims(),
        "states": admission_words.states(),
        "list_href": tabs.here(request),
    }
    return render(request, "admission/_desk.html" if is_part(request) else "admission/desk.html", shown)


def _fields(level: str, *, is_new: bool) -> tuple[Field, ...]:
    """The fields of the papers; which lists there are depends on the level. An item that is admitted keeps its code."""
    lists: dict[str, Label] = {code: {"zh": one.name, "en": one.name_en} for code, one in rules.lists_of(level).items()}
    own = {"list_code": asked("list_code", "choice", "列入哪张清单", "On which list", choices=lists)}
    code = asked("item_code", "word", "事项代码", "Code of the item", hint=CODE_HINT if is_new else None)
    fields = (code, *(own.get(field.name, field) for field in PAPERS))
    return tuple(replace(field, required=field.name in rules.NEEDED) for field in fields)


CODE_HINT = {
    "zh": "区级清单已有的事项写它的代码；新事项可不写",
    "en": "An item of the district's list: its code. A new one needs none",
}


@require_http_methods(["GET", "POST"])
@staff
def apply(request: HttpRequest) -> HttpResponse:
    """The papers of an application; opened from a refusal, item, level and receiver are filled in."""
    by, levels = actor_of(request), _levels(actor_of(request))
    level = request.GET.get("level", "")
    level = level if level in levels else next(iter(levels))
    aim = request.GET.get("aim", "new")
    aim = aim if aim in admission_words.aims() else "new"

    def write(told: dict[str, Any]) -> str:
        row = actions.apply(actions.Papers(level=level, **told), by=by, aim=aim)
        return reverse("admission_papers", args=[row.case.number])

    heading = gettext("Apply for admission") if aim == "new" else admission_words.aims()[aim]
    return sheet.page(
        request, f"apply-{level}-{aim}", _fields(level, is_new=aim == "new"), write, heading=heading,
        back=reverse("admission"), initial=_known(request, level), template="admission/apply.html",
        levels=levels if aim == "new" else {}, level=level, query=request.GET,
        earliest=rules.earliest_start(versions.process(actions.PROCESS).definition) if aim == "new" else None,
    )  # fmt: skip


def _known(request: HttpRequest, level: str) -> dict[str, Any]:
    """What is known of an item: the papers it was admitted with, else what a list says of it."""
    code = str(request.GET.get("item_code", ""))[:40]
    before, found = desk.last_of(code, level), rules.on_list(code, level)
    if before is not None:
        kept = {field.name: getattr(before, field.name) for field in PAPERS}
        return {**kept, "basis": _lines(before.basis), "why": "", "item_code": code}
    if found is None:
        return {"people": 0}
    return {"name": found.name, "name_en": found.name_en, "list_code": found.list.code, "basis": _lines(found.basis),
            "limit": found.limit, "type": found.type, "result": found.form, "people": 0}  # fmt: skip


def _lines(basis: list[dict[str, Any]]) -> str:
    return "\n".join(f"{one['law']} 第{one['article']}条" for one in basis)


def _levels(by: Actor) -> dict[str, str]:
    """The levels below the actor's body, in words."""
    own = by.post.unit.level if by.post else "district"
    below = {"district": ("subdistrict", "community")}.get(own, ("community",))
    return {code: LEVELS[code]["zh" if is_chinese() else "en"] for code in below}


@require_GET
@staff
def papers(request: HttpRequest, number: str) -> HttpResponse:
    """The papers on one page: checks on top, one column per opinion, what came down with it."""
    by = actor_of(request)
    row = desk.of_number(by, number)
    whole = desk.shown(row)
    case = sight.case_or_404(by, number)
    definition = case.process.definition
    shown = {
        "whole": whole,
        "row": row,
        "case": case,
        "state": definition.state(case.state),
        "signs": [admission_words.sign(one) for one in rules.signs(row, definition)],
        "opinions": [admission_words.opinion(one) for one in whole.opinions],
        "aim": admission_words.aims()[row.aim],
        "type": admission_words.of(PAPERS, "type", row.type),
        "level": admission_words.level(row.level),
        "case_row": next(iter(queries.case_rows([case.id])), None),
        "kinds": admission_words.kinds(),
    }
    return render(request, "admission/papers.html", shown)
