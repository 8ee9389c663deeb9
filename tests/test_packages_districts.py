"""The five districts (五区): every number that a district tells of itself stands in its rows."""

from datetime import date

from django.db.models import Count, Q, Sum

from jiedao.doors.package.content import read
from jiedao.doors.package.load import folder_of, known
from jiedao.doors.package.rules_lists import items
from jiedao.ground.duties.models import DutyItem, DutyList
from jiedao.ground.people.models import Account, Establishment, Link, Person, Post, Stationing, Tenure, Unit
from jiedao.ground.places.models import Area, Site
from jiedao.ground.terms.models import Term, fact, terms


def areas(kind: str, **more: object) -> int:
    return Area.objects.on().filter(kind=kind, **more).count()


def people_in(**post: object) -> int:
    """Different people who hold such a post."""
    of_post = {f"post__{name}": value for name, value in post.items()}
    return Tenure.objects.on().filter(**of_post).values("person").distinct().count()


def items_of(code: str) -> "list[DutyItem]":
    return list(DutyItem.objects.filter(list__code=code, list__in=DutyList.objects.on(), parent=None))


def test_liunan_has_three_levels_of_grids(in_liunan):
    streets = Unit.objects.on().filter(kind="subdistrict", name__endswith="街道办事处")
    communities = Area.objects.on().filter(kind="community")

    assert (streets.count(), areas("subdistrict") - streets.count()) == (8, 3)
    assert communities.filter(name__contains="社区").count() == 55
    assert communities.filter(name__contains="村").exclude(name__contains="社区").count() == 42
    assert 900 < areas("grid") < 1000
    assert areas("grid", grid_kind="exclusive") > 0


def test_each_sub_district_of_liunan_has_five_offices_behind_and_two_centres_in_front(in_liunan):
    for street in Unit.objects.on().filter(code__regex=r"^45020400\d$"):
        bodies = Unit.objects.on().filter(parent=street)
        assert bodies.filter(kind="office", side="back").count() == 5
        assert bodies.filter(kind="centre", side="front").count() == 2
        merged = Unit.objects.filter(parent=street).exclude(valid_to=None)
        assert 10 <= merged.count() <= 15
        came = {old for body in bodies for old in body.came_from}
        assert came == set(merged.values_list("id", flat=True))


def test_the_teams_of_liunan_have_33_to_37_people_under_a_deputy_director(in_liunan):
    for team in Unit.objects.on().filter(code__endswith="-team"):
        assert 33 <= people_in(unit=team) <= 37
        captain = Tenure.objects.on().get(post__unit=team, post__kind__code="team_captain").person
        deputies = Tenure.objects.on().filter(post__unit=team, post__kind__code="team_deputy")
        assert captain.tenures.filter(post__kind__code="deputy_director").exists()
        assert deputies.values("person").distinct().count() == 2
        assert all(one.person.tenures.filter(post__kind__code="committee_member").exists() for one in deputies)
        assert set(Stationing.objects.filter(person__tenures__post__unit=team).values_list("kind", flat=True)) == {
            "sunk", "linked",
        }  # fmt: skip


def test_each_grid_of_liunan_has_two_workers_two_assistants_and_a_property_member(in_liunan):
    crews = (
        Post.objects.on()
        .filter(area__kind="grid")
        .values("area")
        .annotate(
            workers=Count("id", filter=Q(kind__code="grid_worker")),
            assistants=Count("id", filter=Q(kind__code="party_assistant")),
            property=Count("id", filter=Q(kind__code="property_member")),
        )
    )

    assert crews.count() == areas("grid")
    assert {(crew["workers"], crew["assistants"]) for crew in crews} == {(2, 2)}
    assert {crew["property"] for crew in crews} == {0, 1}
    assert people_in(kind__code="party_assistant") >= 1000


def test_the_party_branches_of_liunan_serve_every_grid(in_liunan):
    branches = Unit.objects.on().filter(kind="party").exclude(serves=[])
    served = [code for branch in branches for code in branch.serves]

    assert branches.count() == 378
    assert sorted(served) == sorted(Area.objects.on().filter(kind="grid").values_list("code", flat=True))
    assert fact("figure", "party_groups", "count") == 603
    assert fact("figure", "party_members", "count") == 15_000


