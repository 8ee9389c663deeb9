"""Exports (导出): a long list is made by a job; in the clear only with a reason, a second person, a password, and an end."""

import csv
import io
import re
from datetime import timedelta
from html import unescape

import pytest
from django.db import IntegrityError, transaction
from pypdf import PdfReader

from jiedao.doors.notify.models import Notice
from jiedao.doors.web import exporting
from jiedao.ground.journal.models import Change, Look
from jiedao.ground.people import Actor
from jiedao.ground.people.contacts import open_rows
from jiedao.ground.terms.models import Term
from jiedao.kit.clock import moved, now
from jiedao.kit.ids import new_id
from jiedao.kit.refusal import Refused
from jiedao.lines.exports import ledger
from jiedao.lines.exports.models import Export, ExportFile
from jiedao.record import findables
from jiedao.record.queries import worklists
from tests.desks import PHONE, Colleague, reported, words
from tests.residents import acting

pytestmark = pytest.mark.usefixtures("in_gulou")
NAME = "金丝雀"
PASSWORD = "sparrow-on-the-roof-7"


@pytest.fixture
def long_lists(monkeypatch):
    """Two rows are many here, and a page holds two."""
    Term.objects.filter(table="export_rule", code="at_once").update(facts={"rows": 2})
    monkeypatch.setattr(worklists, "PAGE", 2)
    monkeypatch.setattr("jiedao.record.queries.PAGE", 2)


def three() -> None:
    for number in range(3):
        reported(f"路灯不亮{number}", off=number * 900.0, name=NAME, phone=f"1381234567{number}")
    findables.fill()


def asked_by(who: str, path: str, **told) -> Export:
    """Asked on the page that the button leads to, and made by the job."""
    colleague = Colleague(who)
    answer = colleague.get(path, **told)
    answer = colleague.get(answer.headers["Location"]) if answer.status_code == 302 else answer
    form = dict(part for part in _hidden(answer.content.decode()) if part[0] != "csrfmiddlewaretoken")
    assert colleague.post("/me/exports/ask/", form).status_code == 303
    row = Export.objects.latest("asked_at")
    exporting.make(row.id)
    row.refresh_from_db()
    return row


def _hidden(html: str):
    form = re.search(r'(?s)action="/me/exports/ask/".*?</form>', html)
    assert form, html[:1500]
    for name, value in re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', form[0]):
        yield name, unescape(value)


@pytest.mark.parametrize("path", ["/triage/?q=路灯&take=csv&purpose=check", "/cases/?q=路灯&take=csv&purpose=check"])
def test_a_long_list_is_made_by_a_job_and_taken_by_who_asked(long_lists, path):
    three()
    reported("垃圾没人清")
    row = asked_by("dispatcher", path)
    content = Colleague("dispatcher").get(f"/me/exports/{row.id}/").content
    told = list(csv.reader(io.StringIO(content.decode("utf-8-sig"))))

    assert (row.state, row.rows, row.taken) == ("ready", 3, 0)
    assert "路灯" in told[1][1] and "%" not in told[1][1]
    assert told[4][1] == "督办核查"
    assert sorted(part for line in told[7:] for part in "".join(line[:2]).split() if "路灯" in part) != []
    assert len(told) == 10
    assert [word for word in (NAME, "13812345670") if word in content.decode()] == []
    assert Look.objects.filter(what="export", object_id=row.id).count() == 1
    assert list(Notice.objects.filter(person=row.person).values_list("verb", "link")) == [("export", "/me/exports/")]
    assert Colleague("supervisor").get(f"/me/exports/{row.id}/").status_code == 404
    assert "已生成" in words(Colleague("dispatcher").get("/me/exports/"))


