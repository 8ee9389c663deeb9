"""What was reported (公开清单与数字): small counts stay closed and cannot be worked out, and no row tells what they hide."""

import itertools
import random
import re
from datetime import timedelta

import pytest
from django.core.cache import cache

from jiedao.doors.web.middleware import hosts
from jiedao.doors.web.public import _sections
from jiedao.ground.places.models import Area
from jiedao.kit import cells
from jiedao.kit.clock import now
from jiedao.record import public
from jiedao.record.models import Case
from jiedao.stages import intake
from tests.residents import Resident, acting

pytestmark = pytest.mark.usefixtures("in_gulou")


def possible(counts: dict[str, int], told: dict[str, str]) -> dict[str, set[int]]:
    """Every value each fewer-than-five cell may have, for somebody who knows the total and the open cells."""
    small = [code for code, how in told.items() if how == cells.FEWER]
    withheld = [code for code, how in told.items() if how == cells.WITHHELD]
    hidden = sum(counts[code] for code in small + withheld)
    found: dict[str, set[int]] = {code: set() for code in small}
    for values in itertools.product(range(1, 5), repeat=len(small)):
        left = hidden - sum(values)
        if left >= 5 * len(withheld) if withheld else left == 0:
            for code, value in zip(small, values, strict=True):
                found[code].add(value)
    return found


def test_no_small_count_can_be_worked_out_from_the_others():
    chance = random.Random(17)
    for _ in range(3000):
        counts = {f"c{n}": chance.choice([0, 1, 2, 3, 4, 5, 6, 9, 40, 300]) for n in range(chance.randint(1, 6))}
        told = cells.told(counts)
        if told is None:
            continue
        assert {code for code, how in told.items() if how == cells.FEWER} == {c for c, n in counts.items() if 0 < n < 5}
        assert all(len(values) > 1 for values in possible(counts, told).values()), (counts, told)


@pytest.mark.parametrize(
    ("counts", "told"),
    [
        ({"a": 12, "b": 0, "c": 7}, {"a": "open", "b": "open", "c": "open"}),
        ({"a": 12, "b": 3, "c": 40}, {"a": "withheld", "b": "fewer", "c": "open"}),
        ({"a": 3, "b": 2, "c": 40}, {"a": "fewer", "b": "fewer", "c": "open"}),
        ({"a": 1, "b": 1, "c": 6, "d": 9}, {"a": "fewer", "b": "fewer", "c": "withheld", "d": "open"}),
        ({"a": 3}, None),
    ],
)
def test_one_more_count_is_withheld_where_a_small_one_would_show(counts, told):
    assert cells.told(counts) == told


@pytest.fixture
def town():
    """Forty findings in two communities, six calls for help in one and two in the other, five complaints, two suggestions."""
    grids = list(Area.objects.on().filter(kind="grid", grid_kind="integrated").order_by("path"))
    near = grids[0]
    far = next(grid for grid in grids if grid.path.split("/")[1] != near.path.split("/")[1])
    by = acting("grid")

    def told(count: int, kind: str, area: Area) -> None:
        for n in range(count):
            words = f"金丝雀 {kind} {n} {area.code}"
            process = "event" if kind == "finding" else "call"
            by_whom = by if kind == "finding" else acting("hotline")
            intake.report(intake.Told(words=words, channel="grid", kind=kind, area=area), by=by_whom, process=process)

    told(20, "finding", near)
    told(20, "finding", far)
    told(6, "help", near)
    told(2, "help", far)
    told(5, "complaint", near)
    told(2, "suggestion", near)
    cache.clear()
    return near, far


def test_complaints_are_in_none_of_the_figures(town):
    found = public.figures()

    assert found.total == 50
    assert "complaint" not in found.tables["kind"].counts


def test_a_small_kind_and_the_one_that_would_give_it_away_stay_closed(town):
    page = Resident().get("/public/").text

    assert public.figures().tables["kind"].told == {"finding": "open", "help": "withheld", "suggestion": "fewer"}
    assert re.search(r"建议</span> <span class=\"num\">\s*少于 5", page)
    assert Resident().get("/public/list/?by=kind&code=suggestion").status_code == 404
    assert Resident().get("/public/list/?by=kind&code=help").status_code == 404


def test_each_open_figure_opens_as_many_rows_as_it_says(town):
    for by, table in public.figures().tables.items():
        for code, count in table.counts.items():
            if table.is_open(code):
                assert len(public.rows(by, code, 0, 200)) == count, (by, code)


def test_a_row_tells_no_kind_and_no_place_that_fewer_than_five_share(town):
    _, far = town
    rows = public.rows("place", far.path.split("/")[1], 0, 200)

    assert sorted({row.kind for row in rows}, key=str) == [None, "finding"]
    assert [row.case for row in rows if row.kind is None] == [None, None]
    assert [row.place for row in rows if row.kind is None] == [None, None]


def test_no_page_shows_words_points_or_complaints(town):
    for path in ("/public/", "/public/list/?by=kind&code=finding", "/"):
        page = Resident().get(path)
        assert page.status_code == 200, path
        assert "金丝雀" not in page.text
        assert "投诉 " not in page.text
    numbers = set(Case.objects.filter(kind="complaint").values_list("number", flat=True))
    listed = Resident().get("/public/list/?by=week&code=" + public.weeks(now().date())[-1]).text
    assert not any(number in listed for number in numbers)


def test_a_district_may_switch_it_off(town, monkeypatch):
    place = hosts.find("gulou.localhost")
    monkeypatch.setattr(place, "switches", {**place.switches, "public_figures": False})

    assert Resident().get("/public/").status_code == 404
    assert "/public/" not in Resident().get("/").text


def test_where_too_little_was_reported_nothing_is_told():
    assert public.figures().tables == {}
    assert "不公布" in Resident().get("/public/").text


def test_the_figures_cost_the_same_at_any_size(town, django_assert_num_queries):
    cache.clear()
    with django_assert_num_queries(2):
        public.figures()
    with django_assert_num_queries(0):
        public.figures()


def test_what_lies_before_the_quarter_does_not_count(town):
    old = Case.objects.filter(kind="help").values_list("pk", flat=True)[:6]
    Case.objects.filter(pk__in=list(old)).update(opened_at=now() - timedelta(weeks=14))
    cache.clear()

    assert public.figures().total == 44


def test_a_district_of_one_street_tells_by_community(in_guangming):
    for community in Area.objects.on().filter(kind="community").order_by("path")[:2]:
        for _ in range(6):
            intake.report(intake.Told(words="路灯不亮", channel="grid", area=community), by=acting("grid"))
    found = public.figures()
    [lines] = [one["lines"] for one in _sections(found) if one["by"] == "place"]

    assert found.flat
    assert sorted(line["count"] for line in lines) == [6, 6]
    [code, _] = [line["code"] for line in lines]
    assert len(public.rows("place", code, 0, 20)) == 6
    assert {row.place.code for row in public.rows("place", code, 0, 20)} == {code}
