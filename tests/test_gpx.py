"""GPX for trial (轨迹文件试用): a file becomes points of a running shift, the rest is counted; what is no GPX is refused."""

import argparse
import json
from datetime import UTC, datetime, timedelta

import pytest

from jiedao.doors.commands import positions as command
from jiedao.ground.db.home import Trouble
from jiedao.kit.clock import now
from jiedao.kit.refusal import Refused
from jiedao.lines.patrol import gpx
from jiedao.lines.patrol.actions.tracks import fixes
from jiedao.lines.patrol.models import Refusal, Source
from tests.patrols import PARK, running


def track(*ages: float) -> str:
    rows = "".join(
        f'<trkpt lat="{PARK[1] + nth / 1e4}" lon="{PARK[0]}"><ele>3</ele>'
        f"<time>{datetime.fromtimestamp(now().timestamp() - age, UTC):%Y-%m-%dT%H:%M:%SZ}</time></trkpt>"
        for nth, age in enumerate(ages)
    )
    return f'<gpx xmlns="http://www.topografix.com/GPX/1/1" version="1.1"><trk><trkseg>{rows}</trkseg></trk></gpx>'


def asked(path, *more: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    command.arguments(parser)
    return parser.parse_args(["gpx", str(path), "--district", "guangming", "--json", *more])


def test_a_track_lies_in_the_shift_and_what_was_off_shift_is_counted(in_guangming, tmp_path, capsys):
    shift, file = running(), tmp_path / "round.gpx"
    file.write_text(track(7_200, 300, 200, 100))

    assert command.run(asked(file, "--person", shift.person.code)) == 0
    assert json.loads(capsys.readouterr().out) == {"points": 4, "stored": 3, "reasons": {"off_shift": 1}}
    assert len(fixes(shift.id)) == 3
    assert Refusal.objects.get().source == Source.objects.get(kind="gpx")


def test_an_old_recording_is_tried_as_of_now_in_its_system(in_guangming, tmp_path, capsys):
    shift, file, year = running(), tmp_path / "old.gpx", timedelta(days=400).total_seconds()
    file.write_text(track(year + 60, year))

    assert command.run(asked(file, "--person", shift.person.code)) == 1
    assert command.run(asked(file, "--person", shift.person.code, "--as-now", "--system", "gcj02")) == 0
    assert fixes(shift.id)[-1].lon == pytest.approx(PARK[0] - 0.005, abs=0.001)


@pytest.mark.parametrize(
    "text",
    [b"", b"<gpx/>", b"{}", b'<gpx><trkpt lat="x" lon="1"><time>2026-01-01T00:00:00Z</time></trkpt></gpx>',
     b'<gpx><trkpt lat="1" lon="1"><time>2026-01-01T00:00:00</time></trkpt></gpx>',
     b'<!DOCTYPE x [<!ENTITY a "b">]><gpx><trkpt lat="1" lon="1"><time>2026-01-01T00:00:00Z</time></trkpt></gpx>'],
)  # fmt: skip
def test_what_is_no_track_is_refused(text):
    with pytest.raises(Refused, match="not_gpx"):
        gpx.read(text)


def test_a_wrong_person_or_system_is_told_in_words(in_guangming, tmp_path):
    file = tmp_path / "round.gpx"
    file.write_text(track(10))

    with pytest.raises(Trouble, match="Nobody here"):
        command.run(asked(file, "--person", "nobody"))
    with pytest.raises(Trouble, match="mars"):
        command.run(asked(file, "--person", running().person.code, "--system", "mars"))
