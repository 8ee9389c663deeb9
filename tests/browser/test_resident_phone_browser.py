"""What S01 promises (居民端验收): six taps, nobody's name, the whole story, large targets, one number, both languages."""

import re

import pytest

from tests.axe import serious, sideways
from tests.browser.conftest import PHONE, Window, _window
from tests.browser.test_resident_browser import CHECK, SEND, WORDS, go_on, picture, reported
from tests.residents import Resident, closed, replied

pytestmark = pytest.mark.browser

TARGETS = """() => {
  const seen = (element) => element.checkVisibility({visibilityProperty: true}) && !element.closest('.vh, .skip, .canvas');
  const box = (element) => {
    const whole = ['checkbox', 'radio'].includes(element.type) ? element.closest('label')
      : element.type === 'file' && element.offsetHeight < 2 ? document.querySelector(`label[for="${element.id}"]`) : element;
    return (whole ?? element).getBoundingClientRect();
  };
  return [...document.querySelectorAll('a[href], button, summary, select, textarea, input:not([type=hidden])')]
    .filter(seen)
    .map((element) => [element.outerHTML.slice(0, 90), Math.round(box(element).width), Math.round(box(element).height)])
    .filter(([, width, height]) => width < 60 || height < 60);
}"""
TEXTS = """(said) => {
  const found = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const text = node.data.trim(), around = node.parentElement;
    if (!text || around.closest('.vh, .skip, script, style, option, .canvas') || !around.checkVisibility()) continue;
    if (said === 'size' && parseFloat(getComputedStyle(around).fontSize) < 18) found.push(text);
    const {fontSize, lineHeight} = getComputedStyle(around);
    if (said === 'line' && parseFloat(lineHeight) < 1.5 * parseFloat(fontSize) - 0.5) found.push(text);
    const isChinese = /[\\u3400-\\u9fff]/.test(text) && !around.closest('[lang^=zh]:not(html)');
    if (said === 'chinese' && isChinese) found.push(text);
  }
  return found;
}"""


@pytest.fixture
def here(at_work):
    """A grid of the district: its point, with two findings that a clerk has sorted."""
    from jiedao.ground.duties.models import DutyItem
    from jiedao.ground.places.locate import centre
    from jiedao.ground.places.models import Area
    from jiedao.stages import intake, triage
    from tests.residents import acting

    grid = Area.objects.on().filter(kind="grid", grid_kind="integrated").order_by("path").first()
    item = DutyItem.objects.filter(list__kind="duty", list__level="district").first()
    for n in range(5):
        told = intake.Told(words=f"金丝雀的话 {n}", channel="grid", point=centre(grid))
        taken = intake.report(told, by=acting("grid"))
        if n < 2:
            triage.classify(taken.case.id, by=acting("dispatcher"), item=item)
    return centre(grid)


@pytest.fixture
def street(browser, site, here):
    """A phone that stands in that grid and gives its position."""
    at = {"longitude": here[0], "latitude": here[1]}
    with _window(browser, site, permissions=["geolocation"], geolocation=at, **PHONE) as window:
        yield window


def test_six_taps_from_the_first_page_to_the_number_with_a_photo(street: Window):
    page = street.open("/")
    taps = 0

    def tap(selector: str) -> None:
        nonlocal taps
        taps += 1
        page.tap(selector)

    tap("a.door >> nth=0")
    with page.expect_file_chooser() as chosen:
        tap("label[for=id_photos]")
    chosen.value.set_files([picture()])
    tap("[data-jd-here]")
    page.wait_for_selector(".similar")
    tap("[data-jd-next]")
    page.wait_for_selector("#id_words:focus")
    page.keyboard.insert_text(WORDS)
    tap(CHECK)
    page.wait_for_selector(SEND)
    assert page.locator(".facts .photos img").count() == 1
    assert "路灯" in page.inner_text("main")
    tap(SEND)
    page.wait_for_selector("#code")

    assert taps == 6


def test_i_met_it_too_gives_a_number_of_its_own_and_shows_nothing_of_the_others(street: Window):
    from jiedao.record.models import Case
    from jiedao.stages import triage
    from tests.residents import acting

    page = street.open("/report/")
    page.click("[data-jd-here]")
    page.wait_for_selector(".similar")
    assert "金丝雀" not in page.content()
    page.check("#id_same_1")
    go_on(page)
    page.fill("#id_words", "我也看到了")
    page.click(CHECK)
    assert page.is_checked("#id_same_1")
    assert (serious(page), sideways(page)) == ([], 0)
    page.click(SEND)
    page.wait_for_selector("#code")
    number = page.inner_text("#number")
    case = Case.objects.get(number=number)
    other = Case.objects.get(number=case.routing["same_as"])
    page = street.open("/follow/")
    assert other.number not in page.content()

    triage.merge(case.id, other.id, by=acting("dispatcher"))
    page.reload()
    assert "已与同一问题合并" in page.inner_text("#story")
    assert number in page.inner_text("h1")
    assert "金丝雀" not in page.content()
    assert other.number not in page.content()


