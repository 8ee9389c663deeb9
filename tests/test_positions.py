"""Positions (位置): what is stored, what is counted, who sees what, when it goes (R10, R11, G31)."""

import math
import random
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, timedelta

import psycopg
import pytest

from jiedao.ground.db.roles import parameters
from jiedao.ground.districts import current_district
from jiedao.ground.people.contacts import open_rows
from jiedao.ground.places.coords import to_gcj02
from jiedao.ground.terms.models import Term
from jiedao.kit.clock import moved, now
from jiedao.kit.refusal import Absent, Refused
from jiedao.lines.patrol import devices, offsets, queries, taking, tracks
from jiedao.lines.patrol.actions import briefing, shifts
from jiedao.lines.patrol.actions import tracks as looking
from jiedao.lines.patrol.models import LastPosition, Position, Refusal, Sharing, Source
from jiedao.lines.patrol.rules import METRES_PER_DEGREE, of
from jiedao.lines.patrol.sorting import Bounds, Point, Span, sort
from tests.cast import seat
from tests.conftest import wait_for
from tests.patrols import CENTRE, HEAD, MEMBER, OTHER_HEAD, PARK, PEER, STREET, running, seen

HOUR, DAY = 3600.0, 86_400.0
BOUNDS = Bounds(now=1_800_000_000.0, ahead=120, steady=36 * HOUR, keep=30 * DAY)
NOW = BOUNDS.now
ON = Span("s1", "q", NOW - 4 * HOUR, math.inf, ((NOW - 4 * HOUR, NOW - 2 * HOUR), (NOW - HOUR, math.inf)))
BEFORE = Span("s0", "q", NOW - 20 * HOUR, NOW - 12 * HOUR, ((NOW - 20 * HOUR, NOW - 12 * HOUR),))


def stored(*ids) -> list[tuple]:
    open_rows(ids)
    return list(Position.objects.filter(shift_id__in=ids).order_by("taken_at").values_list("lon", "lat", "taken_at"))


# Sorting, by table


@pytest.mark.parametrize(
    ("lon", "lat", "at", "came_of"),
    [
        (113.9, 22.7, NOW - 30, "s1"),
        (113.9, 22.7, NOW + 100, "s1"),
        (113.9, 22.7, NOW - 4 * HOUR, "s1"),
        (113.9, 22.7, NOW - 4 * HOUR - 1, "off_shift"),
        (113.9, 22.7, NOW - 1.5 * HOUR, "paused"),
        (113.9, 22.7, NOW - 2 * HOUR, "paused"),
        (113.9, 22.7, NOW - 13 * HOUR, "s0"),
        (113.9, 22.7, NOW - 12 * HOUR, "off_shift"),
        (113.9, 22.7, NOW + 121, "clock_ahead"),
        (113.9, 22.7, NOW - 31 * DAY, "too_old"),
        (113.9, 22.7, math.nan, "clock_ahead"),
        (200.0, 22.7, NOW - 30, "outside_world"),
        (113.9, 91.0, NOW - 30, "outside_world"),
        (0.0, 0.0, NOW - 30, "outside_world"),
        (math.inf, 22.7, NOW - 30, "outside_world"),
        (113.9, math.nan, NOW - 30, "outside_world"),
    ],
)
def test_every_point_goes_to_its_shift_or_to_its_reason(lon, lat, at, came_of):
    found = sort([Point(lon, lat, at)], [ON, BEFORE], system="wgs84", sent_at=None, bounds=BOUNDS)

    assert [*found.kept, *found.reasons] == [came_of]


@pytest.mark.parametrize(
    ("off", "kept", "reasons"),
    [
        (0, 1, {}),
        (-60, 1, {}),
        (-DAY, 1, {"clock_corrected": 1}),
        (DAY, 1, {"clock_corrected": 1}),
        (40 * HOUR, 0, {"clock_wrong": 1}),
    ],
)
def test_a_clock_that_is_off_is_put_right_by_what_the_device_says_when_it_sends(off, kept, reasons):
    said = Point(113.9, 22.7, NOW - 30 + off)

    found = sort([said], [ON], system="wgs84", sent_at=NOW + off, bounds=BOUNDS)

    assert sum(map(len, found.kept.values())) == kept
    assert dict(found.reasons) == reasons
    assert [p.at for lot in found.kept.values() for p in lot] in ([], [pytest.approx(NOW - 30, abs=61)])


