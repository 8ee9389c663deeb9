"""Who keeps organisation, grids and lists, in a real browser (底数管理浏览器测试): what S11, S17 and S18 are done by."""

import re
from datetime import date, timedelta

import pytest
from shapely.affinity import translate
from shapely.geometry import mapping, shape

from jiedao.ground.duties import written
from jiedao.ground.duties.models import DutyItem
from jiedao.ground.people import Actor, stationing
from jiedao.ground.people.models import Person, Post, PostKind, Stationing, Tenure, Unit
from jiedao.ground.places import locate, plots, redraw
from jiedao.ground.places.models import Area
from jiedao.ground.terms.models import Term
from jiedao.kit.clock import moved, now, today
from jiedao.lines.admission.models import Application
from jiedao.lines.lists import actions as lists
from jiedao.record.models import Case, DispatchOrder
from tests import organising
from tests.axe import serious
from tests.browser.test_desks_browser import sign_in
from tests.cast import DISPATCHER, do, filed, seat
from tests.desks import sent
from tests.listing import KEEPER, draft, examined, keep, proposed, submitted
from tests.listing import decided as decided_change
from tests.test_admission import applied, decided

pytestmark = pytest.mark.browser

STREET = "320106001"
COMMUNITY = "320106001901"
GRID = "320106001902001"


@pytest.fixture
def keeping(at_work):
    """The dispatcher keeps organisation and grids; offices that examine papers have people."""
    for what in ("organisation", "grids"):
        facts = {"posts": ["dispatcher"], "within": "district"}
        named = {"name": what, "name_en": what, "facts": facts}
        Term.objects.update_or_create(table="competence", code=what, defaults=named)
    if not Unit.objects.filter(code="T-legal").exists():
        keep()
    yield at_work
    locate.forget()
    plots.forget()


def choose(page, name: str, words: str, option: str):
    """Finds something by its words in a picker and ticks it."""
    page.fill(f"#id_{name}", words)
    page.wait_for_selector(f"#id_{name}_options >> text={option}")
    page.check(f"#id_{name}_options >> text={option}")


def vacant(count: int) -> list[str]:
    """Codes of new seats that nobody fills."""
    unit, kind = Unit.objects.on().get(code="urban"), PostKind.objects.get(code="handler")
    made = [
        Post(code=f"urban-handler-s{n}", unit=unit, kind=kind, name=f"经办人 s{n}", valid_from=date(2020, 1, 1))
        for n in range(count)
    ]
    Post.objects.bulk_create(made)
    return [post.code for post in made]


# S17 组织


@pytest.mark.parametrize("count", [48, pytest.param(548, marks=pytest.mark.nightly)])
def test_accounts_come_in_by_a_sheet_and_three_bad_rows_are_named(desk, keeping, tmp_path, count):
    rows = [f"入职,B{n:04},甲{n}（演示）,{code},,2026-11-20,b{n:04}" for n, code in enumerate(vacant(count))]
    rows[9] = rows[9].replace("urban-handler-s9,", "urban-handler-none,")
    rows[29] = rows[29].replace("2026-11-20", "2026-13-40")
    rows[39] = rows[39].replace("入职", "升天")
    sheet = tmp_path / "staff.csv"
    sheet.write_text("变动,人员编号,姓名,岗位代码,原岗位代码,日期,账号\n" + "\n".join(rows), encoding="utf-8")
    page = sign_in(desk, "dispatcher")
    desk.open("/organisation/import/")

    page.set_input_files("#id_file", str(sheet))
    with page.expect_navigation(timeout=60_000):
        page.click("main button.main")

    told = page.inner_text("main")
    assert f"{count - 3} 行已办" in told and "3 行未收" in told
    assert [line for line in (11, 31, 41) if not re.search(rf"(?m)^{line}\b", told)] == []
    assert Person.objects.filter(code__startswith="B").count() == count - 3


