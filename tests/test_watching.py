"""Watching (运行监测, G44): planted faults ring alarms, once; probes, figures, traces and logs without anybody in them."""

import json
import logging
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import psycopg
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from jiedao.doors.watch import alarms, answers, logs, metrics, notes, readings, ringing, traces
from jiedao.ground.db.roles import parameters
from jiedao.kit import ports
from jiedao.kit.clock import now
from tests.conftest import wait_for
from tests.desks import Colleague


@pytest.fixture(autouse=True)
def _own_notes(monkeypatch, tmp_path, settings):
    """Notes and backups in a folder of their own: those of the data folder belong to every test."""
    monkeypatch.setattr(notes, "home", lambda: tmp_path)
    monkeypatch.setattr(ringing, "home", lambda: tmp_path)
    settings.BACKUP_ROOT = str(tmp_path / "backups")
    settings.ALARM_URLS = []


def as_worker(*statements: str) -> None:
    with psycopg.connect(**parameters("worker"), autocommit=True) as worker:
        for statement in statements:
            worker.execute(statement)


# Ten faults and more, planted


def a_job_that_waits() -> None:
    as_worker(
        "WITH job AS (INSERT INTO public.procrastinate_jobs (queue_name, task_name, args) VALUES ('x', 'x', '{}') RETURNING id) "
        "INSERT INTO public.procrastinate_events (job_id, type, at) SELECT id, 'deferred', now() - interval '1 hour' FROM job",
        "DELETE FROM public.procrastinate_events WHERE at > now() - interval '1 minute' AND type = 'deferred'",
    )


def notices_that_were_given_up() -> None:
    """Eleven, all by one robot that does not answer: the notices ring, and the link."""
    as_worker(
        "WITH who AS (SELECT id FROM d320106.people_person LIMIT 1), way AS (INSERT INTO d320106.notify_channel "
        "(id, person_id, kind, mask, is_on, made_at, proven_at, code_tries, failing_since, problem) SELECT gen_random_uuid(), "
        "id, 'wecombot', '…', true, now(), now(), 0, now(), 'http 500' FROM who RETURNING id), told AS (INSERT INTO "
        "d320106.notify_notice (id, person_id, title, link, verb, ring, at) SELECT gen_random_uuid(), id, 'x', '/', 'x', '', "
        "now() FROM who, generate_series(1, 11) RETURNING id) INSERT INTO d320106.notify_sending (id, notice_id, channel_id, "
        "state, due_at, tries, done_at, problem) SELECT gen_random_uuid(), told.id, way.id, 'failed', now(), 10, now(), "
        "'http 500' FROM told, way"
    )


def a_certificate_that_ends(folder, monkeypatch) -> None:
    key, at = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "jiedao.example")])
    made = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key()).serial_number(7)
    made = made.not_valid_before(at - timedelta(days=80)).not_valid_after(at + timedelta(days=3))
    path = folder / "cert.pem"
    path.write_bytes(made.sign(key, hashes.SHA256()).public_bytes(Encoding.PEM))
    monkeypatch.setenv("TLS_CERTIFICATE", str(path))


@contextmanager
def a_long_statement() -> Iterator[None]:
    """Runs until it is cancelled; entered once it is as old as the alarm wants."""
    old = "state = 'active' AND query LIKE '%pg_sleep%' AND clock_timestamp() - query_start > interval '2.2 s'"
    with (
        psycopg.connect(**parameters("worker"), autocommit=True) as worker,
        psycopg.connect(**parameters("worker")) as long,
    ):

        def sleep() -> None:
            with suppress(psycopg.errors.QueryCanceled):
                long.execute("SELECT pg_sleep(120), '13912345678'")

        thread = threading.Thread(target=sleep)
        thread.start()
        asked = f"SELECT count(*) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND {old}"
        wait_for(lambda: worker.execute(asked).fetchone() > (0,), 60)
        yield
        long.cancel()
        thread.join()


def test_planted_faults_ring_an_alarm_each(fresh_database, monkeypatch, tmp_path, settings):
    a_job_that_waits()
    notices_that_were_given_up()
    a_certificate_that_ends(tmp_path, monkeypatch)
    settings.WATCH_URL, settings.WATCH_LIVE_URL = "http://127.0.0.1:9", "http://127.0.0.1:9"
    full = SimpleNamespace(free=1024**3, total=100 * 1024**3)
    monkeypatch.setattr(readings.shutil, "disk_usage", lambda place: full)
    notes.write("verify", well=False, said="3 faults")
    monkeypatch.setitem(alarms.kinds()["statements"].limits, "seconds", 2)

    with a_long_statement():
        state = ringing.look()

    rung = set(state["alarms"])
    print(f"reached {len(rung)} alarms of {len(rung)} faults")
    assert rung == set(alarms.kinds()) - {"database"}, state["readings"]["faults"]
    assert len(rung) >= 10 and state["readings"]["faults"] == {}
    assert "13912345678" not in json.dumps(state) and "pg_sleep" in json.dumps(state["slow"])