def test_order_does_not_matter_and_the_same_moment_is_one_point():
    points = [Point(113.9, 22.7, NOW - 30 + n) for n in (5, 1, 3, 1, 5)]

    found = sort(points, [ON], system="wgs84", sent_at=None, bounds=BOUNDS)

    assert len(found.kept["s1"]) == 3
    assert found.reasons == {"duplicate": 2}


def test_ten_thousand_points_about_shift_edges_pauses_and_wrong_clocks_leave_none_outside_duty():
    chance = random.Random(31)
    points = [Point(113.9, 22.7, NOW - chance.uniform(-3 * DAY, 40 * DAY)) for _ in range(5_000)]
    points += [Point(113.9, 22.7, NOW - chance.uniform(-300, 21 * HOUR)) for _ in range(5_000)]

    found = sort(points, [ON, BEFORE], system="wgs84", sent_at=None, bounds=BOUNDS)

    kept = [p.at for lot in found.kept.values() for p in lot]
    shared = [*ON.shared, *BEFORE.shared]
    assert all(any(since <= at < until for since, until in shared) for at in kept)
    assert len(kept) + sum(found.reasons.values()) == 10_000
    assert len(kept) > 1_000


# Taking


def test_a_batch_is_stored_once_and_counted_once_more(in_guangming):
    shift = running()
    sender = devices.page_sender(shift.person)
    points = [Point(PARK[0] + n / 1e5, PARK[1], now().timestamp() - 100 + n, 5.0) for n in range(100)]

    first, again = taking.take(sender, points), taking.take(sender, points)

    assert (first.stored, first.reasons) == (100, {})
    assert (again.stored, again.reasons) == (0, {"duplicate": 100})
    assert len(stored(shift.id)) == 100
    assert Refusal.objects.get().reasons == {"duplicate": 100}


def test_ten_thousand_points_are_taken_and_one_more_is_refused(in_guangming):
    shift = running()
    sender = devices.page_sender(shift.person)
    points = [Point(*PARK, now().timestamp() - 3000 + n / 4) for n in range(10_000)]

    assert taking.take(sender, points).stored == 10_000
    with pytest.raises(Refused, match="batch_too_large"):
        taking.take(sender, [*points, points[0]])


def test_the_latest_place_is_the_latest_by_its_own_time_not_by_its_coming(in_guangming):
    shift = running()

    seen(shift, 113.917, age=10)
    seen(shift, 113.911, age=60)

    [found] = queries.on_duty(seat(HEAD))
    assert found.lon == 113.917


def test_a_source_in_gcj02_is_brought_to_wgs84(in_guangming):
    shift = running()
    source, _ = devices.declare("maps", Source.Kind.OWNTRACKS, "地图软件", "Map app", system="gcj02")
    shifted = to_gcj02(*PARK)

    taking.take(taking.Sender(source.id, source.system, shift.person_id), [Point(*shifted, now().timestamp() - 5)])

    [(lon, lat, _)] = stored(shift.id)
    assert (lon, lat) == (pytest.approx(PARK[0], abs=1e-6), pytest.approx(PARK[1], abs=1e-6))


def test_a_source_that_lies_steadily_beside_scanned_places_is_flagged_and_no_point_is_moved(in_guangming):
    source, _ = devices.declare("watch", Source.Kind.OWNTRACKS, "手环", "Watch")
    for n in range(6):
        place = (PARK[0] + n / 1000, PARK[1])
        offsets.sample(source.id, to_gcj02(*place), place)

    [flag] = offsets.flagged()

    assert flag.source == source
    assert flag.like_gcj02
    assert flag.metres > 300


def test_scattered_samples_are_no_offset(in_guangming):
    source, _ = devices.declare("watch", Source.Kind.OWNTRACKS, "手环", "Watch")
    for n in range(8):
        turn = n * math.pi / 4
        far = 400 / METRES_PER_DEGREE
        offsets.sample(source.id, (PARK[0] + far * math.cos(turn), PARK[1] + far * math.sin(turn)), PARK)

    assert offsets.flagged() == []


