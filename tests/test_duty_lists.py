"""Duty lists (职责清单): drafts, comparison, publication, tables in and out, and who answers for a sub-item."""

from datetime import date, timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from jiedao.ground.duties import compare, delegating, drafts, sheets, written
from jiedao.ground.duties.models import DutyItem, DutyList
from jiedao.ground.duties.responsible import admitted, responsible
from jiedao.ground.journal.models import Change
from jiedao.ground.people.models import Unit
from jiedao.ground.places.models import Area
from jiedao.kit.clock import today
from jiedao.kit.refusal import Absent, Refused
from tests.cast import GRID, seat
from tests.listing import DISTRICT, KEEPER, draft, item, keep, powers, tomorrow

pytestmark = pytest.mark.usefixtures("in_gulou")


@pytest.fixture(autouse=True)
def keepers(in_gulou):
    keep()


def by():
    return seat(KEEPER)


def verbs(version):
    return [row.verb for row in Change.objects.filter(object_id=version.id).order_by("seq")]


# Drafts 草案


def test_a_draft_begins_as_what_is_in_force():
    former = drafts.newest(DISTRICT)

    begun = drafts.begin(former, by=by())

    assert written.of(begun) == written.of(former)
    assert (begun.version, begun.made_from, begun.published_on) == (former.version + 1, former.version, None)
    assert verbs(begun) == ["begin"]


def test_sub_items_and_who_answers_come_along():
    former = powers()

    begun = drafts.begin(former, by=by())

    assert written.of(begun)["block-exit-person"]["parent"] == "block-exit"
    assert begun.items.get(code="block-exit-person").parent.list_id == begun.id


def test_there_is_one_draft_of_a_list():
    draft()

    with pytest.raises(Refused, match="list_draft_open"):
        drafts.begin(drafts.newest(DISTRICT), by=by())


def test_who_does_not_keep_lists_begins_no_draft():
    with pytest.raises(Refused, match="not_keeper"):
        drafts.begin(drafts.newest(DISTRICT), by=seat("centre-dispatcher-1"))

    assert drafts.open_of(DISTRICT) is None


def test_a_keeper_within_his_body_leaves_the_lists_of_others_alone():
    keep_own = powers("fire-powers")
    keep_own.owner = Unit.objects.on().get(code="fire")
    keep_own.save(update_fields=["owner"])
    from jiedao.ground.terms.models import Term

    Term.objects.filter(table="competence", code="lists").update(facts={"posts": ["handler"], "within": "body"})

    with pytest.raises(Refused, match="not_keeper"):
        drafts.begin(keep_own, by=seat("urban-handler-1"))
    drafts.begin(keep_own, by=seat("fire-handler-1"))


def test_an_item_is_added_changed_moved_and_ended():
    version = draft()

    drafts.put(version, item(), by=by())
    drafts.put(version, item(limit="3 working_days"), by=by())
    drafts.move(version, "ebike-parking", lead="traffic", helpers=["fire"], by=by())
    drafts.end(version, "street-lights", by=by())

    found = compare.versions(compare.base(version), version)
    assert [one["code"] for one in found.added] == ["ebike-parking"]
    assert [one["code"] for one in found.removed] == ["street-lights"]
    assert found.added[0]["lead"] == "traffic" and found.added[0]["limit"] == "3 working_days"
    assert verbs(version) == ["begin", "put_item", "put_item", "put_item", "end_item"]


def test_a_changed_item_is_told_field_by_field():
    version = draft()
    before = written.of(version)["street-lights"]

    drafts.put(version, before | {"limit": "12 hours", "helpers": ["urban"]}, by=by())

    change = compare.versions(compare.base(version), version).changed[0]
    assert change.fields == {"limit": ("24 hours", "12 hours"), "helpers": ([], ["urban"])}


@pytest.mark.parametrize(
    ("wrong", "rule"),
    [
        ({"name": ""}, "incomplete"),
        ({"code": "-x"}, "bad_item_code"),
        ({"limit": "soon"}, "bad_limit"),
        ({"source": ""}, "limit_without_source"),
        ({"basis": [{"law": "", "article": 3}]}, "bad_basis"),
        ({"lead": "nobody"}, "unknown_unit"),
        ({"in_areas": [{"area": "1", "lead": "fire", "helpers": []}]}, "unknown_area"),
        ({"type": "magic"}, "unknown_power_type"),
        ({"parent": "not-there"}, "unknown_item"),
        ({"contact_post": "nowhere-1"}, "unknown_post"),
        ({"given_on": "2026-01-01"}, "giver_unnamed"),
        ({"name": "长" * 121}, "too_long"),
    ],
)
def test_what_cannot_stand_on_a_list_is_refused_by_its_field_and_leaves_nothing(wrong, rule):
    version = draft()

    with pytest.raises(Refused) as refusal:
        drafts.put(version, item(**wrong), by=by())

    assert refusal.value.rule == rule and refusal.value.facts["field"]
    assert "ebike-parking" not in written.of(version)
    assert verbs(version) == ["begin"]


