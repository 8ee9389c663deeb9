"""The import of appeals (诉求导入): good rows kept, bad ones told by line and reason, nothing twice, nothing unmasked."""

import csv
import gzip
import io
import os
import signal
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import openpyxl
import pytest
from django.db import connection

from jiedao.doors.exchange import appeals, mapping, reasons, sheets
from jiedao.ground.db.home import CHECKOUT
from jiedao.ground.districts import district
from jiedao.ground.people.contacts import clear
from jiedao.kit.refusal import Refused
from jiedao.record import audit
from jiedao.record.models import Case, Entry, Event

REAL = CHECKOUT.parent / "shared" / "data" / "appeals"
HEAD = "id,user,subject,created_at,text,reply,replied_at"
GOOD = "R1,U1,路灯不亮,2019-03-01 08:00:00,三号楼前的路灯不亮,已更换灯泡，区城管局答复,2019-03-02 09:00:00"
HOTLINE = """
source: test-hotline
channel: hotline
columns: {key: 工单编号, caller: 姓名, phone: 电话, title: 标题, words: 内容, at: 来电时间, address: 地址, lon: 经度, lat: 纬度,
  reply: 答复, unit: 承办单位}
guess_items: true
"""


def sheet(folder: Path, *lines: str, name: str = "appeals.csv", head: str = HEAD, encoding: str = "utf-8") -> Path:
    path = folder / name
    path.write_bytes(("\n".join([head, *lines]) + "\n").encode(encoding))
    return path


def take(path: Path, by: str = "replies", **options: object) -> appeals.Result:
    return appeals.take(path, mapping.load(by), path.with_name("report.csv"), **options)


def report(path: Path) -> list[dict[str, str]]:
    with path.with_name("report.csv").open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def counts(result: appeals.Result) -> tuple[int, int, int, int]:
    return result.added, result.known, result.conflicts, result.bad


def hotline(folder: Path) -> str:
    path = folder / "hotline.yaml"
    path.write_text(HOTLINE, encoding="utf-8")
    return str(path)


def real(name: str) -> Path:
    path = REAL / name
    if not path.is_file():
        pytest.skip(f"the published appeals are not beside this checkout: {name}")
    return path


# What is kept


def test_an_answered_row_is_a_closed_case_with_its_true_times_and_the_unit_that_answered(in_gulou, tmp_path):
    take(sheet(tmp_path, GOOD))

    case = Case.objects.get(imported=True)
    order = case.orders.get()
    assert (case.state, case.opened_at.isoformat(), case.closed_at.isoformat()) == (
        "closed",
        "2019-03-01T00:00:00+00:00",
        "2019-03-02T01:00:00+00:00",
    )
    assert (order.unit.code, order.answered_at) == ("urban", case.closed_at)
    assert [entry.verb for entry in case.entries.order_by("seq")] == ["import", "reply"]
    assert audit.verify_all().faults == []


def test_a_row_without_an_answer_waits_for_triage(in_gulou, tmp_path):
    take(
        sheet(tmp_path, "H1,U1,咨询落户,2019-03-01 08:00:00,怎样落户", head="id,user,subject,created_at,text"),
        "messages",
    )

    case = Case.objects.get(imported=True)
    assert (case.state, case.phase, case.kind, case.closed_at) == ("received", "intake", "consult", None)


def test_the_words_of_the_districts_items_guess_what_an_appeal_is_about_and_say_so(in_gulou, tmp_path):
    take(sheet(tmp_path, GOOD))

    case = Case.objects.get(imported=True)
    assert case.item.code == "street-lights"
    assert case.routing["why"]["by"] == "import"


def test_a_word_of_two_items_alone_decides_nothing(in_gulou, tmp_path):
    take(sheet(tmp_path, GOOD.replace("路灯不亮", "漏水").replace("三号楼前的路灯不亮", "漏水了")))

    assert Case.objects.get(imported=True).item is None


