"""Changes of lists (清单动态调整): the road from a proposal to a version in force, what is refused, what a case keeps."""

from datetime import timedelta

import pytest

from jiedao.ground.districts import district
from jiedao.ground.duties import drafts, written
from jiedao.ground.duties.models import DutyItem, DutyList
from jiedao.ground.duties.responsible import responsible
from jiedao.ground.terms.models import Term
from jiedao.kit.clock import moved, now, today
from jiedao.kit.refusal import Absent, Refused
from jiedao.lines.lists import actions, gaps, rounds, trial
from jiedao.lines.lists.models import ListChange, Wish
from jiedao.record.models import Case, DispatchOrder, Entry
from tests.cast import at_once, dispatched, do, reported, rules, seat
from tests.listing import DISTRICT, KEEPER, decided, draft, examined, item, keep, powers, proposed, submitted, tomorrow

STREET = "320106001"


@pytest.fixture
def kept(in_gulou):
    keep()


def by():
    return seat(KEEPER)


def state(case):
    return Case.objects.get(pk=case.pk).state


def turns(case):
    rows = case.orders.select_related("unit").order_by("sent_at", "id")
    return [(order.unit.code, order.role) for order in rows if order.is_open]


def with_item(**said):
    """A proposed change that adds an item."""
    case = proposed()
    actions.edit(draft(), "put", item(**said), by=by())
    return case


def with_limit():
    """A proposed change of one limit, and nothing else."""
    case = proposed()
    lights = written.of(draft())["street-lights"]
    actions.edit(draft(), "put", lights | {"limit": "12 hours"}, by=by())
    return case


# The road 流程


def test_a_proposal_brings_case_papers_and_draft_in_one(kept):
    case = proposed()

    change = ListChange.objects.get(case_id=case.id)
    assert (case.state, case.process.code, change.draft, change.trigger) == ("triggered", "list_change", draft(), "law")
    assert draft().case_id == case.id
    assert turns(case) == [("urban", "lead")]
    assert case.deadlines.get(kind="state").limit == "10 working_days"


def test_an_item_added_goes_all_the_way_to_government_and_comes_into_force_on_its_day(kept):
    case = submitted(with_item())
    assert (state(case), turns(case)) == ("applied", [("T-establishment", "lead"), ("T-legal", "heard")])
    assert case.deadlines.get(kind="state", stopped_at=None).limit == "15 working_days"

    decided(examined(case))
    assert (state(case), turns(case)) == ("approved", [("T-establishment", "lead")])
    assert case.deadlines.get(kind="state", stopped_at=None).limit == "3 working_days"
    do(case, "publish", "T-establishment-1")

    assert state(case) == "published" and turns(case) == []
    newest = drafts.newest(DISTRICT)
    assert newest.valid_from == tomorrow() and newest.published_on == today() and newest.case_id == case.id
    assert "ebike-parking" in written.of(newest)


def test_changed_elements_need_no_decision(kept):
    case = examined(submitted(with_limit()))

    do(case, "approve", "T-establishment-1")

    assert state(case) == "approved"


def test_an_item_added_is_not_passed_without_government(kept):
    case = examined(submitted(with_item()))

    with pytest.raises(Refused, match="elements_only"):
        do(case, "approve", "T-establishment-1")
    assert state(case) == "applied"


def test_nothing_goes_on_before_the_law_was_reviewed_and_found_good(kept):
    case = submitted(with_item())
    with pytest.raises(Refused, match="opinions_in"):
        do(case, "table", "T-establishment-1")

    do(case, "vet", "T-legal-1", lawful=False, text="与上位法抵触")

    with pytest.raises(Refused, match="found_lawful"):
        do(case, "table", "T-establishment-1")
    do(case, "turn_down", "T-establishment-1", reason="与上位法抵触")
    assert state(case) == "refused"


