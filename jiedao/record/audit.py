"""Audit (核验): recomputes the chains of a district: cases, changes, looks, seals; says where one does not hold."""

from collections.abc import Callable
from dataclasses import dataclass, field
from uuid import UUID

from django.db.models import Exists, OuterRef

from jiedao.ground.journal import verify
from jiedao.record import ledger, seals
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


def _verify(lot: list[Case], result: Verified) -> None:
    entries: dict[object, list[Entry]] = {case.id: [] for case in lot}
    rows = Entry.objects.filter(case__in=list(entries)).select_related("words").order_by("case_id", "seq")
    for entry in rows.iterator(chunk_size=5_000):
        entries[entry.case_id].append(entry)
        result.entries += 1
    for case in lot:
        result.faults += ledger.faults(case, entries[case.id])
    result.cases += len(lot)
