"""Competence (职责分工): which posts of a district keep its organisation, grids, lists, admission. Its own data, no code.

A term of the table `competence` names post kinds, and `within`: `district` for everything, `body` for what belongs to
the keeper's own sub-district or department alone.
"""

from jiedao.ground.people.actor import Actor
from jiedao.ground.people.models import PostKind, Unit
from jiedao.ground.terms.models import Term, fact
from jiedao.kit.refusal import Refused

TABLE = "competence"


def may(actor: Actor, what: str, unit: Unit | None = None) -> bool:
    """Whether the actor keeps something; with a unit, whether it is his to change there."""
    if actor.kind == "system":
        return True
    if actor.post is None or actor.post_kind not in fact(TABLE, what, "posts", []):
        return False
    if unit is None or fact(TABLE, what, "within", "district") == "district":
        return True
    return _is_of_district(actor.post.unit) or bool(set(unit.above) & set(actor.post.unit.acts_for))


def _is_of_district(unit: Unit) -> bool:
    """An office or centre of the district itself has no body of its own below it: what it keeps, it keeps for all."""
    return unit.level == Unit.Level.DISTRICT and unit.kind in (Unit.Kind.OFFICE, Unit.Kind.CENTRE)


def require(actor: Actor, what: str, unit: Unit | None = None) -> None:
    """Refuses `not_keeper`, naming the post kinds that keep it."""
    if may(actor, what, unit):
        return
    term = Term.objects.filter(table=TABLE, code=what).first()
    kinds = PostKind.objects.filter(code__in=term.facts.get("posts", []) if term else []).order_by("rank")
    raise Refused(
        "not_keeper",
        what=term.name if term else what,
        what_en=term.name_en if term else what,
        posts=[kind.name for kind in kinds],
        posts_en=[kind.name_en for kind in kinds],
    )
