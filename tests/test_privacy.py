"""Personal data (个人信息): opened with a reason and a fresh proof, found, corrected and deleted on request, gone when due."""

import json
import time
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from allauth.account.internal.flows import login
from django.db import connection, connections

from jiedao.ground.db.roles import django_database
from jiedao.ground.districts import district
from jiedao.ground.journal.models import Change, Look
from jiedao.ground.people import contacts
from jiedao.ground.people.models import Contact, Subject
from jiedao.kit.clock import moved, now, today
from jiedao.kit.refusal import Refused
from jiedao.lines.papers.models import Paper
from jiedao.lines.patrol import keeping
from jiedao.lines.patrol.models import Roster, Sharing, Shift
from jiedao.lines.subjects import desk, holds, retention
from jiedao.lines.subjects.models import Hold, Purge, SubjectRequest
from jiedao.record import audit
from jiedao.record.models import Attachment, Case, Event, Findable, Words
from tests import patrols
from tests.desks import Colleague, reported, words
from tests.residents import acting

NAME, PHONE = "欧阳金丝雀", "13987650001"


@pytest.fixture
def case(in_gulou) -> Case:
    return reported(name=NAME, phone=PHONE)


def stale(colleague: Colleague, minutes: int = 16) -> Colleague:
    """The same session, its second proof that long ago."""
    session = colleague.client.session
    session[login.AUTHENTICATION_METHODS_SESSION_KEY] = [{"method": "mfa", "at": time.time() - minutes * 60}]
    session.save()
    return colleague


def looks(case: Case, what: str = "contact") -> int:
    return Look.objects.filter(object_id=case.id, what=what).count()


# Opening identity


def test_with_a_purpose_and_a_fresh_proof_one_number_is_shown_and_the_look_stands_before_it(case):
    supervisor = Colleague("supervisor")
    asked = words(supervisor.get(f"/case/{case.number}/contact/"))
    assert "核实诉求内容" in asked and PHONE not in asked

    answer = supervisor.post(f"/case/{case.number}/contact/", {"purpose": "verify"})

    assert PHONE in words(answer) and answer.headers["Cache-Control"] == "no-store"
    assert "jd-countdown" in answer.text
    assert Look.objects.get(object_id=case.id, what="contact").purpose == "verify"


def test_the_caller_sees_who_opened_it(case):
    Colleague("supervisor").post(f"/case/{case.number}/contact/", {"purpose": "verify"})

    from jiedao.record import queries

    assert len(queries.looks(case)) == 1


def test_an_old_proof_is_asked_for_again_and_nothing_is_shown(case):
    answer = stale(Colleague("supervisor")).post(f"/case/{case.number}/contact/", {"purpose": "verify"})

    assert answer.headers["Location"].startswith("/accounts/2fa/reauthenticate/")
    assert looks(case) == 0


@pytest.mark.parametrize("purpose", ["", "curious", "callback", "order"])
def test_without_a_purpose_of_the_list_nothing_is_shown(case, purpose):
    answer = Colleague("supervisor").post(f"/case/{case.number}/contact/", {"purpose": purpose})

    assert (answer.status_code, PHONE in words(answer), looks(case)) == (422, False, 0)


@pytest.mark.parametrize("who", ["drainage", "inspector", "leader", "admin", "auditor", "security", "urban", "grid"])
def test_whose_business_it_is_not_finds_no_such_page(case, who):
    colleague = Colleague(who)

    assert colleague.post(f"/case/{case.number}/contact/", {"purpose": "verify"}).status_code == 404


def test_if_the_look_cannot_be_written_nothing_is_shown(case, monkeypatch):
    def fails(*_: object, **__: object) -> None:
        raise RuntimeError("no journal")

    monkeypatch.setattr("jiedao.ground.journal.notes.look", fails)
    with pytest.raises(RuntimeError):
        Colleague("supervisor").post(f"/case/{case.number}/contact/", {"purpose": "verify"})


def test_the_thirty_first_opening_within_an_hour_rings(case, caplog):
    supervisor = Colleague("supervisor")
    for _ in range(31):
        supervisor.post(f"/case/{case.number}/contact/", {"purpose": "verify"})

    assert [r for r in caplog.records if "alarm" in r.message]
    assert Change.objects.filter(kind="alarm", verb="many_openings").count() == 1


