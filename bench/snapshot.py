"""The map's snapshot (图上快照性能): twenty thousand open cases as a dispatcher's map gets them; and GeoJSON beside it.

Runs inside the bench's installation, in a transaction that is taken back: `python -m bench.snapshot 20000` prints JSON.
"""

import gzip
import json
import sys
import time
from statistics import median
from typing import Any
from uuid import UUID

ROUNDS = 9


def fill(case: UUID, lon: float, lat: float, count: int) -> None:
    """Open cases with limits of their own all over a district; copies of one in all else."""
    from django.db import connection  # noqa: PLC0415 -- app ready

    spread = {
        "id": "gen_random_uuid()", "number": "'26-' || lpad((20000 + g)::text, 6, '0')",
        "lon": f"{lon} + random() * 0.08", "lat": f"{lat} + random() * 0.08",
        "due_at": "now() + (random() * 10 - 1) * interval '1 day'", "severity": "(random() * 1.2)::int",
    }  # fmt: skip
    limits = {
        "id": "gen_random_uuid()", "case_id": "c.id", "due_at": "c.due_at", "order_id": "NULL", "paused_since": "NULL",
        "soon_at": "c.due_at - interval '6 hours'", "started_at": "c.due_at - interval '1 day'", "stopped_at": "NULL",
    }  # fmt: skip
    _copies("record_case", spread, f"record_case s, generate_series(1, {count}) g WHERE s.id = %s", [case])
    deadline = "(SELECT * FROM record_deadline WHERE stopped_at IS NULL LIMIT 1)"
    filled = "c.number ~ '^26-0[234][0-9]{4}$' AND c.id <> %s"
    _copies("record_deadline", limits, f"record_case c, {deadline} s WHERE {filled}", [case])
    with connection.cursor() as cursor:
        cursor.execute("DISCARD PLANS")  # they were made for a handful of rows; the checks at the end would crawl


def _copies(table: str, given: dict[str, str], source: str, values: list[Any]) -> None:
    from django.db import connection  # noqa: PLC0415 -- app ready

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT column_name FROM information_schema.columns WHERE table_schema = current_schema() "
            "AND table_name = %s",
            [table],
        )
        columns = [row[0] for row in cursor.fetchall()]
        names = ", ".join(f'"{name}"' for name in columns)
        chosen = ", ".join(given.get(name, f's."{name}"') for name in columns)
        cursor.execute(f"INSERT INTO {table} ({names}) SELECT {chosen} FROM {source}", values)


def geojson(plain: bytes) -> bytes:
    """The same symbols as a map usually gets them."""
    told = json.loads(plain)
    features = [
        {
            "type": "Feature",
            "geometry": {
                "type": "Point",
                "coordinates": [(told["west"] + x) / told["fine"], (told["south"] + y) / told["fine"]],
            },
            "properties": {"number": number, "due": due, "soon": soon},
        }
        for number, x, y, due, soon in zip(told["number"], told["x"], told["y"], told["due"], told["soon"], strict=True)
    ]
    return json.dumps({"type": "FeatureCollection", "features": features}, separators=(",", ":")).encode()


def measure(found: Any, stamp: bool = True) -> dict[str, Any]:
    """Milliseconds and bytes of the snapshot of a list."""
    from jiedao.record.queries import snapshot  # noqa: PLC0415 -- app ready

    made, took, stamped = snapshot.snapshot(found), [], []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        made = snapshot.snapshot(found)
        took.append(time.perf_counter() - began)
        began = time.perf_counter()
        snapshot.stamp(found)
        stamped.append(time.perf_counter() - began)
    shapes = geojson(made.plain)
    return {
        "cases": len(json.loads(made.plain)["number"]),
        "snapshot_ms": round(1000 * median(took), 1),
        "snapshot_best_ms": round(1000 * min(took), 1),
        "unchanged_ms": round(1000 * median(stamped), 1),
        "plain_kb": len(made.plain) // 1000,
        "packed_kb": len(made.packed) // 1000,
        "geojson_kb": len(shapes) // 1000,
        "geojson_packed_kb": len(gzip.compress(shapes, 3)) // 1000,
    }


def run(count: int) -> dict[str, Any]:
    """In the demo district, as its dispatcher."""
    from django.db import transaction  # noqa: PLC0415 -- app ready

    from bench.place import DISTRICT  # noqa: PLC0415 -- app ready
    from jiedao.ground.districts import district  # noqa: PLC0415 -- app ready
    from jiedao.ground.people import Actor  # noqa: PLC0415 -- app ready
    from jiedao.ground.people.models import Post, Tenure  # noqa: PLC0415 -- app ready
    from jiedao.ground.places.locate import centre  # noqa: PLC0415 -- app ready
    from jiedao.ground.places.models import Area  # noqa: PLC0415 -- app ready
    from jiedao.record.queries.register import Asked, register  # noqa: PLC0415 -- app ready
    from jiedao.stages import intake  # noqa: PLC0415 -- app ready

    with district(DISTRICT), transaction.atomic():
        posts = Post.objects.on().filter(kind__code="dispatcher").select_related("unit__area", "kind", "area")
        post = posts.first()
        held = Tenure.objects.on().filter(post=post).select_related("person").first()
        assert post is not None and held is not None
        by = Actor.at(post, held.person)
        lon, lat = centre(Area.objects.on().filter(kind="grid").order_by("path").first())
        case = intake.report(intake.Told("bench", "grid", point=(lon, lat)), by=by).case
        fill(case.id, lon, lat, count)
        found = measure(register(by, Asked(due="open")))
        transaction.set_rollback(True)
    return found


def main() -> None:
    import django  # noqa: PLC0415 -- slow import

    django.setup()
    print(json.dumps(run(int(sys.argv[1]))))


if __name__ == "__main__":
    main()
