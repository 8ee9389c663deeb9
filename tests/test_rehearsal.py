"""Rehearsals (演练): the same seed, the same days; nothing broken by them; every desk of the demonstration has work."""

import json
from collections.abc import Iterator
from copy import copy
from dataclasses import dataclass
from datetime import datetime, timedelta

import pytest
from django.db import connection, transaction

from jiedao.doors.rehearsal import day, findings
from jiedao.doors.rehearsal.play import Played, play
from jiedao.doors.rehearsal.scene import Deck
from jiedao.doors.rehearsal.stage import Stage, Story, Together
from jiedao.ground.districts import district
from jiedao.ground.people import Actor, posts, tenures
from jiedao.ground.people.models import Account, Person, Post, Tenure, Unit
from jiedao.ground.terms.models import terms
from jiedao.kit.clock import SHANGHAI, moved, now
from jiedao.kit.ids import new_id
from jiedao.kit.ports import chance
from jiedao.kit.refusal import Refused
from jiedao.record import queries
from jiedao.record.models import Case, Entry
from tests.cheats import Crooks, among_us
from tests.conftest import _other_database

pytestmark = pytest.mark.timeout(900)  # the days are played in the setup of whoever comes first
ENDS = datetime(2026, 6, 30, 18, tzinfo=SHANGHAI)  # a Tuesday
MORNING = ENDS - timedelta(hours=12)
SEED, PER_DAY = 7, 225
BEGINS, BEGINS_AT_NIGHT = ENDS - timedelta(days=1), ENDS - timedelta(days=5)


def rehearsed(seed: int, **given: object) -> Played:
    return play(MORNING, ENDS, seed=seed, per_day=20, **given)


def undone(seed: int) -> str:
    """The digest of a rehearsal that is rolled back."""
    with transaction.atomic():
        digest = rehearsed(seed).digest
        transaction.set_rollback(True)
    return digest


@pytest.mark.nightly
def test_the_same_seed_gives_the_same_log_and_another_seed_another(in_gulou):
    first = undone(7)

    assert undone(7) == first
    assert undone(8) != first


@pytest.mark.nightly
def test_the_same_seed_gives_the_same_log_in_another_process_and_database(
    cluster, template, fresh_database, run_jiedao
):
    told = []
    for name in (fresh_database, f"{fresh_database}_b"):
        if name != fresh_database:
            cluster.copy(template, name)
        said = run_jiedao(
            *("rehearse", "--district", "gulou", "--days", "1", "--until", "2026-06-30T18:00", "--json"),
            database_name=name,
        )
        told.append(json.loads(said.stdout))
    cluster.drop(f"{fresh_database}_b")

    assert told[0]["digest"] == told[1]["digest"]
    assert told[0]["verbs"] == told[1]["verbs"] > 100


@dataclass(frozen=True)
class Rehearsed:
    """Days that were played, and who cheated in them."""

    played: Played
    crooks: Crooks
    jobs: int


@pytest.fixture(scope="module")
def rehearsal(request, cluster, template, django_db_setup, django_db_blocker) -> Iterator[Rehearsed]:
    """One play for the whole file: days of cheats and failing statements, with an opening at their end."""
    with _other_database(cluster, template, django_db_blocker), district("gulou"):
        before = _jobs()
        begins = BEGINS_AT_NIGHT if request.config.getoption("--nightly") else BEGINS
        with among_us(SEED) as crooks:
            played = play(begins, ENDS, seed=SEED, per_day=PER_DAY, with_opening=True)
        yield Rehearsed(played, crooks, _jobs() - before)


def _jobs() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM public.procrastinate_jobs")
        return int(cursor.fetchone()[0])


@pytest.fixture
def days(rehearsal) -> Iterator[Rehearsed]:
    """The same, inside the district; whatever a test changes is rolled back."""
    with district("gulou"), transaction.atomic():
        yield rehearsal
        transaction.set_rollback(True)


def test_days_with_cheats_and_failing_statements_break_nothing(days):
    """G12: at least 300 cases, of one day or by night of five; cheats were refused, failed verbs left nothing."""
    crooks = days.crooks
    print(f"seed {SEED}")
    print(
        f"reached {days.played.cases} cases, {days.played.verbs} verbs, {sum(crooks.tried.values())} cheats of "
        f"{len(crooks.tried)} kinds, {sum(crooks.failed.values())} verbs failed half-way"
    )
    assert (crooks.went_through, crooks.left_something) == ([], [])
    assert findings.broken() == []
    assert days.played.cases >= 300 and sum(crooks.failed.values()) > 10
    assert set(crooks.tried) >= TRICKS


