"""Help (帮助): the manual has its page for each role in both languages, leads nowhere wrong, and tours stay put away."""

import re

import pytest
from django.urls import resolve

from jiedao.doors.web import manual, tours
from jiedao.ground.people.models import Account
from tests.desks import Colleague, words
from tests.residents import Resident

LANGUAGES = ("zh", "en")
BANNED = re.compile("工单|打卡|亲，|哦|！|操作失败|非法")


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("role", manual.ROLES)
def test_each_role_has_its_page_in_each_language(role, language):
    found = manual.page(role, language)

    assert found is not None and found.title and "<h2>" in found.body
    assert BANNED.search((manual.FOLDER / language / f"{role}.md").read_text(encoding="utf-8")) is None


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_link_and_picture_of_the_manual_is_there(language):
    bodies = "".join(page.body for page in manual.pages(language))

    for href in set(re.findall(r'href="(/[^"#?]*)', bodies)):
        assert resolve(href)
    for name in set(re.findall(r"/help/images/([a-z0-9-]+\.webp)", bodies)):
        picture = manual.picture(name)
        assert picture is not None and picture.stat().st_size < 60_000, name


def test_what_is_no_mark_of_ours_stays_text():
    made = manual._inline("<script>alert(1)</script> [x](javascript:alert) **b** `k` [me](/me/) [s](start.md)")

    assert made == (
        "&lt;script&gt;alert(1)&lt;/script&gt; x <b>b</b> <kbd>k</kbd> "
        '<a href="/me/">me</a> <a href="/help/start/">s</a>'
    )


def test_no_name_of_a_picture_leaves_its_folder():
    assert [manual.picture(name) for name in ("../zh/start.md", "a.png", "..%2f", "none.webp")] == [None] * 4


@pytest.mark.usefixtures("in_gulou")
class TestPages:
    def test_everybody_reads_it_and_finds_the_own_page_first(self):
        assert "居民：报事和查进度" in words(Resident().get("/help/")).split("您的岗位手册")[0]
        assert "研判：派单员、话务员" in words(Colleague("dispatcher").get("/help/")).split("您的岗位手册")[0]
        assert Resident().get("/help/nobody/").status_code == 404

    def test_a_page_is_in_the_language_one_reads(self):
        assert "Something was sent to you" in words(Colleague("urban", lang="en").get("/help/department/"))
        assert "派来一件" in words(Colleague("urban").get("/help/department/"))

    def test_a_tour_shows_the_first_time_and_stays_away_once_put_away(self):
        urban = Colleague("urban")
        assert "第一次来这里 · 1 / 3" in words(urban.get("/department/"))

        urban.post("/me/tours/department/", {"next": "/department/"})

        assert "第一次来这里" not in words(urban.get("/department/"))
        assert "第一次来这里" not in words(Colleague("urban").get("/department/"))
        assert "第一次来这里 · 2 / 3" in words(urban.get("/department/?tour=2"))
        assert "第一次来这里" in words(urban.get("/notices/"))

    def test_a_tour_keeps_the_address_and_shows_on_no_page_that_is_not_there(self):
        urban = Colleague("urban")

        assert '"/notices/?tab=unread&amp;tour=2"' in urban.get("/notices/?tab=unread").content.decode()
        assert "jd-tour" not in urban.get("/case/26-99999/").content.decode()
        assert urban.post("/me/tours/nonsense/").status_code == 404

    def test_every_tour_belongs_to_a_page_and_speaks_both_languages(self):
        from django.urls import get_resolver

        names = {key for key in get_resolver().reverse_dict if isinstance(key, str)}
        assert set(tours.tours()) <= names
        for steps in tours.tours().values():
            assert all(step["zh"] and step["en"] and step["at"] for step in steps)

    def test_preferences_and_tours_do_not_undo_each_other(self):
        urban = Colleague("urban")
        urban.post("/me/tours/department/")
        urban.post("/me/look/", {"theme": "dark"})
        urban.post("/me/tours/notices/")

        assert Account.objects.get(username="urban").preferences == {
            "theme": "dark", "tours": ["department", "notices"],
        }  # fmt: skip


def on_the_pages() -> set[str]:
    """Every word the product says: the catalogue, the verbs, the labels of the shipped processes."""
    from jiedao.doors.web.catalogue import PACKAGE, catalogue
    from jiedao.record.verbs import VERBS

    said = {text for entry in catalogue() for text in (entry.msgstr, *entry.msgstr_plural.values())}
    said |= {verb.zh for verb in VERBS.values()}
    for path in (PACKAGE / "record" / "processes").glob("*.yaml"):
        said |= {label.strip() for label in re.findall(r"zh: ([^,}\n]+)", path.read_text("utf-8"))}
    return said


@pytest.mark.parametrize("role", manual.ROLES)
def test_what_the_manual_quotes_stands_on_a_page(role):
    text = (manual.FOLDER / "zh" / f"{role}.md").read_text(encoding="utf-8")

    assert set(re.findall("“([^”]+)”", text)) - on_the_pages() == set()
