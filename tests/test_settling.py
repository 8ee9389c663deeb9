"""Three-way triage (三事分流): a matter is settled at the lowest level that may, with its reason."""

import pytest

from jiedao.ground.people.models import Unit
from jiedao.ground.terms.models import Term
from jiedao.kit.refusal import Refused
from jiedao.record.models import Case
from tests.cast import DISPATCHER, do, reported
from tests.desks import Colleague, words


@pytest.fixture(autouse=True)
def table(in_gulou) -> None:
    Term.objects.filter(table="matter").delete()
    for rank, (code, settles) in enumerate((("yard", "grid"), ("street", "subdistrict"), ("large", "department"))):
        Term.objects.create(
            table="matter", code=code, name=f"{code}事", name_en=code, facts={"settles": settles}, rank=rank
        )


def lead(item: str, matter: str) -> tuple[str, dict]:
    case = reported()
    do(case, "classify", DISPATCHER, item=item, matter=matter)
    case = Case.objects.get(pk=case.pk)
    found = Unit.objects.filter(pk=case.routing["proposed_lead"] or None).first()
    return (found.code if found else ""), case.routing["why"]


def test_a_small_matter_is_the_communitys_where_the_item_is_admitted_there():
    unit, why = lead("corridor-clutter", "yard")

    assert Unit.objects.on().get(code=unit).level == "community"
    assert (why["by"], why["matter"], why["level"]) == ("matter", "yard", "community")


def test_what_the_community_may_not_take_climbs_to_the_sub_district():
    unit, why = lead("street-vendors", "yard")

    assert (unit, why["level"]) == ("320106001", "subdistrict")


def test_what_neither_may_take_stays_with_whom_the_list_names():
    assert lead("street-lights", "yard") == lead("street-lights", "large")
    assert lead("street-lights", "yard")[1].get("by") is None


def test_the_reason_stands_on_the_case():
    case = reported()
    do(case, "classify", DISPATCHER, item="street-vendors", matter="street")

    page = words(Colleague("dispatcher").get(f"/case/{case.number}/"))
    assert "street事：由所在街道办理" in page


def test_a_kind_that_the_district_does_not_know_is_refused():
    with pytest.raises(Refused):
        lead("street-vendors", "small")


def test_without_a_table_there_is_no_field():
    case = reported()
    colleague = Colleague("dispatcher")
    form = f"/case/{case.number}/do/classify/"
    assert 'name="matter"' in colleague.get(form).content.decode()

    Term.objects.filter(table="matter").delete()

    assert 'name="matter"' not in colleague.get(form).content.decode()