TRICKS = {
    "checks its own work", "closes its own case", "rates itself", "answers its own survey", "rates before the end",
    "answers what was asked of others", "answers twice", "asks one unit twice", "grants itself time",
    "stops the clock without a cause", "recalls its own order", "signs an order that is over",
    "withdraws it for the resident", "rejects what it was sent", "hides it in a closed one",
    "checks its own work from another seat", "asks about its own work",
}  # fmt: skip


def test_after_days_with_an_opening_there_is_work_on_every_demo_desk(days):
    with moved(ENDS):
        for by in _seats():
            assert _waiting(by), by.post.code
        leaders = next(by for by in _seats() if by.post_kind == "director")
        assert queries.Lists(leaders).whistles("drafted", "whistle_hard").count().number >= 2
        for kind in ("establishment_officer", "legal_officer"):
            assert _waiting(next(by for by in _people() if by.post_kind == kind)), kind


def _people() -> list[Actor]:
    """Every seat of the demo accounts."""
    people = [account.person for account in Account.objects.filter(person__isnull=False).select_related("person")]
    return [Actor.at(post, person) for person in people for post in posts.held_by(person)]


def _seats() -> list[Actor]:
    """Every seat of the demo accounts that works on cases: no administrator does, and who examines papers gets none by chance."""
    offices = {term.facts["unit"] for term in terms("office").values()}
    return [by for by in _people() if by.post_kind not in tenures.APART and by.post.unit.code not in offices]


def _waiting(by: Actor) -> int:
    lists = queries.Lists(by)
    heaps = [lists.triage(tab).count() for tab in queries.TRIAGE] + [lists.supervision(t).count() for t in ("overdue",)]
    heaps += [lists.to_check("check").count(), lists.sent().count()]
    with connection.cursor() as cursor:
        source, params = queries.Orders(by).source("open")
        cursor.execute(f"SELECT count(*) {source}", params)
        return sum(heap.number for heap in heaps) + int(cursor.fetchone()[0])


def test_the_opening_shows_what_a_dispatcher_decides(days):
    dispatcher = next(by for by in _seats() if by.post_kind == "dispatcher")
    with moved(ENDS):
        heaps = {tab: queries.Lists(dispatcher).triage(tab).count().number for tab in queries.TRIAGE}
        late = queries.Lists(dispatcher).supervision("overdue").count().number
    assert [tab for tab, count in heaps.items() if not count] == []
    assert late > 0


def test_a_rehearsal_leaves_no_job_behind_and_every_consequence_done(days):
    assert days.jobs == 0
    quiet = {"import", "note"}
    assert not Entry.objects.exclude(verb__in=quiet).filter(effects=None).exists()


def test_what_is_broken_is_found(days):
    case = Case.objects.filter(phase="closed").first()
    Case.objects.filter(pk=case.pk).update(due_at=now())

    assert findings.broken() == [f"another due time than its next clock's: {case.number}"]


def test_a_real_district_is_never_rehearsed_in(in_gulou):
    in_gulou.demo = False
    with pytest.raises(Refused) as refusal:
        rehearsed(7)
    in_gulou.demo = True

    assert refusal.value.rule == "demo_only"


def test_the_same_days_are_not_rehearsed_twice(days):
    with pytest.raises(Refused) as refusal:
        play(BEGINS, ENDS, seed=SEED, per_day=1)

    assert refusal.value.rule == "already_rehearsed"


def test_the_demo_day_is_played_once_and_only_where_there_is_no_case(in_gulou, monkeypatch):
    monkeypatch.setattr(day, "DAYS", 0)
    monkeypatch.setattr(day, "PER_DAY", {"gulou": 2.0})

    assert day.waiting() == ["gulou"]
    with moved(ENDS):
        assert day.play_one("gulou", lambda cases, at: None) is not None
    with district("gulou"):
        assert day.waiting() == []
        assert day.play_one("gulou", lambda cases, at: None) is None


