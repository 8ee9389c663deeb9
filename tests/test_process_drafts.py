"""Drafts of processes (流程草案): changed line by line, tried on what happened, published by a second person on a day."""

import argparse
from datetime import timedelta
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction

from jiedao.doors.commands import processes
from jiedao.ground.journal.models import Change
from jiedao.ground.terms.models import Term
from jiedao.kit.clock import moved, now, today
from jiedao.kit.refusal import Refused
from jiedao.lines.processes import drafts, edits, moving
from jiedao.lines.processes.models import ProcessDraft
from jiedao.lines.processes.rounds import publish_all
from jiedao.lines.processes.trial import trial
from jiedao.record import definition, versions
from jiedao.record.models import Case, Entry, ProcessVersion
from tests.cast import DISPATCHER, DONE, answered, dispatched, do, filed, reported, seat

LABEL = {"zh": "岛", "en": "Island"}
ADMIN, LEADER = "platform-system_admin", "leaders-district_leader-1"


@pytest.fixture(autouse=True)
def _keepers(in_gulou: Any) -> None:
    facts = {"posts": ["system_admin", "district_leader"], "within": "district"}
    Term.objects.update_or_create(
        table="competence", code="processes", defaults={"name": "流程", "name_en": "Processes", "facts": facts}
    )


def begun(code: str = "event") -> ProcessDraft:
    return drafts.begin(code, by=seat(ADMIN))


def place_of(draft: ProcessDraft, verb: str, to: str = "") -> str:
    """The number of the line of a verb, in the table of moves."""
    lines = edits.load(draft.document)["moves"]
    return str(next(n for n, move in enumerate(lines) if move["verb"] == verb and move.get("to", "") == to))


def changed(draft: ProcessDraft, part: str, key: str, by: str = ADMIN, **values: Any) -> ProcessDraft:
    return drafts.change(draft.id, part, key, values, by=seat(by))


def shorter(draft: ProcessDraft) -> ProcessDraft:
    """The shortest change that can be published."""
    return changed(draft, "frame", "", remind_again_after="2 working_hours")


def asked(draft: ProcessDraft, days: int = 0) -> ProcessDraft:
    return drafts.ask(draft.id, by=seat(ADMIN), effective_on=today() + timedelta(days=days), reason="区里要求")


def refusal(act: Any, *given: Any, **named: Any) -> str:
    with pytest.raises(Refused) as refused, transaction.atomic():
        act(*given, **named)
    return refused.value.rule


def test_a_draft_says_the_same_as_the_version_in_force_until_a_line_is_changed():
    draft = begun()
    assert drafts.changes(draft) == []
    assert drafts.problems(draft) == []

    draft = changed(draft, "states", "filed", limit={"within": "3 working_days", "source": "L: 鼓楼"})

    assert [change.place for change in drafts.changes(draft)] == ["states.filed"]
    assert "3 个工作日" in drafts.changes(draft)[0].zh
    assert "3 working days" in drafts.changes(draft)[0].en


def test_only_who_keeps_processes_may_begin_and_change():
    assert refusal(drafts.begin, "event", by=seat(DISPATCHER)) == "not_keeper"

    draft = begun()

    assert refusal(drafts.leave_out, draft.id, "moves", "0", by=seat("urban-handler-1")) == "not_keeper"


def test_a_process_has_one_draft_at_a_time():
    begun()

    assert refusal(drafts.begin, "event", by=seat(LEADER)) == "draft_open"
    assert ProcessDraft.objects.count() == 1


def test_who_saw_an_older_draft_changes_nothing():
    draft = shorter(begun())

    assert (
        refusal(drafts.change, draft.id, "frame", "", {"cap": "5 working_days"}, by=seat(LEADER), seen=0)
        == "draft_changed"
    )


@pytest.mark.parametrize(
    ("part", "key", "values", "problem"),
    [
        ("states", "island", {"phase": "triage", "label": LABEL, "resident": LABEL}, "no move leads here"),
        ("states", "filed", {"label": {"zh": "已立案", "en": ""}}, "no en text"),
        ("states", "filed", {"limit": {"within": "3 moons", "source": "x"}}, "unreadable limit"),
        ("states", "verifying_report", {"limit": {"within": "3 working_days", "source": ""}}, "limit.source"),
        ("roles", "dispatcher", {"standing": "king"}, "unknown standing"),
        ("moves", "0", {"by": ["nobody_known"]}, "unknown role"),
        ("moves", "0", {"from": []}, "no state to start from"),
    ],
)  # fmt: skip
def test_a_draft_with_a_problem_is_kept_and_not_published(part, key, values, problem):
    draft = drafts.change(begun().id, part, key, values, by=seat(ADMIN))

    assert any(problem in found for found in drafts.problems(draft))
    assert refusal(asked, draft) == "bad_definition"