def test_a_workbook_asked_twice_by_one_key_is_one_and_a_job_that_runs_twice_makes_one(long_lists):
    three()
    told = {
        "key": str(new_id()),
        "title": "全部案件",
        "path": "/cases/",
        "query": "",
        "form": "xlsx",
        "purpose": "work",
    }
    colleague = Colleague("dispatcher")
    assert [colleague.client.post("/me/exports/ask/", told, headers=colleague.headers).status_code for _ in "12"] == [
        303,
        303,
    ]
    row = Export.objects.get()
    exporting.make(row.id)
    row.refresh_from_db()
    first = bytes(row.sha256)
    exporting.make(row.id)
    row.refresh_from_db()

    assert bytes(row.sha256) == first
    assert Notice.objects.filter(verb="export").count() == 1
    assert colleague.get(f"/me/exports/{row.id}/").content[:2] == b"PK"


def test_who_lost_the_post_gets_no_list_and_a_fault_is_told(monkeypatch):
    row = ledger.ask(by=seat(), title="全部案件", path="/cases/", query="", form="csv", lang="en", purpose="work")
    with monkeypatch.context() as patched:
        patched.setattr(ledger.posts, "held_by", lambda person: [])
        exporting.make(row.id)
    row.refresh_from_db()
    other = ledger.ask(by=seat(), title="没有", path="/nowhere/", query="", form="csv", lang="en", purpose="work")
    exporting.make(other.id)
    other.refresh_from_db()

    assert [(one.state, one.answer) for one in (row, other)] == [("failed", "left"), ("failed", "fault")]
    assert Notice.objects.filter(person=row.person, verb="export_failed").count() == 1


def test_files_end_with_their_key_and_no_more_than_five_are_made_at_once():
    rows = [
        ledger.ask(by=seat(), title="全部案件", path="/cases/", query="", form="csv", lang="en", purpose="work")
        for _ in range(5)
    ]
    with pytest.raises(Refused) as refused:
        ledger.ask(by=seat(), title="全部案件", path="/cases/", query="", form="csv", lang="en", purpose="work")
    exporting.make(rows[0].id)
    open_rows([rows[0].id])
    later = now() + timedelta(days=8)
    assert ExportFile.objects.count() == 1
    with moved(lambda: later):
        assert ledger.end_due() == 1
        assert Colleague("dispatcher").get(f"/me/exports/{rows[0].id}/").status_code in (302, 404)
    rows[0].refresh_from_db()

    assert refused.value.rule == "too_many_exports"
    assert (rows[0].state, rows[0].key, ExportFile.objects.count()) == ("gone", None, 0)
    assert set(Export.objects.exclude(pk=rows[0].pk).values_list("state", "answer")) == {("failed", "lost")}


def test_an_address_that_is_no_page_of_ours_is_not_asked_for():
    told = {"title": "x", "path": "/api/v1/cases", "query": "", "form": "csv", "purpose": "work"}
    answer = Colleague("dispatcher").post("/me/exports/ask/", told)

    assert answer.status_code == 422
    assert Export.objects.count() == 0


def seat() -> Actor:
    return acting("dispatcher")


def in_the_clear(**told) -> Export:
    """A dispatcher asks for the register with names; nobody has said yes."""
    given = {"query": "q=路灯", "purpose": "verify", "reason": "逐户电话核实，核实后销毁"} | told
    assert Colleague("dispatcher").post("/me/exports/clear/", given).status_code == 303
    return Export.objects.get(unmasked=True)


def test_a_list_in_the_clear_needs_a_reason_and_a_second_person():
    three()
    assert Colleague("drainage").get("/me/exports/clear/").status_code == 404
    without = Colleague("dispatcher").post("/me/exports/clear/", {"purpose": "verify", "reason": ""})
    row = in_the_clear()
    exporting.make(row.id)
    own = Colleague("dispatcher").post(f"/me/exports/{row.id}/decide/", {"say": "yes"})
    row.refresh_from_db()

    assert without.status_code == 422
    assert (row.state, own.status_code) == ("waiting", 404)
    assert Notice.objects.filter(verb="export_asked").count() >= 1
    with pytest.raises(IntegrityError), transaction.atomic():
        Export.objects.filter(pk=row.pk).update(state="asked")
    with pytest.raises(IntegrityError), transaction.atomic():
        Export.objects.filter(pk=row.pk).update(second=row.person, state="asked")


