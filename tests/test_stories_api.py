"""Stories through the API (接口故事): one case of every shipped process, from its first word to its end."""

import pytest

from jiedao.ground.districts import district
from jiedao.record import arrival, ledger
from jiedao.record.models import Case
from tests.api_calls import Api, token_in, token_of

pytestmark = pytest.mark.django_db

GINKGO = "320106001901001"
DONE = {"outcome": "done", "text": "已修好，现场恢复正常"}


@pytest.fixture
def who() -> "Cast":
    return Cast()


class Cast:
    """The demo's people by the name of their account, each with a token when first asked for."""

    def __init__(self) -> None:
        self._known: dict[str, Api] = {}

    def __getattr__(self, name: str) -> Api:
        if name not in self._known:
            username, _, post = name.partition("__")
            self._known[name] = Api(token_of(username, post))
        return self._known[name]

    def sits(self, post: str) -> Api:
        return self._known.setdefault(post, Api(token_in(post)))


def timeline(api: Api, number: str) -> list[str]:
    return [line["verb"] for line in api.get(f"/cases/{number}").body["timeline"]]


def stands(number: str) -> bool:
    """Whether the chain of the case verifies."""
    with district("gulou"):
        return ledger.verify(Case.objects.get(number=number)) == []


def test_an_event_from_the_grid_to_its_closing(who):
    number = who.grid.report("路灯不亮，第三根灯杆", kind="finding", area=GINKGO)

    assert who.dispatcher.do(number, "classify", item="street-lights") == "reported"
    assert who.dispatcher.do(number, "file") == "filed"
    assert who.dispatcher.do(number, "dispatch", lead="urban", helpers=["water"]) == "dispatched"
    assert who.urban.do(number, "acknowledge") == "handling"
    assert who.water.do(number, "acknowledge") == "handling"
    assert who.urban.do(number, "contact", way="phone", reached=True, text="已与网格员核对灯杆") == "handling"
    assert who.urban.do(number, "reply", **DONE) == "handling"
    assert who.water.do(number, "reply", **DONE) == "fed_back"
    assert who.dispatcher.do(number, "ask_check") == "verifying_result"
    assert who.inspector.do(number, "check", way="site", agrees=True, text="灯亮了") == "verifying_result"
    assert who.dispatcher.do(number, "close") == "closed"

    assert timeline(who.dispatcher, number) == [
        "report", "classify", "file", "dispatch", "acknowledge", "acknowledge", "contact", "reply", "reply",
        "ask_check", "check", "close",
    ]  # fmt: skip
    assert stands(number)


def test_a_call_with_objection_ruling_extension_and_callback(who):
    number = who.hotline.report(
        "小区停水两天", process="call", channel="hotline", kind="help", area=GINKGO,
        caller={"name": "王先生", "phone": "10000000003"},
    )  # fmt: skip

    assert who.hotline.do(number, "dispatch", lead="water") == "dispatched"
    assert who.water.do(number, "object", reason="属于二次供水", article="清单第 12 项") == "dispatched"
    order = who.dispatcher.orders(number)["water"]
    assert who.dispatcher.do(number, "rule", order=order, reason="属供水职责") == "dispatched"
    assert who.water.do(number, "acknowledge") == "acknowledged"
    assert who.water.do(number, "contact", way="phone", reached=True, text="已说明今晚恢复") == "contacted"
    assert who.water.do(number, "start") == "handling"
    assert who.water.do(number, "ask_extension", limit="8 working_days", reason="等配件") == "handling"
    assert who.dispatcher.do(number, "grant_extension", order=order) == "handling"
    assert who.water.do(number, "reply", **DONE) == "replied"
    asked = {"reached": True, "contacted": True, "solved": True, "satisfied": "satisfied"}
    assert who.callback.do(number, "callback", **asked) == "callback"
    assert who.callback.do(number, "close") == "closed"

    assert who.water.get(f"/cases/{number}").body["orders"][0]["no_return"] is True
    assert stands(number)


def plan(*helpers: str) -> dict[str, object]:
    return {"lead": "urban", "helpers": list(helpers), "aim": "拆除占道棚亭", "meeting": "今天 15:00，宁海路口"}