def test_cells_with_quotes_commas_and_lines_arrive_whole(in_gulou, tmp_path):
    words = '他说""好"",\n第二行'
    take(sheet(tmp_path, GOOD.replace("三号楼前的路灯不亮", f'"{words}"'), GOOD.replace("R1", "R2")))

    assert Event.objects.get(source_key="R1").words == '他说"好",\n第二行'
    assert Event.objects.filter(source_key="R2").exists()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_every_way_chinese_offices_save_a_table_is_read(in_gulou, tmp_path, encoding):
    take(sheet(tmp_path, GOOD, encoding=encoding))

    assert Case.objects.get(imported=True).title == "路灯不亮"


def test_a_packed_table_is_read(in_gulou, tmp_path):
    path = sheet(tmp_path, GOOD)
    packed = tmp_path / "appeals.csv.gz"
    packed.write_bytes(gzip.compress(path.read_bytes(), mtime=0))

    assert counts(take(packed)) == (1, 0, 0, 0)


def test_every_sheet_of_a_workbook_is_read_and_its_bad_rows_carry_its_name(in_gulou, tmp_path):
    book = openpyxl.Workbook()
    book.active.title = "一月"
    for page in (book.active, book.create_sheet("二月"), book.create_sheet("说明")):
        page.append(HEAD.split(",") if page.title != "说明" else ["备注"])
        page.append(GOOD.replace("R1", f"R-{page.title}").split(","))
    book["二月"].append(["R3", "U1", "题", "从前", "内容"])
    book.save(tmp_path / "appeals.xlsx")

    path = tmp_path / "appeals.xlsx"
    assert counts(take(path)) == (2, 0, 0, 2)
    assert [(row["sheet"], row["line"], row["reason"]) for row in report(path)] == [
        ("二月", "3", "bad_time"),
        ("说明", "1", "missing_columns"),
    ]


# What is not taken


BAD = {
    "cell_missing": ("text", "R2,U1,题,2019-03-01 08:00:00,,,"),
    "bad_time": ("created_at", "R3,U1,题,前天,内容,,"),
    "future_time": ("created_at", "R4,U1,题,2999-01-01 00:00:00,内容,,"),
    "too_old": ("created_at", "R5,U1,题,1999-01-01 00:00:00,内容,,"),
    "answered_before_asked": ("replied_at", "R6,U1,题,2019-03-01 08:00:00,内容,答复,2019-02-01 08:00:00"),
    "too_long": ("text", f"R7,U1,题,2019-03-01 08:00:00,{'长' * 20001},,"),
    "bad_text": ("text", "R8,U1,题,2019-03-01 08:00:00,内\0容,,"),
    "key_twice": ("id", GOOD),
    "too_many_cells": ("", "R9,U1,题,2019-03-01 08:00:00,内容,,,多出来的"),
}


def test_bad_rows_are_told_by_line_column_and_reason_in_both_languages_and_good_ones_are_kept(in_gulou, tmp_path):
    path = sheet(tmp_path, GOOD, *(line for _, line in BAD.values()), GOOD.replace("R1", "R99"))

    result = take(path)

    assert counts(result) == (2, 0, 0, len(BAD))
    assert [(r["reason"], r["column"], int(r["line"])) for r in report(path)] == [
        (rule, column, line) for line, (rule, (column, _)) in enumerate(BAD.items(), start=3)
    ]
    for row in report(path):
        assert (row["原因"], row["meaning"]) == reasons.REASONS[row["reason"]]


def test_everything_wrong_with_a_row_is_told_at_once(in_gulou, tmp_path):
    path = sheet(tmp_path, ",U1,题,前天,,,")

    assert take(path).bad == 1
    assert [(r["column"], r["reason"]) for r in report(path)] == [
        ("id", "cell_missing"),
        ("created_at", "bad_time"),
        ("text", "cell_missing"),
    ]


