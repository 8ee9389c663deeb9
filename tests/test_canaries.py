"""Canaries (金丝雀): made-up names and numbers in every personal field; no page, file, export, search, log, job or cache of
any role may show one (G15, R3, R7). The one way to a number, with reason and proof, is not walked here.
"""

import hashlib
import io
import logging
import zipfile
from typing import Any
from urllib.parse import unquote

import pytest
from django.core.cache import cache
from django.db import connection
from pypdf import PdfReader

from jiedao.doors.notify import addresses as ways
from jiedao.doors.notify import channels
from jiedao.doors.notify.models import Channel
from jiedao.ground.people.models import Account, Person, Subject
from jiedao.ground.places.models import Area
from jiedao.ground.store import Stored
from jiedao.kit.clock import now
from jiedao.kit.ids import new_id
from jiedao.lines.replies import drafts
from jiedao.record import consequences
from jiedao.record.models import Attachment, Case, Entry
from tests import cast, matrix
from tests.api_calls import token_of
from tests.desks import Colleague
from tests.matrix import addresses, filled
from tests.residents import HERE

NAME, PHONE, CARD, PLATE = "欧阳金丝雀", "13987650001", "320106199001011234", "苏A7K9Q2"
OTHER = "13987650003"
STAFF, MAIL = "13987650005", "jinsique@example.org"
CANARIES = (NAME, PHONE, OTHER, CARD, STAFF, MAIL)
WORDS = f"我叫{NAME}，电话{PHONE}，身份证{CARD}，三号楼下水道堵了"
OWN = {(STAFF, "people_person"), (STAFF, "replies_draft"), (MAIL, "people_account")}
"""Where the fields of who works here lie, in clear: no page but the own shows them."""
SEARCHES = ("金丝雀", "欧阳", PHONE, "下水道", "26-0000")
NEAR = ("desk", "department", "cases", "cases_export", "command_map", "notices")
"""Lists that show cases; with these and each case's own pages every commit is tried, at night every address."""

ROLES = [pytest.param("urban", NEAR, id="urban")]
ROLES += [pytest.param(role, (), id=f"{role}-everywhere", marks=pytest.mark.nightly) for role in matrix.ROLES]


@pytest.fixture
def planted(in_gulou) -> list[str]:
    """A call for help and a complaint of the same person, both with an order, everything told that a form can take."""
    from jiedao.ground.people.contacts import Caller
    from jiedao.stages import intake

    numbers, area = [], Area.objects.on().get(code=cast.GRID)
    for kind, process, phone in (("help", "event", PHONE), ("complaint", "call", OTHER)):
        told = intake.Told(
            WORDS,
            "hotline",
            area=area,
            kind=kind,
            address=f"解放里 5 号 {PHONE}",
            source="12345",
            source_key=f"S-{kind}",
            photos=[picture(f"{NAME}的身份证{CARD}", f"{kind}.jpg")],
        )
        by = cast.seat("centre-hotline_clerk-1")
        case = intake.report(told, by=by, caller=Caller(NAME, phone), process=process).case
        about = {"reported_units": ["housing"]} if kind == "complaint" else {}
        cast.do(case, "classify", cast.DISPATCHER, item="street-lights", **about)
        if process == "event":
            cast.do(case, "file", cast.DISPATCHER)
        cast.do(case, "dispatch", cast.DISPATCHER, lead="urban")
        cast.do(case, "acknowledge", "urban-handler-1")
        cast.do(case, "note", "urban-handler-1", text=f"已联系来电人 {PHONE}")
        numbers.append(case.number)
    staff()
    for entry in Entry.objects.all():
        consequences.act(entry.id)
    return numbers


def picture(name: str, path: str) -> Stored:
    """A file as the store hands it out; what it is called, its sender chose."""
    return Stored("picture", "image/jpeg", path, "", 100, hashlib.sha256(path.encode()).digest(), f"{name}.jpg", 4, 3)


