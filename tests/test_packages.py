"""Packages (区包): what ships is sound, broken ones are refused by line and rule, loading adds what is missing."""

import re
import shutil
from pathlib import Path

import pytest

from jiedao.doors import demo
from jiedao.doors.package import load, plan
from jiedao.doors.package.content import read
from jiedao.doors.package.load import HOME, folder_of, known, read_checked
from jiedao.doors.package.overrides import Misfit, changes_of, resolve
from jiedao.doors.package.shapes import gaps
from jiedao.ground.districts import district
from jiedao.ground.duties.models import DutyItem, DutyList, Responsibility
from jiedao.ground.duties.responsible import admitted, responsible
from jiedao.ground.people.models import Account, Post, PostKind, Tenure, Unit
from jiedao.ground.places.locate import centre, locate
from jiedao.ground.places.models import Area
from jiedao.kit.clock import today
from jiedao.kit.refusal import Refused
from jiedao.record.definition import parse
from jiedao.record.models import ProcessVersion

EIGHT_BODIES = ["bureau", "centre", "centre", "office", "office", "office", "office", "office"]


@pytest.fixture
def jianghan(tmp_path: Path) -> Path:
    """A copy of the smaller package that a test may break."""
    shutil.copy(HOME / "laws.yaml", tmp_path)
    shutil.copy(HOME / "terms.yaml", tmp_path)
    return Path(shutil.copytree(HOME / "jianghan", tmp_path / "jianghan"))


def change(folder: Path, name: str, before: str, after: str) -> int:
    """Writes something else in the first place where `before` stands, and says in which line that is."""
    path = folder / name
    text = path.read_text(encoding="utf-8")
    assert before in text
    path.write_text(text.replace(before, after, 1), encoding="utf-8")
    return text[: text.index(before)].count("\n") + 1


def problems_of(folder: Path) -> list[str]:
    with pytest.raises(Refused) as refusal:
        read_checked(folder)
    assert refusal.value.rule == "broken_package"
    return list(refusal.value.facts["problems"])


@pytest.mark.parametrize("name", demo.DISTRICTS)
def test_a_shipped_package_has_no_problems_and_no_gaps(name):
    content = read_checked(folder_of(name))

    assert gaps(content) == {}


def test_the_shipped_packages_stay_small():
    sizes = [path.stat().st_size for path in HOME.rglob("*") if path.is_file()]

    assert sum(sizes) < 4_000_000


def test_shapes_have_few_points_and_six_digits():
    for name in known():
        content = read(folder_of(name))
        for area in content.areas:
            ring = content.shapes.by_code[area.code]["coordinates"][0]
            assert len(ring) <= (40 if area.kind == "grid" else 200)
        assert re.search(r"\d\.\d{7}", (HOME / name / "areas.geojson").read_text()) is None


def test_an_unknown_package_is_refused_by_name():
    with pytest.raises(Refused) as refusal:
        folder_of("../gulou")

    assert refusal.value.rule == "no_such_package"