def test_who_opened_an_item_before_somebody_changed_it_does_not_overwrite_it():
    version = draft()
    mine = written.of(version)["street-lights"]
    mark = written.mark(mine)
    drafts.put(version, mine | {"limit": "12 hours"}, by=by(), seen=mark)

    with pytest.raises(Refused, match="item_changed"):
        drafts.put(version, mine | {"limit": "6 hours"}, by=by(), seen=mark)

    assert written.of(version)["street-lights"]["limit"] == "12 hours"


def test_a_part_has_no_parts():
    version = drafts.begin(powers(), by=by())

    with pytest.raises(Refused, match="two_levels_only"):
        drafts.put(version, item("deeper", parent="block-exit-person"), by=by())


def test_a_draft_that_is_given_up_leaves_the_list_as_it_was():
    version = draft()

    drafts.drop(version, by=by())

    assert drafts.open_of(DISTRICT) is None
    assert drafts.newest(DISTRICT).items.exists()
    with pytest.raises(Absent):
        drafts.put(version, item(), by=by())


def test_a_draft_admits_nothing():
    version = drafts.create(
        "new-list", kind="duty", level="community", name="新清单", name_en="New", owner=None, by=by()
    )
    drafts.put(version, item("brand-new"), by=by())

    assert not admitted("brand-new", "community", today())


# Publication 公布


def test_a_published_draft_follows_the_version_before_it_on_its_day():
    former, version = drafts.newest(DISTRICT), draft()

    drafts.publish(version, tomorrow(), by=by())

    former.refresh_from_db()
    version.refresh_from_db()
    assert (former.valid_to, version.valid_from, version.published_on) == (tomorrow(), tomorrow(), today())
    assert DutyList.objects.on(today()).get(code=DISTRICT) == former
    assert DutyList.objects.on(tomorrow()).get(code=DISTRICT) == version


def test_a_list_never_has_two_versions_on_one_day():
    drafts.publish(draft(), tomorrow(), by=by())
    second = draft()

    with pytest.raises(Refused, match="two_versions_on_one_day"):
        drafts.publish(second, tomorrow(), by=by())
    with pytest.raises(Refused, match="two_versions_on_one_day"):
        drafts.publish(second, today(), by=by())


def test_the_database_itself_keeps_two_versions_off_one_day():
    former = drafts.newest(DISTRICT)
    with pytest.raises(IntegrityError, match="no_two_versions_of_a_list_on_one_day"), transaction.atomic():
        DutyList.objects.create(
            code=DISTRICT, version=99, kind="duty", level="district", name="x", name_en="x",
            published_on=former.published_on, valid_from=former.valid_from, valid_to=today() + timedelta(days=9),
        )  # fmt: skip


def test_nothing_comes_into_force_in_the_past():
    with pytest.raises(Refused, match="in_force_in_the_past"):
        drafts.publish(draft(), today() - timedelta(days=1), by=by())


def test_a_duty_nobody_leads_is_not_published():
    version = draft()
    drafts.put(version, item(lead="", helpers=[]), by=by())

    with pytest.raises(Refused) as refusal:
        drafts.publish(version, tomorrow(), by=by())

    assert refusal.value.rule == "nobody_leads" and refusal.value.facts["items"] == ["ebike-parking"]


def test_a_published_version_is_written_in_no_more():
    version = draft()
    drafts.publish(version, tomorrow(), by=by())

    with pytest.raises(Absent):
        drafts.put(version, item(), by=by())


# Comparison 比对


def test_elements_alone_need_no_decision_and_a_move_does():
    version = draft()
    lights = written.of(version)["street-lights"]

    drafts.put(version, lights | {"limit": "12 hours", "handbook": {"steps": ["看一看"]}}, by=by())
    assert compare.versions(compare.base(version), version).is_elements_only

    drafts.put(version, lights | {"lead": "own_subdistrict"}, by=by())
    assert not compare.versions(compare.base(version), version).is_elements_only


# Delegation 赋权


def test_powers_are_given_adjusted_and_taken_back_each_with_a_date_and_a_department():
    powers()
    fire, urban = (Unit.objects.on().get(code=code) for code in ("fire", "urban"))
    second = drafts.begin(drafts.newest("demo-powers"), by=by())
    delegating.give(second, ["block-exit"], giver=urban, given_on=today(), by=by())
    drafts.put(second, item("noise", type="penalty", giver="urban", given_on=today().isoformat()), by=by())
    drafts.publish(second, today(), by=by())
    third = drafts.begin(second, by=by())
    delegating.take_back(third, ["noise"], by=by())
    drafts.publish(third, tomorrow(), by=by())

    steps = [(s.step, s.on, s.item, s.giver) for s in compare.handed("demo-powers")]

    assert steps == [
        ("taken_back", tomorrow(), "noise", urban),
        ("given", today(), "noise", urban),
        ("adjusted", today(), "block-exit", urban),
        ("given", date(2025, 1, 1), "block-exit", fire),
    ]


