"""Group messages (编组喊话): one notice to each member who is on duty; what was said and who leave the house in none."""

import pytest

from jiedao.doors.notify import message
from jiedao.doors.notify.models import Notice
from jiedao.kit.clock import now
from jiedao.kit.refusal import Refused
from jiedao.lines.patrol import desk, queries
from jiedao.lines.patrol.actions import groups
from jiedao.lines.patrol.models import GroupMessage, Shift
from jiedao.record.models import Case
from tests.cast import seat
from tests.desks import words
from tests.patrols import CENTRE, HEAD, MEMBER, PEER, at_desk, running
from tests.test_people_certificates import stalls

TEXT = "都到地铁口，找张三，电话 13812345678"


@pytest.fixture
def group(in_guangming):
    members = [running(MEMBER, "巡-07"), running(PEER, "巡-03")]
    running("440311001901-squad-enforce-res-3", "巡-09")
    return groups.make("早高峰", [one.id for one in members], by=seat(CENTRE))


def say(post: str = CENTRE, **more: str):
    return lambda group: at_desk(post).post("/map/say/", {"group": str(group.id), "text": TEXT, **more})


def test_each_member_and_nobody_else_gets_one_notice_and_reads_the_words_on_the_own_page(group):
    assert say()(group).status_code == 303

    told = set(Notice.objects.values_list("person__tenures__post__code", flat=True))
    assert {MEMBER, PEER} <= told
    assert Notice.objects.count() == 2
    page = words(at_desk(MEMBER).get("/notices/"))
    assert "编组里有新喊话" in page
    assert TEXT not in page
    assert TEXT in words(at_desk(MEMBER).get("/shift/"))
    assert "编组里有新喊话" not in words(at_desk(HEAD).get("/notices/"))


def test_what_leaves_the_house_holds_no_words_and_no_names(group):
    say()(group)

    for language, said in (("zh", "编组里有新喊话"), ("en", "Your group was spoken to")):
        subject, body = message.told(list(Notice.objects.values_list("id", flat=True)), language)
        assert said in body
        assert not any(secret in subject + body for secret in ("张三", "13812345678", "地铁口", "巡-07"))


def test_sending_it_twice_tells_once_and_who_has_left_hears_nothing(group):
    first = group.members.first()
    type(first).objects.filter(pk=first.pk).update(left_at=group.made_at)

    for _ in range(2):
        say(key="one-key")(group)

    assert (GroupMessage.objects.count(), Notice.objects.count()) == (1, 1)
    assert Notice.objects.get().person_id != first.shift.person_id


def test_a_group_is_over_with_its_case_and_for_whoever_ends_the_shift(group):
    case = stalls()
    other = groups.make("增援", group.members.values_list("shift_id", flat=True), by=seat(CENTRE), case=case)
    assert [one.name for one in queries.groups(seat(CENTRE))] == ["增援", "早高峰"]
    assert {one.name for one in desk.my_groups(seat(MEMBER))} == {"增援", "早高峰"}

    Case.objects.filter(pk=case.pk).update(phase="closed", closed_at=now())
    Shift.objects.filter(person=seat(PEER).person).update(ended_at=now())

    assert [one.name for one in queries.groups(seat(CENTRE))] == ["早高峰"]
    assert [one.name for one in desk.my_groups(seat(MEMBER))] == ["早高峰"]
    assert desk.my_groups(seat(PEER)) == []
    other.refresh_from_db()
    with pytest.raises(Refused, match="group_over"):
        groups.say(other, TEXT, by=seat(CENTRE))


def test_a_member_who_speaks_tells_the_others_alone(group):
    say(MEMBER)(group)

    assert list(Notice.objects.values_list("person_id", flat=True)) == [seat(PEER).person.id]
