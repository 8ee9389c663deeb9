"""The chain at its size (留痕链): ten thousand sealed entries, five thousand changes, each found and located (G33).

An audit of so many takes half a second. Changes of cases that have nothing to do with one another are therefore made
twenty at a time, each of which must be told by its own place; one of the journal or of the seal is made alone.
"""

import os
import random
import time
from collections.abc import Iterator

import pytest

from jiedao.doors.rehearsal import copies
from jiedao.ground.districts import district
from jiedao.record.models import Case, Entry, Words
from tests.test_chain import KINDS, Found, Vandal, changed, faults, sealed
from tests.test_copies import rehearsed

pytestmark = [pytest.mark.nightly, pytest.mark.timeout(3_000)]
ENTRIES, CHANGES, AT_ONCE, CASES_EACH = 10_000, 5_000, 20, 3
ALONE = (Vandal.journal, Vandal.seal)


@pytest.fixture(scope="module")
def great(cluster, template, django_db_setup, django_db_blocker, tmp_path_factory) -> Iterator[None]:
    """Rehearsed cases and copies of them, sealed."""
    with sealed(cluster, template, django_db_blocker, tmp_path_factory.mktemp("seals"), _many_cases):
        yield


def _many_cases() -> None:
    rehearsed()
    copies.copy_to(int(ENTRIES * 1.1 * Case.objects.count() / Entry.objects.count()))


def round_of(chance: random.Random, kinds: list, cases: list) -> list[tuple[Found, list[str]]]:
    """These changes made at once, each in cases of its own; what each was, and what of the answer does not tell of it."""
    with changed() as cursor:
        lots = [cases[at * CASES_EACH : (at + 1) * CASES_EACH] for at in range(len(kinds))]
        told = [kind(Vandal(chance, cursor, lot)) for kind, lot in zip(kinds, lots, strict=True)]
        found = faults()
    return [(each, found[:4]) for each in told if not any(each[1] in fault for fault in found)]


def test_of_ten_thousand_sealed_entries_every_change_is_found_and_located(great):
    seed = int(os.environ.get("JIEDAO_SEED") or time.time())
    print(f"seed {seed} (JIEDAO_SEED={seed} plays it again)")
    with district("gulou"):
        chance, missed = random.Random(seed), []
        assert Entry.objects.count() >= ENTRIES and faults() == []
        # Of short cases some kinds of change find nothing to be done to.
        fit = Case.objects.filter(seq__gte=4, entries__in=Words.objects.values("entry")).distinct()
        cases = list(fit.order_by("id").values_list("id", flat=True))
        kinds = [chance.choice(KINDS) for _ in range(CHANGES)]
        alone, others = ([kind for kind in kinds if (kind in ALONE) is own] for own in (True, False))
        rounds = [[kind] for kind in alone] + [others[at : at + AT_ONCE] for at in range(0, len(others), AT_ONCE)]
        for together in rounds:
            missed += round_of(chance, together, chance.sample(cases, CASES_EACH * len(together)))
        print(f"reached {len(kinds)} changes of {Entry.objects.count()} sealed entries, {len(rounds)} audits")
    assert missed == []
