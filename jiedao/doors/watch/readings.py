"""Readings (运行读数): queue, deadlines, statements, notices, links, backups, disk; read by `jiedao watch` each minute.

Nothing of a person is read: counts, ages and names of parts. What cannot be read is a reading too.
"""

import os
import re
import shutil
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
from cryptography import x509
from django.conf import settings
from psycopg import sql

from jiedao.doors.keep import dumps, places, wal
from jiedao.doors.watch import notes
from jiedao.ground.db.checks import seven
from jiedao.ground.db.embedded import archives
from jiedao.ground.db.home import Trouble, home
from jiedao.ground.db.jobs import stalled
from jiedao.ground.db.roles import parameters, server
from jiedao.kit.clock import now
from jiedao.kit.ports import Http, Unreachable
from jiedao.kit.refusal import Refused
from jiedao.release import release

Readings = dict[str, Any]

_QUEUE = """
SELECT count(*) FILTER (WHERE status = 'todo' AND (scheduled_at IS NULL OR scheduled_at <= now())),
  count(*) FILTER (WHERE status = 'doing'), count(*) FILTER (WHERE status = 'failed')
FROM public.procrastinate_jobs
"""
_OLDEST = """
SELECT coalesce(extract(epoch FROM now() - min(greatest(e.at, coalesce(j.scheduled_at, e.at)))), 0)::float8
FROM public.procrastinate_jobs j JOIN public.procrastinate_events e ON e.job_id = j.id AND e.type = 'deferred'
WHERE j.status = 'todo' AND (j.scheduled_at IS NULL OR j.scheduled_at <= now())
"""
_FAILED = "SELECT count(*) FROM public.procrastinate_events WHERE type = 'failed' AND at > now() - interval '1 hour'"
_WORKER = "SELECT extract(epoch FROM now() - max(last_heartbeat))::float8 FROM public.procrastinate_workers"
_DEADLINES = """
SELECT count(*) FILTER (WHERE d.due_at <= now()), count(*) FILTER (WHERE d.due_at <= now() - interval '3 minutes'
  AND NOT EXISTS (SELECT 1 FROM {s}.record_ring r WHERE r.deadline_id = d.id AND r.ring = 'due' AND r.due_at = d.due_at)),
  count(*) FILTER (WHERE d.due_at > now() AND d.due_at <= now() + interval '1 day')
FROM {s}.record_deadline d WHERE d.stopped_at IS NULL AND d.paused_since IS NULL AND d.due_at <= now() + interval '1 day'
"""
_NOTICES = """
SELECT count(*) FILTER (WHERE state = 'failed' AND done_at > now() - interval '1 day'),
  count(*) FILTER (WHERE state IN ('waiting', 'begun') AND due_at < now() - interval '10 minutes')
FROM {s}.notify_sending
"""
_CHANNELS = """
SELECT kind, count(*), count(*) FILTER (WHERE failing_since IS NOT NULL),
  extract(epoch FROM max(last_sent_at))::float8, (array_agg(problem) FILTER (WHERE failing_since IS NOT NULL))[1]
FROM {s}.notify_channel WHERE is_on AND proven_at IS NOT NULL GROUP BY kind ORDER BY kind
"""
_SEALED = "SELECT max(at) FROM {s}.journal_seal"
_MOVED = "SELECT EXISTS (SELECT 1 FROM {s}.record_entry WHERE id > {after} AND id < {before})"
_STATEMENTS = """
SELECT extract(epoch FROM clock_timestamp() - query_start)::float8, usename, state, left(query, 400) FROM pg_stat_activity
WHERE datname = current_database() AND state <> 'idle' AND pid <> pg_backend_pid() AND backend_type = 'client backend'
  AND usename <> %s AND query_start < clock_timestamp() - interval '2 seconds' ORDER BY 1 DESC LIMIT 20
"""
_ARCHIVER = """
SELECT coalesce(last_failed_time > coalesce(last_archived_time, '-infinity'), false) FROM pg_stat_archiver
"""
_LITERAL = re.compile(r"'(?:[^']|'')*'|\b\d[\d.]*\b|\$\w*\$.*?\$\w*\$", re.DOTALL)


def collect() -> Readings:
    """Everything, each part by itself: one that fails does not hide the others."""
    told: Readings = {"at": now().isoformat(), "release": release(), "faults": {}}
    _add(told, "pages", _pages)
    _add(told, "live", _live)
    _add(told, "disk", _disk)
    _add(told, "kept", _kept)
    _add(told, "certificate", _certificate)
    try:
        with psycopg.connect(**parameters("worker"), connect_timeout=5, options="-c statement_timeout=20s") as worker:
            told["database"] = {"reached": True, "unsafe": [one.name for one in seven("web") if not one.well]}
            worker.autocommit = True
            _add(told, "queue", lambda: _queue(worker))
            _add(told, "districts", lambda: _districts(worker))
    except (psycopg.Error, Trouble) as error:
        told["database"] = {"reached": False, "said": _short(error)}
    if told["database"]["reached"]:
        _add(told, "statements", _statements)
    return told


def _add(told: Readings, name: str, read: Callable[[], Any]) -> None:
    try:
        told[name] = read()
    except (psycopg.Error, OSError, Trouble, Refused, ValueError) as error:
        told["faults"][name] = _short(error)


def _short(error: Exception) -> str:
    return f"{type(error).__name__}: {' '.join(str(error).split())[:160]}"


def _pages() -> dict[str, Any]:
    return _asked(settings.WATCH_URL or f"http://127.0.0.1:{settings.SERVER_PORT}", "/readyz")


def _live() -> dict[str, Any]:
    return _asked(settings.WATCH_LIVE_URL or f"http://127.0.0.1:{settings.SERVER_PORT + 1}", "/livez")


