"""The verbs of the organisation (组织办理): who sits where from when, and what that does at the next request (G18)."""

from dataclasses import replace

import pytest

from jiedao.ground.journal.models import Change
from jiedao.ground.people import Actor, appointments, counting, establishing, posts, staffing, stationing, ties, tokens
from jiedao.ground.people.models import Account, Link, Person, Stationing, Tenure, Tie, Unit
from jiedao.ground.people.stationing import Consent
from jiedao.ground.places.models import Area
from jiedao.kit.clock import today
from jiedao.kit.refusal import Refused
from tests.desks import Colleague
from tests.organising import (
    KEEPER,
    SYSTEM,
    account_of,
    bare,
    holder,
    in_days,
    keeper,
    person,
    post,
    seat,
    tenure,
    term,
    told,
)
from tests.residents import acting

pytestmark = pytest.mark.usefixtures("in_gulou")


@pytest.fixture
def by() -> Actor:
    bare()
    keeper()
    return acting(KEEPER)


def refused(rule: str):
    return pytest.raises(Refused, match=rule)


def test_an_appointment_is_held_from_its_day_and_written_down(by):
    free = seat("urban", "handler", "9")

    appointments.appoint(person(), free, by=by, on=today(), basis="区编〔2026〕1号")

    assert holder("urban-handler-9") == person()
    assert [p.code for p in posts.held_by(person())] == ["urban-handler-9"]
    assert told("urban") == ["appoint"]
    assert Change.objects.get(kind="unit", verb="appoint").facts["person"] == "P9001"


def test_one_for_a_day_ahead_is_not_held_before_it(by):
    appointments.appoint(person(), seat("urban", "handler", "9"), by=by, on=in_days(5))

    assert posts.held_by(person()) == []
    assert holder("urban-handler-9", in_days(5)) == person()


def test_one_of_the_past_shows_who_was_where_then(by):
    appointments.appoint(person(), seat("urban", "handler", "9"), by=by, on=in_days(-30), until=in_days(-10))

    assert holder("urban-handler-9", in_days(-20)) == person()
    assert holder("urban-handler-9") is None


def test_a_seat_is_filled_once_at_a_time(by):
    with refused("seat_taken") as no:
        appointments.appoint(person(), post("urban-handler-1"), by=by, on=today())

    assert no.value.facts["person"] == holder("urban-handler-1").name
    assert Tenure.objects.filter(person=person()).count() == 0
    assert told("urban") == []


def test_a_seat_that_is_left_can_be_filled_on_the_same_day(by):
    appointments.release(tenure("urban-handler-1"), by=by, on=in_days(3))

    appointments.appoint(person(), post("urban-handler-1"), by=by, on=in_days(3))

    assert holder("urban-handler-1", in_days(2)) != person()
    assert holder("urban-handler-1", in_days(3)) == person()


def test_nobody_is_appointed_backwards_twice_or_after_leaving(by):
    free = seat("urban", "handler", "9")
    with refused("backwards"):
        appointments.appoint(person(), free, by=by, on=today(), until=today())
    appointments.appoint(person(), free, by=by, on=today())
    with refused("already_holds"):
        appointments.appoint(person(), free, by=by, on=today())
    Person.objects.filter(code="P9001").update(left_on=today())
    with refused("person_left"):
        appointments.appoint(Person.objects.get(code="P9001"), seat("urban", "handler", "x"), by=by, on=today())


def test_somebody_stands_in_while_the_holder_stays(by):
    boss = holder("urban-unit_head")

    appointments.stand_in(person(), post("urban-unit_head"), by=by, on=today(), until=in_days(10), instead_of=boss)

    assert holder("urban-unit_head") == boss
    assert [p.code for p in posts.held_by(person())] == ["urban-unit_head"]
    with refused("not_the_holder"):
        appointments.stand_in(
            person("P9002"), post("urban-handler-1"), by=by, on=today(), until=in_days(2), instead_of=boss
        )


def test_who_is_seconded_keeps_his_own_seat(by):
    lent = holder("urban-handler-1")

    appointments.second(lent, seat("water", "handler", "9"), by=by, on=today(), until=in_days(90))

    assert [p.code for p in posts.held_by(lent)] == ["urban-handler-1", "water-handler-9"]


def test_a_move_is_both_or_neither(by):
    gone = tenure("urban-handler-1")
    with refused("seat_taken"):
        appointments.move(gone, post("urban-handler-2"), by=by, on=today())
    gone.refresh_from_db()
    assert gone.valid_to is None

    appointments.move(gone, seat("water", "handler", "9"), by=by, on=today())

    assert holder("urban-handler-1") is None
    assert holder("water-handler-9") == gone.person


def test_who_is_moved_acts_as_the_new_seat_says_at_the_next_request(by):
    """G18: nothing of the old seat is left in the session."""
    mover = Colleague("urban")
    assert "区城市管理局" in mover.get("/desk/").content.decode()

    appointments.move(tenure("urban-handler-1"), seat("water", "handler", "9"), by=by, on=today())

    page = mover.get("/desk/").content.decode()
    assert "区水务局" in page
    assert "区城市管理局" not in page