def test_coercion_is_not_entrusted():
    version = drafts.begin(powers(), by=by())
    drafts.put(version, item("seize", type="coercion"), by=by())

    with pytest.raises(Refused, match="coercion_not_delegated"):
        delegating.give(version, ["seize"], giver=Unit.objects.on().get(code="fire"), given_on=today(), by=by())


def test_what_nobody_gave_is_not_taken_back():
    version = drafts.begin(powers(), by=by())
    drafts.put(version, item("own"), by=by())

    with pytest.raises(Refused, match="giver_unnamed"):
        delegating.take_back(version, ["own"], by=by())


def test_items_of_a_catalogue_are_taken_over_with_their_parts():
    source = powers("province", kind="catalogue")
    version = drafts.create("ours", kind="power", level="subdistrict", name="我们", name_en="Ours", owner=None, by=by())

    fire = Unit.objects.on().get(code="fire")
    delegating.give(version, ["block-exit"], giver=fire, given_on=today(), by=by(), source=source)

    assert list(written.of(version)) == ["block-exit", "block-exit-person"]
    assert {one["giver"] for one in written.of(version).values()} == {"fire"}


# Tables 表格


def cells(version):
    heading, *rows = sheets.rows(written.of(version).values())
    return heading, [dict(zip(heading, row, strict=True)) for row in rows]


@pytest.mark.parametrize("code", [DISTRICT, "demo-powers"])
def test_a_list_goes_out_and_comes_in_the_same(code):
    powers()
    heading, rows = cells(drafts.newest(code))

    items, bad = sheets.read(enumerate(rows, 2), sheets.headings(heading))

    assert bad == []
    assert {one["code"]: written.whole(one) for one in items} == {
        key: written.whole(one) for key, one in written.of(drafts.newest(code)).items()
    }


def test_every_cell_that_cannot_stand_is_named_with_its_line():
    heading, rows = cells(drafts.newest(DISTRICT))
    names = {field: name for name, field in sheets.headings(heading).items()}
    rows[0][names["limit"]] = "nonsense"
    rows[1][names["lead"]] = "nobody"
    rows[2][names["code"]] = rows[3][names["code"]]
    rows[4][names["basis"]] = "消防法"

    _, bad = sheets.read(enumerate(rows, 2), sheets.headings(heading))

    assert [(one.line, one.field, one.refused.rule) for one in sorted(bad, key=lambda one: one.line)] == [
        (2, "limit", "bad_limit"),
        (3, "lead", "unknown_unit"),
        (5, "code", "code_twice"),
        (6, "basis", "bad_basis"),
    ]


def test_a_table_without_a_needed_column_is_not_read():
    with pytest.raises(Refused) as refusal:
        sheets.headings(["事项编码", "name"])

    assert refusal.value.facts["columns"] == ["类别", "类别（英文）", "事项名称（英文）"]


@pytest.mark.parametrize(
    ("text", "number"), [("28", 28), ("二十八", 28), ("十", 10), ("一百二十", 120), ("一百零五", 105)]
)
def test_articles_are_read_as_laws_write_them(text, number):
    assert sheets.number(text) == number


# Routing 责任单位


def test_a_sub_item_that_names_nobody_follows_the_item_above():
    version = draft()
    drafts.put(version, item("lights-park", parent="street-lights", lead="", helpers=[]), by=by())
    drafts.publish(version, today(), by=by())
    part = DutyItem.objects.get(list=version, code="lights-park")

    answer = responsible(part, None)

    assert answer.lead.code == "lighting"
    assert answer.why["item"] == "lights-park"


@pytest.mark.parametrize("code", ["street-lights", "exposed-rubbish", "corridor-clutter"])
def test_routing_costs_two_queries_at_most(code):
    one = DutyItem.objects.get(list=drafts.newest(DISTRICT), code=code)
    grid = Area.objects.on().get(code=GRID)

    with CaptureQueriesContext(
        connection,
    ) as asked:
        answer = responsible(one, grid)

    assert answer.lead is not None and answer.why["version"]
    assert len(asked) <= 2


@pytest.mark.parametrize("read", [written.of])
def test_reading_a_version_costs_the_same_at_one_item_and_at_many(read):
    small, large = powers(), drafts.newest(DISTRICT)

    for version in (small, large):
        with CaptureQueriesContext(connection) as asked:
            read(version)
        assert len(asked) == 2