# What is broken, where, and what is said about it
BROKEN = {
    "a date that is none": ("package.yaml", "since: 2010-01-01", "since: last year", "schema"),
    "a number for a code": ("package.yaml", 'code: "420103"', "code: 420103", "schema"),
    "an unquoted time": ("package.yaml", '["14:00", "17:30"]', "[14, 17:30]", "schema"),
    "a key nobody knows": ("lists.yaml", "level: district", "level: district\n    weight: 3", "schema"),
    "a key twice": ("units.yaml", "rank: 10,", "rank: 10, rank: 11,", "key_twice"),
    "no YAML": ("people.yaml", "posts: [centre-unit_head]", "posts: [centre-unit_head", "not_yaml"),
    "a unit twice": ("units.yaml", "{code: market,", "{code: housing,", "code_twice"),
    "an account twice": ("people.yaml", "account: hotline", "account: dispatcher", "code_twice"),
    "a post of an unknown kind": (
        "units.yaml",
        "duty_officer, handler*2",
        "duty_officer, wizard*2",
        "unknown_post_kind",
    ),
    "a unit under an unknown one": ("units.yaml", "parent: urban", "parent: nobody", "unknown_unit"),
    "a person in an unknown post": ("people.yaml", "[centre-unit_head]", "[centre-king]", "unknown_post"),
    "an item led by nobody": ("lists.yaml", "lead: own_subdistrict, ", "", "nobody_leads"),
    "an item of an unknown unit": ("lists.yaml", "helpers: [urban]", "helpers: [circus]", "unknown_unit"),
    "a limit in a unit of its own": ("lists.yaml", 'limit: "4 working_hours"', "limit: 4 hours or so", "bad_limit"),
    "a limit without its source": ("lists.yaml", "source: local default, ", "", "limit_without_source"),
    "an article beyond the law": ("lists.yaml", "article: 14}", "article: 46}", "unknown_article"),
    "a law nobody knows": ("lists.yaml", "law: 城市道路管理条例", "law: 城市道路条例", "unknown_law"),
    "a category nobody knows": ("lists.yaml", "category: street,", "category: weather,", "unknown_category"),
    "a process nobody knows": ("processes.yaml", "  call:", "  tea:", "unknown_process"),
    "a limit nobody can read": ("processes.yaml", "3 working_days", "3 moons", "bad_definition"),
    "a reminder nobody can read": ("processes.yaml", "2 working_hours", "often", "bad_limit"),
    "a verb renamed": ("processes.yaml", "remind_again_after:", "opens_with:", "not_a_district_matter"),
    "an area without a shape": ("areas.yaml", '"420103013"', '"420103014"', "shape_missing"),
    "a code outside its parent": ("areas.yaml", '"420103013"', '"420104013"', "code_outside_parent"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_package_is_refused_by_file_line_and_rule(jianghan, name):
    file, before, after, rule = BROKEN[name]
    line = change(jianghan, file, before, after)

    found = problems_of(jianghan)

    said = [problem for problem in found if problem.split(": ")[1] == rule.replace("_", " ")]
    assert said, found
    if rule != "code_twice":  # told at the later of the two
        file_line = re.compile(rf"^jianghan/{re.escape(file)}:(\d+): ")
        lines = [int(match[1]) for problem in said if (match := file_line.match(problem))]
        assert line in lines or line + 1 in lines, said


def test_an_item_sent_down_without_admission_is_refused(jianghan):
    text = (jianghan / "lists.yaml").read_text()
    item = next(line for line in text.splitlines() if "code: food-safety" in line)
    change(jianghan, "lists.yaml", item, item.replace("lead: market", "lead: own_community"))

    found = problems_of(jianghan)

    assert [problem.split(": ", 1)[1] for problem in found] == [
        "not admitted: item food-safety, unit own_community, level community"
    ]


def test_a_grid_drawn_over_its_neighbour_is_refused(jianghan):
    path = jianghan / "areas.geojson"
    lines = path.read_text().splitlines()
    first, second = (next(i for i, line in enumerate(lines) if f'"4201030019010{n}"' in line) for n in ("01", "02"))
    lines[second] = lines[first].replace("420103001901001", "420103001901002")
    path.write_text("\n".join(lines))

    found = problems_of(jianghan)

    assert len(found) == 1
    assert found[0].startswith(f"jianghan/areas.geojson:{first + 1}: shapes overlap: area 420103001901001, other ")


def test_a_missing_file_is_named(jianghan):
    (jianghan / "people.yaml").unlink()

    assert problems_of(jianghan) == ["jianghan/people.yaml:1: file missing"]


def test_yaml_that_would_grow_without_end_is_refused(jianghan):
    bomb = "a: &a [x, x]\n" + "".join(f"{c}: &{c} [*{p}, *{p}]\n" for p, c in zip("abcdefgh", "bcdefghi", strict=True))
    (jianghan / "people.yaml").write_text(bomb)

    assert all(": alias" in problem for problem in problems_of(jianghan))


def test_all_problems_are_told_at_once(jianghan):
    change(jianghan, "lists.yaml", "article: 14}", "article: 46}")
    change(jianghan, "people.yaml", "[centre-unit_head]", "[centre-king]")

    assert sorted(problem.split(":")[0] for problem in problems_of(jianghan)) == [
        "jianghan/lists.yaml",
        "jianghan/people.yaml",
    ]


def test_either_may_blow_the_hard_whistle_where_the_switch_says_so():
    signatures = {}
    for name in ("gulou", "jianghan"):
        changes = changes_of(read(folder_of(name)))["whistle_hard"]
        definition = parse(resolve("whistle_hard", changes).document)
        blow = next(move for move in definition.moves if move.verb == "blow")
        signatures[name] = (blow.signed_by.rule, set(blow.signed_by.roles))

    assert signatures == {
        "gulou": ("all", {"party_secretary", "director"}),
        "jianghan": ("any", {"party_secretary", "director"}),
    }


def test_a_district_may_not_touch_what_is_code():
    for path in ("states.closed.phase", "roles.caller.standing", "opened_by", "moves.file.to", "states.closed"):
        with pytest.raises(Misfit) as misfit:
            resolve("call", {path: "x"})
        assert misfit.value.rule == "not_a_district_matter"


def test_gulou_has_thirteen_subdistricts_with_eight_bodies_each(in_gulou):
    subdistricts = Unit.objects.filter(kind="subdistrict")
    bodies = [
        sorted(
            Unit.objects.filter(parent=unit)
            .exclude(kind__in=["leadership", "community"])
            .filter(valid_to=None)
            .values_list("kind", flat=True)
        )
        for unit in subdistricts
    ]

    assert bodies == [EIGHT_BODIES] * 13


def test_an_office_acts_for_all_above_it(in_gulou):
    centre_unit = Unit.objects.get(code="320106001-command")

    assert centre_unit.above == [centre_unit.id, centre_unit.parent_id]
    assert centre_unit.parent.code == "320106001"
    assert centre_unit.area.code == "320106001"


def test_departments_have_no_area_of_their_own(in_gulou):
    assert not Unit.objects.filter(kind__in=["department", "outpost"]).exclude(area=None).exists()


def test_a_grid_worker_sees_the_grid_and_belongs_to_the_community(in_gulou):
    post = Post.objects.get(code="320106001901001-grid_worker")

    assert (post.area.code, post.unit.code) == ("320106001901001", "320106001901")


def test_every_point_of_an_area_is_found_in_it_again(in_gulou):
    for area in Area.objects.filter(kind="grid"):
        assert locate(*centre(area), today()) == area, area.code


def test_the_duty_and_the_place_give_the_units(in_gulou):
    vendors = DutyItem.objects.get(code="street-vendors", list__code="district-duties")
    grid = Area.objects.get(code="320106010902001")

    answer = responsible(vendors, grid)

    assert (answer.lead.code, [unit.code for unit in answer.helpers]) == ("320106010", ["urban"])


def test_what_no_list_admits_is_kept_from_subdistricts_and_communities(in_gulou):
    assert admitted("street-vendors", "subdistrict", today())
    assert not admitted("food-safety", "subdistrict", today())
    assert not admitted("illegal-building", "community", today())


def test_posts_that_score_export_or_administer_ask_for_a_second_factor(in_gulou):
    asked = set(PostKind.objects.filter(second_factor=True).values_list("code", flat=True))

    assert asked == {"supervisor", "party_secretary", "district_leader", "system_admin", "security_admin", "auditor"}


def test_a_second_load_adds_nothing(in_gulou):
    again = plan(folder_of("gulou"), in_gulou)

    assert again.changes_nothing
    assert again.kept["areas"] == Area.objects.count()


def test_a_load_adds_what_is_missing_and_keeps_what_was_edited(in_gulou):
    Responsibility.objects.all().delete()
    DutyItem.objects.filter(list__code="community-negative").delete()
    DutyList.objects.get(code="community-negative").delete()
    Tenure.objects.filter(post__code="fire-handler-1").delete()
    Post.objects.get(code="fire-handler-1").delete()
    Unit.objects.filter(code="water").update(name="区水务局（新）")

    made = load(folder_of("gulou"), in_gulou)

    assert {name: count for name, count in made.new.items() if count} == {
        "posts": 1, "tenures": 1, "lists": 1, "items": 6,
    }  # fmt: skip
    assert Unit.objects.get(code="water").name == "区水务局（新）"


def test_a_published_list_is_not_rewritten(in_gulou):
    DutyItem.objects.filter(code="street-vendors", list__code="district-duties").update(limit="2 working_days")

    with pytest.raises(Refused) as refusal:
        load(folder_of("gulou"), in_gulou)

    assert refusal.value.rule == "published_list_differs"
    assert refusal.value.facts["items"] == ["street-vendors"]


def test_a_new_list_version_ends_the_former(fresh_database, jianghan):
    text = (jianghan / "lists.yaml").read_text()
    text = text.replace("code: district-duties\n    version: 1", "code: district-duties\n    version: 2", 1)
    text = text.replace("valid_from: 2010-01-01", "valid_from: 2026-01-01", 1)
    (jianghan / "lists.yaml").write_text(text)

    with district("jianghan") as place:
        load(jianghan, place)
        spans = (
            DutyList.objects.filter(code="district-duties").order_by("version").values_list("valid_from", "valid_to")
        )
        said = [tuple(str(day) for day in span) for span in spans]

    assert said == [("2010-01-01", "2026-01-01"), ("2026-01-01", "None")]


def test_a_changed_process_is_a_new_version(fresh_database, jianghan):
    change(jianghan, "processes.yaml", "3 working_days", "2 working_days")

    with district("jianghan") as place:
        load(jianghan, place)
        versions = list(ProcessVersion.objects.filter(code="call").order_by("version"))

    assert [version.retired_at is None for version in versions] == [False, True]
    assert versions[-1].definition.promise.within == "2 working_days"


def test_a_package_of_another_district_is_refused(in_gulou):
    with pytest.raises(Refused) as refusal:
        load(folder_of("jianghan"), in_gulou)

    assert refusal.value.rule == "package_of_another_district"
    assert not Unit.objects.filter(code__startswith="420103").exists()


def test_a_load_that_fails_leaves_nothing(in_gulou, jianghan, monkeypatch):
    from jiedao.doors.package import publish

    gulou = jianghan.rename(jianghan.parent / "elsewhere").parent / "gulou"
    shutil.copytree(HOME / "gulou", gulou)
    change(gulou, "people.yaml", "people:\n", "people:\n  - {code: P9999, name: 林新, posts: []}\n")
    monkeypatch.setattr(publish.Publisher, "processes", lambda *_: 1 / 0)

    with pytest.raises(ZeroDivisionError):
        load(gulou, in_gulou)

    assert Post.objects.count() > 0
    assert not Tenure.objects.filter(person__code="P9999").exists()
    assert not Account.objects.filter(person__code="P9999").exists()


def test_demo_accounts_have_the_known_password_and_a_code_where_asked(in_gulou):
    accounts = {account.username: account for account in demo.accounts("gulou")}

    assert Account.objects.get(username="dispatcher").check_password(demo.PASSWORD)
    assert [name for name, account in sorted(accounts.items()) if account.code] == [
        "admin", "auditor", "leader", "secretary", "security", "supervisor",
    ]  # fmt: skip
    assert re.fullmatch(r"\d{6}", accounts["secretary"].code)


def test_sign_ins_name_every_demo_account(db):
    words = demo.sign_ins()

    for label in demo.DISTRICTS:
        with district(label):
            names = list(Account.objects.exclude(username__regex=r"^u\d").values_list("username", flat=True))
        assert len(names) > 15
        assert all(re.search(rf"(^|\s){re.escape(name)}\s", words) for name in names)


def test_the_neighbour_shares_no_row_with_gulou(db):
    ids = {}
    for label in ("gulou", "jianghan"):
        with district(label):
            ids[label] = set(Unit.objects.values_list("id", flat=True)) | set(Post.objects.values_list("id", flat=True))

    assert ids["gulou"]
    assert ids["gulou"].isdisjoint(ids["jianghan"])
