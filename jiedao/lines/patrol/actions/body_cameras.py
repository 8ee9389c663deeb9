"""Looking through a body camera (执法记录仪) or a camera of the district: with a purpose, logged before it is told (R11)."""

from uuid import UUID

from jiedao.ground.journal.notes import look
from jiedao.ground.people import Actor
from jiedao.ground.places.models import Site
from jiedao.kit.refusal import Absent, Refused
from jiedao.lines.patrol import calls, rules, scope
from jiedao.lines.patrol.models import Device, Shift, Source

WHAT = "body_camera"
OF_SITE = "camera"
NEAR = 500
"""Metres within which a camera is named beside a case."""


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


def of_place(code: str, by: Actor) -> Site:
    """A camera of the district, for who watches people on duty. `Absent` for anybody else."""
    found = Site.objects.on().filter(kind="camera", code=code).select_related("area").first()
    if found is None or not scope.squads(by):
        raise Absent
    return found


def link(site: Site, *, by: Actor, purpose: str) -> str:
    """The address of a camera's stream, after the line in the journal. Empty where the site has none."""
    if not purpose.strip():
        raise Refused("purpose_missing")
    look(by.scope, OF_SITE, site.id, purpose=purpose.strip()[:200], **by.author, unit_id=by.unit_id)
    found = str(site.facts.get("stream", ""))
    return found if found.startswith(("https://", "http://")) else ""


def near(lon: float, lat: float, by: Actor) -> list[tuple[Site, int]]:
    """The three nearest cameras of a place with their distance, for who may look through them."""
    wide = NEAR / rules.METRES_PER_DEGREE * 1.5
    rows = Site.objects.on().filter(
        kind="camera", lon__range=(lon - wide, lon + wide), lat__range=(lat - wide, lat + wide)
    )
    if not scope.squads(by):
        return []
    far = [(site, round(rules.metres((lon, lat), (site.lon or 0.0, site.lat or 0.0)))) for site in rows[:100]]
    return sorted((one for one in far if one[1] <= NEAR), key=lambda one: one[1])[:3]