def test_two_offices_are_merged_and_no_open_order_is_lost(desk, keeping):
    for number, unit in enumerate(("water", "greening", "water")):
        sent(unit, text=f"河道边第{number}处护栏损坏", off=400.0 * number)
    before = set(DispatchOrder.objects.filter(unit__code__in=["water", "greening"], answered_at=None).values_list("case__number", flat=True))  # fmt: skip  # noqa: E501
    page = sign_in(desk, "dispatcher")
    desk.open("/organisation/do/reorganise/")
    choose(page, "units", "水务", "区水务局")
    choose(page, "units", "园林", "区绿化园林局")
    page.fill("#id_code", "rivers")
    page.fill("#id_name", "区水务和园林局")
    with page.expect_navigation():
        page.click("main form button.main")

    after = set(DispatchOrder.objects.filter(unit__code="rivers", answered_at=None).values_list("case__number", flat=True))  # fmt: skip  # noqa: E501
    assert after == before and len(before) >= 3
    desk.open("/organisation/unit/rivers/")
    assert "区水务和园林局" in page.inner_text("h1")


def test_a_stationed_head_is_not_moved_without_the_recorded_consent(desk, keeping):
    command = Unit.objects.on().get(code=STREET)
    held = organising.tenure("urban-handler-2")
    consent = stationing.Consent("26-00000", True, "staff", held.person.id, command.id)
    stationing.station(
        held.person, home=held.post.unit, command=command, kind="stationed", by=Actor("system", name="t"), on=today(),
        is_head=True, consent=consent,
    )  # fmt: skip
    free = organising.seat("urban", "handler", "free9")
    page = sign_in(desk, "dispatcher")
    desk.open(f"/organisation/do/move/?row={held.id}")
    choose(page, "post", free.code, free.name)
    page.click("main form button.main")
    page.wait_for_selector(".refusal")

    assert "须先征求其意见" in page.inner_text(".refusal")
    assert organising.holder(free.code) is None
    assert Stationing.objects.on().filter(person=held.person, is_head=True).exists()


def test_a_grid_that_nobody_serves_shows_on_the_map_and_at_supervision(desk, keeping):
    Tenure.objects.filter(post__area__code=GRID).update(valid_to=today())
    page = sign_in(desk, "dispatcher")
    desk.open("/supervision/")
    assert "1 个网格无人" in page.inner_text("#unstaffed")

    page.click("#unstaffed a")
    page.wait_for_selector("jd-grid-map[data-ready]", timeout=20_000)

    assert page.locator('tr[id^="row-"]').count() == 1
    assert GRID in page.inner_text("main")
    drawn = "document.querySelector('jd-grid-map').front.features.filter(f => f.properties.nobody).map(f => f.properties.code)"
    assert page.evaluate(drawn) == [GRID]


# S18 网格


def test_a_gap_and_an_overlap_are_numbered_and_reached_by_a_key(desk, keeping):
    row = redraw.prepare(by=seat(DISPATCHER), name="有缝的草案", effective_on=today() + timedelta(days=5))
    grid = Area.objects.on().get(code=GRID)
    pushed = mapping(translate(shape(grid.shape), xoff=0.0004))
    change = {"op": "reshape", "shapes": {GRID: {"type": pushed["type"], "coordinates": pushed["coordinates"]}}}
    redraw.load(row.id, by=seat(DISPATCHER), changes=[change])
    page = sign_in(desk, "dispatcher")
    desk.open(f"/grids/redraw/{row.id}/?grid={GRID}")
    page.wait_for_selector("jd-grid-editor[data-ready]", timeout=20_000)
    kinds = page.inner_text("#checks ~ ol")
    assert "缝" in kinds or "空白" in kinds
    assert "重叠" in kinds

    before = page.evaluate("document.querySelector('jd-grid-editor').map.getCenter().toArray()")
    page.keyboard.press("2")

    page.wait_for_function(
        "was => document.querySelector('jd-grid-editor').map.getCenter().toArray().some((v, i) => Math.abs(v - was[i]) > 1e-6)",
        arg=before,
    )
    assert page.get_attribute("#publish ~ .actions button.main", "aria-disabled") == "true"


