"""Seals (封存): hourly, the heads of all chains that moved are bound into one signed root, chained to the seal before.

A chain alone does not show that its tail was cut off, or that a whole case is gone; a seal that names its head does.
What vanished before its first seal is found by nothing. Rehearsed cases carry ids of the moved clock, so they are
sealed only once they move in real time.
"""

import json
import logging
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction

from jiedao.ground.districts import schema
from jiedao.ground.journal import chain
from jiedao.ground.journal.models import Seal
from jiedao.kit import signing
from jiedao.kit.clock import now

log = logging.getLogger(__name__)

EVERY = timedelta(hours=1)
MOST = 10_000
"""Heads in one seal; more make more seals."""

OVERLAP = timedelta(minutes=10)
"""A transaction that was still open at the last seal wrote ids from before it."""

_MOVED = """
SELECT 'case', c.id::text, c.seq, encode(c.head, 'hex') FROM record_case c
  WHERE c.id IN (SELECT e.case_id FROM record_entry e WHERE e.id > %(since)s)
UNION ALL
(SELECT DISTINCT ON (object_id) 'change', object_id::text, seq, encode(hash, 'hex')
  FROM journal_change WHERE id > %(since)s ORDER BY object_id, seq DESC)
UNION ALL
(SELECT DISTINCT ON (reader) 'look', reader, seq, encode(hash, 'hex')
  FROM journal_look WHERE id > %(since)s ORDER BY reader, seq DESC)
ORDER BY 1, 2
"""

_STANDS = {
    "case": "SELECT h.whose FROM given h JOIN record_entry e ON e.case_id = h.whose::uuid AND e.seq = h.seq"
    " WHERE h.kind = 'case' AND encode(e.hash, 'hex') = h.hash",
    "change": "SELECT h.whose FROM given h JOIN journal_change c ON c.object_id = h.whose::uuid AND c.seq = h.seq"
    " WHERE h.kind = 'change' AND encode(c.hash, 'hex') = h.hash",
    "look": "SELECT h.whose FROM given h JOIN journal_look l ON l.reader = h.whose AND l.seq = h.seq"
    " WHERE h.kind = 'look' AND encode(l.hash, 'hex') = h.hash",
}
_GIVEN = """
WITH given AS (SELECT * FROM unnest(%s::text[], %s::text[], %s::int[], %s::text[]) AS g (kind, whose, seq, hash))
"""


def seal_when_due() -> int:
    """Seals if the last seal is an hour old, or there is none; says how many seals it made."""
    last = Seal.objects.order_by("-seq").first()
    return seal() if last is None or now() - last.at >= EVERY else 0


def seal() -> int:
    """Binds every head that moved since the last seal. Nothing moved: no seal."""
    made = []
    with transaction.atomic():
        with connection.cursor() as cursor:
            # One sealer at a time: two would both follow the same seal.
            cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"{schema()}:seal"])
            last = Seal.objects.order_by("-seq").first()
            cursor.execute(_MOVED, {"since": _floor(last.at - OVERLAP) if last else UUID(int=0)})
            heads = [list(row) for row in cursor.fetchall()]
        sealed = {tuple(head) for head in last.heads} if last else set()
        fresh = [head for head in heads if tuple(head) not in sealed]
        for start in range(0, len(fresh), MOST):
            last = _next(last, fresh[start : start + MOST])
            last.save(force_insert=True)
            made.append(last)
    if made:
        for path in everywhere():
            _carry_out(path)
    return len(made)


def _floor(at: datetime) -> UUID:
    """The smallest UUIDv7 of a moment."""
    return UUID(int=int(at.timestamp() * 1000) << 80)


def _next(last: Seal | None, heads: list[list[Any]]) -> Seal:
    row = Seal(seq=last.seq + 1 if last else 1, at=now(), heads=heads, prev=bytes(last.hash) if last else b"")
    row.root = chain.digest(heads, b"")
    row.hash = chain.link(bytes(row.prev), told(row))
    row.signature = signing.sign(bytes(row.hash))
    return row


