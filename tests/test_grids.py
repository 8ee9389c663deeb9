"""Grids on pages (网格页面): tree, map, crew, sites, points looked up, and a redraw from its draft to its day."""

import csv
import io
import json
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from shapely.geometry import shape

from jiedao.ground.people.models import Post, Unit
from jiedao.ground.places import checks, crew, locate, plots, redraw
from jiedao.ground.places.coords import to_gcj02
from jiedao.ground.places.models import Area, Redraw, Site
from jiedao.ground.terms.models import Term
from jiedao.kit import clock
from jiedao.kit.clock import now, today
from jiedao.kit.refusal import Refused
from tests import cast
from tests.desks import Colleague, words

GRID = "320106001901001"
BESIDE = "320106001901002"
EXCLUSIVE = "320106001901901"


@pytest.fixture(autouse=True)
def kept(in_gulou):
    """The dispatcher keeps the grids here, a sub-district's clerk those of the own body, nobody else does."""
    Term.objects.filter(table="competence", code="grids").delete()
    facts = {"posts": ["dispatcher"], "within": "district"}
    Term(table="competence", code="grids", name="网格", name_en="grids", facts=facts).save(force_insert=True)
    yield
    locate.forget()
    plots.forget()


def keeper() -> Colleague:
    return Colleague("dispatcher")


def by():
    return cast.seat("centre-dispatcher-1")


def area(code: str = GRID) -> Area:
    return Area.objects.on().get(code=code)


def middle(code: str = GRID) -> tuple[float, float]:
    return locate.centre(area(code))


def across(code: str = GRID) -> list[list[float]]:
    """A line from west to east through a grid, from outside to outside."""
    grid = area(code)
    height = middle(code)[1]
    return [[round(grid.west - 0.001, 6), round(height, 6)], [round(grid.east + 0.001, 6), round(height, 6)]]


def draft(days: int = 1) -> Redraw:
    return redraw.prepare(by=by(), name="银杏一号网格拆分", effective_on=today() + timedelta(days=days))


def test_the_tree_counts_what_lies_below_and_the_list_shows_the_same():
    page = Colleague("clerk").get("/grids/?under=320106001901")

    said = words(page)
    grids = Area.objects.on().filter(parent__code="320106001901")
    assert f"{grids.count()} 个网格" in said
    assert all(grid.name in said for grid in grids)
    exclusive = words(keeper().get("/grids/?kind=exclusive&under=320106001901"))
    assert "银杏一号网格" not in exclusive and "专属网格" in exclusive


def test_a_grid_without_anybody_is_found_by_its_filter_and_drawn_so():
    before = len(crew.staff())
    for post in Post.objects.on().filter(area__code=GRID):
        post.tenures.update(valid_to=today())

    page = keeper().get("/grids/?state=unstaffed&q=320106001901")

    assert len(crew.staff()) == before - 1
    assert "银杏一号网格" in words(page) and "银杏二号网格" not in words(page)
    state = json.loads(page.content.decode().split('id="grid-state" type="application/json">')[1].split("</script>")[0])
    assert state["shown"] == [GRID] and GRID not in state["staffed"]


