"""The rights desk (职权台): questions that wait for an answer, asked by us, decided. Reads only."""

from django.db.models import Q, QuerySet

from jiedao.ground.people import Actor, posts
from jiedao.lines.rights.models import RightUse
from jiedao.record import sight


def _rows() -> QuerySet[RightUse]:
    about = ("about_unit", "about_post", "about_person")
    return RightUse.objects.select_related("case__process", "asker", "holder", *about).order_by("-asked_at")


def to_answer(actor: Actor) -> QuerySet[RightUse]:
    """Questions to the actor's body that have no answer yet."""
    if actor.post is None:
        return _rows().none()
    open_orders = Q(case__orders__answered_at=None, case__orders__returned_at=None, case__orders__recalled_at=None)
    acts_for = actor.post.unit.acts_for
    return _rows().filter(open_orders, case__orders__unit__in=acts_for, case__orders__role="heard").distinct()


def asked_by(actor: Actor) -> QuerySet[RightUse]:
    """What the actor's body asked and has not decided."""
    if actor.post is None:
        return _rows().none()
    return _rows().filter(asker=posts.speaks_for(actor.post)).exclude(case__phase="closed")


def decided(actor: Actor) -> QuerySet[RightUse]:
    """Questions that were decided, in the actor's sight."""
    return _rows().filter(case__phase="closed", case__in=sight.visible_to(actor))
