"""Residents' pages in a real browser (居民端浏览器测试): on a phone, with and without scripts, in both languages."""

import io
import time

import pytest
from PIL import Image

from tests.axe import serious, sideways
from tests.residents import photo, replied

pytestmark = pytest.mark.browser
WORDS = "三号楼前的路灯从上周起不亮，我的电话 13812345678"
CHECK, SEND = 'button[value="check"]', 'button[value="send"]'
CLOCK_COLOURS = {"#8a4b00", "#b3201a", "#74288a", "#fff1d6", "#fdebe9", "#f5e9f8"}


def picture(name: str = "路灯.jpg") -> dict[str, object]:
    return {"name": name, "mimeType": "image/jpeg", "buffer": photo().read()}


def go_on(page) -> None:
    """To the second step, where there are steps."""
    if page.locator("[data-jd-next]").is_visible():
        page.click("[data-jd-next]")


def reported(window, **told: str) -> tuple[str, str]:
    """Fills the form in as somebody would who chooses no map; number and code of the receipt."""
    page = window.open("/report/")
    page.fill("#id_address", "解放里 5 号")
    go_on(page)
    page.fill("#id_words", told.pop("words", WORDS))
    if "may_ring" in told:
        page.fill("#id_phone", "13812345678")
    page.click(CHECK)
    if told:
        page.click("#c-kind")
    for name, value in told.items():
        page.check(f'input[name="{name}"][value="{value}"]')
    page.click(SEND)
    page.wait_for_selector("#code")
    return page.inner_text("#number"), page.inner_text("#code")


def test_from_the_photo_to_the_answer_on_a_phone(phone, at_work):
    page = phone.open("/")
    page.click("a.door >> nth=0")
    page.set_input_files("#id_photos", [picture(), picture("灯杆.jpg") | {"buffer": photo("red").read()}])
    page.click("details.point summary")
    page.locator("jd-map").scroll_into_view_if_needed()
    page.wait_for_selector("jd-map[data-ready]", timeout=20_000)
    page.focus("jd-map canvas")
    page.keyboard.press("Enter")
    page.wait_for_selector("[data-jd-place]:has-text('少于 5 件')")
    go_on(page)
    page.fill("#id_words", WORDS)
    page.click(CHECK)
    page.click(SEND)
    page.wait_for_selector("#code")
    number, code = page.inner_text("#number"), page.inner_text("#code")
    assert "13812345678" not in page.content()

    page.goto(phone.site.url("/follow/?other"))
    page.fill("#id_number", number)
    page.fill("#id_code", code)
    page.click("button.main")
    page.wait_for_selector("#story")
    assert page.locator("#lines .photos img").count() == 2
    assert number not in page.url

    replied(number, "灯已换好")
    page.reload()
    assert "灯已换好" in page.inner_text("#lines")


def test_the_page_brings_news_by_itself_and_leaves_the_writer_alone(phone, at_work):
    phone.page.clock.install()
    number, _ = reported(phone)
    page = phone.open("/follow/")
    page.click("#act-add summary")
    page.fill("#id_add_text", "半句话")

    replied(number, "灯已换好")
    page.clock.fast_forward("01:05")
    page.wait_for_selector("#lines:has-text('灯已换好')")

    assert page.input_value("#id_add_text") == "半句话"
    page.wait_for_selector("#id_add_text:focus")


def test_everything_works_before_scripts_load(plain, at_work):
    number, code = reported(plain, kind="help", may_ring="no")
    page = plain.open("/follow/")
    page.click("#act-add summary")
    page.fill("#id_add_text", "今晚还是不亮")
    page.set_input_files("#id_add_photos", [picture()])
    page.click("#act-add button")

    assert "今晚还是不亮" in page.inner_text("#lines")
    assert "您补充的内容已收到。" in page.inner_text("main")
    page.click("text=在本机关闭")
    page.goto(plain.site.url("/follow/"))
    page.fill("#id_number", number)
    page.fill("#id_code", code)
    page.click("button.main")
    assert number in page.inner_text("h1")


def test_a_refusal_keeps_photo_point_and_words_and_takes_the_focus(phone):
    page = phone.open("/report/")
    page.set_input_files("#id_photos", [picture()])
    page.click("details.point summary")
    page.fill("#id_lon", "118.76")
    page.fill("#id_lat", "32.07")
    go_on(page)
    page.fill("#id_words", "灯不亮")
    page.fill("#id_phone", "12")
    page.click(CHECK)
    page.wait_for_selector(".summary")

    page.wait_for_selector(".summary:focus")
    assert (page.input_value("#id_lon"), page.input_value("#id_words")) == ("118.76", "灯不亮")
    assert page.locator("ul.photos img").count() == 1
    assert serious(page) == []
    page.fill("#id_phone", "")
    page.click(CHECK)
    page.click(SEND)
    page.wait_for_selector("#code")
    assert page.inner_text("dt:has-text('照片') + dd") == "1"


def test_typed_words_survive_a_reload(phone):
    page = phone.open("/report/")
    go_on(page)
    page.fill("#id_words", "半句话")
    page.reload()

    assert page.input_value("#id_words") == "半句话"