# S11 清单与准入


def another_limit(item: DutyItem, limit: str):
    """Proposes, decides and publishes one change of the item's list, in force the next day."""
    case = proposed()
    lists.edit(draft(), "put", written.of(draft())[item.code] | {"limit": limit}, by=seat(KEEPER))
    do(decided_change(examined(submitted(case, on=today() + timedelta(days=1)))), "publish", "T-establishment-1")


def test_a_case_pinned_to_one_version_of_the_list_is_read_with_it_after_the_next(desk, keeping):
    with moved(now() - timedelta(days=3)):
        case = filed()
    pinned = Case.objects.get(pk=case.pk).item
    with moved(now() - timedelta(days=2)):
        another_limit(pinned, "12 hours")
    newer = DutyItem.objects.get(code=pinned.code, list__code=pinned.list.code, list__valid_to=None)
    page = sign_in(desk, "dispatcher")

    desk.open(f"/case/{case.number}/")
    page.click(f'#case-side a:has-text("{pinned.name}")')
    page.wait_for_selector("h1")

    assert newer.list.version == pinned.list.version + 1 and newer.limit != pinned.limit
    assert f"第 {pinned.list.version} 版" in page.inner_text("main")
    assert "24 小时" in page.inner_text("main") and "12 小时" not in page.inner_text("main")


def test_what_a_negative_list_names_does_not_reach_deliberation(desk, keeping):
    entry = DutyItem.objects.filter(list__kind="negative", list__level="community").first()
    before = Application.objects.count()
    page = sign_in(desk, "urban")
    desk.open("/admission/apply/?level=community")
    page.fill("#id_item_code", entry.code)
    page.fill("#id_name", entry.name)
    for name in ("why", "basis", "object", "procedure", "result", "technique", "training"):
        page.fill(f"#id_{name}", "中华人民共和国老年人权益保障法 第33条" if name == "basis" else "按规定办理")
    page.fill("#id_people", "1")
    page.fill("#id_start_on", str(today() + timedelta(days=90)))
    page.select_option("#id_list_code", "community-assistance")
    page.click("main form button.main")
    page.wait_for_selector(".refusal")

    assert "负面清单" in page.inner_text(".refusal")
    assert Application.objects.count() == before


def test_an_admitted_duty_is_sent_the_day_it_takes_effect_and_not_before(desk, keeping):
    with moved(now() - timedelta(days=70)):
        decided(applied(start_on=today() + timedelta(days=70)))
        decided(applied(item_code="later-allowance", name="另一项资格认证", start_on=today() + timedelta(days=71)))
    page = sign_in(desk, "dispatcher")
    case = filed("三栋老人津贴要认证")
    desk.open(f"/case/{case.number}/do/classify/")
    page.fill("#id_item", "资格认证")
    page.wait_for_selector('#id_item_options input[value="age-allowance"]')
    assert page.locator('#id_item_options input[value="later-allowance"]').count() == 0
    page.check('#id_item_options input[value="age-allowance"]')
    with page.expect_navigation():
        page.click("#composer button.main")

    do(case, "dispatch", DISPATCHER, lead=STREET)
    desk.open(f"/case/{case.number}/")
    assert "已派遣" in page.inner_text("#case-head") or case.orders.filter(unit__code=STREET).exists()


def test_a_street_passes_no_community_what_its_list_lacks(desk, keeping):
    case = filed()
    page = sign_in(desk, "dispatcher")
    desk.open(f"/case/{case.number}/do/dispatch/")
    name = Unit.objects.on().get(code=COMMUNITY).name
    choose(page, "lead", name, name)
    page.click("#composer button.main")
    page.wait_for_selector(".refusal")

    assert "准入" in page.inner_text(".refusal")
    assert not case.orders.exists()
    assert serious(page) == []