def _asked(base: str, path: str) -> dict[str, Any]:
    """Whether it answers, and how fast. This machine's own address: the operator's list of hosts is for others."""
    began = time.monotonic()
    where = base.split("://", 1)[-1].strip("/")
    here = where if ":" in where else f"{where}:80"
    try:
        answer = Http(allowed=lambda: f"{here}=0.0.0.0/0").get(f"http://{here}{path}", within=5.0)
    except Unreachable as away:
        return {"answers": False, "said": str(away)}
    return {"answers": answer.status == 200, "said": str(answer.status), "ms": round((time.monotonic() - began) * 1000)}


def _disk() -> list[dict[str, Any]]:
    embedded = server()
    wanted = {"home": home(), "backups": places.root(), "files": Path(settings.MEDIA_ROOT)}
    if embedded:
        wanted["database"] = embedded.place
    found, seen = [], set()
    for name, path in wanted.items():
        while not path.exists():
            path = path.parent
        device = path.stat().st_dev
        if device not in seen:
            seen.add(device)
            used = shutil.disk_usage(path)
            found.append({"of": name, "free": used.free, "total": used.total})
    return found


def _kept() -> dict[str, Any]:
    """Backups, drills, verifications and the log carried out: ages in seconds, None for never."""
    told: dict[str, Any] = {}
    for name in ("backup", "drill", "verify", "ticker"):
        note = notes.read(name)
        told[name] = {"age": _age(note.well_at if note else None), "well": note.well if note else None,
                      "said": note.said if note else ""}  # fmt: skip
    told["archives"] = bool(server()) and archives()
    told["log_age"] = _age(wal.newest()) if told["archives"] else None
    told["backups"] = len(places.all_names())
    told["place"] = str(places.root())
    return told


def _age(at: datetime | None) -> float | None:
    return round((now() - at).total_seconds()) if at else None


def _certificate() -> dict[str, Any]:
    """Of the certificate that lies here for the proxy. Empty where the proxy sees to its own."""
    path = os.environ.get("TLS_CERTIFICATE", "")
    if not path:
        return {}
    until = x509.load_pem_x509_certificate(Path(path).read_bytes()).not_valid_after_utc
    return {"days": (until - now()).days}


def _queue(worker: psycopg.Connection) -> dict[str, Any]:
    waiting, doing, failed = _one(worker, _QUEUE)
    return {
        "waiting": waiting,
        "doing": doing,
        "failed": failed,
        "oldest": round(_one(worker, _OLDEST)[0]),
        "failed_lately": _one(worker, _FAILED)[0],
        "stalled": len(stalled(worker)),
        "worker_silent": _one(worker, _WORKER)[0],
    }


def _districts(worker: psycopg.Connection) -> list[dict[str, Any]]:
    rows = worker.execute(
        "SELECT label, name, name_en, schema_name FROM public.districts_district ORDER BY code"
    ).fetchall()
    return [_district(worker, *row) for row in rows]


def _district(worker: psycopg.Connection, label: str, name: str, name_en: str, schema: str) -> dict[str, Any]:
    def asked(text: str) -> sql.Composed:
        return sql.SQL(text).format(s=sql.Identifier(schema))  # type: ignore[arg-type]

    overdue, unrung, soon = _one(worker, asked(_DEADLINES))
    given_up, late = _one(worker, asked(_NOTICES))
    sealed_at = _one(worker, asked(_SEALED))[0]
    links = [
        {"kind": kind, "count": count, "failing": failing, "last": last, "problem": problem or ""}
        for kind, count, failing, last, problem in worker.execute(asked(_CHANNELS)).fetchall()
    ]
    return {
        "label": label, "name": name, "name_en": name_en, "overdue": overdue, "unrung": unrung, "soon": soon,
        "given_up": given_up, "late": late, "links": links, "seal_age": _age(sealed_at),
        "unsealed": _unsealed(worker, schema, sealed_at),
    }  # fmt: skip


def _unsealed(worker: psycopg.Connection, schema: str, sealed_at: datetime | None) -> bool:
    """Whether a line of the last day, older than two hours, is in no seal yet. Ids tell the time."""
    day = now() - timedelta(days=1)
    span = {"after": max(sealed_at or day, day), "before": now() - timedelta(hours=2)}
    ids = {name: sql.Literal(UUID(int=int(at.timestamp() * 1000) << 80)) for name, at in span.items()}
    return bool(_one(worker, sql.SQL(_MOVED).format(s=sql.Identifier(schema), **ids))[0])


def _one(connection: psycopg.Connection, asked: Any) -> tuple[Any, ...]:
    row = connection.execute(asked).fetchone()
    assert row is not None
    return tuple(row)


def _statements() -> dict[str, Any]:
    """Statements that run for more than two seconds, without the values in them; and what only the server's owner sees."""
    try:
        connection = psycopg.connect(**dumps.admin(), connect_timeout=5, autocommit=True)
    except psycopg.OperationalError:
        connection = psycopg.connect(**parameters("worker"), connect_timeout=5, autocommit=True)
    with connection:
        rows = connection.execute(_STATEMENTS, [connection.info.user]).fetchall()
        used = _one(connection, "SELECT count(*), current_setting('max_connections')::int FROM pg_stat_activity")
        size = _one(connection, "SELECT pg_database_size(current_database())")[0]
        failing = bool(_one(connection, _ARCHIVER)[0]) if archives() else False
    slow = [
        {"seconds": round(seconds, 1), "role": role, "state": state, "text": _LITERAL.sub("?", text or "")[:200]}
        for seconds, role, state, text in rows
    ]
    return {"slow": slow, "connections": used[0], "most_connections": used[1], "size": size, "archiving_fails": failing}
