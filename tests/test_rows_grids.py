"""Rows G1 and G2 (网格与网格力量): each district walks its own grids through the pages, with its own numbers."""

import json
import re
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from shapely.geometry import shape

from jiedao.ground.people.models import Tenure
from jiedao.ground.places import locate, plots
from jiedao.ground.places.models import Area
from jiedao.kit.clock import today
from tests.desks import Colleague, words


@pytest.fixture(autouse=True)
def _read_anew():
    yield
    locate.forget()
    plots.forget()


def dispatcher(label: str) -> Colleague:
    return Colleague("dispatcher", host={"host": f"{label}.localhost"})


def figures(page: object) -> dict[str, str]:
    """The figures at the head of the page of grids, by their words."""
    found = re.findall(r"<dt>([^<]+)</dt><dd class=\"num\">(.*?)</dd>", page.content.decode())
    return {word: re.sub(r"<[^>]+>", "", value).strip() for word, value in found}


def number(told: str) -> int:
    return int(told.split("/")[-1])


def below(page: object) -> dict[str, int]:
    """How many grids each sub-district has, as the tree says."""
    tree = page.content.decode().split('<nav class="panel flush tree"')[1].split("</nav>")[0]
    return {name.strip(): int(count) for name, count in re.findall(r'>([^<>]+) <span class="num meta">(\d+)', tree)}


def seats(page: object) -> list[str]:
    return re.findall(r"<b>([^<]+)</b>", page.content.decode().split('id="crew"')[1].split("</section>")[0])


def first_grid(colleague: Colleague, query: str = "") -> object:
    listed = colleague.get(f"/grids/?view=list&{query}").content.decode()
    return colleague.get(re.search(r'href="(/grids/[0-9]{6,}/)"', listed)[1])


def lines(colleague: Colleague) -> list[dict[str, str]]:
    """What the map draws."""
    return [each["properties"] for each in colleague.get("/grids/shapes.json").json()["features"]]


def test_g1_gulou_has_integrated_grids_and_exclusive_ones_of_towers_and_campuses(in_gulou):
    colleague = dispatcher("gulou")
    shown = figures(colleague.get("/grids/"))

    assert number(shown["街道"]) == 13
    assert number(shown["综合网格"]) >= 980
    assert number(shown["专属网格"]) >= 600
    drawn = [each["kind"] for each in lines(colleague)]
    assert drawn.count("integrated") == number(shown["综合网格"])
    assert drawn.count("exclusive") == number(shown["专属网格"])


def test_g1_liunan_has_grids_of_three_levels_and_some_of_one_unit_alone(in_liunan):
    colleague = dispatcher("liunan")
    page = colleague.get("/grids/")
    shown, tree = figures(page), below(page)

    assert sum(name.endswith("街道") for name in tree) == 8
    assert sum(name.endswith("镇") for name in tree) == 3
    levels = [each["level"] for each in lines(colleague)]
    assert levels.count("community") == 55 + 42
    assert number(shown["综合网格"]) + number(shown["专属网格"]) >= 900
    assert number(shown["专属网格"]) > 0


def test_g1_neijiang_has_its_grids_in_town_and_in_the_townships(in_neijiang):
    colleague = dispatcher("neijiang")
    page = colleague.get("/grids/")
    tree = below(page)

    assert sum(count for name, count in tree.items() if name.endswith("街道")) == 92
    assert sum(count for name, count in tree.items() if name.endswith(("镇", "乡"))) == 107


def test_g1_guangming_has_basic_grids_and_its_parks_and_key_enterprises_as_places(in_guangming):
    colleague = dispatcher("guangming")
    shown = figures(colleague.get("/grids/"))

    assert number(shown["综合网格"]) + number(shown["专属网格"]) == 150
    assert (shown["产业园区"], shown["重点企业"]) == ("75", "104")
    for kind, count in (("park", 75), ("enterprise", 104)):
        page = colleague.get(f"/grids/sites/?kind={kind}").content.decode()
        assert page.count('"lon"') == count


def test_g2_a_grid_of_gulou_has_one_head_and_several_workers(in_gulou):
    served = seats(first_grid(dispatcher("gulou"), "kind=integrated"))

    assert served.count("网格长") == 1
    assert len([each for each in served if "网格" in each and each != "网格长"]) >= 2


def test_g2_a_grid_of_liunan_has_two_workers_and_two_party_assistants(in_liunan):
    colleague = dispatcher("liunan")
    shown = figures(colleague.get("/grids/"))

    served = seats(first_grid(colleague, "kind=integrated"))

    assert served.count("网格员") == 2
    assert served.count("党员网格助理员") == 2
    assert number(shown["党员网格助理员"]) >= 1_000
    assert number(shown["红色物业员"]) > 0
    assert shown["网格党组织"] == "378"


def test_g2_neijiang_has_a_branch_for_every_grid_each_a_unit_of_one_one_and_three(in_neijiang):
    colleague = dispatcher("neijiang")

    served = seats(first_grid(colleague))

    assert figures(colleague.get("/grids/"))["网格党组织"] == "204"
    assert served.count("网格党支部书记") >= 1
    assert served.count("协警") >= 1
    assert served.count("党员骨干") >= 3
    assert len([each for each in served if each.endswith("网格员")]) >= 2


def test_g2_grids_that_nobody_serves_are_found_in_every_district(in_gulou):
    colleague = dispatcher("gulou")
    code = re.search(r"/grids/([0-9]{6,})/", colleague.get("/grids/?view=list").content.decode())[1]
    Tenure.objects.filter(post__area__code=code).update(valid_to=today())

    assert code in colleague.get("/grids/?state=unstaffed&view=list").content.decode()


def test_g1_the_keeper_of_gulou_edits_a_grid_and_gaps_and_overlaps_are_told(in_gulou):
    keeper = Colleague("admin")
    day = (today() + timedelta(days=7)).isoformat()
    path = keeper.post("/grids/redraw/", {"name": "银杏一号网格外扩", "effective_on": day}).headers["Location"]
    ring = shape(Area.objects.on().get(code="320106001901001").shape).exterior.coords
    drawn = {"type": "Polygon", "coordinates": [[[x + 0.0005, y] for x, y in ring]]}
    feature = {"type": "Feature", "id": "320106001901001", "properties": {}, "geometry": drawn}
    file = json.dumps({"type": "FeatureCollection", "features": [feature]}).encode()

    keeper.post(f"{path}do/load/", {"file": SimpleUploadedFile("a.geojson", file), "system": "wgs84"})

    told = words(keeper.get(path))
    assert "重叠" in told and "空白" in told and "不能发布" in told
    assert keeper.post(f"{path}do/publish/").status_code == 422
