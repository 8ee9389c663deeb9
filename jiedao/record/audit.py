"""Audit (核验): recomputes the chains of a district: cases, changes, looks, seals; says where one does not hold."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from uuid import UUID

from django.db import connection
from django.db.models import Exists, OuterRef

from jiedao.ground.journal import chain, verify
from jiedao.record import ledger, seals
from jiedao.record.ledger import Line
from jiedao.record.models import Case, Entry

LOT = 2_000


@dataclass
class Verified:
    """What was recomputed, and each fault with case number and line."""

    cases: int = 0
    entries: int = 0
    faults: list[str] = field(default_factory=list)


def verify_all(number: str = "", progress: Callable[[int], object] | None = None) -> Verified:
    """Recomputes every chain of the district one is in, or one case's."""
    result = Verified()
    cases = Case.objects.only("id", "number", "state", "seq", "head").order_by("id")
    if number:
        cases = cases.filter(number=number)
    lot: list[Case] = []
    for case in cases.iterator(chunk_size=LOT):
        lot.append(case)
        if len(lot) == LOT:
            _verify(lot, result)
            if progress:
                progress(len(lot))
            lot = []
    _verify(lot, result)
    if progress:
        progress(len(lot))
    if not number:
        result.faults += [f"case {case_id}: is gone, its entries are left" for case_id in _without_case()]
        result.faults += verify.faults()
        result.faults += seals.faults()
    return result


def _without_case() -> list[UUID]:
    """Cases that entries speak of and that are not there: no foreign key stopped who deleted them."""
    orphans = Entry.objects.filter(~Exists(Case.objects.filter(pk=OuterRef("case_id"))))
    return list(orphans.order_by("case_id").values_list("case_id", flat=True).distinct())


# The line of an entry as `ledger.told` makes it, but for the digest of its facts.
_LINES = """
SELECT e.case_id, e.seq, e.prev, e.hash, e.now, e.digest, w.salt, w.said::text, e.facts::text,
  concat(e.case_id, '|', e.seq, '|', e.verb, '|', (extract(epoch FROM e.at) * 1000000)::bigint, '|', e.was, '|', e.now, '|',
    e.actor, '|', e.person_id, '|', e.post_id, '|', e.unit_id, '|', e.system, '|', e.order_id, '|', e.public::int, '|'),
  encode(e.digest, 'hex')
FROM record_entry e LEFT JOIN record_words w ON w.entry_id = e.id
WHERE e.case_id = ANY(%s) ORDER BY e.case_id, e.seq
"""


def _verify(lot: list[Case], result: Verified) -> None:
    lines: dict[object, list[Line]] = {case.id: [] for case in lot}
    with connection.cursor() as cursor:
        cursor.execute(_LINES, [list(lines)])
        for row in cursor:
            lines[row[0]].append(_line(*row[1:]))
            result.entries += 1
    for case in lot:
        result.faults += ledger.faults(case, lines[case.id])
    result.cases += len(lot)


def _line(
    seq: int, prev: bytes, hash: bytes, now: str, digest: bytes, salt: bytes | None, said: str | None, facts: str,
    begins: str, hexed: str,
) -> Line:  # fmt: skip
    told = f"{begins}{_digested(facts)}|{hexed}".encode()
    return Line(seq, bytes(prev), bytes(hash), told, now, bytes(digest), bytes(salt) if salt else None, _said(said))


def _said(text: str | None) -> object:
    return None if text is None else json.loads(text)


@lru_cache(maxsize=50_000)
def _digested(facts: str) -> str:
    """Facts are mostly alike: the same few fields of the same few units."""
    return chain.digest(json.loads(facts), b"").hex()