def staff() -> None:
    """Personal fields of somebody who works here and is none of the roles that look: number, mail, draft, address."""
    by = cast.seat("fire-handler-1")
    person = by.person
    Person.objects.filter(pk=person.pk).update(phone=STAFF)
    Account.objects.create(username="fire-canary", email=MAIL, person=person)
    drafts.save(by, "do:note", {"text": f"我的电话 {STAFF}"}, "消防")
    channel = Channel(id=new_id(), person=person, kind="email", mask=ways.mask("email", MAIL), made_at=now())
    channel.save(force_insert=True)
    channels._seal(channel, MAIL, "")


def text(response: Any) -> str:
    """What an answer says, also where it is packed: sheets and papers."""
    content = b"".join(response.streaming_content) if getattr(response, "streaming", False) else response.content
    if content[:2] == b"PK":
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            return "\n".join(packed.read(name).decode("utf-8", "ignore") for name in packed.namelist())
    if content[:4] == b"%PDF":
        return "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(content)).pages)
    return content.decode("utf-8", "ignore")


def shown(where: str, said: str) -> list[str]:
    return [f"{canary} on {where}" for canary in CANARIES if canary in said]


@pytest.mark.parametrize(("role", "near"), ROLES)
def test_no_page_file_export_or_search_of_a_role_shows_one(planted, role, near):
    who, found, asked = Colleague(role), [], 0
    for route, name in addresses():
        of_case = "<str:number>" in route
        if name == "account_logout" or (near and name not in near and not of_case):
            continue
        for number in planted if of_case else planted[:1]:
            path = filled(route, number)
            found += shown(f"{name} {path}", text(who.get(path)))
            asked += 1
    for file in Attachment.objects.all():
        for page in ("", "view/"):
            answer = who.get(f"/files/{file.id}/{page}")
            found += shown(f"file {page}", text(answer) + unquote(str(answer.headers)))
    for word in SEARCHES[:2] if near else SEARCHES:
        found += shown(f"search {word}", text(who.post("/search/", {"q": word})))
        found += shown(f"search {word}", text(who.get(f"/search/?q={word}")))

    print(f"reached {asked} pages as {role}")
    assert found == []


def test_no_program_gets_one(planted):
    from django.test import Client

    client, found = Client(raise_request_exception=False), []
    for who in ("dispatcher", "urban"):
        headers = HERE | {"authorization": f"Bearer {token_of(who)}"}
        for number in planted:
            for path in (f"/api/v1/cases/{number}", "/api/v1/cases", "/api/v1/cases?q=下水道"):
                found += shown(f"{who} {path}", text(client.get(path, headers=headers)))

    assert found == []


def test_no_row_job_cache_or_log_holds_one(planted, caplog):
    """In clear; sealed under the subject's key they do lie there."""
    caplog.set_level(logging.DEBUG)
    Colleague("dispatcher").get(f"/case/{planted[0]}/")
    found = []
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT schemaname, tablename FROM pg_tables WHERE schemaname IN (%s, 'public')", [connection.schema_name]
        )
        for schema, table in cursor.fetchall():
            for canary in CANARIES:
                cursor.execute(f'SELECT count(*) FROM "{schema}"."{table}" t WHERE t::text LIKE %s', [f"%{canary}%"])
                found += [f"{canary} in {table}"] * (cursor.fetchone()[0] if (canary, table) not in OWN else 0)
    for canary in CANARIES:
        found += [f"{canary} in the log"] * (canary in caplog.text)
        found += [f"{canary} in the cache"] * (canary in str(getattr(cache, "_cache", "")))

    assert found == []
    assert Subject.objects.filter(key__isnull=False).exists()


def test_the_handler_of_a_complaint_gets_no_mask_either(planted):
    complaint = Case.objects.get(number=planted[1])
    assert complaint.shielded and complaint.caller_mask

    page = text(Colleague("urban").get(f"/case/{complaint.number}/"))

    assert complaint.number in page
    assert [part for part in complaint.caller_mask.split() if part in page] == []
    assert Colleague("housing").get(f"/case/{complaint.number}/").status_code == 404