def test_a_database_that_is_away_or_unsafe_rings_and_hides_nothing_else(monkeypatch):
    def away(role="web"):
        return {"host": "/nowhere", "user": "x", "dbname": "x"}

    monkeypatch.setattr(readings, "parameters", away)
    told = readings.collect()

    rung = {alarm.kind.name for alarm in alarms.ringing(told)}
    assert {"database", "pages", "backup"} <= rung and "worker" not in rung
    assert {one.kind.name for one in alarms.ringing({**told, "database": {"reached": True, "unsafe": ["fsync"]}})} >= {
        "database"
    }


def test_an_installation_that_is_well_rings_nothing(db):
    for name in ("backup", "verify", "ticker"):
        notes.write(name, well=True)
    told = readings.collect()
    told |= {"pages": {"answers": True}, "live": {"answers": True}, "disk": []}
    told["queue"]["worker_silent"] = 3.0

    assert alarms.ringing(told) == [] and told["faults"] == {}


def test_an_alarm_is_told_once_again_after_half_a_day_and_when_it_is_over():
    told = {"at": "", "faults": {}, "pages": {"answers": False, "said": "gone"}, "live": {"answers": True},
            "database": {"reached": True}, "kept": {name: {"age": 1.0, "well": True, "said": ""} for name in
            ("backup", "drill", "verify", "ticker")}}  # fmt: skip
    at = now()

    first = ringing.follow({}, told, at)
    second = ringing.follow(first, told, at + timedelta(minutes=1))
    third = ringing.follow(second, told, at + timedelta(minutes=2))
    later = ringing.follow(third, told, at + timedelta(hours=13))
    over = ringing.follow(later, told | {"pages": {"answers": True}}, at + timedelta(hours=14))
    restart = ringing.follow(first, told | {"pages": {"answers": True}}, at + timedelta(minutes=1))

    assert [len(one["tell"]) for one in (first, second, third, later, over, restart)] == [0, 1, 0, 1, 1, 0]
    assert "网页不响应" in second["tell"][0] and "systemctl restart jiedao-web" in second["tell"][0]
    assert over["tell"][0].startswith("恢复") and over["alarms"] == {}
    assert later["alarms"]["pages"]["since"] == at.isoformat()


def test_every_alarm_has_both_languages_a_source_and_a_rule():
    assert set(alarms.kinds()) == set(alarms.RULES)
    assert all(
        kind.zh and kind.en and kind.mend_zh and kind.mend_en and kind.source for kind in alarms.kinds().values()
    )


def test_an_address_of_alarms_that_is_no_way_of_ours_is_not_tried(settings, monkeypatch, caplog):
    settings.ALARM_URLS = ["exec://rm", "json://127.0.0.1:1/x"]
    tried = []
    monkeypatch.setattr(ringing, "send", lambda address, words: bool(tried.append(address)))

    ringing._tell("Alarm: x")

    assert tried == ["json://127.0.0.1:1/x"] and "exec://" in caplog.text


def test_a_note_keeps_when_it_last_went_well():
    notes.write("backup", well=True, said="one")
    notes.write("backup", well=False, said="no space")

    found = notes.read("backup")
    assert found is not None and not found.well and found.well_at is not None and found.said == "no space"


# Probes and figures


def asked(path: str, application=None, **more: str) -> tuple[str, str]:
    said: list[str] = []
    application = application or answers.watched(lambda environ, start: [start("200 OK", []) or b"page"])
    environ = {"PATH_INFO": path, "REQUEST_METHOD": "GET", "REMOTE_ADDR": "127.0.0.1", "HTTP_HOST": "anything"} | more
    body = b"".join(application(environ, lambda status, headers: said.append(status)))
    return said[0][:3], body.decode()


def test_alive_and_ready_are_told_without_host_or_sign_in(db, monkeypatch):
    monkeypatch.setitem(answers._current, "schemas", False)
    monkeypatch.setattr(answers.connection, "close", lambda: None)

    assert asked("/livez") == ("200", "live\n")
    assert asked("/readyz") == ("200", "ready\n")
    assert asked("/anything") == ("200", "page")


def test_not_ready_while_the_schema_is_older_than_the_code_or_the_database_away(db, monkeypatch):
    monkeypatch.setitem(answers._current, "schemas", False)
    monkeypatch.setattr(answers.connection, "close", lambda: None)
    monkeypatch.setattr(answers.schemas, "pending", lambda: ["public"])
    assert asked("/readyz") == ("503", "migrations are missing: 1 schemas (jiedao migrate)\n")

    def gone():
        from django.db import OperationalError

        raise OperationalError("13912345678")

    with monkeypatch.context() as meanwhile:
        meanwhile.setattr(answers.connection, "cursor", gone)
        assert asked("/readyz") == ("503", "the database does not answer\n")


