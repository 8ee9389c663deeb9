"""Packages in and out (区包导入导出): a plan first, one transaction, and an export that imports as nothing new."""

import json
import re
import shutil
from datetime import date, timedelta
from pathlib import Path

import pytest
from shapely.geometry import shape

from jiedao.doors import demo
from jiedao.doors.package import compare, drawing, export, mending, sheet, start
from jiedao.doors.package.bring import bring
from jiedao.doors.package.content import read
from jiedao.doors.package.load import HOME, folder_of, read_checked
from jiedao.doors.package.rules import check
from jiedao.doors.package.rules_lists import items
from jiedao.doors.package.shapes import gaps
from jiedao.ground.districts import district
from jiedao.ground.districts.models import District
from jiedao.ground.duties.models import DutyItem
from jiedao.ground.journal.models import Change
from jiedao.ground.people.models import Establishment, Person, Post, Stationing, Tenure, Unit
from jiedao.ground.places.models import Area, Site
from jiedao.ground.terms.models import Term
from jiedao.kit.clock import today
from jiedao.kit.refusal import Refused
from jiedao.lines.scores import rulebook
from tests import cast

TABLES = (Area, Unit, Post, Person, Tenure, Term, Site, DutyItem, Establishment, Stationing)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The smaller package, for a test to change."""
    return Path(shutil.copytree(HOME / "jianghan", tmp_path / "jianghan"))


def change(folder: Path, name: str, before: str, after: str) -> None:
    path = folder / name
    text = path.read_text(encoding="utf-8")
    assert before in text
    path.write_text(text.replace(before, after, 1), encoding="utf-8")


def line_of(folder: Path, name: str, part: str) -> str:
    return next(line for line in (folder / name).read_text(encoding="utf-8").splitlines() if part in line)


def rows() -> list[int]:
    return [model.objects.count() for model in TABLES]


def brought(folder: Path, place: District, *, yes: bool = False) -> list[str]:
    return [str(line) for line in bring(folder, place, yes=yes).lines]


@pytest.mark.parametrize(
    "label",
    [pytest.param(name, marks=[pytest.mark.nightly] if name != "jianghan" else []) for name in demo.DISTRICTS],
)
def test_an_export_imports_as_nothing_new_and_is_the_same_each_time(db, tmp_path, label):
    with district(label) as place:
        export.write(place, tmp_path / label)
        again = export.files(place)

        assert {name: (tmp_path / label / name).read_text(encoding="utf-8") for name in again} == again
        assert bring(tmp_path / label, place).summary() == {}


def test_an_export_has_the_rules_of_scores_that_are_the_districts_own(in_jianghan, tmp_path):
    own = rulebook.in_force("three_rates").document.replace("places: 2", "places: 1")
    rulebook.ship(own)

    export.write(in_jianghan, tmp_path / "jianghan")
    made = read_checked(tmp_path / "jianghan")
    plan = bring(tmp_path / "jianghan", in_jianghan, yes=True)

    assert sorted(path.stem for path in (tmp_path / "jianghan" / "scores").iterdir()) == [
        "three_rates", "two_way_departments", "two_way_streets",
    ]  # fmt: skip
    assert made.score_rules == {version.code: version.document for version in rulebook.newest()}
    assert plan.is_empty
    assert rulebook.in_force("three_rates").version == 2


def test_a_file_of_another_rules_name_is_a_problem(folder):
    (folder / "scores" / "two_way_streets.yaml").rename(folder / "scores" / "streets.yaml")

    problems = [str(problem) for problem in check(read(folder))]

    assert len(problems) == 1
    assert "streets.yaml" in problems[0]
    assert "two_way_streets" in problems[0]


def test_an_export_loads_into_an_empty_district_as_the_same_rows(fresh_database, tmp_path):
    with district("guangming") as place:
        export.write(place, tmp_path / "guangming")
        before = rows()
    made = read(tmp_path / "guangming")
    text = (tmp_path / "guangming" / "package.yaml").read_text(encoding="utf-8")

    assert made.problems == []
    assert check(made) == []
    assert "demo: true" in text
    assert before == [
        len(made.areas), len(made.units), len(made.posts), len(made.people), sum(len(p.posts) for p in made.people),
        len(made.terms), len(made.sites), before[7], len(made.establishments),
        sum(person.stationed is not None for person in made.people),
    ]  # fmt: skip


def test_a_package_that_was_changed_differs_in_that_line_only(in_jianghan, folder):
    change(folder, "units.yaml", "name: 区民政局", "name: 区民政和社会工作局")

    found = compare.differences(read_checked(folder), compare.as_it_is("420103"))

    assert [(one.table, one.code, sorted(one.fields)) for one in found if one.table == "units"] == [
        ("units", "civil", ["name"])
    ]


def test_a_plan_tells_what_would_be_done_and_writes_nothing(in_jianghan, folder):
    change(folder, "people.yaml", 'phone: "10000000002"', 'phone: "10000009999"')
    before = rows()

    plan = bring(folder, in_jianghan)

    assert plan.summary() == {"people": {"changed": 1}}
    assert [str(line) for line in plan.lines] == ["~ people P0002: phone"]
    assert rows() == before
    assert Person.objects.get(code="P0002").phone == "10000000002"


def test_names_and_numbers_are_brought_up_to_date_and_written_down(in_jianghan, folder):
    change(folder, "people.yaml", 'phone: "10000000002"', 'phone: "10000009999"')
    change(folder, "units.yaml", "name: 区民政局", "name: 区民政和社会工作局")

    bring(folder, in_jianghan, yes=True)

    assert Person.objects.get(code="P0002").phone == "10000009999"
    assert Unit.objects.get(code="civil").name == "区民政和社会工作局"
    noted = Change.objects.get(kind="package", verb="import")
    assert noted.facts == {"counts": {"people": {"changed": 1}, "units": {"changed": 1}}}
    assert bring(folder, in_jianghan).is_empty


def without_the_zone(folder: Path) -> None:
    """The package as it is when a unit has been dissolved."""
    change(folder, "units.yaml", line_of(folder, "units.yaml", "code: zone-cbd,") + "\n", "")
    for post in ("zone-cbd-unit_head", "zone-cbd-duty_officer", "zone-cbd-handler"):
        change(folder, "people.yaml", f"[{post}]", "[]")


def test_what_the_package_no_longer_has_ends_today(in_jianghan, folder):
    without_the_zone(folder)

    bring(folder, in_jianghan, yes=True)

    ended = Unit.objects.get(code="zone-cbd")
    assert ended.valid_to == today()
    assert not Post.objects.on().filter(unit=ended).exists()
    assert not Tenure.objects.on().filter(post__unit=ended).exists()
    assert Person.objects.filter(tenures__post__code="zone-cbd-handler").exists()


def test_a_unit_with_open_work_does_not_end(in_jianghan, folder, monkeypatch):
    monkeypatch.setattr(cast, "GRID", "420103001901001")
    case = cast.reported()
    cast.do(case, "classify", cast.DISPATCHER, item="street-vendors")
    cast.do(case, "file", cast.DISPATCHER)
    cast.do(case, "dispatch", cast.DISPATCHER, lead="zone-cbd")
    without_the_zone(folder)

    with pytest.raises(Refused) as refusal:
        bring(folder, in_jianghan, yes=True)

    assert (refusal.value.rule, refusal.value.facts["units"]) == ("unit_has_open_work", ["zone-cbd"])
    assert Unit.objects.get(code="zone-cbd").valid_to is None


def test_a_new_border_is_a_new_row_and_everything_goes_along(in_jianghan, folder):
    code, beside = "420103001901001", "420103001901002"
    path = folder / "areas.geojson"
    found = {row["id"]: row for row in json.loads(path.read_text(encoding="utf-8"))["features"]}
    left, right = (drawing.ring_of(found[one]["geometry"]) for one in (code, beside))
    whole = drawing.ring_of(shape(found[code]["geometry"]).union(shape(found[beside]["geometry"])).__geo_interface__)
    assert left and right
    for one, ring in zip((code, beside), drawing.divide(whole, [3, 2]), strict=True):
        found[one]["geometry"] = drawing.geojson(ring)
    collection = json.loads(path.read_text(encoding="utf-8"))
    collection["features"] = list(found.values())
    path.write_text(json.dumps(collection), encoding="utf-8")
    old = Area.objects.get(code=code)

    told = brought(folder, in_jianghan, yes=True)

    new = Area.objects.get(code=code, valid_to=None)
    assert sorted(told) == [f"~ areas {code}: border", f"~ areas {beside}: border"]
    assert (new.came_from, Area.objects.get(pk=old.pk).valid_to) == ([old.id], today())
    assert set(Post.objects.filter(code__startswith=code).values_list("area", flat=True)) == {new.id}


def test_another_number_of_approved_posts_begins_today(in_jianghan, folder):
    before = "staff_kind: official, approved: 38"
    change(folder, "organisation.yaml", before, "staff_kind: official, approved: 40")

    bring(folder, in_jianghan, yes=True)

    spans = Establishment.objects.filter(unit__code="420103001", staff_kind="official").order_by("valid_from")
    assert [(row.approved, row.valid_to) for row in spans] == [(38, today()), (40, None)]


def test_people_whom_the_package_does_not_name_stay(in_jianghan, folder):
    post = Post.objects.get(code="civil-handler-1")
    newcomer = Person(code="X1", name="林新")
    newcomer.save(force_insert=True)
    Tenure(person=newcomer, post=post, valid_from=today()).save(force_insert=True)

    assert bring(folder, in_jianghan).is_empty
    assert Tenure.objects.on().filter(person=newcomer).exists()


# Bad input: refused by name and place, and nothing of it is written

WRONG = {
    "broken YAML": ("units.yaml", "rank: 10, desks: [triage", "rank: 10, desks: [[triage", "units.yaml", "not yaml"),
    "a code of another district": ("areas.yaml", '"420103013"', '"420104013"', "areas.yaml", "code outside parent"),
    "a unit above itself": (
        "units.yaml",
        "kind: outpost, level: district, parent: urban",
        "kind: outpost, level: district, parent: sanitation",
        "units.yaml",
        "unit above itself",
    ),
    "an unknown word": (
        "units.yaml",
        "posts: [district_leader*3]",
        "posts: [{kind: district_leader, count: 3, slot: Z}]",
        "units.yaml",
        "unknown term",
    ),
    "two versions on one day": (
        "lists/delegated-powers.yaml",
        "lists:\n",
        "lists:\nTWICE",
        "lists/delegated-powers.yaml",
        "two versions on one day",
    ),
    "shares that are no hundred": (
        "terms.yaml",
        "terms:\n",
        "terms:\n  station_kind:\n    - {code: lent, name: 借用, name_en: Lent, facts: {command: 60, home: 60}}\n",
        "terms.yaml",
        "shares are no hundred",
    ),
    "a site of no kind": ("sites.yaml", "kind: health_centre", "kind: castle", "sites.yaml", "unknown term"),
    "a contact in no post": (
        "lists/delegated-powers.yaml",
        "contact_post: urban-handler-1",
        "contact_post: urban-king",
        "lists/delegated-powers.yaml",
        "unknown post",
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_package_is_refused_by_name_and_place_and_nothing_is_written(in_jianghan, folder, name):
    file, before, after, told_in, rule = WRONG[name]
    if "TWICE" in after:
        text = (folder / file).read_text(encoding="utf-8")
        one = text.split("lists:\n", 1)[1]
        after = "lists:\n" + one.replace("version: 1", "version: 2", 1)
        (folder / file).write_text(text.split("lists:\n", 1)[0] + after + one, encoding="utf-8")
    else:
        change(folder, file, before, after)
    was = rows()

    with pytest.raises(Refused) as refusal:
        bring(folder, in_jianghan, yes=True)

    assert refusal.value.rule == "broken_package"
    problems = refusal.value.facts["problems"]
    assert any(re.match(rf"jianghan/{re.escape(told_in)}:\d+: {rule}", problem) for problem in problems), problems
    assert "→" in mending.told(refusal.value)
    assert rows() == was


def test_a_border_that_crosses_itself_is_refused_by_its_line(in_jianghan, folder):
    path = folder / "areas.geojson"
    lines = path.read_text(encoding="utf-8").splitlines()
    at = next(n for n, line in enumerate(lines) if '"420103001901001"' in line)
    feature = json.loads(lines[at].rstrip(","))
    ring = feature["geometry"]["coordinates"][0]
    ring[1], ring[2] = ring[2], ring[1]
    lines[at] = json.dumps(feature) + ","
    path.write_text("\n".join(lines), encoding="utf-8")
    was = rows()

    with pytest.raises(Refused) as refusal:
        bring(folder, in_jianghan, yes=True)

    assert any(f"areas.geojson:{at + 1}: shape broken" in problem for problem in refusal.value.facts["problems"])
    assert rows() == was


def test_a_package_of_another_district_is_named_and_refused(in_gulou, folder):
    was = rows()

    with pytest.raises(Refused) as refusal:
        bring(folder, in_gulou, yes=True)

    assert refusal.value.rule == "package_of_another_district"
    assert "江汉区" in mending.told(refusal.value) and "鼓楼区" in mending.told(refusal.value)
    assert rows() == was


def test_an_import_waits_for_a_change_that_is_prepared(in_jianghan, folder):
    Area.objects.filter(code="420103001901001").update(valid_to=today() + timedelta(days=3))

    with pytest.raises(Refused) as refusal:
        bring(folder, in_jianghan)

    assert refusal.value.rule == "change_pending"


def test_what_fails_in_the_middle_leaves_nothing(in_jianghan, folder, monkeypatch):
    from jiedao.doors.package.bring_rows import RowsStep

    change(folder, "people.yaml", "people:\n", "people:\n  - {code: P9999, name: 林新, posts: []}\n")
    monkeypatch.setattr(RowsStep, "end", lambda _: 1 / 0)
    was = rows()

    with pytest.raises(ZeroDivisionError):
        bring(folder, in_jianghan, yes=True)

    assert rows() == was


def test_every_rule_of_a_package_says_what_to_do():
    package = HOME.parent / "doors" / "package"
    told = set()
    for path in package.glob("*.py"):
        told |= set(re.findall(r'problem\(\s*"([a-z_]+)"', path.read_text(encoding="utf-8")))
        told |= set(re.findall(r'Problem\([^,]+, [^,]+, "([a-z_]+)"', path.read_text(encoding="utf-8")))
        told |= set(re.findall(r'Misfit\("([a-z_]+)"', path.read_text(encoding="utf-8")))

    assert sorted(told - mending.MEND.keys()) == []
    assert len(told) > 30


# A new district, the sheet, the drawing


def test_a_new_package_has_no_problem_and_no_gap(tmp_path):
    wanted = start.Wanted("320102", "xuanwu", "玄武区", "Xuanwu District", subdistricts=["甲街道", "乙街道"], grids=3)

    start.begin(tmp_path / "xuanwu", wanted)

    content = read_checked(tmp_path / "xuanwu")
    assert gaps(content) == {}
    assert [sum(area.kind == kind for area in content.areas) for kind in ("subdistrict", "community", "grid")] == [
        2,
        4,
        12,
    ]


def test_a_new_package_is_not_written_over_another(db, tmp_path, folder):
    with pytest.raises(Refused, match="folder_in_use"):
        start.begin(folder, start.Wanted("320102", "xuanwu", "玄武区", "Xuanwu District"))
    with pytest.raises(Refused, match="folder_in_use"):
        (tmp_path / "mine").mkdir()
        (tmp_path / "mine" / "letter.txt").write_text("x")
        with district("jianghan") as place:
            export.write(place, tmp_path / "mine")


def test_the_sheet_for_review_names_every_item_its_law_and_what_is_invented(tmp_path):
    content = read_checked(folder_of("jianghan"))

    page, plain = sheet.html(content), sheet.text(content)

    assert page.startswith("<!doctype html>")
    assert plain.count("城市市容和环境卫生管理条例第") > 20
    assert "未列依据的事项" in plain and "local default" in plain
    assert all(item["name"] in page for _, item, _ in items(content))


@pytest.mark.parametrize("shares", [[1] * 7, [5, 1, 1, 3], [1] * 40])
def test_ground_is_divided_without_gaps_into_compact_parts(shares):
    outline = drawing.ring_of(
        json.loads((HOME / "liunan" / "areas.geojson").read_text(encoding="utf-8"))["features"][0]["geometry"]
    )

    parts = drawing.divide(outline, shares)

    whole = shape(drawing.geojson(outline))
    shapes = [shape(drawing.geojson(part)) for part in parts]
    assert all(part.is_valid for part in shapes)
    assert sum(part.area for part in shapes) == pytest.approx(whole.area, rel=1e-6)
    for part, share in zip(shapes, shares, strict=True):
        assert part.area / whole.area == pytest.approx(share / sum(shares), rel=0.5)
    assert parts == drawing.divide(outline, shares)


@pytest.mark.nightly
def test_a_package_is_checked_planned_imported_and_seen_by_commands(fresh_database, run_jiedao, tmp_path):
    place = str(tmp_path / "xuanwu")
    given = ("--code", "320102", "--label", "xuanwu", "--name", "玄武区", "--name-en", "Xuanwu District")
    begun = run_jiedao("package", "new", place, *given, jiedao_role="owner")
    plan = run_jiedao("package", "import", place, jiedao_role="owner")
    done = run_jiedao("package", "import", place, "--yes", jiedao_role="owner")
    again = run_jiedao("package", "import", place, "--json", jiedao_role="owner")

    assert [one.returncode for one in (begun, plan, done, again)] == [0, 0, 0, 0], done.stderr
    assert "is not here yet" in plan.stdout
    assert "Done." in done.stdout
    assert json.loads(again.stdout)["summary"] == {}
    with district("xuanwu"):
        assert Tenure.objects.on().filter(post__code="centre-dispatcher-1").exists()
        assert Area.objects.get(kind="district").valid_from == date(2020, 1, 1)


def test_a_broken_package_is_told_by_command_with_what_to_do(run_jiedao, folder):
    change(folder, "units.yaml", "duty_officer, handler*2", "duty_officer, wizard*2")

    done = run_jiedao("package", "check", str(folder), jiedao_role="owner")

    assert done.returncode == 1
    assert re.search(r"jianghan/units\.yaml:\d+: unknown post kind: code wizard\n    → add the kind", done.stderr)
    assert "Traceback" not in done.stderr