def test_stories_side_by_side_are_waited_for_until_the_last_has_ended(in_gulou):
    said: list[str] = []
    stage = Stage(MORNING, ENDS)

    def short(hours: float, name: str) -> Story:
        yield timedelta(hours=hours)
        said.append(name)

    def whole() -> Story:
        yield Together([short(3, "long"), short(1, "short")])
        said.append("after")

    stage.plan(MORNING, whole())
    stage.play()

    assert said == ["short", "long", "after"]


def test_a_deck_gives_every_card_once_before_any_comes_again():
    with chance.seeded(3):
        deck = Deck("abcd")
        rounds = [sorted(deck.draw() for _ in range(4)) for _ in range(3)]

    assert rounds == [list("abcd")] * 3


@pytest.mark.nightly
@pytest.mark.timeout(1_800)
def test_a_month_reaches_every_state_and_nearly_every_verb_and_breaks_nothing(fresh_database):
    with district("gulou"):
        played = play(ENDS - timedelta(days=30), ENDS, seed=7, per_day=40)

        assert played.cases > 1_000
        assert findings.broken() == []
        assert {reach.process: reach.states for reach in findings.unreached() if reach.states} == {}
        assert sum(len(reach.verbs) for reach in findings.unreached()) <= 6


def cheated(seed: int, begins: datetime, per_day: float) -> tuple[Played, list[str]]:
    """Days among crooks and failing statements, and everything that came of them and should not have."""
    with among_us(seed) as crooks:
        played = play(begins, ENDS, seed=seed, per_day=per_day)
    return played, [*crooks.went_through, *crooks.left_something, *findings.broken()]


@pytest.mark.nightly
@pytest.mark.timeout(3_600)
@pytest.mark.parametrize("seed", range(100, 150))
def test_a_thousand_cases_of_a_seed_with_cheats_and_failing_statements_break_nothing(
    cluster, template, django_db_setup, django_db_blocker, seed
):
    """G12 by night: 50 seeds of 1,000 cases, each a test of its own. The first is played twice: the same log."""
    digests = set()
    for _ in range(2 if seed == 100 else 1):
        with _other_database(cluster, template, django_db_blocker), district("gulou"):
            played, wrong = cheated(seed, ENDS - timedelta(days=14), per_day=78)
        digests.add(played.digest)
        assert (wrong, played.cases >= 1_000, len(digests)) == ([], True, 1)
    if seed == 100:
        print(f"reached {played.cases} cases, {played.verbs} verbs a seed, each seed a test; one twice, the same log")


def crowd(wanted: int) -> int:
    """More people in seats like those there are, until the district has as many as a whole one; how many it has."""
    seats = list(Tenure.objects.on().select_related("post", "person").order_by("post__code", "person__code"))
    posts, people, tenures = [], [], []
    for n in range(max(0, wanted - Person.objects.filter(left_on=None).count())):
        like = seats[n % len(seats)]
        post, person = copy(like.post), Person(id=new_id(), code=f"X{n}", name=f"演示 {n}")
        post.id, post.code, post.area = new_id(), f"{like.post.code}-x{n}", like.post.area
        posts.append(post)
        people.append(person)
        tenures.append(Tenure(id=new_id(), person=person, post=post, valid_from=like.valid_from))
    for model, rows in ((Post, posts), (Person, people), (Tenure, tenures)):
        model.objects.bulk_create(rows)
    return Person.objects.filter(left_on=None).count()


@pytest.mark.nightly
@pytest.mark.timeout(3 * 3_600)
def test_a_whole_month_of_ten_thousand_cases_breaks_nothing(cluster, template, django_db_setup, django_db_blocker):
    """G12: 13 sub-districts, 3,000 staff, 10,000 cases in thirty days, with cheats and failing statements."""
    with _other_database(cluster, template, django_db_blocker), district("gulou"):
        staff, streets = crowd(3_000), Unit.objects.on().filter(kind=Unit.Kind.SUBDISTRICT).count()
        played, wrong = cheated(1, ENDS - timedelta(days=30), per_day=345)
    print(f"reached {played.cases} cases, {played.verbs} verbs, {staff} staff, {streets} sub-districts in a month")
    assert wrong == []
    assert (played.cases >= 10_000, staff >= 3_000, streets) == (True, True, 13)