def test_who_leaves_is_out_at_the_next_request_with_sessions_and_tokens(by):
    """G18: seats end, the account is closed, and opening it again brings no session back."""
    leaver, account = Colleague("urban"), account_of("urban")
    _, key = tokens.make(account, post("urban-handler-1"), "script", tokens.LONGEST)
    assert tokens.actor_of(key) is not None
    assert leaver.get("/desk/").status_code == 200

    staffing.leave(account.person, by=by, on=today())

    assert leaver.get("/desk/").status_code == 302
    assert tokens.actor_of(key) is None
    assert holder("urban-handler-1") is None
    Account.objects.filter(username="urban").update(is_active=True)
    assert leaver.get("/desk/").status_code == 302


def test_who_leaves_later_works_until_that_day(by):
    leaver, account = Colleague("urban"), account_of("urban")

    staffing.leave(account.person, by=by, on=in_days(7))

    assert leaver.get("/desk/").status_code == 200
    assert holder("urban-handler-1", in_days(7)) is None
    assert staffing.close_departed() == 0
    Person.objects.filter(pk=account.person_id).update(left_on=today())
    assert staffing.close_departed() == 1
    assert leaver.get("/desk/").status_code == 302


def test_a_closed_account_is_out_and_comes_back_without_its_sessions(by):
    user, account = Colleague("urban"), account_of("urban")

    staffing.disable(account, by=by, reason="长期不用")

    assert user.get("/desk/").status_code == 302
    staffing.enable(account, by=by, reason="恢复")
    assert user.get("/desk/").status_code == 302
    assert Colleague("urban").get("/desk/").status_code == 200


def test_nobody_changes_what_is_not_his_to_keep(by):
    with refused("not_keeper"):
        appointments.appoint(person(), seat("urban", "handler", "9"), by=acting("urban"), on=today())
    keeper("body", "unit_head")
    head = acting("urban-head")

    appointments.appoint(person(), post("urban-handler-9"), by=head, on=today())

    with refused("not_keeper"):
        appointments.appoint(person("P9002"), seat("water", "handler", "9"), by=head, on=today())


def test_nobody_appoints_himself_or_another_of_his_own_height(by):
    with refused("not_oneself"):
        appointments.appoint(by.person, seat("urban", "handler", "9"), by=by, on=today())
    with refused("not_below_own"):
        appointments.appoint(person(), seat("platform", "system_admin", "2"), by=by, on=today())
    with refused("not_oneself"):
        staffing.disable(account_of(KEEPER), by=by, reason="x")


def test_no_person_is_two_kinds_of_administrator(by):
    """G18: system, security and audit stay apart, whoever appoints."""
    appointments.appoint(person(), seat("platform", "security_admin", "2"), by=SYSTEM, on=today())

    with refused("admin_roles_apart"):
        appointments.appoint(person(), seat("platform", "auditor", "2"), by=SYSTEM, on=today())


def test_joining_with_a_seat_that_is_taken_leaves_nobody(by):
    with refused("seat_taken"):
        staffing.join("P9001", "张三（演示）", by=by, post=post("urban-handler-1"), account="zhangsan")

    assert not Person.objects.filter(code="P9001").exists()
    assert not Account.objects.filter(username="zhangsan").exists()


def test_one_person_has_one_account_that_may_sign_in(by):
    staffing.join("P9001", "张三（演示）", by=by, post=seat("urban", "handler", "9"), account="zhangsan")

    with refused("second_account"):
        staffing.open_account(person(), "zhangsan2", by=by)
    assert account_of("zhangsan").has_usable_password() is False


def _stationed(by: Actor, head: bool = True) -> Stationing:
    term("station_kind", "resident", "常驻", command=100, home=0)
    units = {unit.code: unit for unit in Unit.objects.on().filter(code__in=["urban", "320106001"])}
    gear = [{"what": "执法车", "quantity": "2", "unit": "辆"}, {"what": ""}]
    return stationing.station(
        holder("urban-handler-1"), home=units["urban"], command=units["320106001"], kind="resident", by=by,
        on=today(), is_head=head, gear=gear,
    )  # fmt: skip


def _answer(agrees: bool = True) -> Consent:
    street = Unit.objects.on().get(code="320106001")
    return Consent("26-00001", agrees, "consent", holder("urban-handler-1").id, street.id)


def test_a_stationed_person_has_two_masters_and_brings_his_gear(by):
    row = _stationed(by)

    assert row.gear == [{"what": "执法车", "quantity": 2, "unit": "辆"}]
    assert told("320106001") == ["station"]
    with refused("stationed_already"):
        _stationed(by)
    stationing.end(row, by=by, on=today(), returned=True)
    assert Stationing.objects.on().filter(person=row.person).count() == 0


