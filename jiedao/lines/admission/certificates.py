"""Certificates and plates (证明和挂牌): a community issues what is on its list; any other demand is refused and logged (D8)."""

from django.db import transaction
from django.db.models import QuerySet

from jiedao.ground.duties.models import DutyItem, DutyList
from jiedao.ground.journal import notes
from jiedao.ground.people import Actor
from jiedao.ground.people.models import Unit
from jiedao.ground.terms import competence
from jiedao.kit.clock import now
from jiedao.kit.ids import new_id
from jiedao.kit.refusal import Absent, Refused
from jiedao.lines.admission.models import Demand


def listed() -> QuerySet[DutyItem]:
    """What a community may issue today."""
    lists = DutyList.objects.on().filter(kind=DutyList.Kind.CERTIFICATE, level=Unit.Level.COMMUNITY)
    return DutyItem.objects.filter(list__in=lists, parent=None).select_related("list").order_by("rank", "code")


def demand(
    *, by: Actor, what: str, asked_by: str, item_code: str = "", purpose: str = "", community: Unit | None = None
) -> Demand:
    """Somebody demands a certificate or a plate: issued if it is on the list, else refused with a slip. Both are logged."""
    unit = community or community_of(by)
    if unit is None or by.post is None or unit.id not in by.post.unit.above:
        raise Refused("not_your_unit", unit=unit.name if unit else "", unit_en=unit.name_en if unit else "")
    if (not what.strip() and not item_code) or not asked_by.strip():
        raise Refused("incomplete", verb="certificate", missing=["what" if not what.strip() else "asked_by"])
    item = _found(item_code, what.strip())
    newest = DutyList.objects.on().filter(kind=DutyList.Kind.CERTIFICATE, level=Unit.Level.COMMUNITY).first()
    on = item.list if item else newest
    row = Demand(
        community=unit, what=(item.name if item else what.strip())[:120], item_code=item.code if item else "",
        list_code=on.code if on else "", list_version=on.version if on else None, asked_by=asked_by.strip()[:120],
        purpose=purpose.strip()[:200], by_post=by.post, at=now(), slip=new_id().hex[-10:].upper(),
        outcome=Demand.Outcome.ISSUED if item else Demand.Outcome.REFUSED, reason="" if item else "not_listed",
    )  # fmt: skip
    with transaction.atomic():
        row.save(force_insert=True)
        notes.change(
            "demand", row.id, row.outcome, person_id=by.person.id if by.person else None, post_id=by.post.id,
            item=row.item_code,
        )  # fmt: skip
    return row


def _found(code: str, what: str) -> DutyItem | None:
    rows = listed()
    return rows.filter(code=code).first() if code else rows.filter(name=what).first()


def community_of(by: Actor) -> Unit | None:
    """The community an actor works for."""
    unit: Unit | None = by.post.unit if by.post else None
    while unit is not None and unit.kind != Unit.Kind.COMMUNITY:
        unit = unit.parent
    return unit


def seen_by(actor: Actor) -> QuerySet[Demand]:
    """The log: a community's own, a sub-district's communities', all for who keeps admission."""
    rows = Demand.objects.select_related("community", "by_post").order_by("-at")
    if actor.post is None:
        return rows.none()
    if competence.may(actor, "admission"):
        return rows
    below = Unit.objects.filter(above__overlap=actor.post.unit.acts_for).values_list("id", flat=True)
    return rows.filter(community__in=below)


def slip(actor: Actor, number: str) -> Demand:
    """One demand by the number of its slip. `Absent` if the actor may not see it."""
    found = seen_by(actor).filter(slip=number).first()
    if found is None:
        raise Absent
    return found