def test_liunan_gave_each_sub_district_one_post_and_four_to_six_more(in_liunan):
    official = Establishment.objects.filter(unit__kind="subdistrict", staff_kind="official")
    institution = Establishment.objects.filter(unit__kind="subdistrict", staff_kind="institution")

    assert list(official.values_list("moved", flat=True)) == [1] * 8
    assert sorted(set(institution.values_list("moved", flat=True))) == [4, 5, 6]
    assert Post.objects.filter(kind__code="part_time_member").count() == 8
    assert Link.objects.filter(post__kind__code="district_leader", area__kind="subdistrict").count() == 11


def test_the_lists_of_liunan(in_liunan):
    work = items_of("street-work-items")
    joint = items_of("joint-enforcement")

    assert (len({item.category for item in work}), len(work)) == (41, 118)
    assert DutyItem.objects.filter(list__code="street-work-items").exclude(parent=None).count() == 240
    assert (len(joint), len({item.giver_id for item in joint})) == (82, 12)
    assert (len(terms("right")), len(terms("function")), len(terms("matter"))) == (6, 8, 3)


def test_guangming_staffs_one_sub_district_of_six(in_guangming):
    street = Area.objects.get(code="440311001")

    assert areas("subdistrict") == 6
    assert Unit.objects.on().filter(kind="subdistrict").count() == 1
    assert (areas("community", parent=street), areas("grid")) == (6, 150)
    assert Site.objects.on().filter(kind="park").count() == 75
    assert Site.objects.on().filter(kind="enterprise").count() == 104


def test_guangming_stands_one_group_one_centre_six_squads(in_guangming):
    below = Unit.objects.on().filter(code__startswith="440311001")

    assert below.filter(code="440311001-group").exists()
    assert below.filter(kind="centre").count() == 1
    assert below.filter(kind="squad").count() == 6
    for squad in below.filter(kind="squad"):
        head = Tenure.objects.on().get(post__unit=squad, post__kind__code="squad_head").person
        second = Tenure.objects.on().get(post__unit=squad, post__kind__code="executive_deputy").person
        assert head.tenures.filter(post__kind__code="community_secretary").exists()
        assert second.tenures.filter(post__kind__code="deputy_secretary").exists()


def test_six_departments_of_guangming_sent_494_people(in_guangming):
    sent = Stationing.objects.on()

    assert sent.count() == 494
    assert (sent.filter(kind="resident").count(), sent.filter(kind="mobile").count()) == (275, 219)
    assert sent.values("home").distinct().count() == 6
    assert sent.values("command").distinct().count() == 6
    assert (fact("station_kind", "resident", "command"), fact("station_kind", "mobile", "command")) == (100, 50)


def test_gulou_has_its_grids(in_gulou):
    assert (areas("subdistrict"), areas("community")) == (13, 120)
    assert 980 <= areas("grid", grid_kind="integrated") < 1000
    assert 600 <= areas("grid", grid_kind="exclusive") < 700


def test_the_grid_people_of_gulou(in_gulou):
    heads = Tenure.objects.on().filter(post__kind__code="grid_head")

    assert 120 <= heads.values("person").distinct().count() < 130
    assert heads.values("post__area").distinct().count() == areas("grid")
    assert 900 <= people_in(duty="full_time", kind__code="grid_worker") < 1000
    assert 1900 <= people_in(duty="part_time") < 2000
    assert 2000 <= people_in(kind__code="law_grid_worker") < 2100
    assert (
        heads.filter(person__tenures__post__kind__code="community_secretary").values("person").distinct().count() == 120
    )


def test_483_officers_of_gulou_were_moved_down_with_their_party_membership(in_gulou):
    sent = Stationing.objects.on().filter(kind="district_owned", party_moved=True)

    assert sent.count() == 483
    assert sent.filter(is_head=True).count() == 26
    assert set(sent.values_list("home__code", flat=True)) == {"urban", "market"}
    assert Establishment.objects.aggregate(moved=Sum("moved"))["moved"] == 483
    assert fact("figure", "department_share", "percent") == 20


def test_five_bodies_of_each_sub_district_of_gulou_have_a_second_plate(in_gulou):
    plates = Unit.objects.on().filter(parent__kind="subdistrict").exclude(second_name="").values("parent")

    assert set(plates.annotate(many=Count("id")).values_list("many", flat=True)) == {5}


def test_the_four_lists_and_eight_rights_of_gulou(in_gulou):
    powers = items_of("street-powers")

    assert {(item.type, item.giver_id is not None) for item in powers} == {("penalty", True)}
    assert (len(powers), len({item.giver_id for item in powers})) == (251, 6)
    assert len(items_of("street-services")) == 90
    lists = DutyList.objects.on().filter(level="subdistrict").values_list("kind", flat=True)
    assert sorted(lists) == ["duty", "inspection", "power", "service"]
    assert len(terms("right")) == 8
    assert Term.objects.filter(table="right", source__contains="five named").count() == 3


