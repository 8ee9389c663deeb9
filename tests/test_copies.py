"""Copies (演练复制): many more cases in SQL, each whole, with a chain of its own that verifies like any other."""

import time
from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from django.db import connection, transaction

from jiedao.doors.rehearsal import copies, findings
from jiedao.doors.rehearsal.play import play
from jiedao.ground.districts import district
from jiedao.kit.clock import SHANGHAI
from jiedao.kit.refusal import Refused
from jiedao.record import audit
from jiedao.record.models import Case, Deadline, DispatchOrder, Entry, Event, Rating, Words
from tests.conftest import _other_database

ENDS = datetime(2026, 6, 30, 18, tzinfo=SHANGHAI)
KINDS = (Case, Event, DispatchOrder, Deadline, Entry, Words, Rating)


def rehearsed() -> int:
    return play(ENDS - timedelta(hours=11), ENDS, seed=7, per_day=12).cases


@pytest.fixture(scope="module")
def day(cluster, template, django_db_setup, django_db_blocker) -> Iterator[None]:
    """One day, played once for the whole file."""
    with _other_database(cluster, template, django_db_blocker), district("gulou"):
        rehearsed()
        yield


@pytest.fixture
def in_day(day) -> Iterator[None]:
    """In the district after that day; what a test adds is rolled back."""
    with district("gulou"), transaction.atomic():
        yield
        transaction.set_rollback(True)


def counted() -> list[int]:
    return [kind.objects.count() for kind in KINDS]


def test_nothing_is_copied_in_a_district_that_was_not_rehearsed_in(in_gulou):
    """Stands before the day is played: after it no test here sees an empty district."""
    with pytest.raises(Refused) as refusal:
        copies.copy_to(10)
    assert refusal.value.rule == "nothing_rehearsed"

    in_gulou.demo = False
    with pytest.raises(Refused) as refusal:
        copies.copy_to(10)
    in_gulou.demo = True
    assert refusal.value.rule == "demo_only"


def test_no_row_is_its_own_copy(in_gulou):
    with connection.cursor() as cursor:
        for middle in ("000001", "abcdef", "ffffff"):
            own = f"01a1d2a9-b5ea-71a9-b60b-{middle}1d2873"
            cursor.execute(
                f"SELECT {copies._new('given')}::text FROM (SELECT %(id)s::uuid AS given) s", {"id": own, "k": 1}
            )
            (made,) = cursor.fetchone()
            assert made != own
            assert (made[:24], made[30:]) == (own[:24], own[30:])


def test_copies_are_whole_cases_with_chains_that_verify(in_day):
    cases, before = Case.objects.count(), counted()

    assert copies.copy_to(cases * 3) == cases * 3

    assert counted() == [count * 3 for count in before]
    assert len(set(Case.objects.values_list("number", flat=True))) == cases * 3
    assert audit.verify_all().faults == []
    assert findings.broken() == []


def test_copies_lie_further_back_and_keep_their_own_orders_and_words(in_day):
    source = Case.objects.exclude(orders=None).order_by("opened_at").first()
    copies.copy_to(Case.objects.count() * 2)

    (copy,) = Case.objects.filter(title=source.title, routing__copy=1)
    assert source.opened_at - copy.opened_at == timedelta(hours=copies.SHIFT_HOURS)
    assert copy.number != source.number
    assert [o.unit_id for o in copy.orders.order_by("id")] == [o.unit_id for o in source.orders.order_by("id")]
    said = [
        list(Words.objects.filter(entry__case=c).order_by("entry__seq").values_list("said", flat=True))
        for c in (source, copy)
    ]
    assert said[0] == said[1]


def test_a_part_of_a_copy_leaves_out_what_points_beyond_it(in_day):
    cases = Case.objects.count()
    every = list(Case.objects.order_by("opened_at"))
    for earlier in every[:3]:
        Case.objects.filter(pk=earlier.pk).update(merged_into=every[-1])

    assert copies.copy_to(cases + cases // 2) == cases + cases // 2

    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


def test_a_second_call_goes_on_and_makes_no_id_again(in_day):
    cases = Case.objects.count()
    copies.copy_to(cases * 2)

    assert copies.copy_to(cases * 2 + 5) == cases * 2 + 5
    assert copies.copy_to(cases) == cases * 2 + 5
    assert audit.verify_all().faults == []


def test_no_copy_holds_a_callers_contact(in_day):
    copies.copy_to(Case.objects.count() * 2)

    copied = Event.objects.filter(case__routing__has_key="copy")
    assert copied.count() > 0
    assert not copied.exclude(subject_id=None).exists()


@pytest.mark.nightly
def test_the_command_copies_fast_and_what_it_made_verifies(fresh_database, run_jiedao):
    with district("gulou"):
        rehearsed()
    told = run_jiedao("copies", "--district", "gulou", "--to", "20000", "--json")
    checked = run_jiedao("verify", "--district", "gulou", "--json")

    assert '"cases": 20000' in told.stdout
    assert checked.returncode == 0
    with connection.cursor() as cursor, district("gulou"):
        cursor.execute("SELECT count(*) FROM record_case")
        assert cursor.fetchone() == (20_000,)


@pytest.mark.nightly
@pytest.mark.timeout(3_600)
def test_a_million_entries_are_verified_within_a_minute(fresh_database, settings, tmp_path):
    """G33. On a machine with nothing else to do; a change in the last case is found among them."""
    settings.JIEDAO_HOME = tmp_path
    with district("gulou"):
        rehearsed()
        per_case = Entry.objects.count() / Case.objects.count()
        copies.copy_to(int(1_010_000 / per_case))
        began, spent = time.monotonic(), time.process_time()

        result = audit.verify_all()

        took = time.monotonic() - began
        print(
            f"reached {result.entries} entries in {took:.0f} s, {time.process_time() - spent:.0f} s of them our own work"
        )
        assert (result.faults, result.entries >= 1_000_000) == ([], True)
        assert took <= 60
        last = Case.objects.order_by("id").last()
        Case.objects.filter(pk=last.pk).update(head=b"\x07" * 32)
        assert [fault for fault in audit.verify_all().faults if last.number in fault] != []
