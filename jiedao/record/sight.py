"""Sight (可见范围): which cases an actor may see. The only way a door gets a case (A5)."""

from uuid import UUID

from django.db.models import Q, QuerySet

from jiedao.ground.people import Actor
from jiedao.ground.people.models import Unit
from jiedao.kit.refusal import Absent
from jiedao.record import cases, standing
from jiedao.record.models import Attachment, Case


def visible_to(actor: Actor) -> QuerySet[Case]:
    """Cases in the actor's sight.

    A post sees its own area's, those its unit (for an office: its body) or one below has or had an order on, those
    it sent, and those the person reported; the district's centre sees all. A unit a complaint is about never sees
    it, whatever else holds.
    """
    if actor.kind == "system":
        return Case.objects.all()
    if actor.kind == "resident":
        return Case.objects.filter(pk=actor.case_id) if actor.case_id else Case.objects.none()
    if actor.person is None:
        return Case.objects.none()
    wanted = Q(reporters__contains=[actor.person.id]) & ~Q(reporters=[])  # as the index leaves them out
    if actor.post is None:
        return Case.objects.filter(wanted)
    unit = actor.post.unit
    if unit.kind == Unit.Kind.CENTRE and unit.level == Unit.Level.DISTRICT:
        wanted = Q()
    else:
        wanted |= Q(units__overlap=unit.acts_for) | Q(from_unit__in=unit.acts_for)
        if actor.area_path:
            wanted |= Q(area_path=actor.area_path) | Q(area_path__startswith=f"{actor.area_path}/")
    return Case.objects.filter(wanted).exclude(reported_units__overlap=unit.above)


def sees(actor: Actor, case: Case) -> bool:
    """The same rule, asked of a case that is at hand. A test holds the two together."""
    if actor.kind == "system":
        return True
    if actor.kind == "resident":
        return case.id == actor.case_id
    if actor.person is None:
        return False
    own = actor.person.id in case.reporters
    if actor.post is None:
        return own
    unit = actor.post.unit
    if set(unit.above) & set(case.reported_units):
        return False
    if unit.kind == Unit.Kind.CENTRE and unit.level == Unit.Level.DISTRICT:
        return True
    sent_or_asked = {case.from_unit_id, *case.units} & set(unit.acts_for)
    return own or bool(sent_or_asked) or (bool(actor.area_path) and standing.covers(actor.area_path, case))


def case_or_404(actor: Actor, number: str) -> Case:
    """The case of a number, if the actor may see it. `Absent` otherwise, without saying which."""
    found = cases.numbered(number) if "\0" not in number else None
    if found is None or not sees(actor, found):
        raise Absent
    return found


def attachment(actor: Actor, attachment_id: UUID) -> Attachment | None:
    """A file on a case the actor may see. None otherwise.

    A resident gets what is public and what he sent himself; of a case that his own was joined to, what units showed.
    """
    return _attachments(actor).filter(pk=attachment_id).first()


def attachments(actor: Actor, beside: Attachment) -> list[Attachment]:
    """The files of the same case that the actor may see, in the order they came."""
    return list(_attachments(actor).filter(case_id=beside.case_id).order_by("made_at", "id")[:500])


def _attachments(actor: Actor) -> QuerySet[Attachment]:
    rows = Attachment.objects.select_related("case", "entry")
    if actor.kind == "resident":
        own = Q(case_id=actor.case_id) & (Q(public=True) | Q(entry__actor="resident"))
        return rows.filter(own | Q(case__merged=actor.case_id, public=True, entry__actor="person"))
    return rows.filter(case__in=visible_to(actor))