def test_five_sends_of_one_form_give_one_number(phone: Window, at_work):
    page = phone.open("/report/")
    page.fill("#id_address", "解放里 7 号")
    go_on(page)
    page.fill("#id_words", "五次点的那盏灯")
    page.click(CHECK)
    page.wait_for_selector(SEND)
    numbers = page.evaluate(
        """async () => {
          const form = document.getElementById('report');
          const send = () => {
            const body = new FormData(form);
            body.set('go', 'send');
            return fetch(form.action, {method: 'POST', body, headers: {Accept: 'application/json'}}).then((got) => got.json());
          };
          return (await Promise.all([1, 2, 3, 4, 5].map(send))).map((came) => came.number);
        }"""
    )

    from jiedao.record.models import Case

    assert len(numbers) == 5
    assert set(numbers) == set(Case.objects.filter(words="五次点的那盏灯").values_list("number", flat=True))
    assert len(set(numbers)) == 1


def test_without_a_network_a_report_waits_on_the_phone_and_then_has_a_number(phone: Window, at_work):
    from jiedao.record.models import Case

    page = phone.open("/report/")
    page.evaluate("navigator.serviceWorker.ready.then(() => navigator.serviceWorker.controller || "
                  "new Promise((done) => navigator.serviceWorker.addEventListener('controllerchange', done)))"
                  ".then(() => true)")  # fmt: skip
    page.context.set_offline(True)
    page.goto(phone.site.url("/report/"))
    assert "没有网络" in page.inner_text("main")
    assert (serious(page), sideways(page)) == ([], 0)
    page.set_input_files("#id_photos", [picture()])
    page.fill("#id_address", "解放里 8 号")
    page.fill("#id_words", "断网时写的那盏灯")
    page.click(SEND)
    page.wait_for_selector("#outbox:has-text('已存在本机')")
    page.goto(phone.site.url("/report/"))
    page.wait_for_selector("#outbox:has-text('断网时写的那盏灯')")

    page.context.set_offline(False)
    page.wait_for_selector("#outbox:has-text('已收到')")
    case = Case.objects.get(words="断网时写的那盏灯")
    assert case.number in page.inner_text("#outbox")
    assert case.attachments.count() == 1
    page.click("#outbox a")
    assert page.inner_text("#number") == case.number
    page.reload()
    assert page.is_hidden("#outbox")


def test_a_form_whose_answer_is_lost_on_the_way_is_kept_and_sent_once(phone: Window, at_work):
    from jiedao.record.models import Case

    page = phone.open("/report/")
    page.fill("#id_address", "解放里 9 号")
    go_on(page)
    page.fill("#id_words", "地铁里写的那盏灯")
    page.click(CHECK)
    page.wait_for_selector(SEND)
    page.context.set_offline(True)
    page.click(SEND)
    page.wait_for_selector("#outbox:has-text('已存在本机')")
    page.context.set_offline(False)
    page.wait_for_selector("#outbox:has-text('已收到')")

    assert Case.objects.filter(words="地铁里写的那盏灯").count() == 1


def test_a_reopened_request_shows_its_whole_story_and_nobody_by_name(phone: Window, at_work):
    from jiedao.ground.people.models import Person

    number, _ = reported(phone, kind="help", may_ring="no")
    closed(number, "第一次换了灯泡")
    page = phone.open("/follow/")
    page.click("#act-reopen summary")
    page.fill("#id_reopen_reason", "又不亮了")
    page.click("#act-reopen button")
    page.wait_for_selector("#lines:has-text('又不亮了')")

    story = page.inner_text("#lines")
    for said in ("反映了这件事", "受托办理", "第一次换了灯泡", "办结", "又不亮了"):
        assert said in story
    page.click("#lines details summary")
    text = page.inner_text("main")
    names = {name for name in Person.objects.values_list("name", flat=True) if len(name) > 1}
    assert not [name for name in names if name in text]
    assert not re.search(r"1\d{10}", text)


def test_two_requests_open_on_one_device_are_told_apart(phone: Window, at_work):
    first, _ = reported(phone, words="第一件：井盖松动了")
    second, _ = reported(phone, words="第二件：树枝压着电线")
    page = phone.open("/")
    assert page.inner_text("#mine") == "我的诉求 2"
    page.click(f".mine a:has-text('{first}')")
    assert first in page.inner_text("h1")
    other = page.context.new_page()
    other.goto(phone.site.url("/follow/?at=2"))
    assert second in other.inner_text("h1")

    page.click("#act-add summary")
    page.fill("#id_add_text", "补充给第一件")
    page.click("#act-add button.main")
    page.wait_for_selector("#lines:has-text('补充给第一件')")
    assert first in page.inner_text("h1")
    other.reload()
    assert "补充给第一件" not in other.inner_text("main")


def press(page, selector: str) -> None:
    """Presses what leads to another page, and waits for it."""
    with page.expect_navigation():
        page.click(selector)