def test_a_unit_that_is_heard_does_not_review_the_law(kept):
    case = submitted(with_item())
    do(case, "hear", "T-establishment-1", units=["fire"], question="有没有意见")

    with pytest.raises(Refused, match="asked_about_law"):
        do(case, "vet", "fire-handler-1", lawful=True, text="合法")


def test_a_change_that_changes_nothing_is_not_submitted(kept):
    with pytest.raises(Refused, match="draft_says_the_same"):
        submitted(proposed())


def test_a_day_that_has_passed_is_no_day_to_come_into_force(kept):
    with pytest.raises(Refused, match="in_force_in_the_past"):
        submitted(with_item(), on=today() - timedelta(days=1))


def test_what_took_longer_than_its_day_comes_into_force_when_it_is_published(kept):
    case = decided(examined(submitted(with_item(), on=today())))

    with moved(now() + timedelta(days=2)):
        do(case, "publish", "T-establishment-1")
        assert drafts.newest(DISTRICT).valid_from == today()


def test_a_refused_publication_leaves_case_and_list_as_they_were(kept):
    case = decided(examined(submitted(with_item())))
    before = Entry.objects.filter(case=case).count()

    with pytest.raises(Refused, match="in_force_in_the_past"):
        do(case, "publish", "T-establishment-1", effective_on="2020-01-01")

    assert state(case) == "approved" and drafts.newest(DISTRICT).version == 1
    assert Entry.objects.filter(case=case).count() == before


# Writing and reviewing 改与审


def test_nobody_writes_in_what_is_under_review(kept):
    submitted(with_item())

    with pytest.raises(Refused, match="draft_under_review"):
        actions.edit(draft(), "put", item("late"), by=by())

    assert "late" not in written.of(draft())


def test_what_was_sent_back_is_written_in_again(kept):
    case = submitted(with_item())

    do(case, "send_back", "T-establishment-1", reason="缺依据")
    actions.edit(draft(), "put", item("late"), by=by())

    assert state(case) == "triggered" and turns(case) == [("urban", "lead")]
    assert "late" in written.of(draft())
    submitted(case)


def test_a_refused_draft_may_be_taken_up_by_a_new_case(kept):
    first = submitted(with_item())
    do(first, "turn_down", "T-establishment-1", reason="时机不到")

    second = proposed(reason="时机到了")

    assert draft().case_id == second.id
    assert "ebike-parking" in written.of(draft())


def test_one_change_of_a_list_at_a_time(kept):
    first = proposed()

    with pytest.raises(Refused) as refusal:
        proposed()

    assert refusal.value.rule == "change_open" and refusal.value.facts["number"] == first.number


def test_a_draft_is_not_given_up_under_a_running_case(kept):
    case = proposed()
    with pytest.raises(Refused, match="change_open"):
        actions.drop(draft(), by=by())

    do(case, "withdraw", KEEPER, reason="不改了")
    actions.drop(draft(), by=by())

    assert drafts.open_of(DISTRICT) is None
    assert ListChange.objects.get(case_id=case.id).draft is None


def test_who_keeps_no_list_proposes_nothing(kept):
    Term.objects.filter(table="competence", code="lists").update(facts={"posts": ["unit_head"], "within": "district"})

    with pytest.raises(Refused, match="not_keeper"):
        proposed()

    assert not ListChange.objects.exists() and drafts.open_of(DISTRICT) is None


# What a case keeps 案件沿用


def test_a_case_keeps_the_item_row_it_was_dispatched_under(kept):
    case = dispatched("lighting")
    old = Case.objects.get(pk=case.pk).item_id
    change = decided(examined(submitted(with_limit(), on=today() + timedelta(days=1))))
    do(change, "publish", "T-establishment-1")

    with moved(now() + timedelta(days=2)):
        fresh = reported("路灯又不亮了，第五根")
        do(fresh, "classify", "centre-dispatcher-1", item="street-lights")

    fresh.refresh_from_db()
    assert Case.objects.get(pk=case.pk).item_id == old
    assert DispatchOrder.objects.get(case=case).item_id == old
    assert (fresh.item_id != old, fresh.item.limit, fresh.routing["why"]["version"]) == (True, "12 hours", "2")