def test_whether_one_may_be_rung_is_asked_only_where_it_matters(phone):
    page = phone.open("/report/")
    page.fill("#id_address", "解放里 5 号")
    go_on(page)
    page.fill("#id_words", WORDS)
    page.fill("#id_phone", "13812345678")
    page.click(CHECK)
    page.click("#c-kind")
    seen = {}
    for kind in ("help", "consult", "complaint", "denunciation", "finding"):
        page.check(f'input[name="kind"][value="{kind}"]')
        seen[kind] = (page.is_visible("#id_may_ring"), page.is_visible(".shield"))

    assert seen == {
        "help": (True, False), "consult": (True, False), "complaint": (False, True), "denunciation": (False, True),
        "finding": (False, False),
    }  # fmt: skip


def test_two_presses_send_one_report(phone, at_work):
    from jiedao.record.models import Case

    page = phone.open("/report/")
    page.fill("#id_address", "解放里 6 号")
    go_on(page)
    page.fill("#id_words", "两次点的那盏灯")
    page.click(CHECK)
    page.wait_for_selector(SEND)
    page.evaluate(
        "const send = document.querySelector('button[value=send]'); send.form.requestSubmit(send); send.form.requestSubmit(send)"
    )
    page.wait_for_selector("#code")

    assert Case.objects.filter(words="两次点的那盏灯").count() == 1


def test_the_receipt_prints_on_a_slip_without_bars(phone):
    reported(phone)
    page = phone.page
    page.click("text=80 毫米")
    page.emulate_media(media="print")
    page.wait_for_selector("#code", state="visible")

    shown = [name for name in ("header.top", "nav.bottom", ".actions", "#code", ".qr") if page.is_visible(name)]

    assert shown == ["#code", ".qr"]
    assert sideways(page) == 0


PAGES = ("/", "/report/", "/follow/?other", "/accounts/login/")


@pytest.mark.parametrize("path", PAGES)
def test_a_page_has_no_serious_fault_and_fits_a_phone(phone, path):
    page = phone.open(path)

    assert serious(page) == []
    assert sideways(page) == 0


def test_the_story_and_the_receipt_have_no_serious_fault(phone, at_work):
    number, _ = reported(phone, kind="help")
    page = phone.page
    assert (serious(page), sideways(page)) == ([], 0)
    replied(number)
    page = phone.open("/follow/")

    assert (serious(page), sideways(page)) == ([], 0)


def test_a_page_without_a_late_case_shows_none_of_the_clocks_colours(desk):
    page = desk.open("/?theme=light")
    for path in PAGES:
        page.goto(desk.site.url(path))
        screen = Image.open(io.BytesIO(page.screenshot(full_page=True))).convert("RGB")
        found = {f"#{red:02x}{green:02x}{blue:02x}" for _, (red, green, blue) in screen.getcolors(10_000_000)}
        assert not found & CLOCK_COLOURS, path


@pytest.mark.nightly
@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("lang", ["zh-hans", "en"])
@pytest.mark.parametrize("size", ["", "elder"])
def test_every_page_in_every_dress(phone, at_work, lang, theme, size):
    phone.open(f"/?lang={lang}&theme={theme}&size={size}")
    number, _ = reported(phone, kind="help")
    assert (serious(phone.page), sideways(phone.page)) == ([], 0)
    replied(number)
    for path in (*PAGES, "/follow/"):
        page = phone.open(path)
        assert (serious(page), sideways(page)) == ([], 0), path
    page.set_viewport_size({"width": 320, "height": 256})  # 400 % zoom
    assert sideways(page) == 0


def test_the_form_is_light_and_soon_there(phone):
    sizes = {}
    phone.page.on("response", lambda answer: sizes.update({answer.url: len(answer.body())}) if answer.ok else None)
    began = time.monotonic()
    page = phone.open("/report/")
    page.wait_for_load_state("networkidle")
    before_the_map = {url: size for url, size in sizes.items() if "maplibre" not in url and "outlines" not in url}

    assert sum(before_the_map.values()) < 200_000
    assert time.monotonic() - began < 5


def test_a_leader_sets_codes_up_in_the_browser(desk, at_work):
    from allauth.mfa.models import Authenticator
    from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value

    Authenticator.objects.filter(user__username="leader").delete()
    from jiedao.doors.demo import PASSWORD

    page = desk.open("/accounts/login/")
    page.fill("#id_login", "leader")
    page.fill("#id_password", PASSWORD)
    page.click("button.main")
    page.wait_for_load_state()
    if "reauthenticate" in page.url:
        page.fill("#id_password", PASSWORD)
        page.click("button.main")
    page.wait_for_selector("#secret")
    assert (serious(page), sideways(page)) == ([], 0)
    secret = page.input_value("#secret")
    page.fill("#id_code", format_hotp_value(hotp_value(secret, int(time.time()) // 30)))
    page.click("button.main")
    page.wait_for_url("**/recovery-codes/**")

    assert page.locator("ol.num li").count() == 10
    assert page.goto(desk.site.url("/follow/")).status == 200
