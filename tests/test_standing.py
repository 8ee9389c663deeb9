"""Standing, signatures, conditions (身份、签名、条件): who may act, and what must hold or be signed before."""

from datetime import timedelta
from types import SimpleNamespace

import pytest

from jiedao.ground.people import Actor
from jiedao.kit import clock
from jiedao.kit.clock import now
from jiedao.kit.ids import new_id
from jiedao.kit.refusal import Refused
from jiedao.record.drawing import shipped_text
from jiedao.record.models import Assignment, Case, Deadline, Entry
from jiedao.record.standing import standings
from jiedao.stages import dispatch, resolution, triage, verification
from tests.town import Town, at, may


@pytest.fixture
def town(in_gulou) -> Town:
    return Town()


def refusal_of(verb, *args: object, **said: object) -> str:
    with pytest.raises(Refused) as refusal:
        verb(*args, **said)
    return refusal.value.rule


# Standings


def test_a_unit_that_handles_never_checks(town):
    case = town.open("event")
    town.order(case, town.water)

    assert "checker" not in standings(town.sits("inspector", town.water), case)
    assert "checker" in standings(town.sits("inspector", town.park), case)


def test_nobody_checks_what_was_handled_above_or_beside_in_the_same_body(town):
    case = town.open("event")
    town.order(case, town.street, answered_at=now())

    assert "checker" not in standings(town.sits("inspector", town.street_centre), case)


def test_who_answered_in_one_post_does_not_check_in_another(town):
    case = town.open("event")
    handler = town.sits("handler", town.water)
    town.order(case, town.water, answered_at=now(), answered_by=handler.person.id)

    assert "checker" not in standings(town.sits("inspector", town.park, person=handler.person), case)


def test_a_unit_that_returned_its_order_may_check(town):
    case = town.open("event")
    town.order(case, town.water, returned_at=now())

    assert "checker" in standings(town.sits("inspector", town.water), case)


def test_a_helper_is_no_lead_on_the_leads_order(town):
    case = at(town.open("event"), "handling")
    lead, helper = town.order(case, town.water), town.order(case, town.power, "helper")
    power = town.sits("handler", town.power)

    assert standings(power, case, lead) & {"lead", "helper"} == set()
    assert standings(power, case, helper) & {"lead", "helper"} == {"helper"}
    assert not may(case, "reply", power, lead)


def test_an_order_that_is_over_gives_no_standing(town):
    case = town.open("event")
    town.order(case, town.water, answered_at=now())

    assert "lead" not in standings(town.sits("handler", town.water), case)


def test_an_office_acts_on_what_was_sent_to_its_body(town):
    case = town.open("event")
    town.order(case, town.street)

    assert "lead" in standings(town.sits("office_head", town.street_office), case)
    assert "lead" not in standings(town.sits("office_head", town.elsewhere_centre), case)


def test_who_was_dropped_from_an_order_is_assigned_no_longer(town):
    case = town.open("event")
    order, member = town.order(case, town.water), town.sits("volunteer", town.water)
    assignment = Assignment.objects.create(order=order, person=member.person, asked_at=now())
    assert "assignee" in standings(member, case)

    assignment.dropped_at = now()
    assignment.save(update_fields=["dropped_at"])

    assert "assignee" not in standings(member, Case.objects.get(pk=case.pk))


def test_the_centre_of_another_sub_district_is_no_centre_here(town):
    case = town.open("event")

    assert "centre" in standings(town.sits("subdistrict_clerk", town.street_centre), case)
    assert "centre" in standings(town.sits("dispatcher", town.centre), case)
    assert "centre" not in standings(town.sits("subdistrict_clerk", town.elsewhere_centre), case)


def test_a_leader_oversees_the_own_area_only(town):
    case = town.open("event")

    assert "overseer" in standings(town.sits("district_leader", town.leaders), case)
    assert "overseer" in standings(town.sits("director", town.street_leaders), case)
    assert "overseer" not in standings(town.sits("director", town.elsewhere_leaders), case)


def test_a_resident_is_the_reporter_of_the_own_case_and_nothing_to_any_other(town):
    case = town.open("event")

    assert standings(Actor.resident(new_id(), case.id), case) == {"reporter"}
    assert standings(Actor.resident(new_id(), new_id()), case) == set()


def test_the_system_is_the_system(town):
    assert standings(Actor.system("ticker"), town.open("event")) == {"system"}


