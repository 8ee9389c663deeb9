"""A trial with real tracks (真实轨迹试跑): two people's GPS points of months, read in place and never copied in."""

import csv
import gzip
import os
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from jiedao.ground.db.home import CHECKOUT
from jiedao.ground.people.contacts import open_rows
from jiedao.kit.clock import now
from jiedao.lines.patrol import devices, rules, taking, tracks
from jiedao.lines.patrol.actions.tracks import fixes
from jiedao.lines.patrol.models import LastPosition
from jiedao.lines.patrol.sorting import Point
from tests.patrols import running

REAL = Path(os.environ.get("GPS_TRACKS", CHECKOUT.parent / "shared" / "data" / "gps")) / "geolife_sample.csv.gz"
DAYS = 27
BATCH = 2_000


def real(user: str) -> list[tuple[float, float, float]]:
    """Longitude, latitude and seconds of one person's points, as they were recorded."""
    if not REAL.exists():
        pytest.skip(f"the real tracks are not on this machine; set GPS_TRACKS to their folder ({REAL.name})")
    with gzip.open(REAL, "rt", encoding="utf-8") as lines:
        rows = [row for row in csv.DictReader(lines) if row["user"].strip("0") == user]
    at = "%Y-%m-%d %H:%M:%S"
    return [
        (float(r["lon"]), float(r["lat"]), datetime.strptime(r["time"], at).replace(tzinfo=UTC).timestamp())
        for r in rows
    ]


@pytest.mark.parametrize("user", ["1", "5"])
def test_every_real_point_is_stored_or_counted_and_the_stays_are_found(in_guangming, user):
    recorded = real(user)
    shift = running(since=now() - timedelta(days=DAYS))
    moved = now().timestamp() - 60 - max(at for _, _, at in recorded)
    points = [Point(lon, lat, at + moved) for lon, lat, at in recorded]
    sender, reasons, stored = devices.page_sender(shift.person), Counter(), 0

    for start in range(0, len(points), BATCH):
        taken = taking.take(sender, points[start : start + BATCH])
        stored += taken.stored
        reasons.update(taken.reasons)

    edge = now().timestamp() - DAYS * 86_400
    inside = {round(at * 1e6) for _, _, at, _ in points if at >= edge + 60}
    assert stored + sum(reasons.values()) == len(points)
    assert set(reasons) <= {"off_shift", "too_old", "duplicate"}
    assert len(inside) <= stored <= len(inside) + 60
    open_rows([shift.roster.squad_id])
    assert LastPosition.objects.get(pk=shift.id).taken_at.timestamp() == pytest.approx(points[-1].at, abs=1)
    track = fixes(shift.id)
    stays = tracks.stops(track, rules.rules())
    assert stays and all(stay.until - stay.since >= timedelta(minutes=5) for stay in stays)
    assert tracks.gpx(track, "试跑").count("<trkpt") == len(track)
