"""Consequences (联动动作): what follows an entry happens once, whatever becomes of its job (A13, G07)."""

from datetime import timedelta

import pytest
from django.db import connection, transaction

from jiedao.doors.notify.models import Notice
from jiedao.ground.people import Actor
from jiedao.kit.clock import moved
from jiedao.record import consequences, tasks
from jiedao.record.models import Effect, Entry
from jiedao.stages import intake
from tests import cast


@pytest.fixture
def reported(in_gulou):
    """A case that has just been opened: its entry, its job, nothing done yet."""
    return somebody_reports()


def somebody_reports() -> Entry:
    told = intake.Told(words="三号楼前路灯不亮", channel="resident")
    return intake.report(told, by=Actor("resident")).entry


def jobs() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM public.procrastinate_jobs WHERE task_name = %s", [consequences.TASK])
        return cursor.fetchone()[0]


def effects(entry: Entry) -> list[str]:
    return sorted(Effect.objects.filter(entry=entry).values_list("listener", flat=True))


def test_an_entry_and_its_job_come_together(in_gulou):
    before = jobs()

    somebody_reports()

    assert jobs() == before + 1


def test_a_later_line_and_its_job_come_together(in_gulou):
    case = cast.filed()
    before = jobs()

    cast.do(case, "dispatch", cast.DISPATCHER, lead="urban")

    assert jobs() == before + 1


def test_what_is_rolled_back_leaves_no_job(in_gulou):
    before = jobs()

    for _ in range(20):
        with pytest.raises(ZeroDivisionError), transaction.atomic():
            somebody_reports()
            raise ZeroDivisionError

    assert jobs() == before


def test_a_job_that_runs_twice_does_its_part_once(reported):
    assert consequences.act(reported.id) == 2
    assert consequences.act(reported.id) == 0

    assert effects(reported) == ["jiedao.doors.notify.listeners.tell_desks", "jiedao.record.findables.keep"]
    assert Notice.objects.filter(entry=reported).count() == len(
        set(Notice.objects.filter(entry=reported).values_list("unit_id", flat=True))
    )


def test_a_listener_that_fails_leaves_no_effect_and_is_done_again(reported, monkeypatch):
    def fails(entry):
        Notice.objects.all().count()
        raise RuntimeError("killed between effect and acknowledgement")

    with monkeypatch.context() as broken:
        broken.setattr("jiedao.doors.notify.listeners.tell_desks", fails)
        with pytest.raises(RuntimeError), transaction.atomic():
            consequences.act(reported.id)
    assert effects(reported) == []

    assert consequences.act(reported.id) == 2


def lose_jobs() -> None:
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM public.procrastinate_jobs")


def test_the_sweeper_sends_again_what_a_lost_job_left_undone(reported):
    lose_jobs()
    with moved(reported.at + timedelta(minutes=5)):
        assert [entry.id for entry in consequences.missing()] == [reported.id]

        assert tasks.sweep_all() == 1
        assert jobs() == 1
        consequences.act(reported.id)
        lose_jobs()

        assert consequences.missing() == []


def test_what_nobody_waits_for_any_more_is_not_sent_again(reported):
    lose_jobs()

    with moved(reported.at + timedelta(days=8)):
        assert consequences.missing() == []


def test_a_job_that_waits_its_turn_is_not_lost(reported):
    with moved(reported.at + timedelta(minutes=5)):
        assert consequences.missing() == []


def test_the_sweeper_leaves_alone_what_has_just_happened(reported):
    lose_jobs()

    assert consequences.missing() == []
