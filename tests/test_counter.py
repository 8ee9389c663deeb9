"""The counter (窗口登记): a colleague files for somebody else; the record says so, the person gets the number."""

import re

import pytest

from jiedao.ground.people.contacts import clear
from jiedao.kit.ids import new_id
from jiedao.record.models import Case, Event
from tests.desks import Colleague
from tests.residents import Resident, case_of, shown

pytestmark = pytest.mark.usefixtures("in_gulou")
TOLD = {
    "words": "楼道灯坏了，老人看不见",
    "address": "解放里 5 号",
    "channel": "window",
    "name": "张三丰",
    "phone": "13812345678",
}


def test_what_is_taken_down_for_somebody_is_his_and_says_who_was_asked():
    clerk = Colleague("dispatcher")
    page = clerk.post("/desk/report/", TOLD | {"key": str(new_id())})
    number, code = shown(page.text, "number"), shown(page.text, "code")

    event = Event.objects.get(case__number=number)
    assert event.raw == {"mandate": {"by": "staff", "way": "in_person"}}
    assert clear(event.id).name == "张三丰"
    assert case_of(number).entries.get(verb="report").actor == "person"
    resident = Resident()
    resident.follow(number, code)
    assert "社区或网格工作人员" in resident.get("/follow/").text


def test_sent_twice_it_is_taken_down_once():
    clerk, key = Colleague("dispatcher"), str(new_id())
    pages = [clerk.post("/desk/report/", TOLD | {"key": key}) for _ in range(2)]

    assert len({shown(page.text, "code") for page in pages}) == 1
    assert Case.objects.filter(words=TOLD["words"]).count() == 1


def test_what_is_missing_is_said_and_what_was_typed_stays():
    page = Colleague("dispatcher").post("/desk/report/", TOLD | {"words": "", "key": str(new_id())})

    assert page.status_code == 422
    assert "张三丰" in page.text


def test_nobody_takes_anything_down_without_signing_in():
    assert Resident().get("/desk/report/").status_code == 302
    assert re.search("登记来件", Colleague("dispatcher").get("/desk/").text)
