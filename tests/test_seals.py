"""Seals (封存): what a chain alone cannot show, a seal does; each test breaks one thing as the database's owner."""

import psycopg
import pytest

from jiedao.ground.db.roles import parameters
from jiedao.ground.districts import district
from jiedao.ground.journal.models import Seal
from jiedao.ground.people import Actor
from jiedao.record import ledger, seals
from jiedao.record.models import Case
from jiedao.stages import intake


@pytest.fixture
def sealed(fresh_database, settings, tmp_path):
    """Three cases, sealed; one of them has moved since."""
    settings.JIEDAO_HOME = tmp_path
    with district("gulou"):
        numbers = [_reported(f"第{n}号楼前路灯不亮") for n in range(3)]
        assert seals.seal() == 1
        yield numbers


def _reported(words: str) -> str:
    return intake.report(intake.Told(words=words, channel="resident"), by=Actor("resident")).case.number


def by_hand(statement: str, *values: object) -> None:
    """What the owner of the database can do and the application cannot."""
    with psycopg.connect(**parameters("owner"), autocommit=True) as owner:
        owner.execute("SELECT set_config('search_path', 'd320106', false)")
        owner.execute(statement, values)


def test_sealed_chains_have_no_faults(sealed):
    assert list(seals.faults()) == []


def test_nothing_moved_makes_no_seal(sealed):
    assert seals.seal() == 0


def test_what_moved_is_in_the_next_seal_and_nothing_else(sealed):
    intake.add(Case.objects.get(number=sealed[0]).id, by=_resident(sealed[0]), text="还是不亮")

    assert seals.seal() == 1
    assert [head[1] for head in Seal.objects.get(seq=2).heads] == [str(Case.objects.get(number=sealed[0]).id)]


def _resident(number: str) -> Actor:
    case = Case.objects.get(number=number)
    return Actor.resident(case.events.get().id, case.id)


def test_a_cut_tail_is_found(sealed):
    case = Case.objects.get(number=sealed[0])
    intake.add(case.id, by=_resident(sealed[0]), text="还是不亮")
    seals.seal()
    first = case.entries.get(seq=1)
    by_hand("DELETE FROM record_words w USING record_entry e WHERE e.id = w.entry_id AND e.case_id = %s", case.id)
    by_hand("DELETE FROM record_entry WHERE case_id = %s AND seq = 2", case.id)
    by_hand("UPDATE record_case SET seq = 1, head = %s WHERE id = %s", bytes(first.hash), case.id)

    case.refresh_from_db()
    assert ledger.verify(case) == []
    assert list(seals.faults()) == [f"case {case.id}: its sealed head is gone or was changed (seal 2)"]


def test_a_vanished_case_is_found(sealed):
    case = Case.objects.get(number=sealed[1])
    for table in (
        "record_words w USING record_entry e WHERE e.id = w.entry_id AND e.case_id = %s",
        "record_entry WHERE case_id = %s",
        "record_event WHERE case_id = %s",
        "record_deadline WHERE case_id = %s",
        "record_case WHERE id = %s",
    ):
        by_hand(f"DELETE FROM {table}", case.id)

    assert list(seals.faults()) == [f"case {case.id}: its sealed head is gone or was changed (seal 1)"]


def test_a_forged_seal_is_found(sealed):
    by_hand("UPDATE journal_seal SET heads = heads - 0 WHERE seq = 1")

    assert "seal 1: was changed" in list(seals.faults())


def test_a_seal_of_another_key_is_found(sealed):
    by_hand("UPDATE journal_seal SET signature = %s WHERE seq = 1", b"\x01" * 64)

    assert list(seals.faults()) == ["seal 1: is not signed by this installation"]


def test_a_database_with_fewer_seals_than_were_carried_out_is_refused(sealed):
    by_hand("DELETE FROM journal_seal WHERE seq = 1")

    assert list(seals.faults()) == ["seal 1 was carried out, and the database ends at 0"]


def test_what_vanished_before_its_first_seal_is_not_found_and_we_say_so(sealed):
    case = Case.objects.get(number=_reported("没有封存过的案件"))
    for table in (
        "record_entry WHERE case_id = %s",
        "record_event WHERE case_id = %s",
        "record_deadline WHERE case_id = %s",
        "record_case WHERE id = %s",
    ):
        by_hand(f"DELETE FROM {table}", case.id)

    assert list(seals.faults()) == []


def test_seals_lie_in_three_places_and_each_of_them_tells_of_a_smaller_log(fresh_database, settings, tmp_path):
    """One place cannot be written for a while: it gets what it lacks with the next seal, and stops no other."""
    roots = [tmp_path / name for name in ("disk", "mount", "archive")]
    settings.SEALS_ROOT, settings.SEALS_ALSO = str(roots[0]), [str(root) for root in roots[1:]]
    roots[1].write_text("a file where a folder should be")
    with district("gulou"):
        _reported("第一号楼前路灯不亮")
        seals.seal()
        assert [path.exists() for path in seals.everywhere()] == [True, False, True]
        roots[1].unlink()
        _reported("第二号楼前路灯不亮")
        seals.seal()
        assert len({path.read_text() for path in seals.everywhere()}) == 1
        by_hand("DELETE FROM journal_seal")

        settings.SEALS_ALSO = []
        for root in roots:
            settings.SEALS_ROOT = str(root)
            assert list(seals.faults()) == ["seal 2 was carried out, and the database ends at 0"]