# Off unless a legal basis stands (R10)


def test_a_fresh_district_stores_no_position(in_gulou):
    assert current_district().switches.get("positions") is not True
    who = seat("320106001901001-grid_worker")

    assert taking.take(devices.page_sender(who.person), [Point(*PARK, now().timestamp())]).stored == 0
    assert shifts.basis_of(who.post) is None


def test_without_a_basis_for_the_post_kind_nobody_can_share_and_nothing_is_stored(in_guangming):
    shift = running()
    Term.objects.filter(table="track_basis", code="squad_member").delete()

    assert seen(shift).reasons == {"off_shift": 1}
    with pytest.raises(Refused, match="no_track_basis"):
        shifts.share(shift.id, by=seat(MEMBER))


def test_a_shift_alone_shares_nothing(in_guangming):
    shift = running(shared=False)

    assert seen(shift).reasons == {"paused": 1}
    assert stored(shift.id) == []


def test_a_pause_takes_the_person_off_the_map_at_once_and_points_of_it_are_not_stored(in_guangming):
    shift = running()
    seen(shift)

    shifts.pause(shift.id, by=seat(MEMBER))

    open_rows([shift.roster.squad_id])
    assert not LastPosition.objects.exists()
    assert [one.state for one in queries.on_duty(seat(HEAD))] == ["paused"]
    with moved(now() + timedelta(minutes=1)):
        assert seen(shift, age=5).reasons == {"paused": 1}


def test_who_ends_the_shift_is_gone_and_later_points_are_off_shift(in_guangming):
    shift = running()
    seen(shift)

    shifts.end(shift.id, by=seat(MEMBER))

    assert queries.on_duty(seat(HEAD)) == []
    assert Sharing.objects.get(shift=shift).until is not None
    with moved(now() + timedelta(minutes=1)):
        assert seen(shift, age=5).reasons == {"off_shift": 1}


# Who is it


def test_a_key_says_who_it_is_and_an_unknown_ended_or_revoked_one_says_nothing(in_guangming):
    source, _ = devices.declare("phones", Source.Kind.OWNTRACKS, "手机", "Phones")
    device, key = devices.give(source, seat(MEMBER).person, "phone-7")

    assert devices.sender_of(key, "owntracks").person_id == seat(MEMBER).person.id
    assert devices.sender_of(key, "gpx") is None
    assert devices.sender_of(key[:-1] + "x", "owntracks") is None
    devices.revoke(device)
    assert devices.sender_of(key, "owntracks") is None


def test_a_forwarders_unknown_device_is_nobody(in_guangming):
    source, key = devices.declare("traccar", Source.Kind.TRACCAR, "转发平台", "Forwarder")
    devices.give(source, seat(MEMBER).person, "867001")

    assert devices.forwarded(key, "867001")[1].person_id == seat(MEMBER).person.id
    assert devices.forwarded(key, "867002") == (source.id, None)
    assert devices.forwarded("jp_wrong", "867001") is None


# Looking at a track (R11)


@pytest.mark.parametrize("post", [PEER, "urban-handler-1", OTHER_HEAD, CENTRE])
def test_peers_other_squads_and_who_may_not_look_find_nothing(in_guangming, post):
    shift = running()
    seen(shift)

    with pytest.raises(Absent):
        looking.replay(shift.id, by=seat(post), purpose="核对")


def test_a_track_asks_its_purpose_and_the_person_sees_who_looked(in_guangming):
    shift = running()
    seen(shift)

    with pytest.raises(Refused, match="purpose_missing"):
        looking.replay(shift.id, by=seat(HEAD), purpose="  ")
    assert looking.looks_at(seat(MEMBER)) == []
    assert len(looking.replay(shift.id, by=seat(HEAD), purpose="核对投诉 26-00012").track) == 1

    [told] = looking.looks_at(seat(MEMBER))
    assert (told.purpose, told.unit) == ("核对投诉 26-00012", seat(HEAD).post.unit.name)
    assert looking.looks_at(seat(PEER)) == []