def code_of(number: str) -> str:
    with district("gulou"):
        return arrival.code(Case.objects.get(number=number))


def until_verified(who: Cast, number: str, starts) -> None:
    """What both whistles share: the department signs, speaks, reports in, works, replies; the sub-district checks."""
    assert who.urban.do(number, "acknowledge") == "acknowledged"
    assert who.urban.do(number, "contact", way="phone", reached=True, text="已与街道约定") == "contacted"
    assert who.urban.do(number, "arrive", code=code_of(number)) == "arrived"
    starts()
    assert who.urban.do(number, "reply", **DONE) == "fed_back"
    assert who.clerk.do(number, "verify", text="现场已清") == "verified"
    marks = {"urban": {"arrival": 5, "handling": 4, "satisfied": "satisfied"}}
    assert who.clerk.do(number, "evaluate", marks=marks) == "evaluated"


def test_a_progress_whistle_is_blown_by_one_of_the_leadership(who):
    number = who.clerk.report("棚亭占道多次劝离无效", process="whistle_progress", area=GINKGO)

    assert who.clerk.do(number, "review", **plan()) == "reviewed"
    refused = who.clerk.post(f"/cases/{number}/blow")
    assert (refused.status, refused.rule) == (403, "not_yours")
    assert who.deputy.do(number, "blow") == "blown"
    until_verified(who, number, lambda: who.urban.do(number, "start", plan="先清后建"))

    assert stands(number)


def test_a_hard_whistle_needs_secretary_and_director(who):
    number = who.clerk.report("老旧小区违建久拖不决", process="whistle_hard", area=GINKGO)
    director = who.sits("320106001-leaders-director")

    assert who.clerk.do(number, "review", **plan()) == "reviewed"
    assert who.secretary.do(number, "blow") == "reviewed"
    assert director.do(number, "blow") == "blown"

    def starts() -> None:
        order = who.clerk.orders(number)["urban"]
        assert who.clerk.do(number, "start", order=order, plan="五方会商") == "arrived"
        assert who.leader.do(number, "start", order=order, plan="五方会商") == "handling"

    until_verified(who, number, starts)
    assert timeline(who.clerk, number)[:4] == ["report", "review", "sign", "blow"]
    assert stands(number)


def test_a_two_way_order_from_a_sub_district_to_a_department(who):
    number = who.clerk.report("请协助核查餐饮油烟", process="two_way", area=GINKGO)

    assert who.clerk.do(number, "dispatch", lead="market") == "issued"
    assert who.market.do(number, "acknowledge") == "acknowledged"
    assert who.market.do(number, "start") == "handling"
    assert who.market.do(number, "reply", **DONE) == "resolved"
    assert who.clerk.do(number, "confirm") == "confirmed"
    assert who.clerk.do(number, "rate", solved=True, satisfied="satisfied") == "rated"

    assert stands(number)


def test_a_department_may_send_a_sub_district_only_what_it_has_admitted(who):
    number = who.market.report("请街道上门排查", process="two_way", area=GINKGO)

    who.market.do(number, "classify", item="street-lights")
    refused = who.market.post(f"/cases/{number}/dispatch", {"lead": "320106001"})
    assert (refused.status, refused.rule) == (422, "not_admitted")
    who.market.do(number, "classify", item="work-safety")
    refused = who.market.post(f"/cases/{number}/dispatch", {"lead": "320106001901"})
    assert (refused.status, refused.rule) == (422, "negative_list")
    assert who.market.get(f"/cases/{number}").body["orders"] == []

    assert who.market.do(number, "dispatch", lead="320106001") == "issued"


def test_a_whistle_grows_from_an_event_and_comes_back_as_a_line(who):
    number = who.grid.report("油烟扰民", area=GINKGO)
    who.dispatcher.do(number, "classify", item="street-lights")
    who.dispatcher.do(number, "file")

    answer = who.clerk.post(f"/cases/{number}/open_child", {"process": "whistle_progress", "reason": "街道无执法权"})

    assert answer.status == 200, answer.body
    assert who.clerk.get(f"/cases/{answer.body['child']}").body["case"]["process"]["en"] == "Work-progress whistle"
    assert timeline(who.clerk, number)[-1] == "open_child"
