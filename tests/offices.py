"""Offices of the tests' own (测试机关): who examines, reviews and decides in Gulou, for tests of councils."""

from datetime import date

from jiedao.ground.people.models import Person, Post, PostKind, Tenure, Unit
from jiedao.ground.terms.models import Term

SINCE = date(2020, 1, 1)
SEATS = {
    "establishment": ("区委编办", "Establishment office", "handler"),
    "legal": ("区司法局", "Justice bureau", "handler"),
    "committee": ("区委", "District committee", "district_leader"),
    "government": ("区政府", "District government", "district_leader"),
}


def appoint() -> None:
    """Each office with its unit and one seat, `T-<office>-1`, as the district's table says."""
    for code, (name, name_en, kind) in SEATS.items():
        unit = Unit(code=f"T-{code}", kind="department", level="district", name=name, name_en=name_en)
        unit.above, unit.valid_from = [unit.id], SINCE
        unit.save(force_insert=True)
        post = Post.objects.create(
            code=f"T-{code}-1", unit=unit, kind=PostKind.objects.get(code=kind), name=name, valid_from=SINCE
        )
        person = Person.objects.create(code=f"T-{code}", name="演示")
        Tenure.objects.create(person=person, post=post, valid_from=SINCE)
        Term.objects.update_or_create(
            table="office", code=code, defaults={"name": name, "name_en": name_en, "facts": {"unit": unit.code}}
        )