def test_the_bodies_of_jianghan_are_four_two_and_three(in_jianghan):
    for street in Unit.objects.on().filter(kind="subdistrict"):
        bodies = Unit.objects.on().filter(parent=street)
        assert (bodies.filter(kind="office").count(), bodies.filter(kind="centre").count()) == (6, 3)
        assert Unit.objects.on().filter(parent__parent=street, kind="squad", name__regex="[一二]队$").count() == 2
    assert (areas("subdistrict"), Unit.objects.on().filter(kind="subdistrict").count()) == (13, 13)


def test_delegated_powers_of_jianghan_have_a_contact_and_eight_a_handbook(in_jianghan):
    powers = items_of("delegated-powers")
    books = [item.handbook for item in powers if item.handbook]

    assert all(item.contact_post_id for item in powers)
    assert len(books) == 8
    for book in books:
        assert set(book) == {"penalty_basis", "range", "steps", "points", "cautions", "cases"}
        assert len(book["steps"]) >= 5


def test_neijiang_has_199_grids(in_neijiang):
    town = Area.objects.on().filter(kind="grid", path__regex=r"^511002/51100200")

    assert (areas("grid"), town.count()) == (199, 92)
    villages = Area.objects.on().filter(kind="community", path__regex=r"^511002/5110021")
    assert (villages.count(), Area.objects.on().filter(kind="grid", parent__in=villages).count()) == (107, 107)


def test_neijiang_has_one_account_more_than_grid_workers(in_neijiang):
    workers = Person.objects.filter(tenures__post__kind__code="grid_worker").distinct()

    assert workers.count() == 547
    assert (people_in(slot="A"), people_in(slot="B")) == (147, 400)
    assert Account.objects.filter(person__in=workers).count() == 548


def test_the_branches_of_neijiang_are_units_of_one_and_one_and_three(in_neijiang):
    branches = Unit.objects.on().filter(kind="party").exclude(serves=[])
    crews = branches.annotate(
        heads=Count("posts", filter=Q(posts__kind__code="branch_secretary")),
        police=Count("posts", filter=Q(posts__kind__code="auxiliary_police")),
        members=Count("posts", filter=Q(posts__kind__code="party_volunteer")),
    )

    assert branches.count() == 204
    assert set(crews.values_list("heads", "police", "members")) == {(1, 1, 3)}
    assert fact("figure", "grid_members", "count") == 200


def test_the_bodies_of_neijiang_are_four_and_three_or_seven_and_four(in_neijiang):
    found = {}
    for body in Unit.objects.on().filter(kind="subdistrict"):
        below = Unit.objects.on().filter(parent=body)
        found.setdefault(body.name[-2:], set()).add(
            (below.filter(kind="office").count(), below.filter(kind="centre").count())
        )

    assert found == {"事处": {(4, 3)}, "政府": {(7, 4)}}


def test_neijiang_moved_103_posts_down_which_are_27_percent(in_neijiang):
    rows = Establishment.objects.filter(unit__kind="subdistrict", staff_kind="institution")
    whole, moved = (rows.aggregate(n=Sum(name))["n"] for name in ("approved", "moved"))

    assert moved == 103
    assert round(100 * moved / whole) == 27
    assert all(row.moved_from_id and row.moved_on == date(2020, 6, 30) for row in rows)
    assert Establishment.objects.get(unit__code="centre").approved == 5
    assert Post.objects.filter(unit__code="centre", staff_kind="institution").count() == 5
    assert len(terms("right")) == 6


def test_the_lists_that_shield_communities_in_neijiang(in_neijiang):
    handed = DutyItem.objects.filter(list__code="handed-down").values("category").annotate(many=Count("id"))

    assert {row["category"]: row["many"] for row in handed} == {"综合保障": 16, "党群工作": 22, "社区建设": 17}
    assert len(items_of("two-committees")) == 39
    assert len(items_of("assist-government")) == 79
    assert len(items_of("community-certificates")) == 18
    assert len(items_of("community-negative")) == 4
    assert DutyList.objects.get(code="model-catalogue").kind == "catalogue"


def test_no_two_items_of_a_list_have_the_same_name():
    for name in known():
        content = read(folder_of(name))
        seen = {}
        for duty_list, item, _ in items(content):
            key = (duty_list["code"], duty_list["version"], item["name"])
            assert key not in seen, key
            seen[key] = item