def test_a_second_run_adds_nothing(in_gulou, tmp_path):
    path = sheet(tmp_path, GOOD, GOOD.replace("R1", "R2"))
    take(path)

    assert counts(take(path)) == (0, 2, 0, 0)
    assert Case.objects.filter(imported=True).count() == 2


def test_a_changed_row_is_shown_with_its_case_and_left_alone(in_gulou, tmp_path):
    take(sheet(tmp_path, GOOD))
    case = Case.objects.get(imported=True)

    path = sheet(tmp_path, GOOD.replace("三号楼", "四号楼"))

    assert counts(take(path)) == (0, 0, 1, 0)
    (row,) = report(path)
    assert (row["reason"], row["case"], row["line"]) == ("conflict", case.number, "2")
    assert row["mark_before"] == Event.objects.get(case=case).raw["mark"] != row["mark_now"]
    case.refresh_from_db()
    assert case.words == "三号楼前的路灯不亮"


def test_a_dry_run_checks_and_writes_nothing(in_gulou, tmp_path):
    assert counts(take(sheet(tmp_path, GOOD, BAD["bad_time"][1]), dry=True)) == (1, 0, 0, 1)
    assert not Case.objects.filter(imported=True).exists()


def test_no_cell_of_the_report_is_a_formula_or_shows_a_number(in_gulou, tmp_path):
    path = sheet(tmp_path, "=1+1,U1,题,=HYPERLINK(1),内容,,", "R2,U1,题,请拨 13812345678,内容,,")
    take(path)

    assert [row["given"] for row in report(path)] == ["'=HYPERLINK(1)", "请拨 [手机号]"]


# Names and numbers


CANARIES = ("司空见惯", "13912340987", "3912340987")


def test_names_and_numbers_of_callers_lie_under_their_key_and_nowhere_else(in_gulou, tmp_path):
    words = f"我家门口路灯不亮，{CANARIES[0]}，请打 {CANARIES[1]}"
    head = "工单编号,姓名,电话,标题,内容,来电时间,地址,经度,纬度,答复,承办单位"
    name, phone = CANARIES[:2]
    row = f"T1,{name},{phone},{name}报修,{words},2024-06-03 16:30,解放里{phone},118.76,32.06,已联系{name},"
    path = sheet(tmp_path, row, row.replace("T1", "T2").replace("2024-06-03", "从前"), head=head)

    take(path, hotline(tmp_path))

    told = path.with_name("report.csv").read_text(encoding="utf-8-sig")
    with connection.cursor() as cursor:
        for table in ("case", "event", "entry", "words", "dispatchorder"):
            cursor.execute(f"SELECT string_agg(t::text, ' ') FROM record_{table} t")
            told += cursor.fetchone()[0] or ""
    assert [canary for canary in CANARIES if canary in told] == []
    event = Event.objects.get(source_key="T1")
    assert clear(event.id).phone == CANARIES[1]
    assert event.case.caller_mask == "司空* 139****0987"


def test_two_calls_from_one_number_are_one_subjects(in_gulou, tmp_path):
    head = "工单编号,姓名,电话,标题,内容,来电时间,地址,经度,纬度,答复,承办单位"
    row = "T1,王某,13912340987,题,内容,2024-06-03 16:30,,,,,"
    by = hotline(tmp_path)
    take(sheet(tmp_path, row, row.replace("T1", "T2"), head=head), by)
    take(sheet(tmp_path, row.replace("T1", "T3"), head=head), by)

    assert len(set(Event.objects.filter(source="test-hotline").values_list("subject_id", flat=True))) == 1


# Hostile files


def refused(path: Path) -> str:
    with pytest.raises(Refused) as refusal:
        take(path)
    return refusal.value.rule


def made(folder: Path, name: str, content: bytes) -> Path:
    path = folder / name
    path.write_bytes(content)
    return path