def test_a_stationed_head_is_not_moved_before_those_in_command_were_asked(by):
    _stationed(by)
    term("right", "consent", "征得同意权", heads=True, binding=True)
    gone, to = tenure("urban-handler-1"), seat("water", "handler", "9")

    with refused("consent_needed") as no:
        appointments.move(gone, to, by=by, on=today())
    with refused("consent_denied"):
        appointments.move(gone, to, by=by, on=today(), consent=_answer(agrees=False))
    with refused("consent_of_another"):
        appointments.move(gone, to, by=by, on=today(), consent=replace(_answer(), person=person().id))
    with refused("consent_denied"):
        appointments.move(gone, to, by=by, on=today(), consent=replace(_answer(), goes_on=False))
    assert no.value.facts["right"] == "征得同意权"
    assert holder("urban-handler-1") == gone.person

    appointments.move(gone, to, by=by, on=today(), consent=_answer())

    assert holder("water-handler-9") == gone.person
    assert Change.objects.get(kind="unit", verb="move").facts["consent"] == "26-00001"


def test_an_answer_that_does_not_bind_is_kept_and_the_move_goes_on(by):
    _stationed(by)
    term("right", "consent", "征得同意权", heads=True, binding=False)

    appointments.move(
        tenure("urban-handler-1"), seat("water", "handler", "9"), by=by, on=today(),
        consent=_answer(agrees=False),
    )  # fmt: skip

    assert Change.objects.get(kind="unit", verb="move").facts["answer"] == "objects"


@pytest.mark.parametrize("head", [True, False])
def test_nobody_is_asked_where_the_district_has_no_such_right_or_it_is_no_head(by, head):
    _stationed(by, head)
    if not head:
        term("right", "consent", "征得同意权", heads=True, binding=True)

    appointments.move(tenure("urban-handler-1"), seat("water", "handler", "9"), by=by, on=today())

    assert holder("urban-handler-1") is None


def _tie(by_itself: bool, within: str = "unit") -> Tie:
    leads, follows = post("urban-unit_head"), seat("urban", "party_head")
    made = Tie(code="two-hats", leads=leads.kind, follows=follows.kind, within=within, by_itself=by_itself)
    made.save(force_insert=True)
    return made


def _pair() -> ties.Pair:
    return next(pair for pair in ties.pairs() if pair.follows.code == "urban-party_head-x")


def test_a_tie_shows_whether_one_person_holds_both(by):
    _tie(by_itself=False)
    assert _pair().state == "vacant"
    appointments.appoint(person(), post("urban-party_head-x"), by=by, on=today())
    assert _pair().state == "apart"
    appointments.release(tenure("urban-party_head-x"), by=by, on=today())

    appointments.appoint(holder("urban-unit_head"), post("urban-party_head-x"), by=by, on=today())

    assert _pair().state == "holds"
    appointments.release(tenure("urban-unit_head"), by=by, on=today())
    assert _pair().state == "leaderless"
    assert holder("urban-party_head-x") is not None


def test_the_second_seat_follows_by_itself_where_the_tie_says_so(by):
    _tie(by_itself=True)
    appointments.release(tenure("urban-unit_head"), by=by, on=today())

    appointments.appoint(person(), post("urban-unit_head"), by=by, on=today())

    assert holder("urban-party_head-x") == person()
    assert _pair().state == "holds"
    appointments.release(tenure("urban-unit_head"), by=by, on=today())
    assert holder("urban-party_head-x") is None
    assert told("urban") == ["release", "appoint", "appoint", "release", "release"]


def test_links_of_a_seat_begin_and_end_once(by):

    area = Area.objects.on().get(code="320106001")
    row = establishing.link(post("leaders-district_leader-1"), by=by, on=today(), area=area)

    with refused("linked_already"):
        establishing.link(row.post, by=by, on=today(), area=area)
    establishing.unlink(row, by=by, on=in_days(1))
    with refused("link_over"):
        establishing.unlink(row, by=by, on=in_days(1))
    assert Link.objects.on(in_days(1)).count() == 0


def test_approved_posts_change_on_a_day_and_the_number_before_stays_readable(by):

    term("staff_kind", "institution", "事业编制")
    street, urban = (Unit.objects.on().get(code=code) for code in ("320106001", "urban"))
    establishing.set_approved(street, "institution", 10, by=by, on=in_days(-30))
    establishing.set_approved(street, "institution", 16, by=by, on=today(), moved=6, moved_from=urban)
    establishing.set_approved(urban, "institution", 4, by=by, on=today())

    before, now = (counting.summed(counting.approved(day))[0] for day in (in_days(-1), today()))

    assert (before.approved, now.approved, now.front, now.moved) == (10, 20, 16, 6)
    assert (str(now.front_share), str(now.moved_share)) == ("80", "30")
    with refused("too_many_moved"):
        establishing.set_approved(street, "institution", 3, by=by, on=today(), moved=4)
    with refused("unknown_kind"):
        establishing.set_approved(street, "nothing", 3, by=by, on=today())
