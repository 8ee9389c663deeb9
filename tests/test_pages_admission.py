"""Pages of admission (准入页面): what each desk shows, and doing it by the forms."""

import re
from decimal import Decimal

import pytest

from jiedao.ground.terms.models import Term
from jiedao.lines.admission.models import Application, Attempt, HandOver
from jiedao.lines.rights.models import RightUse
from jiedao.record.models import Case
from tests.cast import do, filed
from tests.desks import Colleague, words
from tests.offices import appoint
from tests.test_admission import applied, decided, papers

STREET = "320106001"


@pytest.fixture(autouse=True)
def offices(in_gulou) -> None:
    appoint()


@pytest.fixture
def clerk() -> Colleague:
    return Colleague("urban")


def told(**other) -> dict[str, str]:
    written = vars(papers(**other))
    written.pop("level")
    basis = "\n".join(f"{one['law']} 第{one['article']}条" for one in written.pop("basis"))
    return {name: str(value) for name, value in written.items() if value} | {"basis": basis} | {
        "limit_amount": "5", "limit_unit": "working_days", "receivers": STREET,
    }  # fmt: skip


@pytest.mark.parametrize(
    "path", ["/admission/", "/admission/apply/", "/handover/", "/handover/book/", "/rights/", "/burden/",
             "/burden/add/", "/certificates/", "/certificates/lists/"],
)  # fmt: skip
@pytest.mark.parametrize("lang", ["zh-hans", "en"])
def test_every_page_opens_in_both_languages(path, lang):
    answer = Colleague("urban", lang).get(path)

    assert answer.status_code == 200
    assert "{{" not in words(answer)


def test_an_application_is_written_on_its_page(clerk):
    answer = clerk.post("/admission/apply/", told())

    row = Application.objects.get()
    assert (answer.status_code, answer.url) == (303, f"/admission/{row.case.number}/")
    assert (row.applicant.code, row.money, row.receivers) == ("urban", Decimal("60000.00"), [STREET])
    assert row.basis == [{"law": "中华人民共和国老年人权益保障法", "article": 33}]
    page = words(clerk.get(answer.url))
    assert "高龄津贴资格认证" in page


def test_a_refused_application_keeps_what_was_written_and_says_why(clerk):
    answer = clerk.post("/admission/apply/", told() | {"money": "0", "people": "0"})

    assert answer.status_code == 422
    assert "只转事" in words(answer)
    assert "高龄津贴资格认证" in answer.content.decode()
    assert Application.objects.count() == 0


def test_the_refused_dispatch_opens_the_application_filled_in():
    case = filed()
    centre = Colleague("dispatcher")

    answer = centre.do(case.number, "dispatch", lead=STREET)

    assert answer.status_code == 422
    link = re.search(r'href="(/admission/apply/\?[^"]+)"', answer.content.decode())[1].replace("&amp;", "&")
    assert Attempt.objects.get().item_code == "street-lights"
    form = centre.get(link).content.decode()
    assert 'value="street-lights"' in form
    assert "路灯" in form


def test_attempts_are_shown_by_department_and_item(clerk):
    case = filed()
    Colleague("dispatcher").do(case.number, "dispatch", lead=STREET)

    assert "street-lights" in words(clerk.get("/admission/?tab=attempts"))


def test_the_case_page_carries_the_papers():
    row = decided(applied())

    page = words(Colleague("dispatcher").get(f"/case/{row.case.number}/"))
    assert "高龄津贴资格认证" in page
    assert "不在负面清单" in page


def test_the_papers_have_a_column_for_each_opinion():
    row = decided(applied())

    page = words(Colleague("dispatcher").get(f"/admission/{row.case.number}/"))
    assert "经费到位即可" in page
    assert "依据充分" in page


def test_a_hand_over_goes_from_hand_to_hand(clerk):
    clerk.post("/handover/book/", {"to_unit": STREET, "kind": "vehicle", "what": "执法车", "quantity": "2"})
    row = HandOver.objects.get()

    assert clerk.post(f"/handover/{row.id}/receive/").status_code == 403  # not yet handed over, and not theirs
    assert clerk.post(f"/handover/{row.id}/hand/").status_code == 303
    row.refresh_from_db()
    assert row.handed_on is not None
    assert "执法车" in words(Colleague("secretary").get("/handover/"))


def test_a_right_is_asked_answered_and_decided_on_paper():
    Term.objects.filter(table="right").delete()
    Term.objects.create(table="right", code="advice", name="重大事项建议权", name_en="Say on major matters",
                        facts={"within": "5 working_days", "asked_of": "subdistrict", "silence": "agrees"})  # fmt: skip
    clerk = Colleague("urban")
    assert "重大事项建议权" in words(clerk.get("/rights/"))

    answer = clerk.post("/rights/ask/advice/", {"holder": STREET, "question": "拟新建停车场"})

    use = RightUse.objects.get()
    assert answer.url == f"/case/{use.case.number}/"
    do(use.case, "opine", f"{STREET}-leaders-director", stance="object", text="位置不当")
    do(use.case, "decide", "urban-handler-1", decision="go_ahead", text="照建", reason="别无选址")
    paper = words(clerk.get(f"/rights/{use.case.number}/decision/"))
    assert "位置不当" in paper
    assert "别无选址" in paper
    assert Case.objects.get(pk=use.case_id).state == "decided"


def test_nobody_asks_under_a_right_the_district_does_not_have(clerk):
    assert clerk.get("/rights/ask/veto/").status_code == 404