def told(row: Seal) -> bytes:
    """What of a seal its hash covers."""
    return f"{schema()}|{row.seq}|{row.at.isoformat()}|{bytes(row.root).hex()}".encode()


def carried() -> Path:
    """Where seals lie outside the database, one line each; to be copied to where its owner cannot reach."""
    root = Path(settings.SEALS_ROOT) if settings.SEALS_ROOT else Path(settings.JIEDAO_HOME) / "seals"
    return root / f"{schema()}.jsonl"


def everywhere() -> list[Path]:
    """That place and the further ones of SEALS_ALSO."""
    return [carried(), *(Path(place) / f"{schema()}.jsonl" for place in settings.SEALS_ALSO)]


def _carry_out(path: Path) -> None:
    """Brings one place up to the last seal: what was away for a while gets what it lacks the next time."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        rows = Seal.objects.filter(seq__gt=_known(path)["seq"]).order_by("seq")
        with path.open("a", encoding="utf-8") as file:
            file.writelines(f"{_line(row)}\n" for row in rows)
    except OSError:  # a mount that is away must not stop the others; `doctor` and `audit verify` see what it lacks
        log.exception("a seal could not be carried out to %s", path.parent)


def _line(row: Seal) -> str:
    return json.dumps(
        {
            "seq": row.seq,
            "at": row.at.isoformat(),
            "root": bytes(row.root).hex(),
            "hash": bytes(row.hash).hex(),
            "signature": bytes(row.signature).hex(),
            "key": signing.public_key().hex(),
        }
    )


def _known(path: Path) -> dict[str, Any]:
    """The last seal that lies at a place."""
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    found: dict[str, Any] = json.loads(lines[-1]) if lines else {"seq": 0}
    return found


def faults() -> Iterator[str]:
    """What is wrong with the seals, and which sealed heads no longer stand."""
    before, expected = b"", 1
    for row in Seal.objects.order_by("seq").iterator(chunk_size=20):
        if row.seq != expected or bytes(row.prev) != before:
            yield f"seal {expected}: missing, or does not follow the seal before"
        if chain.digest(row.heads, b"") != bytes(row.root) or chain.link(bytes(row.prev), told(row)) != bytes(row.hash):
            yield f"seal {row.seq}: was changed"
        if not signing.holds(bytes(row.hash), bytes(row.signature)):
            yield f"seal {row.seq}: is not signed by this installation"
        for kind, whose in _fallen(row.heads):
            yield f"{kind} {whose}: its sealed head is gone or was changed (seal {row.seq})"
        before, expected = bytes(row.hash), row.seq + 1
    yield from _not_carried(expected - 1, before)


def _fallen(heads: list[list[Any]]) -> list[tuple[str, str]]:
    """Sealed heads whose row is not there any more with that hash."""
    stand: set[tuple[str, str]] = set()
    columns = [list(column) for column in zip(*heads, strict=True)] if heads else [[], [], [], []]
    with connection.cursor() as cursor:
        for kind, asked in _STANDS.items():
            cursor.execute(_GIVEN + asked, columns)
            stand |= {(kind, row[0]) for row in cursor.fetchall()}
    return [(head[0], head[1]) for head in heads if (head[0], head[1]) not in stand]


def _not_carried(last: int, root: bytes) -> Iterator[str]:
    """A database with fewer seals than were carried out has lost some."""
    for path in everywhere():
        yield from _lost(path, last, root)


def _lost(path: Path, last: int, root: bytes) -> Iterator[str]:
    known = _known(path)
    if known["seq"] > last:
        yield f"seal {known['seq']} was carried out, and the database ends at {last}"
    elif known["seq"] == last and last and known["hash"] != root.hex():
        yield f"seal {last} is not the one that was carried out"