@pytest.mark.parametrize("views", [20, pytest.param(1_000, marks=[pytest.mark.nightly, pytest.mark.timeout(900)])])
def test_who_saw_a_case_is_complete_whoever_looked_and_however_often(in_gulou, views):
    """G19: by page, by number, by program and by paper; each viewing is one line of one reader's chain."""
    complaint = reported(kind="complaint", name=NAME, phone=PHONE)
    desks = [Colleague(name) for name in ("supervisor", "dispatcher", "callback", "leader")]
    before, seen = Look.objects.filter(object_id=complaint.id).count(), 0
    for turn in range(views):
        if turn % 25 == 0:  # not so many an hour that the alarm is all one hears
            seen += desks[0].post(f"/case/{complaint.number}/contact/", {"purpose": "verify"}).status_code == 200
        else:
            seen += desks[turn % 4].get(f"/case/{complaint.number}/").status_code == 200

    found = Look.objects.filter(object_id=complaint.id)
    assert (seen, found.count() - before) == (views, views)
    lines = [
        list(found.filter(reader=r).order_by("seq").values_list("seq", flat=True))
        for r in {look.reader for look in found}
    ]
    assert all(len(set(chain)) == len(chain) for chain in lines)
    print(f"reached {views} viewings of one case by {len(lines)} readers, each a line")


# The rights desk


def asked(kind: str) -> SubjectRequest:
    return desk.ask(PHONE, kind, by=acting("security"), purpose="subject_request", basis="回拨本人号码核对")


def test_a_request_is_taken_down_with_its_limit_and_names_nobody(case):
    security = Colleague("security")
    told = {"phone": PHONE, "kind": "copy", "purpose": "subject_request", "basis": "回拨核对"}

    answer = security.post("/people-rights/new/", told)

    assert answer.status_code == 303, words(answer)
    row = SubjectRequest.objects.get()
    assert (row.limit, row.due_at > now() + timedelta(days=14)) == ("15 working_days", True)
    page = words(security.get(answer.headers["Location"]))
    assert case.number in page and PHONE not in page and NAME not in page
    assert Look.objects.filter(object_id=row.subject_id, what="subject").count() == 1


def test_an_unknown_number_is_told_and_nothing_is_kept(in_gulou):
    with pytest.raises(Refused, match="no_subject"):
        desk.ask("13987650009", "copy", by=acting("security"), purpose="subject_request", basis="x")

    assert not SubjectRequest.objects.exists()


def test_the_copy_holds_everything_once_and_each_opening_is_on_the_record(case):
    row = asked("copy")

    answer = Colleague("security").post(f"/people-rights/{row.id}/copy/")

    told = json.loads(answer.content)
    assert [(e["number"], e["name"], e["phone"]) for e in told["events"]] == [(case.number, NAME, PHONE)]
    assert looks(case) == 1
    with pytest.raises(Refused, match="already_answered"):
        desk.copy(row, by=acting("security"))


def test_a_correction_stands_on_every_event_and_finds_the_new_number(case):
    row = asked("correct")

    desk.correct(row, by=acting("security"), name="欧阳正", phone="13987650002", may_ring=False)

    event = Event.objects.get(case=case)
    assert contacts.clear(event.id).phone == "13987650002"
    case.refresh_from_db()
    assert case.caller_mask == "欧* 139****0002" or "139****0002" in case.caller_mask
    assert contacts.known_subject("13987650002").id == event.subject_id


def test_a_deletion_is_not_done_over_a_hold(case):
    holds.make(case.number, by=acting("security"), reason="信访复查", until=today() + timedelta(days=30))

    with pytest.raises(Refused, match="held"):
        desk.delete(asked("delete"), by=acting("security"))

    assert Subject.objects.get(pk=Event.objects.get(case=case).subject_id).key is not None


