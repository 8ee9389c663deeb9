"""Whole changes (整体变更): verbs beside the case, of all lines, are whole or not at all, and write their line (G03, G32).

As in `test_whole_writes`: the n-th statement is spoiled, n = 1 to all, and every table of the district is what it was. By
the same road each of them writes its line of the journal: without it the verb is spoiled like by any other statement.
"""

from collections.abc import Callable, Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from jiedao.ground.districts import district
from jiedao.ground.journal.models import Change
from jiedao.ground.people import appointments, corrections, tokens
from jiedao.ground.people.models import Account
from jiedao.ground.terms.models import Term
from jiedao.kit.clock import moved, now, today
from jiedao.lines.admission import burdens, certificates
from jiedao.lines.lists import actions
from jiedao.lines.patrol.actions import briefing, shifts
from jiedao.lines.processes import drafts
from jiedao.lines.replies import templates
from jiedao.lines.scores import periods
from jiedao.lines.subjects import desk, holds
from jiedao.lines.wall import pairing
from jiedao.record import succession
from tests import listing, organising, test_organisation_change, test_scores_periods
from tests.callbacks import called_back
from tests.cast import reported, seat
from tests.patrols import HEAD, MEMBER, running, seen
from tests.residents import acting
from tests.test_foreign_ids import rows
from tests.test_whole_writes import fails_whole

Write = Callable[[], Any]


def _keeper() -> Any:
    organising.bare()
    organising.keeper()
    return acting(organising.KEEPER)


def appointed() -> Write:
    by, who, free = _keeper(), organising.person(), organising.seat("urban", "handler", "9")
    return lambda: appointments.appoint(who, free, by=by, on=today(), basis="区编〔2026〕1号")


def reorganised() -> Write:
    by = _keeper()
    return lambda: succession.reorganise("大部制改革", test_organisation_change.MERGE, by=by, on=today())


def corrected() -> Write:
    by = acting("urban")
    return lambda: corrections.ask(by=by, words="电话换了")


def list_proposed() -> Write:
    listing.keep()
    return listing.proposed


def list_edited() -> Write:
    listing.keep()
    listing.proposed()
    by = seat(listing.KEEPER)
    return lambda: actions.edit(listing.draft(), "put", listing.item(), by=by)


def process_drafted() -> Write:
    by = seat("platform-system_admin")
    return lambda: drafts.begin("event", by=by)


def month_merged() -> Write:
    called_back("urban")
    by = acting("dispatcher")
    period = periods.open_period("three_rates", test_scores_periods.the_month(), by=by)

    def merge() -> None:
        with moved(period.ends_at + timedelta(hours=1)):
            periods.merge(period, by=by)

    return merge


def turn_planned() -> Write:
    by = seat(HEAD)
    squad, at = by.post.unit, now() + timedelta(days=3)
    return lambda: briefing.plan(squad, at, at + timedelta(hours=8), by=by, words="注意安全")


def turn_staffed() -> Write:
    by = seat(HEAD)
    at = now() + timedelta(days=3)
    roster = briefing.plan(by.post.unit, at, at + timedelta(hours=8), by=by)
    return lambda: briefing.put_on(roster, briefing.members(by.post.unit)[:3], by=by)


def shift_ended() -> Write:
    shift = running()
    by = seat(MEMBER)
    return lambda: shifts.end(shift.id, by=by)


def position_taken() -> Write:
    shift = running()
    seen(shift, age=100)  # the page as a source is entered once, with whoever comes first
    return lambda: seen(shift)


def rights_asked() -> Write:
    reported(phone="10000000009", process="call")
    by = acting("security")
    return lambda: desk.ask("10000000009", "copy", by=by, purpose="subject_request", basis="回拨核对")


def identity_deleted() -> Write:
    reported(phone="10000000009", process="call")
    by = acting("security")
    row = desk.ask("10000000009", "delete", by=by, purpose="subject_request", basis="回拨核对")
    return lambda: desk.delete(row, by=by)


def case_held() -> Write:
    number, by = reported().number, acting("security")
    return lambda: holds.make(number, by=by, reason="信访复查", until=today() + timedelta(days=30))


def template_kept() -> Write:
    kinds = {"posts": ["handler"], "within": "district"}
    named = {"name": "答复模板", "name_en": "reply templates", "facts": kinds}
    Term.objects.update_or_create(table="competence", code=templates.COMPETENCE, defaults=named)
    by = seat("urban-handler-1")
    return lambda: templates.keep(by=by, code="lamp", name="路灯", text="已修好")


def burden_added() -> Write:
    by, owner = seat("320106001901-community_clerk"), seat("civil-handler-1").post.unit
    return lambda: burdens.add(
        by=by, kind="form", name="月报", owner=owner, rhythm="monthly", hours=Decimal(2), communities=["320106001901"]
    )


def certificate_refused() -> Write:
    by = seat("320106001901-community_clerk")
    return lambda: certificates.demand(by=by, what="居住证明", asked_by="某学校")


def screen_made() -> Write:
    by = seat("centre-dispatcher-1")
    return lambda: pairing.make("指挥大厅", 4, by=by)


def token_made() -> Write:
    account = Account.objects.select_related("person").get(username="urban")
    post = seat("urban-handler-1").post
    return lambda: tokens.make(account, post, "test", timedelta(days=1))


IN_GUANGMING = (turn_planned, turn_staffed, shift_ended, position_taken)
SCENES = (
    appointed, reorganised, corrected, list_proposed, list_edited, process_drafted, month_merged, rights_asked,
    identity_deleted, case_held, template_kept, burden_added, certificate_refused, screen_made, token_made, *IN_GUANGMING,
)  # fmt: skip
EACH_COMMIT = (case_held,)
QUIET = (position_taken,)
"""Of a position its row is all there is."""


@pytest.fixture
def place(fresh_database: str, request: pytest.FixtureRequest) -> Iterator[None]:
    with district("guangming" if request.node.callspec.params["scene"] in IN_GUANGMING else "gulou"):
        yield


@pytest.mark.parametrize(
    "scene",
    [
        pytest.param(scene, id=scene.__name__, marks=[] if scene in EACH_COMMIT else [pytest.mark.nightly])
        for scene in SCENES
    ],
)
def test_of_a_change_whose_nth_statement_fails_nothing_is_left(place, monkeypatch, scene):
    write = scene()
    lines = Change.objects.count()

    statements = fails_whole(monkeypatch, write, rows)

    print(f"reached {statements} statements of {scene.__name__}, each failed once")
    assert statements > 1
    assert Change.objects.count() > lines or scene in QUIET, "it changed something and wrote no line"
