"""Search (检索): found by words, number and place; never out of sight, never with a person's number in an address."""

from datetime import timedelta
from typing import Any
from urllib.parse import quote

import pytest

from jiedao.ground.journal.models import Look
from jiedao.ground.places.models import Site
from jiedao.ground.terms.models import Term
from jiedao.kit import grams
from jiedao.kit.clock import now, today
from jiedao.record import findables
from jiedao.record.models import Case, Findable
from jiedao.record.queries import search, titles
from jiedao.record.queries.worklists import Lists
from tests.cast import DISPATCHER, dispatched, reported, seat
from tests.desks import Colleague

pytestmark = pytest.mark.usefixtures("in_gulou")


def filed(**kept: Any) -> Case:
    case = reported(**kept)
    findables.fill()
    return case


def numbers(who: str, sought: str) -> list[str]:
    return [row.number for row in search.cases(seat(who), sought).rows]


@pytest.mark.parametrize("sought", ["井盖松动", "盖松", "井", "松动 三号", "MANHOLE", "manh", "ｍａｎｈｏｌｅ"])
def test_a_case_is_found_by_any_part_of_its_words(sought):
    case = filed(words="三号楼门口井盖松动 Manhole cover")

    assert numbers(DISPATCHER, sought) == [case.number]


@pytest.mark.parametrize("sought", ["井动", "盖井", "路灯", "%", "_", "'", "\\", "", "   ", "。", "manhole 路灯"])
def test_what_a_case_does_not_hold_does_not_find_it(sought):
    filed(words="三号楼门口井盖松动 Manhole cover")

    assert numbers(DISPATCHER, sought) == []


def test_a_number_finds_by_its_beginning():
    case = filed(words="路灯不亮")

    assert numbers(DISPATCHER, case.number) == [case.number]
    assert case.number in numbers(DISPATCHER, case.number[:5])


def test_what_is_out_of_sight_is_not_found():
    case = dispatched("lighting")
    findables.fill()

    assert numbers("lighting-handler-1", "路灯不亮") == [case.number]
    assert numbers("market-handler-1", "路灯不亮") == []


def test_words_that_were_added_are_found_after_the_listener_ran():
    case = filed(words="路灯不亮")
    case.words = "路灯不亮，旁边的树也倒了"
    case.save(update_fields=["words"])

    findables.keep(case.entries.first())

    assert numbers(DISPATCHER, "树也倒了") == [case.number]
    assert Findable.objects.filter(pk=case.pk).count() == 1


def test_the_newest_come_first_and_pages_go_on(django_assert_num_queries):
    cases = [filed(words=f"垃圾堆放 {n}") for n in range(3)]
    by = seat(DISPATCHER)
    second = search.cases(by, "垃圾堆放", 2, size=2)

    with django_assert_num_queries(3):
        first = search.cases(by, "垃圾堆放", 1, size=2)

    assert [row.number for row in first.rows + second.rows] == [case.number for case in reversed(cases)]
    assert (first.more, second.more) == (True, False)


@pytest.mark.parametrize(
    "sought",
    ["盖松", "井", "MANHOLE", "anho", "nh", "a", "ｍａｎ", "%", "_", "\\", "'", "！", "路灯", "门 M", "26-", "盖井"],
)
def test_a_list_is_narrowed_by_its_index_to_what_a_look_at_every_title_finds(sought):
    """Three ages: filed and no longer new, new and not yet filed, both."""
    filed(words="三号楼门口井盖松动 Manhole 100% _")
    Case.objects.update(opened_at=now() - timedelta(hours=2))
    filed(words="门口井盖松动了 manhole!")
    reported(words="井盖松动三次 'Manhole'")
    condition, values = titles.holds(sought)
    everything = Lists(seat(DISPATCHER)).where()

    found = everything.searched(sought).page()

    assert found == everything.also(condition, *values).page()
    assert len(found) == 3 or sought not in {"盖松", "井", "MANHOLE", "anho", "nh", "a", "26-"}


def test_a_text_of_any_length_and_script_can_be_filed():
    assert grams.of_text("𠮷野家" + "长" * 100_000) == grams.of_text("𠮷野家" + "长" * 5_000)
    assert grams.of_text("") == grams.of_words("！？") == []


def test_the_page_shows_cases_duties_places_and_units():
    case = filed(words="暴露垃圾没有人清运")
    Site.objects.create(code="park-1", kind="park", name="垃圾转运站（演示）", valid_from=today())
    told = Colleague("dispatcher").get("/search/?q=" + quote("垃圾")).content.decode()

    assert case.number in told
    assert "暴露垃圾" in told
    assert "垃圾转运站（演示）" in told


def test_plain_words_become_an_address_and_a_phone_number_never_does():
    clerk = Colleague("hotline")

    words = clerk.post("/search/", {"q": "路灯"})
    phone = clerk.post("/search/", {"q": "138 0013 8000"})

    assert words.status_code == 302
    assert words.headers["Location"] == "/search/?q=" + quote("路灯")
    assert phone.status_code == 200
    assert "13800138000" not in phone.content.decode()
    assert clerk.get("/search/?q=13800138000").headers["Location"] == "/search/?kept_out=1"
    assert "网址" in clerk.get("/search/?kept_out=1").content.decode()


def test_posts_that_answer_calls_find_a_callers_own_cases_and_the_look_is_written():
    Term.objects.update_or_create(
        table="competence",
        code="callers",
        defaults={"name": "来电", "name_en": "Callers", "facts": {"posts": ["hotline_clerk"]}},
    )
    case = reported(words="水管漏水", process="call", phone="13800138000")
    told = Colleague("hotline").post("/search/", {"q": "13800138000"}).content.decode()

    assert case.number in told
    assert Look.objects.get(what="caller").purpose == "search"
    assert case.number not in Colleague("urban").post("/search/", {"q": "13800138000"}).content.decode()


@pytest.mark.parametrize("sought", ["%00", "%ED%A0%80", "a" * 5000, "%25%25", "-1"])
def test_strange_words_find_nothing_and_break_nothing(sought):
    assert Colleague("dispatcher").get(f"/search/?q={sought}").status_code in (200, 302)
