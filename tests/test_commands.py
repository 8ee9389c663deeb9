"""The command line (命令行): help with examples, exit codes, JSON for programs; nothing of it a traceback."""

import importlib.util
import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from jiedao.__main__ import COMMANDS, main
from jiedao.ground.db.home import CHECKOUT

THERE = sorted(name for name, command in COMMANDS.items() if importlib.util.find_spec(command.module))


@pytest.mark.parametrize("name", THERE)
def test_every_command_shows_examples(capsys, monkeypatch, name):
    monkeypatch.setenv("JIEDAO_ROLE", os.environ["JIEDAO_ROLE"])  # given, so that the command does not take its own

    with pytest.raises(SystemExit) as ended:
        main([name, "--help"])

    said = capsys.readouterr().out
    assert ended.value.code == 0
    assert f"usage: jiedao {name}" in said
    assert re.search(r"examples:\n +\S+", said)


def test_without_a_command_it_lists_them(run_jiedao):
    done = run_jiedao()

    assert done.returncode == 0
    assert [name for name in THERE if f"\n  {name} " not in done.stdout] == []


@pytest.mark.parametrize("words", [("no-such-command",), ("db", "explode"), ("serve", "--port", "many")])
def test_wrong_words_end_in_2(run_jiedao, words):
    done = run_jiedao(*words)

    assert done.returncode == 2
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("code", "label", "said"),
    [("32010", "gulou", "six digits"), ("320106", "Gu Lou", "no host label"), ("320199", "gulou", "is taken by")],
)
def test_a_district_with_a_wrong_code_or_label_is_refused(fresh_database, run_jiedao, code, label, said):
    done = run_jiedao("district", "create", code, label, jiedao_role="owner")

    assert done.returncode == 1
    assert said in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.nightly
def test_a_new_district_is_listed(fresh_database, run_jiedao):
    made = run_jiedao("district", "create", "320102", "xuanwu", "--name", "玄武区", jiedao_role="owner")
    listed = run_jiedao("district", "list", "--json", jiedao_role="owner")

    assert made.returncode == 0
    assert {"code": "320102", "schema_name": "d320102"}.items() <= next(
        row for row in json.loads(listed.stdout) if row["code"] == "320102"
    ).items()


def test_the_doctor_finds_the_template_healthy(fresh_database, run_jiedao):
    done = run_jiedao("doctor", "--json")
    found = {finding["name"]: finding for finding in json.loads(done.stdout)}

    assert done.returncode == 0
    assert [name for name, finding in found.items() if finding["well"] is False] == []
    assert {
        "fsync",
        "full_page_writes",
        "synchronous_commit",
        "data_checksums",
        "timezone",
        "not_owner",
        "not_superuser",
        "disk",
        "clock",
        "calendar",
        "roles",
        "queue",
        "queue_trigger",
        "case_numbers",
    } <= set(found)


def test_the_doctor_says_how_to_mend_what_ails(run_jiedao):
    with tempfile.TemporaryDirectory() as home:
        done = run_jiedao("doctor", jiedao_home=home)

    assert done.returncode == 1
    assert "FAIL  server" in done.stdout
    assert "mend: jiedao db start" in done.stdout


def test_the_doctor_sees_the_trigger_come_back(fresh_database, run_jiedao):
    import psycopg

    from jiedao.ground.db.roles import parameters

    with psycopg.connect(**parameters("owner"), autocommit=True) as owner:
        owner.execute("ALTER TABLE procrastinate_jobs ENABLE TRIGGER procrastinate_jobs_notify_queue_job_inserted_v1")

    done = run_jiedao("doctor")

    assert done.returncode == 1
    assert "FAIL  queue_trigger" in done.stdout
    assert "mend: jiedao migrate" in done.stdout


def test_the_settings_page_is_up_to_date(run_jiedao):
    assert run_jiedao("settings", "docs", "--check").returncode == 0


def test_every_setting_says_what_it_does():
    from jiedao.settings import DECLARED

    names = [declared.name for declared in DECLARED]

    assert len(names) == len(set(names))
    assert [declared.name for declared in DECLARED if not declared.what.endswith(".")] == []


def test_settings_for_https_leave_the_deployment_check_nothing_to_say(run_jiedao):
    done = run_jiedao("django", "check", "--deploy", "--fail-level", "WARNING", https="1", jiedao_role="owner")

    assert done.returncode == 0, done.stderr


def test_a_reader_that_goes_away_is_no_fault():
    command = f"{sys.executable} -m jiedao settings | head -1"
    done = subprocess.run(
        ["bash", "-o", "pipefail", "-c", command],
        cwd=CHECKOUT,
        env=os.environ,
        capture_output=True,
        text=True,
        check=False,
    )

    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("path", [*sorted(Path(CHECKOUT / "jiedao/doors/commands").glob("*.py"))], ids=lambda p: p.stem)
def test_a_command_begins_by_saying_what_it_is(path):
    assert re.match(r'"""[A-Z].*\(.*[\u4e00-\u9fff].*\)', path.read_text().splitlines()[0])