@pytest.mark.parametrize("whole", [False, pytest.param(True, marks=pytest.mark.nightly)], ids=["round", "worker"])
def test_after_a_deletion_and_its_round_no_canary_is_left_anywhere(fresh_database, run_jiedao, whole):
    """Every text and byte column of the district is looked through, before and after; at night the whole worker runs."""
    with district("gulou"):
        case = reported(f"我是{NAME}，电话{PHONE}，下水道堵了", name=NAME, phone=PHONE)
        mask = Case.objects.get(pk=case.pk).caller_mask
        assert everywhere(mask) == {"record_case", "record_event"}
        assert everywhere(PHONE) == everywhere(NAME) == set()
        event = Event.objects.get(case=case)
        desk.delete(asked("delete"), by=acting("security"))
        with pytest.raises(Refused, match="erased"):
            contacts.clear(event.id)

    if whole:
        assert run_jiedao("work", "--ticker", "--once").returncode == 0
    with district("gulou"):
        if not whole:
            retain_as_worker(now())
        assert everywhere(mask) == set()
        assert everywhere(str(event.subject_id)) <= {"people_subject", "subjects_subjectrequest", "journal_look"}
        with pytest.raises(Refused, match="no_contact"):
            contacts.clear(event.id)
        assert [fault for fault in audit.verify_all().faults if not fault.startswith("seal")] == []


def everywhere(word: str) -> set[str]:
    """The tables of the district in which a word stands, whatever the column's type."""
    found = set()
    with connection.cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = %s", [connection.schema_name])
        for (table,) in cursor.fetchall():
            cursor.execute(f'SELECT 1 FROM "{table}" t WHERE t::text LIKE %s LIMIT 1', [f"%{word}%"])
            if cursor.fetchone():
                found.add(table)
    return found


# Retention


@pytest.fixture
def old(fresh_database):
    """A closed complaint, a closed call for help and one that is held; the clock stands long after."""
    with district("gulou"):
        made = {}
        for name, kind in (("complaint", "complaint"), ("help", "help"), ("held", "help")):
            made[name] = _closed(kind)
        holds.make(made["held"].number, by=acting("security"), reason="复查", until=today() + timedelta(days=360))
        yield made


def _closed(kind: str) -> Case:
    from tests.residents import Resident
    from tests.residents import closed as to_the_end

    resident = Resident()
    number, _ = resident.reported(
        words="三号楼前的路灯不亮", name=NAME, phone=f"139{time.monotonic_ns() % 10**8:08}", kind=kind
    )
    return to_the_end(number)


def retain_as_worker(at: datetime, round_: Callable[[], int] = retention.retain) -> None:
    """The round of that day. Web may not delete: it runs as the worker, on a connection of the worker's own."""
    own, worker = connections.databases["default"], django_database("worker")
    before = {key: own[key] for key in ("USER", "PASSWORD")}
    connections.close_all()
    own |= {key: worker[key] for key in before}
    try:
        with moved(at):
            round_()
    finally:
        connections.close_all()
        own |= before


def kept(case: Case) -> bool:
    return Event.objects.filter(case=case, subject_id__isnull=False).exists()


def test_who_complained_goes_a_year_after_closing_who_called_after_two_and_a_hold_keeps(old):
    retain_as_worker(now() + timedelta(days=350))
    assert [kept(old[name]) for name in ("complaint", "help", "held")] == [True, True, True]

    retain_as_worker(now() + timedelta(days=370))
    assert [kept(old[name]) for name in ("complaint", "help", "held")] == [False, True, True]

    Hold.objects.update(until=today() + timedelta(days=900))
    retain_as_worker(now() + timedelta(days=740))
    assert [kept(old[name]) for name in ("complaint", "help", "held")] == [False, False, True]
    assert {run.code: run.held for run in Purge.objects.filter(gone__contacts__gt=0)} == {
        "complainants": 0,
        "callers": 1,
    }
    assert Subject.objects.filter(key=None).count() == 2


@pytest.mark.nightly
def test_words_and_what_finds_them_go_after_five_years_and_the_chains_still_stand(old):
    retain_as_worker(now() + timedelta(days=5 * 366 + 30))

    gone = [old["complaint"].id, old["help"].id]
    assert not Words.objects.filter(entry__case__in=gone).exists()
    assert not Findable.objects.filter(pk__in=gone).exists()
    assert not Attachment.objects.filter(case__in=gone).exists()
    assert set(Case.objects.filter(pk__in=gone).values_list("words", "title")) == {("", retention.GONE)}
    assert [fault for fault in audit.verify_all().faults if not fault.startswith("seal")] == []