def test_who_holds_both_posts_agrees_to_no_list_of_the_own_and_without_a_second_there_is_none():
    """G19: 0 lists in the clear without a second person, whichever way they are asked for."""
    row = in_the_clear()
    both = Actor.at(acting("security").post, row.person)
    with pytest.raises(Refused) as own:
        ledger.decide(row.pk, by=both, agreed=True)
    with pytest.raises(Refused) as other:
        ledger.decide(row.pk, by=acting("supervisor"), agreed=True)
    exporting.make(row.id)
    row.refresh_from_db()
    taken = Colleague("dispatcher").get(f"/me/exports/{row.id}/")
    with pytest.raises(IntegrityError), transaction.atomic():
        Export.objects.filter(pk=row.pk).update(state="ready", key=b"x", until=now(), sha256=b"x")

    assert (own.value.rule, other.value.rule) == ("export_second", "not_keeper")
    assert (row.state, taken.status_code, ExportFile.objects.count()) == ("waiting", 404, 0)
    assert [one.verb for one in Change.objects.filter(kind="export", object_id=row.id)] == ["ask"]
    assert Notice.objects.filter(verb="export").count() == 0


def test_it_is_marked_locked_and_known_to_those_in_it():
    three()
    complaint = reported("路灯不亮，投诉物业", kind="complaint", name="匿名雀", phone=PHONE, off=450.0)
    findables.fill()
    row = in_the_clear()
    assert Colleague("security").post(f"/me/exports/{row.id}/decide/", {"say": "yes"}).status_code == 303
    exporting.make(row.id)
    row.refresh_from_db()
    page, colleague = f"/me/exports/{row.id}/", Colleague("dispatcher")
    weak = colleague.post(page, {"password": "short", "again": "short"})
    given = colleague.post(page, {"password": PASSWORD, "again": PASSWORD})
    paper = PdfReader(io.BytesIO(given.content))
    shut = paper.is_encrypted and not paper.decrypt("wrong-password-1")
    paper.decrypt(PASSWORD)
    text = "".join(leaf.extract_text() for leaf in paper.pages)

    assert (row.state, weak.status_code, given.status_code, shut) == ("ready", 422, 200, True)
    assert NAME in text and "13812345671" in text
    assert [word for word in ("匿名雀", PHONE) if word in text] == []
    assert row.person.code in text
    assert row.until <= now() + timedelta(hours=24)
    assert Look.objects.filter(what="export", object_id=complaint.id).count() == 0
    assert Look.objects.filter(what="export").count() == 3 + 1
    assert [one.verb for one in Change.objects.filter(kind="export", object_id=row.id).order_by("seq")] == [
        "ask", "agree", "make",
    ]  # fmt: skip


def test_a_no_says_why_and_the_ledger_is_for_its_keepers_and_the_auditor():
    row = in_the_clear()
    security = Colleague("security")
    assert security.post(f"/me/exports/{row.id}/decide/", {"say": "no", "answer": ""}).status_code == 422
    assert security.post(f"/me/exports/{row.id}/decide/", {"say": "no", "answer": "范围太大"}).status_code == 303

    assert "范围太大" in words(Colleague("dispatcher").get("/me/exports/"))
    for who in ("security", "auditor"):
        assert "逐户电话核实" in words(Colleague(who).get("/me/exports/?tab=ledger"))
    assert "逐户电话核实" not in words(Colleague("supervisor").get("/me/exports/?tab=ledger"))
    assert "Refused" in words(Colleague("dispatcher", "en").get("/me/exports/"))
