"""Who looks at which row (同看): short-lived, one row a person, so that two at one desk do not take up the same case."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from jiedao.ground.people import Actor
from jiedao.ground.people.models import Post
from jiedao.kit.clock import now
from jiedao.kit.ids import new_id
from jiedao.lines.views.models import Glance
from jiedao.record import hints
from jiedao.record.models import Case

GOOD_FOR = timedelta(seconds=90)
"""How long a look counts without being renewed; a desk renews it with every poll."""


def look(actor: Actor, case: Case) -> None:
    """The actor has this row open. Colleagues' rows hear of it when it is another one than before."""
    if actor.person is None or actor.post is None:
        return
    before = Glance.objects.filter(person=actor.person).first()
    if before and before.case_id == case.id and before.post_id == actor.post.id:  # type: ignore[attr-defined]
        Glance.objects.filter(pk=before.pk).update(at=now())
        return
    seen = {"post": actor.post, "case_id": case.id, "at": now()}
    Glance.objects.update_or_create(person=actor.person, defaults=seen, create_defaults={"id": new_id(), **seen})
    hints.look(case)


def renew(actor: Actor) -> None:
    """The desk is still open."""
    if actor.person is not None:
        Glance.objects.filter(person=actor.person).update(at=now())


def others(actor: Actor, cases: Sequence[UUID]) -> dict[UUID, list[Post]]:
    """The posts of colleagues who have one of these rows open. One query, whatever the number of rows."""
    if actor.person is None or not cases:
        return {}
    found = Glance.objects.filter(case_id__in=list(cases), at__gte=now() - GOOD_FOR).exclude(person=actor.person)
    posts: dict[UUID, list[Post]] = defaultdict(list)
    for glance in found.select_related("post").order_by("post__code"):
        posts[glance.case_id].append(glance.post)
    return posts
