"""Admission in a real browser (准入浏览器测试): every page on a desk and on a phone, nothing in the way of anybody."""

from decimal import Decimal

import pytest

from jiedao.ground.duties.models import DutyItem, DutyList
from jiedao.ground.people.models import Unit
from jiedao.ground.terms.models import Term
from jiedao.kit.refusal import Refused
from jiedao.lines.admission import burdens, certificates, hand_overs
from jiedao.lines.rights import actions as rights
from tests.axe import serious, sideways
from tests.browser.test_desks_browser import sign_in
from tests.cast import DISPATCHER, do, filed, seat
from tests.offices import appoint
from tests.test_admission import applied, decided, deliberating

pytestmark = pytest.mark.browser

STREET = "320106001"
PAGES = ("/admission/", "/admission/?tab=admitted", "/admission/?tab=attempts", "/admission/apply/", "/handover/",
         "/rights/", "/burden/", "/certificates/", "/certificates/lists/")  # fmt: skip


@pytest.fixture
def scene(at_work) -> str:
    """An application decided, one that waits, an attempt, a question under a right, burdens, a refused demand."""
    if Unit.objects.filter(code="T-legal").exists():
        return at_work
    appoint()
    Term.objects.update_or_create(
        table="right", code="say",
        defaults={"name": "重大事项建议权", "name_en": "Say on major matters", "source": "A4",
                  "facts": {"within": "5 working_days", "asked_of": "subdistrict", "silence": "agrees"}},
    )  # fmt: skip
    Term.objects.update_or_create(table="burden_kind", code="form", defaults={"name": "台账报表", "name_en": "Forms"})
    decided(applied(receivers=[STREET]))
    deliberating(applied(item_code="second", name="居家养老巡访"))
    with pytest.raises(Refused):
        do(filed(), "dispatch", DISPATCHER, lead=STREET)
    street, city = Unit.objects.on().get(code=STREET), seat("urban-handler-1")
    hand_overs.book(by=city, kind="money", what="市容管理经费", to_unit=street, amount=Decimal("120000"))
    row = hand_overs.book(by=city, kind="vehicle", what="执法车", to_unit=street, quantity=2)
    hand_overs.hand(row.id, by=city)
    rights.ask("say", by=city, holder=street, question="拟在龙江路新建停车场，征询街道意见")
    _burdens()
    _certificates()
    return at_work


def _burdens() -> None:
    clerk = seat(f"{STREET}901-community_clerk")
    for name, fields in (("独居老人台账", ["姓名", "住址"]), ("高龄津贴名册", ["姓名", "出生年月"])):
        burdens.add(by=clerk, kind="form", name=name, owner=Unit.objects.on().get(code="civil"), rhythm="monthly",
                    hours=Decimal(3), fields=fields)  # fmt: skip


def _certificates() -> None:
    row = DutyList.objects.create(
        code="certs", version=1, kind="certificate", level="community", name="社区证明清单", name_en="Certificates",
        published_on="2026-01-01", valid_from="2026-01-01",
    )  # fmt: skip
    DutyItem.objects.create(
        list=row, code="alive", name="健在证明", name_en="Being alive", category="c", category_en="c"
    )
    clerk = seat(f"{STREET}901-community_clerk")
    certificates.demand(by=clerk, what="无犯罪记录证明", asked_by="某用人单位")


@pytest.mark.nightly
def test_every_page_serves_everybody_on_a_desk(desk, scene):
    page = sign_in(desk, "urban")
    for path in PAGES:
        desk.open(path)
        assert serious(page) == [], path
        assert sideways(page) == 0, path


@pytest.mark.nightly
def test_every_page_fits_a_phone(phone, scene):
    page = sign_in(phone, "urban")
    for path in PAGES:
        phone.open(path)
        assert serious(page) == [], path
        assert sideways(page) == 0, path
