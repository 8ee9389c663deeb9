"""Tidying (清理): what has served its time goes, what has not stays."""

import os
from datetime import timedelta

from django.contrib.sessions.models import Session

from jiedao.doors.commands import work
from jiedao.ground import store
from jiedao.ground.districts import district
from jiedao.ground.journal import receipts
from jiedao.ground.journal.models import Receipt
from jiedao.kit import clock
from jiedao.kit.clock import now
from jiedao.record import tidying
from tests.media_files import picture


def test_a_receipt_is_known_for_thirty_days_and_then_forgotten(fresh_database, run_jiedao):
    """Web may not delete a receipt; the ticker, as worker, does."""
    with district("gulou"):
        with clock.moved(now() - timedelta(days=31)), receipts.once("key", "old", {"a": 1}):
            pass
        with clock.moved(now() - timedelta(days=29)), receipts.once("key", "young", {"a": 1}):
            pass

    assert run_jiedao("work", "--ticker", "--once").returncode == 0

    with district("gulou"):
        assert list(Receipt.objects.values_list("key", flat=True)) == ["young"]


def test_no_round_of_the_ticker_displaces_another(db):
    """Two modules name theirs alike, and both must run."""
    assert len({act for _, act in work._rounds().values()}) == len(work.ROUNDS)


def test_a_session_that_ended_is_deleted(in_gulou):
    for key, ends in (("over", now() - timedelta(minutes=1)), ("runs", now() + timedelta(hours=1))):
        Session.objects.create(session_key=key, session_data="", expire_date=ends)

    tidying.sessions(now())

    assert list(Session.objects.values_list("session_key", flat=True)) == ["runs"]


def test_a_file_nobody_claimed_goes_after_a_day(in_gulou, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    kept = store.root() / store.take([picture()], "lamp.jpg").path
    assert tidying.files() == 0

    for file in kept.parent.iterdir():
        os.utime(file, (0, 0))

    assert tidying.files() == 2
    assert list(kept.parent.iterdir()) == []