def test_leaving_a_state_out_takes_the_moves_that_lead_there_along():
    draft = begun()

    draft = drafts.leave_out(draft.id, "states", "verifying_report", by=seat(ADMIN))

    data = edits.load(draft.document)
    assert "verifying_report" not in data["states"]
    assert not [m for m in data["moves"] if m.get("to") == "verifying_report" or "verifying_report" in m["from"]]
    assert drafts.problems(draft) == []


def test_nobody_publishes_what_he_changed_or_asked_for():
    draft = asked(shorter(begun()))

    assert refusal(drafts.publish, draft.id, by=seat(ADMIN)) == "second_person"
    with pytest.raises(DatabaseError), transaction.atomic():
        ProcessDraft.objects.filter(pk=draft.pk).update(outcome="published", ended_by=draft.changed_by)


def test_a_second_person_publishes_and_the_next_case_follows_it_while_running_ones_do_not():
    running = filed()
    draft = drafts.publish(asked(shorter(begun())).id, by=seat(LEADER))

    opened = reported()

    assert draft.outcome == "published"
    assert (running.process.version, opened.process.version) == (1, 2)
    assert opened.process.definition.remind_again_after == "2 working_hours"
    assert [row.verb for row in Change.objects.filter(object_id=draft.id).order_by("seq")] == [
        "begin", "change", "ask", "publish", "in_force",
    ]  # fmt: skip


def test_one_that_is_published_for_a_later_day_comes_into_force_on_it():
    draft = drafts.publish(asked(shorter(begun()), days=3).id, by=seat(LEADER))
    assert versions.process("event").version == 1
    assert drafts.publish_due() == 0

    with moved(now() + timedelta(days=3)):
        assert drafts.publish_due() == 1
        assert versions.process("event").version == 2

    draft.refresh_from_db()
    assert (draft.outcome, draft.version) == ("published", 2)


def test_a_change_after_it_was_asked_for_must_be_asked_for_anew():
    draft = asked(shorter(begun()))

    draft = changed(draft, "frame", "", by=LEADER, cap="5 working_days")

    assert draft.asked_at is None
    assert refusal(drafts.publish, draft.id, by=seat(LEADER)) == "not_asked"


@pytest.mark.parametrize(("days", "change", "rule"), [(0, False, "draft_same"), (-1, True, "day_is_past")])
def test_what_makes_no_sense_is_not_asked_for(days, change, rule):
    draft = begun()

    assert refusal(asked, shorter(draft) if change else draft, days) == rule


def test_a_draft_given_back_says_why_and_one_dropped_makes_room():
    draft = drafts.give_back(asked(shorter(begun())).id, by=seat(LEADER), reason="间隔太短")
    assert draft.given_back == "间隔太短"
    assert refusal(drafts.publish, draft.id, by=seat(LEADER)) == "not_asked"

    drafts.drop(draft.id, by=seat(ADMIN))

    assert refusal(drafts.publish, draft.id, by=seat(LEADER)) == "draft_over"
    assert begun().based_on == 1


def test_what_is_exported_comes_back_unchanged():
    version = versions.process("event")
    written = drafts.exported("v1", version.document)

    draft = drafts.bring(written, by=seat(ADMIN))

    assert edits.load(draft.document) == edits.load(version.document)
    assert drafts.changes(draft) == []


def test_a_definition_of_another_district_or_of_nothing_is_refused():
    written = edits.load(drafts.exported("v1", versions.process("event").document))
    written["exported"]["district"] = "420103"

    assert refusal(drafts.bring, edits.dump(written), by=seat(ADMIN)) == "definition_elsewhere"
    assert refusal(drafts.bring, "a: [", by=seat(ADMIN)) == "bad_definition"
    assert refusal(drafts.bring, "[1, 2]", by=seat(ADMIN)) == "bad_definition"
    assert refusal(drafts.begin, "event", by=seat(ADMIN), document="process: event\nmoves: 3") == "bad_definition"
    assert ProcessDraft.objects.count() == 0


