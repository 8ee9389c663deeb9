"""Looking through a body camera (查看执法记录仪): of somebody on duty, with a purpose, logged before it is told (R11)."""

from uuid import UUID

from jiedao.ground.journal.notes import look
from jiedao.ground.people import Actor
from jiedao.kit.refusal import Absent, Refused
from jiedao.lines.patrol import calls, scope
from jiedao.lines.patrol.models import Device, Shift, Source

WHAT = "body_camera"


def number_of(shift: Shift) -> str:
    """The number of the body camera that the person of a shift carries. Empty for who has none."""
    rows = Device.objects.filter(
        person_id=shift.person_id,  # type: ignore[attr-defined]
        source__kind=Source.Kind.CAMERA, source__ended_at=None, revoked_at=None,
    )  # fmt: skip
    return str(rows.order_by("-made_at").values_list("label", flat=True).first() or "")


def carried(shift_id: UUID, by: Actor) -> Shift:
    """Somebody on duty in the actor's scope who carries one. `Absent` for any other, and for who rests or has ended."""
    shift = scope.shift_or_absent(by, shift_id, scope.WATCH)
    is_out = shift.started_at is not None and shift.ended_at is None and shift.paused_since is None
    if not is_out or not calls.camera_url(number_of(shift)):
        raise Absent
    return shift


def stream(shift: Shift, *, by: Actor, purpose: str) -> str:
    """The address of the stream. The line in the journal is written first: the person sees it in the own list."""
    if not purpose.strip():
        raise Refused("purpose_missing")
    look(by.scope, WHAT, shift.id, purpose=purpose.strip()[:200], **by.author, unit_id=by.unit_id)
    return calls.camera_url(number_of(shift))
