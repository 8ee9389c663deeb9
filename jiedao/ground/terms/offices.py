"""Offices (承办机关): which unit of a district does what in a council: examines, reviews the law, decides. Its own data."""

from jiedao.ground.people.models import Unit
from jiedao.ground.terms.models import fact
from jiedao.kit.refusal import Refused

TABLE = "office"


def office(code: str) -> Unit:
    """The unit a term of the table `office` names. Refuses `no_office` where the district has not said."""
    named = fact(TABLE, code, "unit", "")
    unit: Unit | None = Unit.objects.on().filter(code=named).first() if named else None
    if unit is None:
        raise Refused("no_office", office=code)
    return unit
