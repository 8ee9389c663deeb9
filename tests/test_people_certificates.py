"""Certificates of people (持证): entered by who keeps them, asked when somebody is sent."""

from datetime import timedelta

import pytest

from jiedao.ground.duties.models import DutyItem
from jiedao.ground.journal.models import Change
from jiedao.ground.people import certificates
from jiedao.ground.people.contacts import Caller
from jiedao.ground.people.models import Certificate
from jiedao.kit.clock import today
from jiedao.kit.refusal import Absent, Refused
from jiedao.lines.patrol import queries
from jiedao.lines.patrol.actions import sending
from jiedao.record.models import Case
from jiedao.stages import intake, triage
from tests import patrols
from tests.cast import seat

pytestmark = pytest.mark.usefixtures("in_guangming")


def certified(
    post: str = patrols.MEMBER, number: str = "演示-01", days: int = 100, by: str = patrols.HEAD
) -> Certificate:
    return certificates.enter(
        seat(post).person, kind="enforcement", number=number, valid_from=today() - timedelta(days=300),
        valid_until=today() + timedelta(days=days), by=seat(by),
    )  # fmt: skip


def stalls(power: str = "") -> Case:
    """A case of the first grid; `power` is the kind of power its item is of."""
    by, item = seat(patrols.CENTRE), DutyItem.objects.get(code="cw-004")
    DutyItem.objects.filter(pk=item.pk).update(type=power)
    told = intake.Told("路口占道经营", "grid", point=patrols.PARK, severity=2)
    case = intake.report(told, by=by, caller=Caller()).case
    triage.classify(case.id, by=by, item=item)
    triage.file(case.id, by=by)
    return Case.objects.get(pk=case.pk)


def reasons(case: Case) -> dict[str, list[str]]:
    found = queries.candidates(case, seat(patrols.CENTRE))
    return {one.who.call_sign: [reason.code for reason in one.reasons] for one in (*found.offered, *found.others)}


def test_a_valid_certificate_is_a_reason_and_its_last_day_counts():
    patrols.seen(patrols.running())
    row = certified(days=0)

    assert "certificate" in reasons(stalls())["巡-07"]

    Certificate.objects.filter(pk=row.pk).update(valid_until=today() - timedelta(days=1))
    assert "certificate" not in reasons(stalls())["巡-07"]


def test_who_lacks_what_a_power_asks_for_is_not_offered_and_not_sent():
    one, other = patrols.running(), patrols.running(patrols.PEER, "巡-03")
    patrols.seen(one)
    patrols.seen(other)
    certified(patrols.PEER)
    case = stalls("penalty")

    found = queries.candidates(case, seat(patrols.CENTRE))

    assert [each.who.call_sign for each in found.offered] == ["巡-03"]
    assert found.others[0].reasons[-1].label == {
        "zh": "没有有效行政执法证", "en": "No valid Law enforcement certificate",
    }  # fmt: skip
    with pytest.raises(Refused, match="no_certificate"):
        sending.send(case, [one.id], by=seat(patrols.CENTRE))
    assert not case.orders.exists()


def test_each_change_is_in_the_journal_and_a_number_stands_once():
    row = certified()

    with pytest.raises(Refused, match="certificate_known"):
        certified(patrols.PEER)
    certificates.withdraw(row.id, by=seat(patrols.HEAD))
    certified(patrols.PEER)

    assert list(Change.objects.filter(object_id=row.id).order_by("seq").values_list("verb", flat=True)) == [
        "enter", "withdraw",
    ]  # fmt: skip
    assert [certificates.state(one) for one in certificates.listed(seat(patrols.HEAD))] == ["in_force", "withdrawn"]


def test_nobody_keeps_those_of_another_squad_and_a_member_keeps_none():
    row = certified()

    with pytest.raises(Absent):
        certificates.withdraw(row.id, by=seat(patrols.OTHER_HEAD))
    with pytest.raises(Refused, match="not_keeper"):
        certificates.withdraw(row.id, by=seat(patrols.MEMBER))
    assert patrols.at_desk(patrols.MEMBER).get("/organisation/certificates/").status_code == 404


def test_the_keeper_enters_and_withdraws_on_a_page():
    head = patrols.at_desk(patrols.HEAD)
    person = seat(patrols.MEMBER).person
    form = {
        "what": "enter", "person": person.code, "kind": "enforcement", "number": "演示-77", "issued_by": "",
        "valid_from": today().isoformat(), "valid_until": (today() + timedelta(days=20)).isoformat(), "key": "k1",
    }  # fmt: skip

    assert head.post("/organisation/certificates/", form).status_code == 303
    ending = head.get("/organisation/certificates/?tab=ending").content.decode()
    row = Certificate.objects.get()
    assert "演示-77" in ending
    assert "快到期" in ending

    assert head.post("/organisation/certificates/", form | {"key": "k2"}).status_code == 409
    assert head.post("/organisation/certificates/", form | {"person": "没有这个人", "key": "k3"}).status_code == 422
    assert (
        head.post("/organisation/certificates/", {"what": "withdraw", "row": str(row.id), "key": "k4"}).status_code
        == 303
    )
    row.refresh_from_db()
    assert row.withdrawn_on == today()
