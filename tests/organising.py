"""The organisation in tests (测试中的组织): who keeps it, small ground rows, what was written about them."""

from datetime import date, timedelta
from typing import Any

from jiedao.ground.journal.models import Change
from jiedao.ground.people import Actor
from jiedao.ground.people.models import (
    Account,
    Establishment,
    Link,
    Person,
    Post,
    PostKind,
    Stationing,
    Tenure,
    Tie,
    Unit,
)
from jiedao.ground.terms.models import Term
from jiedao.kit.clock import today

KEEPER = "admin"
"""The demo account whose post keeps the organisation of Gulou in these tests."""


def keeper(within: str = "district", *kinds: str) -> None:
    """Says which posts keep the organisation here: the administrator's, unless others are named."""
    facts = {"posts": list(kinds) or ["system_admin"], "within": within}
    named = {"name": "组织机构", "name_en": "organisation", "facts": facts}
    Term.objects.update_or_create(table="competence", code="organisation", defaults=named)


def bare() -> None:
    """The district without what its package says of rights, ties, links and approved posts: a test says its own."""
    Term.objects.filter(table="right").delete()
    for rows in (Tie, Link, Establishment, Stationing):
        rows.objects.all().delete()


def term(table: str, code: str, name: str, name_en: str = "", **facts: Any) -> Term:
    made, _ = Term.objects.update_or_create(
        table=table, code=code, defaults={"name": name, "name_en": name_en or code, "facts": facts}
    )
    return made


def person(code: str = "P9001", name: str = "新来的（演示）") -> Person:
    made, _ = Person.objects.get_or_create(code=code, defaults={"name": name, "name_en": f"Demo {code}"})
    return made


def post(code: str) -> Post:
    return Post.objects.on().select_related("unit__area", "unit__parent", "kind", "area").get(code=code)


def seat(unit: str, kind: str, suffix: str = "x", area: Any = None) -> Post:
    """A new vacant seat."""
    of = Unit.objects.on().get(code=unit)
    sort, _ = PostKind.objects.get_or_create(code=kind, defaults={"name": kind, "name_en": kind, "rank": 500})
    made = Post(
        code=f"{unit}-{kind}-{suffix}", unit=of, kind=sort, name=f"{sort.name}{suffix}", area=area,
        valid_from=date(2010, 1, 1),
    )  # fmt: skip
    made.save(force_insert=True)
    return post(made.code)


def holder(code: str, day: date | None = None) -> Person | None:
    """Who fills a seat on a day."""
    row = Tenure.objects.on(day).filter(post__code=code).exclude(nature="acting").select_related("person").first()
    return row.person if row else None


def tenure(code: str) -> Tenure:
    """The tenure of a seat today."""
    found: Any = Tenure.objects.on().filter(post__code=code).exclude(nature="acting")
    return found.select_related("post__unit", "post__kind", "post__area", "person").get()


def account_of(username: str) -> Account:
    return Account.objects.select_related("person").get(username=username)


def told(unit_code: str) -> list[str]:
    """The verbs of a unit's changes, oldest first."""
    unit = Unit.objects.on().get(code=unit_code)
    return list(Change.objects.filter(kind="unit", object_id=unit.id).order_by("seq").values_list("verb", flat=True))


def in_days(number: int) -> date:
    return today() + timedelta(days=number)


SYSTEM = Actor.system("test")
