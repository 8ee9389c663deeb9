"""Desks in a real browser (工作台浏览器测试): by keyboard alone, live, without scripts, on a phone, for everybody."""

import pytest

from jiedao.ground.people import posts
from jiedao.ground.people.models import Account
from jiedao.stages import resolution, verification
from tests.axe import serious, sideways
from tests.desks import PHONE, answered, order_of, reported, sent
from tests.residents import acting

pytestmark = pytest.mark.browser


def sign_in(window, username: str):
    page = window.open("/accounts/login/")
    page.fill("#id_login", username)
    page.fill("#id_password", "jiedao-demo-2026")
    page.click("button.main")
    page.wait_for_selector('.tools a[href="/accounts/logout/"]', state="attached")
    return page


def test_what_a_colleague_does_appears_and_the_half_written_reply_stays(desk, at_work):
    case = sent("drainage", "urban")
    order, by = order_of(case), acting("drainage")
    resolution.acknowledge(order, by=by)
    resolution.contact(order, by=by, way="phone", text="下午到场")
    page = sign_in(desk, "drainage")
    desk.open(f"/case/{case.number}/do/reply/?order={order.id}")
    page.fill("#id_text", "管道已经")

    resolution.acknowledge(order_of(case, "urban"), by=acting("urban"))
    page.evaluate("document.querySelector('#case-news').dispatchEvent(new CustomEvent('jd:refresh'))")
    page.wait_for_selector("#case-news >> text=有 1 条新进展")

    assert page.input_value("#id_text") == "管道已经"
    assert page.locator("#case-side").count() == page.locator("#case-head").count() == 1


def test_a_found_unit_joins_the_chosen_ones(desk, at_work):
    case = sent("drainage")
    page = sign_in(desk, "dispatcher")
    desk.open(f"/case/{case.number}/do/dispatch/")
    page.fill("#id_helpers", "消防")
    page.wait_for_selector("#id_helpers_options >> text=消防救援")
    page.check("#id_helpers_options >> text=消防救援")
    page.fill("#id_helpers", "交警")
    page.wait_for_selector("#id_helpers_options >> text=交警")
    assert page.is_checked("#id_helpers_options >> text=消防救援")

    page.click("#composer button.main")

    page.wait_for_selector("#case-acts")
    assert case.orders.filter(unit__code="fire", role="helper").exists()


def test_a_desk_works_before_scripts_load(plain, at_work):
    case = reported("路灯不亮，夜里看不见路")
    page = sign_in(plain, "dispatcher")
    plain.open(f"/case/{case.number}/do/classify/")
    page.fill("#id_item", "下水道")
    page.click('button[name="find"][value="item"]')
    page.check('input[name="item"][value="sewers"]')
    page.click("#composer button.main")
    page.wait_for_selector("#case-acts")

    case.refresh_from_db()
    assert case.item.code == "sewers"


PAGES = {
    "dispatcher": [
        "/desk/",
        "/triage/?case={new}",
        "/case/{sent}/",
        "/case/{new}/do/classify/",
        "/supervision/",
        "/notices/",
    ],
    "drainage": ["/department/", "/case/{sent}/contact/", "/department/send/"],
    "callback": ["/checks/?tab=callback", "/case/{checked}/do/callback/"],
    "clerk": ["/whistles/", "/whistles/new/"],
}


@pytest.mark.nightly
@pytest.mark.parametrize("lang", ["zh-hans", "en"])
def test_no_page_scrolls_sideways_or_shuts_anybody_out(phone, at_work, lang):
    checked = answered(sent(phone=PHONE))
    verification.ask_check(checked.id, by=acting("dispatcher"))
    numbers = {
        "new": reported("垃圾没人清", off=700).number,
        "sent": sent("drainage", off=300).number,
        "checked": checked.number,
    }
    for username, paths in PAGES.items():
        phone.page.context.clear_cookies()
        page = sign_in(phone, username)
        for path in paths:
            where = path.format(**numbers)
            phone.open(f"{where}{'&' if '?' in where else '?'}lang={lang}")
            assert sideways(page) == 0, where
            assert serious(page) == [], where


def test_the_director_changes_the_post_he_acts_in(desk, at_work):
    page = sign_in(desk, "director")
    held = posts.held_by(Account.objects.get(username="director").person)
    desk.open("/desk/")

    page.select_option("#post", str(held[1].id))
    page.click("form:has(#post) button")
    page.wait_for_selector("h1")

    assert held[1].name in page.inner_text(".top .post")


def test_who_was_signed_out_signs_in_beside_the_page_and_loses_no_word(desk, at_work):
    page = sign_in(desk, "dispatcher")
    desk.open("/desk/report/")
    page.fill("#id_words", "楼道里的灯坏了三天")
    page.fill("#id_address", "解放里 3 号楼")
    page.context.clear_cookies(name="sessionid")
    page.evaluate("(() => { const now = Date.now; Date.now = () => now() + 120_000; })()")
    page.click("main form button.main")
    page.wait_for_selector("#jd-signed-out[open]")
    assert page.input_value("#id_words") == "楼道里的灯坏了三天"
    assert serious(page) == []

    desk.page = page.context.new_page()
    sign_in(desk, "dispatcher")
    with page.expect_response(lambda answer: answer.url.endswith("/desk/report/")):
        page.evaluate("window.dispatchEvent(new Event('focus'))")
    page.wait_for_selector("#jd-signed-out", state="hidden")
    page.wait_for_timeout(200)
    page.click("main form button.main")
    page.wait_for_selector("#number")