# Races 同时


def test_two_proposals_at_one_instant_make_one_case(fresh_database):
    with district("gulou"):
        keep()

    results = at_once(proposed, proposed)

    assert rules(results) in (["case", "change_open"], ["case", "list_draft_open"])
    with district("gulou"):
        assert ListChange.objects.count() == 1 and DutyList.objects.filter(published_on=None).count() == 1


def test_an_item_written_while_somebody_submits_is_in_or_refused(fresh_database):
    with district("gulou"):
        keep()
        case = with_item()

    def write():
        actions.edit(draft(), "put", item("at-the-same-time"), by=by())

    results = at_once(lambda: submitted(case), write)

    with district("gulou"):
        refused = "draft_under_review" in rules(results)
        assert ("at-the-same-time" in written.of(draft())) is not refused
        added = ListChange.objects.get(case_id=case.id).summary["added"]
        assert added == len(written.of(draft())) - len(written.of(drafts.newest(DISTRICT)))


def test_two_publications_at_one_instant_put_one_version_in_force(fresh_database):
    with district("gulou"):
        keep()
        case = decided(examined(submitted(with_item())))

    results = at_once(*[lambda: do(case, "publish", "T-establishment-1")] * 2)

    assert sorted(rules(results)) == ["done", "not_now"]
    with district("gulou"):
        assert DutyList.objects.filter(code=DISTRICT, valid_to=None).count() == 1


def test_two_drafts_at_one_instant_are_one(fresh_database):
    with district("gulou"):
        keep()

    results = at_once(*[lambda: drafts.begin(drafts.newest(DISTRICT), by=by())] * 2)

    assert rules(results) == ["dutylist", "list_draft_open"]


# Delegation round 赋权轮次


def test_a_street_says_what_it_needs_and_can_carry(kept):
    powers("province", kind="catalogue")
    powers()
    case = proposed("demo-powers", trigger="delegation", catalogue="province")
    do(case, "hear", KEEPER, units=[STREET], question="需要哪些，能承接哪些")
    order = case.orders.get(unit__code=STREET)

    wishes = {"block-exit": {"needs": True, "carries": False, "text": "缺执法车"}}
    rounds.wish(order, by=seat(f"{STREET}-leaders-director"), stance="agree_if", text="配车就接", wishes=wishes)

    said = Wish.objects.get(unit__code=STREET)
    assert (said.item_code, said.needs, said.carries, said.text) == ("block-exit", True, False, "缺执法车")
    offer = rounds.offers(ListChange.objects.get(case_id=case.id))[0]
    assert (offer.needed, offer.carried) == (1, 0)
    order.refresh_from_db()
    assert order.outcome == "agree_if"


def test_a_street_that_asks_for_what_is_not_offered_is_refused_whole(kept):
    powers()
    case = proposed("demo-powers", trigger="delegation")
    do(case, "hear", KEEPER, units=[STREET], question="需要哪些")
    order = case.orders.get(unit__code=STREET)

    with pytest.raises(Refused, match="unknown_item"):
        wishes = {"made-up": {"needs": True, "carries": True}}
        rounds.wish(order, by=seat(f"{STREET}-leaders-director"), stance="agree", text="好", wishes=wishes)

    order.refresh_from_db()
    assert order.answered_at is None and not Wish.objects.exists()


# Trial and gaps 试运行、冲突与缺口


