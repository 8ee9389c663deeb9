"""Establishing (编制、挂点): approved posts of a unit (O9), and the leaders linked to areas, units and fields (O10)."""

from datetime import date

from jiedao.ground.journal import receipts
from jiedao.ground.people import tenures
from jiedao.ground.people.actor import Actor
from jiedao.ground.people.models import Establishment, Link, Post, Unit
from jiedao.ground.places.models import Area
from jiedao.ground.terms import competence
from jiedao.ground.terms.models import terms
from jiedao.kit.refusal import Refused


def set_approved(
    unit: Unit,
    staff_kind: str,
    approved: int,
    *,
    by: Actor,
    on: date,
    moved_from: Unit | None = None,
    moved: int = 0,
    source: str = "",
) -> Establishment:
    """Says how many posts of a kind a unit has been given (核定编制), from a day on; of these, how many came from whom.

    The number before ends on that day and stays readable. Refuses `unknown_kind`, `backwards`, `too_many_moved`.
    """
    with receipts.whole():
        competence.require(by, "organisation", unit)
        known = terms("staff_kind")
        if staff_kind not in known:
            raise Refused("unknown_kind", kind=staff_kind, known=sorted(known))
        if not 0 <= moved <= approved <= 100_000:
            raise Refused("too_many_moved", moved=moved, approved=approved)
        Unit.objects.select_for_update().get(pk=unit.pk)  # two at once would each find no number in force
        before = Establishment.objects.filter(unit=unit, staff_kind=staff_kind, valid_to=None).first()
        if before and before.valid_from > on:
            raise Refused("backwards", on=str(on), ends=str(before.valid_from))
        if before:
            before.valid_to = on
            before.save(update_fields=["valid_to"])
        row = Establishment(
            unit=unit, staff_kind=staff_kind, approved=approved, moved_from=moved_from, moved=moved,
            moved_on=on if moved else None, source=source[:200], valid_from=on,
        )  # fmt: skip
        row.save(force_insert=True)
        told = {"staff": staff_kind, "was": before.approved if before else 0, "now": approved, "moved": moved}
        tenures.noted(by, "unit", unit.id, "approve_posts", on=str(on), **told)
    return row


def link(
    post: Post, *, by: Actor, on: date, area: Area | None = None, unit: Unit | None = None, field: str = ""
) -> Link:
    """Links a leader's post to an area or unit (挂点联系), or lets it claim a field to supervise (认领)."""
    with receipts.whole():
        competence.require(by, "organisation", post.unit)
        field = field.strip()[:120]
        if area is None and unit is None and not field:
            raise Refused("incomplete", verb="", missing=["area"])
        tenures.locked(post)
        same = Link.objects.filter(tenures.overlapping(on, None), post=post, area=area, unit=unit, field=field)
        if same.exists():
            raise Refused("linked_already", post=post.name)
        row = Link(post=post, area=area, unit=unit, field=field, valid_from=on)
        row.save(force_insert=True)
        told = {"area": area.code if area else "", "to": unit.code if unit else "", "on": str(on)}
        tenures.noted(by, "unit", post.unit_id, "link", post=post.code, field=field, **told)
    return row


def unlink(row: Link, *, by: Actor, on: date) -> Link:
    """Ends a link from a day on."""
    with receipts.whole():
        competence.require(by, "organisation", row.post.unit)
        tenures.locked(row.post)
        row.refresh_from_db(fields=["valid_to"])
        if row.valid_to is not None and row.valid_to <= on:
            raise Refused("link_over", post=row.post.name, on=str(row.valid_to))
        row.valid_to = max(on, row.valid_from)
        row.save(update_fields=["valid_to"])
        tenures.noted(by, "unit", row.post.unit_id, "unlink", post=row.post.code, on=str(on))
    return row
