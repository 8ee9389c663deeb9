"""One program of `bench command` (指挥测量): prepares people on shift, sends positions, copies rows, finds the nearest."""

# ruff: noqa: E402 -- after setup

import json
import os
import sys
import time
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

os.environ.setdefault("DATABASE_POOL", "1")
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "jiedao.settings")

import django

django.setup()

import numpy as np
import psycopg
from psycopg import sql

from bench.command import BATCH, PROGRAMS
from jiedao.doors.rehearsal import duty
from jiedao.ground.db.roles import parameters
from jiedao.ground.districts import district, find
from jiedao.ground.people import Actor
from jiedao.ground.people.models import Unit
from jiedao.kit.clock import now
from jiedao.lines.patrol import devices, queries, rules, taking
from jiedao.lines.patrol.models import Roster, Sharing, Shift
from jiedao.lines.patrol.sorting import Point

LABEL = "guangming"
HOURS = 20
WEST, SOUTH = 113.90, 22.70


def prepare() -> dict[str, Any]:
    """Everybody of the six squads on shift for twenty hours, with the position shared."""
    at = now() - timedelta(hours=HOURS)
    made = 0
    for squad in Unit.objects.on().filter(kind=Unit.Kind.SQUAD).order_by("code"):
        turn = Roster.objects.create(squad=squad, begins_at=at, ends_at=now() + timedelta(hours=8), made_at=at)
        rows = [
            Shift(roster=turn, person=person, post=post, call_sign=f"{n:03d}", briefed_at=at, started_at=at)
            for n, (person, post) in enumerate(duty.staff(squad))
        ]
        Shift.objects.bulk_create(rows)
        Sharing.objects.bulk_create(Sharing(shift=row, since=at) for row in rows)
        made += len(rows)
    return {"people": made}


def take(seconds: int, program: int, turn: int) -> dict[str, Any]:
    """Batches of a hundred points, each of the next person, for so many seconds."""
    senders = [
        devices.page_sender(shift.person)
        for n, shift in enumerate(Shift.objects.select_related("person").order_by("id"))
        if n % PROGRAMS == program
    ]
    # Each round and each batch has moments of its own: nothing is a duplicate.
    first = (now() - timedelta(hours=HOURS - 1)).timestamp() + turn * 20_000
    batches = [
        [Point(WEST + n / 1e5, SOUTH + n / 1e5, first + lot * BATCH + n, 8.0) for n in range(BATCH)]
        for lot in range(200)
    ]
    taking.take(senders[0], [Point(WEST, SOUTH, first - 1, 8.0)])
    return _timed(seconds, lambda n: taking.take(senders[n % len(senders)], batches[n // len(senders) % 200]).stored)


def copy(seconds: int, program: int, turn: int) -> dict[str, Any]:
    """The same rows by COPY, a hundred a transaction, into a bare table."""
    name = sql.Identifier(f"bench_copy_{program}_{turn}")
    with psycopg.connect(**parameters("owner")) as connection:
        connection.execute(
            sql.SQL(
                "CREATE TABLE public.{} (shift_id uuid, taken_at timestamptz, lon float8, lat float8, accuracy float8, "
                "came_at timestamptz, source_id uuid, PRIMARY KEY (shift_id, taken_at))"
            ).format(name)
        )
        connection.commit()
        statement = sql.SQL("COPY public.{} FROM STDIN").format(name)
        pk, source, at = find(LABEL).code, "00000000-0000-7000-8000-000000000000", datetime.now(UTC)
        shift = f"00000000-0000-7000-8000-{int(pk):012d}"

        def once(number: int) -> int:
            start = at - timedelta(seconds=BATCH * (number + 1))
            with connection.cursor() as cursor, cursor.copy(statement) as stream:
                for n in range(BATCH):
                    row = (shift, start + timedelta(seconds=n), WEST + n / 1e5, SOUTH + n / 1e5, 8.0, at, source)
                    stream.write_row(row)
            connection.commit()
            return BATCH

        found = _timed(seconds, once)
        connection.execute(sql.SQL("DROP TABLE public.{}").format(name))
    return found


def _timed(seconds: int, once: Any) -> dict[str, Any]:
    points, number, began = 0, 0, time.perf_counter()
    while (spent := time.perf_counter() - began) < seconds:
        points += once(number)
        number += 1
    return {"points": points, "rate": points / spent}


def nearest() -> dict[str, Any]:
    """The ten nearest of three thousand, in this process; distances, choice and order."""
    chance = Random(7)
    lons = [WEST + chance.random() / 10 for _ in range(3_000)]
    lats = [SOUTH + chance.random() / 10 for _ in range(3_000)]
    columns = np.asarray(lons), np.asarray(lats)
    times = []
    for _ in range(500):
        spot = (WEST + chance.random() / 10, SOUTH + chance.random() / 10)
        began = time.perf_counter()
        rules.nearest(spot, *columns, 10)
        times.append(time.perf_counter() - began)
    return {"nearest_microseconds": round(sorted(times)[250] * 1e6, 1), "candidates_milliseconds": _people()}


def _people() -> float:
    """Everybody on duty with his place, as the map and the list of candidates read them."""
    times = []
    for _ in range(20):
        began = time.perf_counter()
        queries.on_duty(Actor.system("bench"))
        times.append(time.perf_counter() - began)
    return round(sorted(times)[10] * 1000, 1)


if __name__ == "__main__":
    what, *given = sys.argv[1:]
    with district(LABEL):
        print(json.dumps({"prepare": prepare, "take": take, "copy": copy, "nearest": nearest}[what](*map(int, given))))