def walk(window: Window, lang: str, size: str):
    """Every page a resident comes to, one after another, as somebody who files, follows and reads."""
    page = window.open(f"/?lang={lang}&size={size}")
    yield page, "home"
    page.goto(window.site.url("/report/"))
    if size:
        for step in ("photos", "place", "similar", "words"):
            yield page, step
            if step == "place":
                page.click("[data-jd-here]")
                page.wait_for_selector("#where-said:has-text('·')")
            if step == "words":
                page.fill("#id_words", "Please help me, 13812345678")
            press(page, 'button[value="next"]')
        page.click("details.act summary")
        yield page, "contact"
        page.fill("#id_phone", "13812345678")
        press(page, 'button[value="next"]')
    else:
        page.click("[data-jd-here]")
        page.wait_for_selector("#where-said:has-text('·')")
        yield page, "report"
        go_on(page)
        page.click("details.act summary")
        yield page, "words"
        page.fill("#id_words", "Please help me, 13812345678")
        page.fill("#id_phone", "13812345678")
        press(page, CHECK)
    page.wait_for_selector(SEND)
    page.click("#c-kind")
    yield page, "check"
    page.click(SEND)
    page.wait_for_selector("#code")
    yield page, "receipt"
    number = page.inner_text("#number")
    page.goto(window.site.url("/follow/"))
    yield page, "story"
    replied(number, "Done, the lamp is new")
    page.reload()
    page.evaluate("document.querySelectorAll('details').forEach((part) => (part.open = true))")
    yield page, "answered"
    for path in ("/follow/?other", "/public/", "/report/offline/", "/offices/", "/offices/?in=320106001"):
        page.goto(window.site.url(path))
        yield page, path
    if page.goto(window.site.url("/public/")).ok and page.locator(".figures a").count():
        press(page, ".figures a >> nth=0")
        yield page, "list"


@pytest.mark.nightly
def test_in_elder_mode_every_target_and_every_text_is_large(street: Window):
    found: dict[str, object] = {}
    for page, name in walk(street, "zh-hans", "elder"):
        found[name] = (
            page.evaluate(TARGETS), page.evaluate(TEXTS, "size"), page.evaluate(TEXTS, "line"), serious(page), sideways(page),
            page.locator(".bottom").is_visible(),
        )  # fmt: skip

    assert {name: what for name, what in found.items() if what != ([], [], [], [], 0, False)} == {}
    assert len(found) > 11


@pytest.mark.nightly
def test_english_covers_every_page_and_axe_finds_nothing(street: Window):
    found = {
        name: (page.evaluate(TEXTS, "chinese"), serious(page), sideways(page)) for page, name in walk(street, "en", "")
    }

    assert {name: what for name, what in found.items() if what != ([], [], 0)} == {}
    assert len(found) > 9


@pytest.mark.nightly
def test_elder_pages_in_english_ask_the_same_questions(street: Window):
    found = {
        name: (page.evaluate(TEXTS, "chinese"), page.evaluate(TARGETS), sideways(page))
        for page, name in walk(street, "en", "elder")
    }

    assert {name: what for name, what in found.items() if what != ([], [], 0)} == {}


def test_elder_pages_need_no_script_and_ask_one_question_at_a_time(plain: Window, at_work):
    page = plain.open("/?size=elder")
    page.click("a.door >> nth=0")
    page.set_input_files("#id_photos", [picture()])
    for name, told in {"#id_address": "解放里 5 号", "#id_words": "楼道灯坏了", "#id_phone": ""}.items():
        press(page, 'button[value="next"]')
        assert page.locator("h1").count() == 1
        page.fill(name, told)
    press(page, 'button[value="words"]')
    assert page.input_value("#id_words") == "楼道灯坏了"
    press(page, 'button[value="next"]')
    press(page, 'button[value="next"]')
    assert "解放里 5 号" in page.inner_text("main")
    page.click(SEND)

    assert page.is_visible("#code")
    assert page.inner_text("dt:has-text('照片') + dd") == "1"


def test_the_device_reads_the_page_aloud_in_the_language_of_the_page(phone: Window):
    phone.page.add_init_script(
        "window.heard = []; window.SpeechSynthesisUtterance = class { constructor(text) { this.text = text; } };"
        "const speak = (said) => window.heard.push([said.lang, said.text]);"
        "Object.defineProperty(window, 'speechSynthesis', {value: {cancel() {}, speak}});"
    )
    page = phone.open("/?size=elder")
    page.click("[data-jd-read]")
    [(lang, text)] = page.evaluate("window.heard")

    assert lang == "zh-CN"
    assert text.strip().startswith("您要做什么")


def test_public_pages_are_light(phone: Window):
    for path in ("/", "/report/", "/follow/?other", "/public/"):
        sizes: dict[str, int] = {}
        phone.page.on("response", lambda got, kept=sizes: kept.update({got.url: len(got.body())}) if got.ok else None)
        phone.open(path).wait_for_load_state("networkidle")
        assert sum(size for url, size in sizes.items() if "maplibre" not in url and "outlines" not in url) < 200_000, (
            path
        )


def test_number_and_code_pasted_as_one_text_open_the_request(at_work):
    resident = Resident()
    number, code = resident.reported()

    assert Resident().follow(f"编号 {number} 查询码 {code}", "").status_code == 302
    assert Resident().follow("", f"{number}\n{code.lower()}").status_code == 302
    assert Resident().follow(number, f"{number} {code}").status_code == 302
