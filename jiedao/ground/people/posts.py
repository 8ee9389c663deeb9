"""Posts held (任职): which seats a person has today, and for which body a seat speaks. Read anew at every request (G18)."""

from django.db.models import Q

from jiedao.ground.people.models import Person, Post, Tenure, Unit
from jiedao.kit.clock import today


def held_by(person: Person) -> list[Post]:
    """The posts a person holds today, the one held longest first. Empty for who has left. One query.

    Posts given at once stand in the order in which they were given: who signs in acts in the first. A post that
    ended, or whose unit did, is held by nobody.
    """
    day = today()
    if person.left_on is not None and person.left_on <= day:
        return []
    ended = Q(post__valid_to__lte=day) | Q(post__unit__valid_to__lte=day)
    rows = (
        Tenure.objects.on(day)
        .filter(person=person, post__valid_from__lte=day)
        .exclude(ended)
        .select_related("post__unit__area", "post__unit__parent", "post__kind", "post__area")
        .defer("post__unit__area__shape", "post__area__shape")
        .order_by("valid_from", "id")
    )
    return [row.post for row in rows]  # type: ignore[attr-defined]


def seat(code: str) -> Post | None:
    """The seat of a code that is there today, held or vacant. None for any other code."""
    found: Post | None = (
        Post.objects.on().filter(code=code).select_related("unit__area", "unit__parent", "kind", "area").first()
    )
    return found


def holders(post: Post) -> list[Person]:
    """Who holds a seat today."""
    rows = Tenure.objects.on(today()).filter(post=post).select_related("person").order_by("person__code")
    return [row.person for row in rows]  # type: ignore[attr-defined]


def body_of(post: Post) -> Unit:
    """The sub-district or department a post speaks for: the topmost unit of its own below the district."""
    unit = post.unit
    while (
        unit.parent is not None
        and unit.parent.kind != Unit.Kind.PARTY
        and unit.kind not in (Unit.Kind.SUBDISTRICT, Unit.Kind.DEPARTMENT)
    ):
        unit = unit.parent
    return unit


def speaks_for(post: Post) -> Unit:
    """The body whose word a post gives: its sub-district or department; a community or its squad speaks for itself."""
    body = body_of(post)
    return body if body.id in post.unit.acts_for else post.unit