def test_figures_are_for_this_machine_alone_and_off_by_default(settings, monkeypatch, tmp_path):
    assert asked("/metrics")[0] == "404"
    settings.METRICS = True
    monkeypatch.setattr(metrics, "text", lambda: b"jiedao_jobs 1\n")

    assert asked("/metrics") == ("200", "jiedao_jobs 1\n")
    assert asked("/metrics", REMOTE_ADDR="10.0.0.9")[0] == "404"
    assert asked("/metrics", HTTP_X_FORWARDED_FOR="127.0.0.1")[0] == "404"


def test_a_door_never_names_what_was_asked_for():
    doors = {
        path: metrics.door(path)
        for path in ("/", "/case/26-00912/", "/q/secrettoken", "/13912345678/", "/api/v1/events")
    }

    assert doors == {"/": "home", "/case/26-00912/": "case", "/q/secrettoken": "q", "/13912345678/": "other",
                     "/api/v1/events": "api"}  # fmt: skip


# Logs


def record(words: str, *values: object, fault: BaseException | None = None) -> logging.LogRecord:
    info = (type(fault), fault, fault.__traceback__) if fault else None
    return logging.LogRecord("jiedao.x", logging.WARNING, "x.py", 1, words, values, info)


def test_logs_are_one_json_object_a_line_without_persons():
    try:
        raise ValueError("duplicate key\nDETAIL:  Key (phone)=(13912345678) of 张三")
    except ValueError as error:
        one = record("no answer for %s at %s", "13912345678", "26-00912", fault=error)

    told = json.loads(logs.Json().format(one))
    line = logs.Line().format(one)

    assert told["said"] == "no answer for [手机号] at 26-00912" and told["level"] == "WARNING"
    assert told["fault"]["kind"] == "builtins.ValueError" and "test_watching.py" in told["fault"]["where"][0]
    assert "13912345678" not in line + json.dumps(told) and "张三" not in line + json.dumps(told, ensure_ascii=False)


def test_a_detail_of_the_database_is_left_out_of_the_line():
    assert logs.said(record("failed: %s", "x\nDETAIL:  Failing row contains (320106199001011234)")) == "failed: x"


# The operator's page


def test_the_operators_page_shows_what_was_read_to_who_runs_the_platform_alone(in_gulou):
    notes.write("ticker", well=True)
    ringing.look()

    page = Colleague("admin").get("/operator/")
    text = page.content.decode()
    assert page.status_code == 200
    assert all(word in text for word in ("网页不响应", "journalctl -u jiedao-web", "等待", "还没有备份", "鼓楼区"))
    assert "The pages do not answer" in Colleague("admin").get("/operator/?lang=en").content.decode()
    assert Colleague("urban").get("/operator/").status_code == 404


def test_the_page_says_so_when_nobody_reads(in_gulou):
    ringing.look()
    state = notes.get("state")
    notes.put("state", state | {"at": (now() - timedelta(minutes=9)).isoformat()})

    assert "好几分钟没有更新" in Colleague("admin").get("/operator/").content.decode()


# Options: metrics and traces


def test_requests_are_counted_by_door_and_the_last_readings_are_gauges(settings, monkeypatch, tmp_path):
    settings.METRICS = True
    monkeypatch.setenv("PROMETHEUS_MULTIPROC_DIR", str(tmp_path))  # before the library is loaded
    notes.put("state", {"alarms": {"disk": {}}, "readings": {"queue": {"waiting": 7, "oldest": 3}}})
    application = answers.watched(lambda environ, start: [start("201 Created", []) or b""])
    asked("/case/26-00912/", application)

    text = asked("/metrics", application)[1]
    assert 'jiedao_requests_total{door="case",method="GET",status="201"} ' in text
    assert 'jiedao_alarm{alarm="disk"} 1.0' in text and 'jiedao_jobs{state="waiting"} 7.0' in text
    assert "26-00912" not in text


def test_a_span_of_a_request_goes_to_the_collector_without_the_number_in_it(settings, monkeypatch):
    sent = []
    settings.TRACES_URL = "http://127.0.0.1:4318/v1/traces"
    answer = ports.Answer(200, {}, b"{}")
    monkeypatch.setattr(ports.http, "post", lambda url, body, headers, within: sent.append(json.loads(body)) or answer)
    traces._tracer.cache_clear()
    application = answers.watched(lambda environ, start: [start("200 OK", []) or b""])

    above = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    asked("/case/26-00912/", application, HTTP_TRACEPARENT=above)
    traces._tracer().span_processor.force_flush() if hasattr(traces._tracer(), "span_processor") else time.sleep(3)

    span = sent[0]["resourceSpans"][0]["scopeSpans"][0]["spans"][0]
    assert span["name"] == "GET case" and span["traceId"] == "0af7651916cd43dd8448eb211c80319c"
    assert {"key": "http.response.status_code", "value": {"intValue": "200"}} in span["attributes"]
    assert "26-00912" not in json.dumps(sent)