def test_ones_own_track_needs_no_purpose_and_leaves_no_line(in_guangming):
    shift = running()
    seen(shift)

    assert len(looking.replay(shift.id, by=seat(MEMBER), purpose="").track) == 1
    assert looking.looks_at(seat(MEMBER)) == []


def test_stops_are_where_somebody_stayed():
    at = now()
    still = [tracks.Fix(at + timedelta(seconds=30 * n), 113.9, 22.7) for n in range(21)]
    walk = [tracks.Fix(at + timedelta(seconds=600 + 30 * n), 113.9 + n / 1000, 22.7) for n in range(1, 20)]

    [stop] = tracks.stops([*still, *walk], of({}))
    assert stop.minutes == 10
    assert tracks.gpx([*still, *walk], "巡-07 <1>").count("<trkpt") == 40


# Kept thirty days, behind the second wall


def test_positions_are_read_only_by_who_opened_the_shift(in_guangming):
    shift = running()
    seen(shift)

    open_rows([])
    assert Position.objects.count() == 0
    assert LastPosition.objects.count() == 0
    open_rows([shift.id])
    assert Position.objects.count() == 1


def test_no_day_of_positions_outlives_thirty_days_and_only_worker_drops(fresh_database):
    day = now().astimezone(UTC).date()
    old = [day - timedelta(days=n) for n in (45, 31, 30, 29, 1)]
    with psycopg.connect(**parameters("worker"), autocommit=True) as worker:
        worker.execute("SET search_path = d440311")
        for one in old:
            worker.execute("SELECT patrol_open_day(%s)", [one])
        with psycopg.connect(**parameters("web"), autocommit=True) as web:
            web.execute("SET search_path = d440311")
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                web.execute("SELECT patrol_drop_days(%s)", [day])
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                web.execute("CREATE TABLE mine (id int)")
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                web.execute(f"SELECT * FROM patrol_position_{day - timedelta(days=1):%Y%m%d}")
        worker.execute("SELECT patrol_drop_days(%s)", [day - timedelta(days=29)])
        left = [
            row[0]
            for row in worker.execute(
                "SELECT relname FROM pg_class WHERE relispartition AND relkind = 'r' AND relname LIKE 'patrol_position_2%'"
            )
        ]

    assert sorted(set(left)) == sorted(f"patrol_position_{one:%Y%m%d}" for one in old[-2:])


def test_a_squad_is_checked_on_the_road_that_was_never_on_a_roster(in_guangming):
    squad = seat(HEAD).post.unit
    assert briefing.spot_check(squad, by=seat("centre-inspector"), place="路口", met=True).met


def test_command_sees_levels(in_guangming):
    shift = running()
    seen(shift)

    for post in (CENTRE, STREET, HEAD):
        [found] = queries.on_duty(seat(post))
        assert (found.call_sign, found.state, found.lon) == ("巡-07", "free", PARK[0])
    assert queries.figures(queries.on_duty(seat(HEAD))) == {"on_duty": 1, "free": 1, "busy": 0, "paused": 0, "stale": 0}


def test_two_batches_that_open_the_same_day_at_once_both_succeed(in_guangming):
    """The second looked for the day in vain before it waited for the first; then it must see what the first made."""
    day = now().astimezone(UTC).date() - timedelta(days=20)
    with psycopg.connect(**parameters("worker")) as first, psycopg.connect(**parameters("worker")) as second:
        for one in (first, second):
            one.execute("SET search_path = d440311")
        assert second.execute("SELECT to_regclass(%s)", [f"patrol_position_{day:%Y%m%d}"]).fetchone() == (None,)
        assert first.execute("SELECT patrol_open_day(%s)", [day]).fetchone() == (True,)
        with ThreadPoolExecutor(1) as pool:
            found = pool.submit(lambda: second.execute("SELECT patrol_open_day(%s)", [day]).fetchone())
            wait_for(lambda: first.execute(WAITING).fetchone() == (1,))
            first.commit()
            assert found.result(10) == (False,)
        second.rollback()
        first.execute("SELECT patrol_drop_days(%s)", [day + timedelta(days=1)])


WAITING = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