def test_the_lines_are_sent_once_and_then_only_named():
    colleague = keeper()
    first = colleague.get("/grids/shapes.json")
    assert len(first.json()["features"]) == Area.objects.on().exclude(shape=None).count()

    again = colleague.get("/grids/shapes.json", **{"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")

    Area.objects.filter(code=GRID).update(name="改名")
    assert colleague.get("/grids/shapes.json", **{"If-None-Match": first.headers["ETag"]}).status_code == 200


def test_a_grid_shows_its_crew_its_branch_and_the_matters_one_may_see():
    party = Unit.objects.on().filter(kind="party").first()
    body = Unit.objects.on().get(code="320106001901")
    party = party or Unit(
        kind="party", level="community", code="p1", name="银杏网格党支部", parent=body, valid_from=today()
    )
    party.serves, party.name = [GRID, BESIDE], "银杏网格党支部"
    party.save(force_insert=party._state.adding) if party._state.adding else party.save(
        update_fields=["serves", "name"]
    )
    case = cast.filed()

    said = words(keeper().get(f"/grids/{GRID}/"))

    assert "网格长" in said and "网格员" in said
    assert "银杏网格党支部 服务 2 个网格" in said
    assert case.title in said
    assert case.title not in words(Colleague("urban").get(f"/grids/{GRID}/"))


def test_a_page_of_grids_asks_as_often_for_one_row_as_for_many():
    colleague = keeper()
    colleague.get("/grids/")

    with CaptureQueriesContext(connection) as one:
        colleague.get(f"/grids/?q={GRID}")
    with CaptureQueriesContext(connection) as many:
        colleague.get("/grids/?q=320106")

    assert len(one) == len(many)


def test_a_point_is_found_in_each_system_and_outside_is_said():
    lon, lat = middle()
    shifted = to_gcj02(lon, lat)

    plain = words(keeper().post("/grids/locate/", {"lon": lon, "lat": lat, "system": "wgs84"}))
    turned = words(keeper().post("/grids/locate/", {"lon": shifted[0], "lat": shifted[1], "system": "gcj02"}))

    assert GRID in plain and GRID in turned
    assert "不在本区" in words(keeper().post("/grids/locate/", {"lon": 100, "lat": 30, "system": "cgcs2000"}))
    assert keeper().post("/grids/locate/", {"lon": 100, "lat": 30, "system": "bd09"}).status_code == 422


def test_a_table_of_points_comes_back_with_the_grid_of_every_row():
    lon, lat = middle(EXCLUSIVE)
    text = f"名称,经度,纬度\n楼,{lon},{lat}\n空,,\n远,100,30\n米,372000,3543000\n=1+1,{lon},{lat}\n"
    file = SimpleUploadedFile("points.csv", text.encode("gb18030"))

    answer = keeper().post("/grids/locate/", {"table": "1", "file": file, "system": "wgs84"})

    rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert [row["网格编码"] for row in rows] == [EXCLUSIVE, "", "", "", EXCLUSIVE]
    assert [row["备注"] for row in rows] == ["", "没有坐标", "不在本区", "不是经纬度", ""]
    assert rows[0]["社区"] == "银杏社区（演示）" and rows[0]["街道"] == "宁海路街道"
    assert rows[4]["名称"] == "'=1+1"


def test_a_table_without_coordinates_is_refused_by_its_columns():
    file = SimpleUploadedFile("points.csv", "名称,地址\n楼,某路\n".encode())

    answer = keeper().post("/grids/locate/", {"table": "1", "file": file, "system": "wgs84"})

    assert answer.status_code == 422 and "没有经度列或纬度列" in words(answer)


def test_who_does_not_keep_the_grids_begins_no_redraw_and_reads_no_draft():
    row, clerk = draft(), Colleague("clerk")

    answer = clerk.post("/grids/redraw/", {"name": "x", "effective_on": (today() + timedelta(1)).isoformat()})

    assert answer.status_code == 403 and "派遣员" in words(answer)
    assert clerk.get(f"/grids/redraw/{row.id}/").status_code == 404
    assert clerk.post(f"/grids/redraw/{row.id}/do/publish/").status_code == 404
    assert Redraw.objects.count() == 1


def test_a_keeper_of_one_body_redraws_no_other_bodys_grids():
    Term.objects.filter(table="competence", code="grids").update(facts={"posts": ["office_head"], "within": "body"})
    posts = Post.objects.on().filter(kind__code="office_head", unit__code__startswith="320106001-")
    head = cast.seat(posts.first().code)
    row = redraw.prepare(by=head, name="本街道", effective_on=today() + timedelta(days=1))

    redraw.split(row.id, by=head, code=GRID, line=across())
    with pytest.raises(Refused) as refusal:
        redraw.split(row.id, by=head, code="320106002901001", line=across("320106002901001"))

    assert refusal.value.rule == "not_keeper"


def test_a_split_changes_nothing_today_and_everything_on_its_day():
    row, case, spot = draft(3), cast.filed(), middle()
    where, mine = (spot[0], spot[1] - 1e-4), area()

    redraw.split(row.id, by=by(), code=GRID, line=across(), names=["银杏北网格"])
    redraw.publish(row.id, by=by())

    assert locate.locate(*where, today()).id == mine.id
    day = today() + timedelta(days=3)
    made = Area.objects.on(day).get(name="银杏北网格")
    assert made.code == "320106001901010" and made.came_from == [mine.id]
    south = Area.objects.on(day).get(code=GRID)
    assert south.id != mine.id and south.came_from == [mine.id]
    assert {locate.locate(spot[0], spot[1] + off, day).code for off in (-1e-4, 1e-4)} == {GRID, made.code}
    case.refresh_from_db()
    assert case.area_id == mine.id
    with clock.moved(lambda: later), pytest.MonkeyPatch.context():
        assert "沿革" in words(keeper().get(f"/grids/{made.code}/"))


later = now() + timedelta(days=3)


def test_posts_follow_the_code_and_those_of_an_ended_grid_wait_to_be_assigned():
    row = draft()
    redraw.merge(row.id, by=by(), codes=[GRID, BESIDE], name="银杏大网格")
    staying = Post.objects.on().filter(area__code=GRID).count()
    redraw.publish(row.id, by=by())

    with clock.moved(now() + timedelta(days=1)):
        left = {seat.post.area.code for seat in crew.left_over()}
        assert left == {BESIDE}
        merged = Area.objects.on().get(code=GRID)
        assert merged.name == "银杏大网格" and len(merged.came_from) == 2
        assert Post.objects.on().filter(area=merged).count() == staying
        assert not Area.objects.on().filter(code=BESIDE).exists()
        assert "待安排的岗位" in words(keeper().get("/grids/redraw/"))


def test_what_does_not_fit_is_not_published_and_leaves_nothing():
    row, grid = draft(), area()
    ring = [[x + 0.0015, y] for x, y in shape(grid.shape).exterior.coords]
    redraw.load(
        row.id, by=by(), changes=[{"op": "reshape", "shapes": {GRID: {"type": "Polygon", "coordinates": [ring]}}}]
    )
    rows = Area.objects.count()

    with pytest.raises(Refused) as refusal:
        redraw.publish(row.id, by=by())

    assert refusal.value.rule == "borders_do_not_fit"
    assert Area.objects.count() == rows and Area.objects.get(pk=grid.pk).valid_to is None
    assert Redraw.objects.get(pk=row.pk).published_at is None


def test_two_redraws_of_one_grid_do_not_both_take_effect():
    first, second = draft(2), draft(2)
    for row in (first, second):
        redraw.split(row.id, by=by(), code=GRID, line=across())
    redraw.publish(first.id, by=by())

    with pytest.raises(Refused) as refusal:
        redraw.publish(second.id, by=by())

    assert refusal.value.rule in ("changed_later", "code_taken", "pieces_differ", "line_does_not_cut")
    assert Area.objects.on(today() + timedelta(days=2)).filter(code=GRID).count() == 1


@pytest.mark.parametrize("days", [0, -1, 2000])
def test_a_redraw_begins_tomorrow_at_the_earliest(days):
    with pytest.raises(Refused, match="effective_too"):
        draft(days)


def test_a_code_keeps_to_the_districts_rule_and_is_never_given_twice():
    Term.objects.filter(table="grid_rule").delete()
    facts = {"integrated": "001-899", "exclusive": "901-999", "zh": "按小区", "en": "By estate"}
    Term(table="grid_rule", code="code", name="编码", name_en="Codes", facts=facts).save(force_insert=True)
    row = draft()

    with pytest.raises(Refused, match="bad_grid_code"):
        redraw.rename(row.id, by=by(), code=GRID, to="320106001901950")
    with pytest.raises(Refused, match="code_taken"):
        redraw.rename(row.id, by=by(), code=GRID, to=BESIDE)
    redraw.rename(row.id, by=by(), code=GRID, to="320106001901077", name="银杏七十七号网格")
    redraw.split(row.id, by=by(), code=EXCLUSIVE, line=across(EXCLUSIVE))

    after = redraw.boards(Redraw.objects.get(pk=row.pk))[1]
    assert after["320106001901077"].name == "银杏七十七号网格"
    assert after["320106001901907"].is_exclusive


def test_a_draft_is_made_changed_tried_and_published_by_its_pages():
    colleague = keeper()
    day = (today() + timedelta(days=5)).isoformat()
    made = colleague.post("/grids/redraw/", {"name": "拆分银杏一号", "effective_on": day})
    assert made.status_code == 303
    path = made.headers["Location"]
    line = "\n".join(f"{lon}, {lat}" for lon, lat in across())

    answer = colleague.post(f"{path}do/split/", {"code": GRID, "line": line, "names": "银杏北网格"})
    assert answer.status_code == 303, words(answer)
    page = words(colleague.get(path))
    assert f"拆分 {GRID}，新增 320106001901010" in page and "试算" in page and "银杏北网格 新增" in page

    board = colleague.get(f"{path}board.json?under=320106001901").json()
    assert {f["properties"]["code"] for f in board["before"]["features"]} == {GRID}
    assert colleague.post(f"{path}do/publish/").status_code == 303
    assert "已发布，待生效" in words(colleague.get(path))
    assert colleague.post(f"{path}do/take_back/").status_code == 409
    assert "已发布" in words(Colleague("clerk").get(path))


def test_the_same_key_changes_a_draft_once():
    row, colleague = draft(), keeper()
    told = {"code": GRID, "line": "\n".join(f"{lon}, {lat}" for lon, lat in across()), "key": "once-only"}

    for _ in range(2):
        assert colleague.post(f"/grids/redraw/{row.id}/do/split/", told).status_code == 303

    assert len(Redraw.objects.get(pk=row.pk).changes) == 1


def test_a_form_that_cannot_be_read_comes_back_as_it_was_typed():
    row = draft()

    answer = keeper().post(f"/grids/redraw/{row.id}/do/split/", {"code": GRID, "line": "somewhere"})

    assert answer.status_code == 422
    assert "这一行读不出来：somewhere" in words(answer) and "somewhere</textarea>" in answer.content.decode()


@pytest.mark.parametrize("system", ["wgs84", "gcj02", "cgcs2000"])
def test_borders_go_out_as_geojson_and_come_back_in_the_system_declared(system):
    row, colleague = draft(), keeper()
    path = f"/grids/redraw/{row.id}"
    redraw.split(row.id, by=by(), code=GRID, line=across())
    file = colleague.get(f"{path}/grids.geojson?under=320106001901&system={system}").content
    redraw.take_back(row.id, by=by())

    sent = {"file": SimpleUploadedFile("grids.geojson", file), "system": system}
    answer = colleague.post(f"{path}/do/load/", sent)

    assert answer.status_code == 303, words(answer)
    after = redraw.boards(Redraw.objects.get(pk=row.pk))[1]
    assert "320106001901010" in after
    redraw.publish(row.id, by=by())


@pytest.mark.parametrize(
    ("content", "rule"),
    [
        (b"{", "不是 GeoJSON"),
        (b'{"type":"FeatureCollection","features":[]}', "不是 GeoJSON"),
        (b'{"type":"FeatureCollection","features":[{"geometry":{"type":"Point","coordinates":[1,2]}}]}', "不是面"),
        (b'{"type":"FeatureCollection","features":[{"id":"9","geometry":{"type":"Polygon","coordinates":[[[372000.5,3543000.1]]]}}]}', "不是经纬度"),  # noqa: E501
        (b'{"type":"FeatureCollection","features":[{"id":"320106001901001","geometry":{"type":"Polygon","coordinates":[[[118,32],[119,33],[119,32],[118,33],[118,32]]]}}]}', "320106001901001 的边界有误"),  # noqa: E501
        (b'{"type":"FeatureCollection","features":[{"id":"9","properties":{"name":"x"},"geometry":{"type":"Polygon","coordinates":[[[100,30],[100.1,30],[100,30.1],[100,30]]]}}]}', "不在任何社区"),  # noqa: E501
        (b"[" * 100_000, "不是 GeoJSON"),
    ],
)  # fmt: skip
def test_a_file_that_holds_no_borders_is_refused_by_name_and_place(content, rule):
    row = draft()
    sent = {"file": SimpleUploadedFile("grids.geojson", content), "system": "wgs84"}

    answer = keeper().post(f"/grids/redraw/{row.id}/do/load/", sent)

    assert answer.status_code in (413, 422) and rule in words(answer)
    assert Redraw.objects.get(pk=row.pk).changes == []


def test_the_shipped_grids_have_no_faults():
    assert [f for f in checks.of_district(connection.schema_name, today()) if f.kind != "gap"] == []


def test_sites_are_listed_by_kind_and_inside_their_grid():
    lon, lat = middle()
    Site(code="park-1", kind="park", name="演示产业园", lon=lon, lat=lat, area=area(), valid_from=today()).save(
        force_insert=True
    )

    assert "演示产业园" in words(keeper().get("/grids/sites/?kind=park"))
    assert "演示产业园" in words(keeper().get(f"/grids/{GRID}/"))
    assert "演示产业园" not in words(keeper().get(f"/grids/{BESIDE}/"))