@pytest.mark.nightly
def test_papers_and_rosters_go_when_their_months_are_over(old):
    """What other lines keep: papers go with the words they were set from; turns with their shifts (G36)."""
    dispatcher = Colleague("dispatcher")
    for name in ("help", "held"):
        assert dispatcher.post(f"/case/{old[name].number}/paper/a4/").status_code == 303
    Hold.objects.update(until=today() + timedelta(days=6 * 366))
    with district("guangming"):
        shift = patrols.running()
        patrols.seen(shift)
        Shift.objects.update(ended_at=now())
        retain_as_worker(now() + timedelta(days=31), keeping.keep)
        assert (Roster.objects.count(), Shift.objects.count()) == (1, 1)
        retain_as_worker(now() + timedelta(days=5 * 366 + 30), keeping.keep)
        assert (Roster.objects.count(), Shift.objects.count(), Sharing.objects.count()) == (0, 0, 0)

    with district("gulou"):
        retain_as_worker(now() + timedelta(days=5 * 366 + 30))
        assert [paper.case_id for paper in Paper.objects.all()] == [old["held"].id]


def test_the_operators_list_tells_what_goes_when_and_what_went(in_gulou):
    Purge(code="callers", months=24, at=now(), gone={"contacts": 7}, held=1).save(force_insert=True)

    page = words(Colleague("security").get("/retention/"))

    assert "来电人身份" in page and "投诉举报人身份" in page and " 7 " in page


def test_a_case_is_kept_longer_by_its_form_and_let_go_again(case):
    keeper, until = Colleague("security"), (today() + timedelta(days=30)).isoformat()
    assert "案号" in words(keeper.get("/retention/hold/"))

    kept = keeper.post("/retention/hold/", {"number": case.number, "until": until, "reason": "信访复查"})
    assert kept.status_code == 303, words(kept)
    assert case.number in words(keeper.get("/retention/"))
    lifted = keeper.post(f"/retention/hold/{Hold.objects.get().id}/lift/")

    assert (lifted.status_code, holds.in_force([case.id])) == (303, [])


# Watching


def test_the_auditor_reads_who_read_who_changed_and_who_signed_in_and_nobody_else_does(case):
    Colleague("supervisor").post(f"/case/{case.number}/contact/", {"purpose": "verify"})
    auditor = Colleague("auditor")

    page = words(auditor.get(f"/audit/?number={case.number}&what=contact"))
    assert f"查看来电人 核实诉求内容 {case.number}" in page
    assert auditor.get("/audit/?tab=changes").status_code == auditor.get("/audit/?tab=sign_ins").status_code == 200
    for other in ("admin", "security", "leader", "dispatcher", "drainage"):
        assert Colleague(other).get("/audit/").status_code == 404


def test_secrets_lie_behind_the_wall_or_are_named_here_with_why():
    from django.apps import apps

    from jiedao.ground.db.rows import class_of

    outside = {
        "people.Account": "a password's hash, read before anything could be opened",
        "people.Token": "a token's hash, found by itself",
        "people.Subject": "a key wrapped by the master key and a keyed hash; neither says who it is",
        "record.Event": "the hash of a code; reporter and words lie in Contact and Statement",
        "patrol.Source": "a source's hash of its key",
        "patrol.Device": "a device's hash of its key",
        "papers.Paper": "the key of a paper, wrapped",
        "exports.Export": "the key of a file, wrapped",
        "notify.Channel": "an address sealed under a key of its own",
        "wall.Screen": "the hashes of a code that is typed once and of a display's key, read before anybody is known",
    }
    found = {
        model._meta.label
        for model in apps.get_models()
        if model.__module__.startswith("jiedao.") and not getattr(model, "row_secured", False)
        for field in model._meta.concrete_fields
        if class_of(model, field.name) == "P3"
    }
    assert found == set(outside)
    assert Contact.row_secured