# Signatures


def whistle(town: Town, code: str = "whistle_hard", text: str = "") -> SimpleNamespace:
    """A reviewed whistle that calls the water bureau and the power station."""
    case = town.open(code, text, from_unit=town.street)
    clerk = town.sits("subdistrict_clerk", town.street_office)
    secretary, director, deputy = (
        town.sits(kind, town.street_leaders) for kind in ("party_secretary", "director", "deputy_director")
    )
    triage.review(
        case.id,
        by=clerk,
        lead=town.water,
        helpers=[town.power],
        aim="现场会商",
        meeting="周三上午",
        limit="5 working_days",
    )
    return SimpleNamespace(case=case, clerk=clerk, secretary=secretary, director=director, deputy=deputy)


def state_of(case: Case) -> str:
    return Case.objects.get(pk=case.pk).state


def verbs_of(case: Case) -> list[str]:
    return list(Entry.objects.filter(case=case).order_by("seq").values_list("verb", flat=True))


def test_a_hard_problem_whistle_stays_unblown_with_one_of_two_signatures(town):
    hard = whistle(town)
    dispatch.blow(hard.case.id, by=hard.secretary)
    assert (state_of(hard.case), hard.case.orders.count()) == ("reviewed", 0)

    dispatch.blow(hard.case.id, by=hard.director)

    assert (state_of(hard.case), hard.case.orders.count()) == ("blown", 2)
    assert verbs_of(hard.case) == ["report", "review", "sign", "blow"]


def test_one_person_does_not_sign_for_two(town):
    hard = whistle(town)

    for _ in range(2):
        try:
            dispatch.blow(hard.case.id, by=hard.secretary)
        except Refused:
            continue

    assert state_of(hard.case) == "reviewed"


def test_a_clerk_and_a_deputy_cannot_blow_a_hard_problem_whistle(town):
    hard = whistle(town)

    assert refusal_of(dispatch.blow, hard.case.id, by=hard.clerk) == "not_yours"
    assert refusal_of(dispatch.blow, hard.case.id, by=hard.deputy) == "not_yours"
    assert verbs_of(hard.case) == ["report", "review"]


def test_by_switch_either_of_the_two_blows_it(town):
    switched = shipped_text("whistle_hard").replace(
        "{all: [party_secretary, director]}", "{any: [party_secretary, director]}"
    )
    hard = whistle(town, text=switched)

    dispatch.blow(hard.case.id, by=hard.director)

    assert state_of(hard.case) == "blown"


def test_one_member_of_the_leadership_blows_a_work_progress_whistle(town):
    progress = whistle(town, "whistle_progress")

    dispatch.blow(progress.case.id, by=progress.deputy)

    assert state_of(progress.case) == "blown"


def test_a_whistle_sent_back_to_be_drafted_again_is_signed_anew(town):
    hard = whistle(town)
    dispatch.blow(hard.case.id, by=hard.secretary)
    triage.consult(hard.case.id, by=hard.director, reason="部门不对")
    triage.review(hard.case.id, by=hard.clerk, lead=town.park, helpers=[], aim="现场会商", meeting="周四上午")

    dispatch.blow(hard.case.id, by=hard.director)

    assert state_of(hard.case) == "reviewed"


def handled(town: Town, code: str = "event", state: str = "handling", **columns: object) -> SimpleNamespace:
    """A case the water bureau handles, signed for by its handler."""
    case = at(town.open(code, **columns), state)
    return SimpleNamespace(
        case=case,
        order=town.order(case, town.water, acknowledged_at=now()),
        handler=town.sits("handler", town.water),
        dispatcher=town.sits("dispatcher", town.centre),
        inspector=town.sits("inspector", town.park),
    )


def test_a_case_is_deferred_when_unit_and_centre_have_both_signed_and_its_promise_stands_still(town):
    road = handled(town)
    promise = Deadline.objects.create(
        case=road.case,
        kind="promise",
        name="promise",
        limit="5 working_days",
        source="test",
        started_at=now(),
        due_at=now(),
        soon_at=now(),
    )
    resolution.defer(road.order, by=road.handler, reason="等管线迁改")
    assert state_of(road.case) == "handling"

    resolution.defer(road.order, by=road.dispatcher, reason="情况属实")

    promise.refresh_from_db()
    assert (state_of(road.case), promise.paused_since is None) == ("deferred", False)