def tried(draft: ProcessDraft) -> Any:
    return trial(draft.code, definition.read(draft.document), now() - timedelta(days=30), now() + timedelta(days=1))


def test_a_trial_names_who_would_have_signed():
    case = dispatched("lighting")
    draft = begun()
    place = place_of(draft, "file", "filed")
    line = edits.load(draft.document)["moves"][int(place)]
    draft = changed(
        draft, "roles", "leader", label={"zh": "区领导", "en": "Leader"}, standing="overseer", posts=["district_leader"]
    )
    signed = {"by": [*line["by"], "leader"], "signed_by": {"all": ["leader"]}}
    draft = drafts.change(draft.id, "moves", place, signed, by=seat(ADMIN))

    found = tried(draft)

    assert [(one.what, one.number) for one in found.findings] == [("waits", case.number)]
    assert found.work == {"leader": 1}
    assert (found.looked, found.touched) == (1, 1)


def test_a_trial_names_what_would_have_been_refused():
    case = dispatched("lighting")
    draft = begun()
    draft = drafts.leave_out(draft.id, "moves", place_of(draft, "dispatch", "dispatched"), by=seat(ADMIN))

    found = tried(draft)

    assert [(one.what, one.number) for one in found.findings] == [("refused", case.number)]


def test_a_trial_counts_limits_anew():
    with moved(now() - timedelta(days=9)):
        case = dispatched("lighting", acknowledged=False)
    with moved(now() - timedelta(days=9) + timedelta(hours=1)):
        do(case, "acknowledge", "lighting-handler-1")
    draft = changed(begun(), "steps", "acknowledged", limit={"within": "30 minutes", "source": "trial"})

    found = tried(draft)

    assert ("late", case.number) in [(one.what, one.number) for one in found.findings]


def test_a_trial_changes_no_row_and_the_database_sees_to_it():
    answered("lighting")
    draft = shorter(begun())
    before = counts()

    tried(draft)

    assert counts() == before
    assert reported().number  # and after it one may write again


def counts() -> dict[str, int]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT relname FROM pg_stat_user_tables WHERE schemaname = current_schema()")
        tables = [row[0] for row in cursor.fetchall()]
        found = {}
        for table in tables:
            cursor.execute(f'SELECT count(*) FROM "{table}"')
            found[table] = cursor.fetchone()[0]
    return found


def test_open_cases_move_by_command_where_the_new_version_knows_their_state():
    kept, left = dispatched("lighting"), reported(words="要核实的")
    do(left, "verify_report", DISPATCHER)
    draft = drafts.leave_out(begun().id, "states", "verifying_report", by=seat(ADMIN))
    drafts.publish(asked(draft).id, by=seat(LEADER))

    told = moving.move_open("event")

    kept, left = Case.objects.get(pk=kept.pk), Case.objects.get(pk=left.pk)
    assert (told.moved, told.left) == (1, [left.number])
    assert (kept.process.version, left.process.version) == (2, 1)
    assert Entry.objects.get(case=kept, verb="adopt").facts == {"from": 1, "to": 2}
    do(kept, "reply", "lighting-handler-1", **DONE)
    assert ProcessVersion.objects.filter(code="event").count() == 2


def test_the_round_goes_through_every_district():
    assert publish_all() == 0


def test_the_command_moves_open_cases_and_says_what_it_needs(capsys):
    case = dispatched("lighting")
    drafts.publish(asked(shorter(begun())).id, by=seat(LEADER))

    dry = processes.run(arguments("move", "--district", "gulou", "--process", "event", "--dry-run"))
    assert Case.objects.get(pk=case.pk).process.version == 1
    done = processes.run(arguments("move", "--district", "gulou", "--process", "event"))

    assert (dry, done) == (0, 0)
    assert Case.objects.get(pk=case.pk).process.version == 2
    assert processes.run(arguments("move")) == 2
    assert processes.run(arguments("move", "--district", "gulou", "--process", "nothing")) == 1
    assert "1 cases go on" in capsys.readouterr().out


def arguments(*words: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    processes.arguments(parser)
    return parser.parse_args(words)