def test_the_trial_tells_which_cases_would_go_elsewhere_fall_off_or_have_another_limit(kept):
    lamp, rubbish = dispatched("lighting"), reported("垃圾堆在路边没人清")
    do(rubbish, "classify", "centre-dispatcher-1", item="exposed-rubbish")
    noisy = reported("半夜工地还在施工")
    do(noisy, "classify", "centre-dispatcher-1", item="night-construction")
    version = draft()
    there = written.of(version)
    drafts.put(version, there["street-lights"] | {"lead": "urban"}, by=by())
    drafts.put(version, there["exposed-rubbish"] | {"limit": "1 working_days"}, by=by())
    drafts.end(version, "night-construction", by=by())
    before = {model: list(model.objects.order_by("id").values()) for model in (Case, DispatchOrder, DutyItem, Entry)}

    found = trial.trial(version, by=seat("centre-dispatcher-1"))

    moved_to = [(row.code, row.was.code, row.now.code, row.cases, row.numbers) for row in found.elsewhere]
    assert moved_to == [("street-lights", "lighting", "urban", 1, [lamp.number])]
    assert [(row.code, row.cases, row.numbers) for row in found.off_list] == [("night-construction", 1, [noisy.number])]
    assert [(row.code, row.was, row.now) for row in found.limits] == [
        ("exposed-rubbish", "4 working_hours", "1 working_days")
    ]
    assert found.cases == 3
    # It changed no row.
    assert {model: list(model.objects.order_by("id").values()) for model in before} == before


def test_the_trial_agrees_with_the_routing_of_every_item(kept):
    """One rule, asked in two ways."""
    lamp = dispatched("lighting")
    version = draft()
    rows, own = trial._rows(version), trial._own()

    for one in version.items.all():
        here = trial._here(lamp.area_path, own)
        assert trial.decide(rows[one.code], lamp.area_path, here).lead == responsible(one, lamp.area).lead


def test_the_trial_tells_what_could_not_be_sent_down_any_more(kept):
    case = reported("垃圾堆在路边没人清")
    do(case, "classify", "centre-dispatcher-1", item="exposed-rubbish")
    do(case, "file", "centre-dispatcher-1")
    do(case, "dispatch", "centre-dispatcher-1", lead=STREET)
    code = DutyList.objects.on().get(level="subdistrict", kind="duty").code
    version = draft(code)
    drafts.end(version, "exposed-rubbish", by=by())

    found = trial.trial(version, by=by())

    assert [(row.code, row.cases, row.level) for row in found.unadmitted] == [("exposed-rubbish", 1, "subdistrict")]


def test_conflicts_and_gaps_are_found(kept):
    homeless = reported("没有事项的诉求")
    joint = DutyList.objects.create(
        code="joint", version=1, kind="inspection", level="district", name="联合检查", name_en="Joint",
        published_on=today(), valid_from=today(),
    )  # fmt: skip
    for said in (
        item("street-lights", lead="urban", helpers=[]),
        item("unheard-of", lead="own_community", helpers=[], basis=[]),
    ):
        written.write(joint, [said], written.known([said]), first_rank=1)

    found = gaps.gaps(by=seat("centre-dispatcher-1"))

    assert (found.homeless, [number for number, _ in found.numbers]) == (1, [homeless.number])
    collide = [(gap.item.code, {unit.code for unit in gap.said}) for gap in found.leads if gap.kind == "two_leads"]
    assert collide == [("street-lights", {"urban", "lighting"})]
    assert ("unheard-of", ("community",)) in [(gap.item.code, gap.said) for gap in found.unadmitted]
    assert "unheard-of" in {gap.item.code for gap in found.unused}
    assert "unheard-of" in {gap.item.code for gap in found.baseless}


def test_the_shipped_lists_have_no_conflict(kept):
    found = gaps.gaps(by=by())

    assert (found.leads, found.unadmitted) == ([], [])


def test_a_draft_out_of_sight_is_not_there(kept):
    from jiedao.lines.lists import keeping

    proposed()

    with pytest.raises(Absent):
        keeping.draft(seat("petitions-duty_officer"), DISTRICT)