def test_work_on_a_call_ends_without_result_only_when_unit_and_centre_agree(town):
    road = handled(town, "call")
    resolution.terminate(road.order, by=road.dispatcher, reason="已进入诉讼")
    assert state_of(road.case) == "handling"

    resolution.terminate(road.order, by=road.handler, reason="已进入诉讼")

    assert state_of(road.case) == "terminated"


# What must hold before a move


def test_an_order_is_recalled_only_before_it_is_signed(town):
    road = handled(town)

    assert refusal_of(dispatch.recall, road.order, by=road.dispatcher, reason="派错") == "not_acknowledged"


def test_after_a_ruling_there_is_no_second_return(town):
    road = handled(town)
    road.order.no_return = True
    road.order.save(update_fields=["no_return"])

    returned = refusal_of(resolution.return_, road.order, by=road.handler, reason="非我职责", article="清单第3项")

    assert returned == "may_return"


def test_a_unit_objects_to_a_call_before_it_signs_and_not_after(town):
    road = handled(town, "call", "acknowledged")
    fresh = town.order(road.case, town.power, "helper")

    objected = refusal_of(resolution.object_, road.order, by=road.handler, reason="非我职责", article="清单第3项")
    resolution.object_(fresh, by=town.sits("handler", town.power), reason="非我职责", article="清单第3项")

    fresh.refresh_from_db()
    assert (objected, fresh.objected_at is None) == ("not_acknowledged", False)


def test_a_lead_speaks_with_the_caller_before_it_answers(town):
    road = handled(town, has_caller=True)

    assert refusal_of(resolution.reply, road.order, by=road.handler, outcome="done", text="已修好") == "contacted_first"


def test_nothing_closes_before_somebody_else_has_checked_and_agreed(town):
    road = handled(town)
    resolution.reply(road.order, by=road.handler, outcome="done", text="已修好")
    verification.ask_check(road.case.id, by=road.dispatcher)
    assert refusal_of(verification.close, road.case.id, by=road.dispatcher) == "check_agrees"

    verification.check(road.case.id, by=road.inspector, way="site", agrees=False, text="还有积水")

    assert refusal_of(verification.close, road.case.id, by=road.dispatcher) == "check_agrees"
    verification.rework(road.case.id, by=road.dispatcher, reason="还有积水")
    assert state_of(road.case) == "rework"


def test_rework_needs_a_check_that_disagrees(town):
    road = handled(town)
    resolution.reply(road.order, by=road.handler, outcome="done", text="已修好")
    verification.ask_check(road.case.id, by=road.dispatcher)
    verification.check(road.case.id, by=road.inspector, way="site", agrees=True, text="已修好")

    assert refusal_of(verification.rework, road.case.id, by=road.dispatcher, reason="再做") == "check_disagrees"


def test_a_helpers_last_reply_brings_a_case_without_lead_back_to_the_dispatcher(town):
    road = handled(town)
    helper = town.order(road.case, town.power, "helper", acknowledged_at=now())
    resolution.return_(road.order, by=road.handler, reason="非我职责", article="清单第3项")
    assert state_of(road.case) == "handling"

    resolution.reply(helper, by=town.sits("handler", town.power), outcome="done", text="线路正常")

    assert state_of(road.case) == "returned"


def test_a_helper_who_returns_last_does_not_undo_what_the_lead_answered(town):
    road = handled(town)
    helper = town.order(road.case, town.power, "helper")
    resolution.reply(road.order, by=road.handler, outcome="done", text="已修好")
    resolution.return_(helper, by=town.sits("handler", town.power), reason="非我职责", article="清单第3项")
    assert state_of(road.case) == "returned"

    verification.ask_check(road.case.id, by=road.dispatcher)

    assert state_of(road.case) == "verifying_result"


def test_a_closed_case_is_reopened_within_its_window_and_not_after(town):
    road = handled(town)
    resolution.reply(road.order, by=road.handler, outcome="done", text="已修好")
    at(road.case, "closed", closed_at=now())
    resident = Actor.resident(new_id(), road.case.id)

    with clock.moved(now() + timedelta(days=30)):
        assert refusal_of(verification.reopen, road.case.id, by=resident, reason="又积水") == "reopen_window_open"
    verification.reopen(road.case.id, by=resident, reason="又积水")

    assert state_of(road.case) == "rework"