def bomb(folder: Path) -> Path:
    """A workbook that unpacks to two gigabytes and says in its directory that it is small."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        with archive.open("xl/worksheets/sheet1.xml", "w", force_zip64=True) as part:
            for _ in range(256):
                part.write(b"0" * (1 << 20))
    return made(folder, "bomb.xlsx", packed.getvalue())


@pytest.mark.parametrize(
    ("name", "content", "rule"),
    [
        ("empty.csv", b"", "not_a_sheet"),
        ("empty.csv.gz", gzip.compress(b"", mtime=0), "not_a_sheet"),
        ("blank.csv", b"\n\n\n", "not_a_sheet"),
        ("other.csv", b"a,b\n1,2\n", "missing_columns"),
        ("twice.csv", b"id,id\n1,2\n", "columns_twice"),
        ("binary.csv", bytes(range(256)) * 64, "not_a_sheet"),
        ("wide.csv", b",".join(b"c%d" % n for n in range(300)) + b"\n1\n", "not_a_sheet"),
        ("cut.csv.gz", gzip.compress(HEAD.encode() * 9, mtime=0)[:20], "not_a_sheet"),
        ("no.xlsx", b"PK\x03\x04 no archive", "bad_file"),
    ],
)
def test_what_is_no_table_is_refused_before_anything_is_written(in_gulou, tmp_path, name, content, rule):
    assert refused(made(tmp_path, name, content)) == rule
    assert not Case.objects.filter(imported=True).exists()


def test_a_file_that_is_not_there_is_refused_by_name(in_gulou, tmp_path):
    assert refused(tmp_path / "nowhere.csv") == "no_such_file"


def test_a_bomb_is_refused_soon(in_gulou, tmp_path):
    path = bomb(tmp_path)
    began = time.monotonic()

    assert refused(path) == "bad_file"
    assert time.monotonic() - began < 5  # a second on an idle machine


@pytest.mark.parametrize(
    ("line", "rule"),
    [
        ('R2,U1,"题,2019-03-01 08:00:00,内容,,', "quote_open"),
        ('R2,U1,"题"x,2019-03-01 08:00:00,内容,,', "quote_open"),
        (f"R2,U1,题,2019-03-01 08:00:00,{'x' * 1_000_000},,", "line_unreadable"),
        (f"R2,U1,题,2019-03-01 08:00:00,{'x' * 99_000},,", "too_long"),
        (f'R2,U1,题,2019-03-01 08:00:00,"{"x" * 300_000},,', "line_unreadable"),
    ],
)
def test_a_row_that_cannot_be_read_costs_no_other_row(in_gulou, tmp_path, line, rule):
    after = [GOOD.replace("R1", f"R1{n}") for n in range(5)]
    path = sheet(tmp_path, GOOD, line, *after)

    assert counts(take(path)) == (6, 0, 0, 1)
    assert [(row["line"], row["reason"]) for row in report(path)] == [("3", rule)]


def test_a_packed_file_that_breaks_off_keeps_what_came_and_says_where(in_gulou, tmp_path):
    rows = [GOOD.replace("R1", f"R{n}").replace("路灯", os.urandom(20).hex()) for n in range(2_000)]
    packed = gzip.compress(sheet(tmp_path, *rows).read_bytes())
    path = made(tmp_path, "cut.csv.gz", packed[: len(packed) // 2])

    result = take(path)

    assert result.added > 100
    assert [row["reason"] for row in report(path)][-1] == "file_ends"
    assert counts(take(sheet(tmp_path, *rows)))[0] == 2_000 - result.added


def test_a_line_without_an_end_fills_no_memory(tmp_path):
    endless = gzip.compress(HEAD.encode() + b"\n" + b"x" * 150_000_000, compresslevel=1, mtime=0)
    rules = [row.rule for found in sheets.sheets(made(tmp_path, "endless.csv.gz", endless)) for row in found.rows]

    assert rules == ["file_ends"]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("columns: {key: a}", "source"),
        ("source: x\ncolumns: {key: a, words: b}", "columns.at"),
        ("source: x\ncolumns: {key: a, words: b, at: c, colour: d}", "columns.colour"),
        ("source: x\nkind: rumour\ncolumns: {key: a, words: b, at: c}", "kind"),
        ("source: x\nzone: Mars/North\ncolumns: {key: a, words: b, at: c}", "zone"),
        ("source: x\ncolums: {}\ncolumns: {key: a, words: b, at: c}", "colums"),
        ("- a\n- b", "columns"),
        ("a: [", "while parsing"),
    ],
)
def test_a_mapping_with_a_mistake_is_refused_with_the_mistake(tmp_path, text, problem):
    path = tmp_path / "own.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(Refused) as refusal:
        mapping.load(str(path))

    assert refusal.value.rule == "bad_mapping"
    assert any(said.startswith(problem) for said in refusal.value.facts["problems"])


# Killed and resumed


def _state() -> list[tuple]:
    rows = Event.objects.filter(source="petition-board").order_by("source_key")
    return list(rows.values_list("source_key", "case__state", "case__words", "case__opened_at", "case__closed_at"))


def test_a_run_that_was_killed_goes_on_and_ends_like_one_that_was_not(fresh_database, tmp_path):
    lines = [GOOD.replace("R1", f"R{n}") for n in range(1_500)]
    path = sheet(tmp_path, *lines)
    command = [sys.executable, "-m", "jiedao", "import", "appeals", str(path), "--district", "gulou", "--batch", "50"]
    with district("gulou"):
        run = subprocess.Popen([*command, "--report", str(tmp_path / "r.csv")], cwd=CHECKOUT)
        while Event.objects.count() < 300 and run.poll() is None:
            time.sleep(0.005)
        run.send_signal(signal.SIGKILL)
        run.wait()
        assert 300 <= Event.objects.count() < 1_500

    with district("gulou"):
        result = take(path)
        assert result.added + result.known == 1_500
        resumed = _state()
        assert len(resumed) == Case.objects.filter(imported=True).count() == 1_500
        assert Entry.objects.count() == 3_000
        assert audit.verify_all().faults == []
    with district("jianghan"):
        take(path)
        assert _state() == resumed


# Real appeals, read in place


def test_the_published_appeals_with_answers_come_in_whole(in_gulou, tmp_path):
    path = real("replies.csv.gz")
    result = appeals.take(path, mapping.fitting(path), tmp_path / "report.csv")

    assert counts(result) == (2_253, 0, 0, 0)
    closed = Case.objects.filter(imported=True, phase="closed")
    assert closed.count() == 2_253
    with gzip.open(path, "rt", encoding="utf-8-sig", newline="") as file:
        row = next(csv.DictReader(file))
    case = Event.objects.get(source_key=row["id"]).case
    assert case.closed_at.astimezone(mapping.load("replies").zone).strftime("%Y-%m-%d %H:%M:%S") == row["replied_at"]
    assert audit.verify_all().faults == []
    assert counts(appeals.take(path, mapping.fitting(path), tmp_path / "report.csv")) == (0, 2_253, 0, 0)


def test_the_published_messages_come_in_whole_and_wait(in_gulou, tmp_path):
    path = real("hot_messages.csv.gz")
    result = appeals.take(path, mapping.fitting(path), tmp_path / "report.csv")

    assert counts(result) == (4_326, 0, 0, 0)
    assert Case.objects.filter(imported=True, phase="intake").count() == 4_326
    assert audit.verify_all().faults == []


@pytest.mark.nightly
def test_memory_stays_flat_however_long_the_file_is(fresh_database, run_jiedao, tmp_path):
    peaks = []
    for rows in (20_000, 120_000):
        path = sheet(tmp_path, *(GOOD.replace("R1", f"R{n}") for n in range(rows)), name=f"{rows}.csv")
        told = run_jiedao(
            "import", "appeals", str(path), "--district", "gulou", "--dry-run", "--json", "--report", os.devnull
        )
        peaks.append(int(told.stdout.split('"peak_mb": ')[1].split(",")[0]))

    assert peaks[1] - peaks[0] < 30
