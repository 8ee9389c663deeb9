"""Looking at a track (查看轨迹): with a purpose, logged before it shows, and told to the person at once (R11)."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction

from jiedao.ground.journal.models import Look
from jiedao.ground.journal.notes import look
from jiedao.ground.people import Actor
from jiedao.ground.people.contacts import open_rows
from jiedao.ground.people.models import Unit
from jiedao.ground.places.locate import locate_many
from jiedao.ground.places.models import Area
from jiedao.kit.clock import local
from jiedao.kit.refusal import Absent, Refused
from jiedao.lines.patrol import rules, scope, tracks
from jiedao.lines.patrol.actions import body_cameras
from jiedao.lines.patrol.models import Position, Shift
from jiedao.lines.patrol.tracks import Fix, Stop

WHAT = "track"
LOOKS = (WHAT, body_cameras.WHAT)
"""What of a person on duty is opened with a purpose, and told to that person."""
MOST = 100_000


@dataclass(frozen=True)
class Replay:
    """The track of one shift with its stops."""

    shift: Shift
    track: list[Fix]
    stops: list[Stop]


def replay(shift_id: UUID, *, by: Actor, purpose: str) -> Replay:
    """The track of a shift. The line in the journal is written first: without it nothing is shown.

    One's own needs no purpose and leaves no line. Peers, and who may not look at tracks, find nothing.
    """
    shift = scope.shift_or_absent(by, shift_id, scope.TRACKS)
    own = by.person is not None and shift.person_id == by.person.id  # type: ignore[attr-defined]
    if not own:
        if not purpose.strip():
            raise Refused("purpose_missing")
        look(
            by.scope, WHAT, shift.id, purpose=purpose.strip()[:200], **by.author, unit_id=by.unit_id,
        )  # fmt: skip
    points = fixes(shift.id)
    return Replay(shift, points, tracks.stops(points, rules.rules()))


def fixes(shift_id: UUID) -> list[Fix]:
    """The points of a shift in order of time. Only for who has asked `replay` or writes the line himself."""
    with transaction.atomic():
        open_rows([shift_id])
        rows = Position.objects.filter(shift_id=shift_id).order_by("taken_at")
        return [Fix(*row) for row in rows.values_list("taken_at", "lon", "lat", "accuracy")[:MOST]]


@dataclass(frozen=True)
class Looked:
    """Who looked at one's track: unit and time, and what for."""

    at: datetime
    unit: str
    unit_en: str
    purpose: str
    shift_id: UUID
    what: str = WHAT


def stays(shown: Replay) -> list[tuple[Stop, Area | None]]:
    """The stops of a track that was opened, each with the area it lies in. None outside the district."""
    if not shown.stops:
        return []
    day = local(shown.stops[0].since).date()
    return list(zip(shown.stops, locate_many([(one.lon, one.lat) for one in shown.stops], day), strict=True))


def looks_at(by: Actor, most: int = 100) -> list[Looked]:
    """Who looked at the actor's own tracks or through the own body camera (谁看过我的轨迹), newest first."""
    if by.person is None:
        raise Absent
    shifts = list(Shift.objects.filter(person=by.person, started_at__isnull=False).values_list("id", flat=True))
    rows = list(Look.objects.filter(what__in=LOOKS, object_id__in=shifts).order_by("-at")[:most])
    units = {unit.id: unit for unit in Unit.objects.filter(pk__in={row.unit_id for row in rows if row.unit_id})}
    found = []
    for row in rows:
        unit = units.get(row.unit_id) if row.unit_id else None
        names = (unit.name, unit.name_en) if unit else ("", "")
        found.append(Looked(row.at, *names, row.purpose, row.object_id, row.what))
    return found


def gpx(shown: Replay) -> str:
    """A track that was opened, as GPX, under its call sign."""
    return tracks.gpx(shown.track, shown.shift.call_sign)
