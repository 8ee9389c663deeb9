"""The API (接口): what it describes, whom it lets in, and that nothing sent to it breaks it."""

import io
import itertools
import json
from datetime import timedelta
from typing import Any
from uuid import uuid4
from zlib import crc32

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from openapi_spec_validator import OpenAPIV31SpecValidator

from jiedao.doors.acts import ACTS
from jiedao.doors.api import schema
from jiedao.doors.api.lane import with_lane
from jiedao.ground.districts import district
from jiedao.ground.journal.models import Look
from jiedao.ground.people.models import Account, Post, Tenure, Token, Unit
from jiedao.kit.clock import now, today
from jiedao.record.models import Attachment, Case, Entry
from tests.api_calls import Api, token_of
from tests.media_files import picture

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def described() -> dict[str, Any]:
    return schema.document()


@pytest.fixture
def dispatcher() -> Api:
    return Api(token_of("dispatcher"))


@pytest.fixture
def grid() -> Api:
    return Api(token_of("grid"))


@pytest.fixture
def urban() -> Api:
    return Api(token_of("urban"))


# The description


def test_the_committed_description_is_what_the_code_says():
    assert schema.is_current(), "write it: python -m jiedao openapi"


def test_the_description_is_valid_openapi_3_1(described):
    assert described["openapi"].startswith("3.1")
    assert list(OpenAPIV31SpecValidator(described).iter_errors()) == []


@pytest.mark.parametrize("act", ACTS.values(), ids=ACTS)
def test_every_verb_is_an_operation_with_its_own_fields(described, act):
    operation = described["paths"][f"/api/v1/cases/{{number}}/{act.verb}"]["post"]
    body = operation["requestBody"]["content"]["application/json"]["schema"]

    assert operation["operationId"] == act.verb
    assert {f.name for f in act.fields} <= body["properties"].keys()
    assert body["required"] == [f.name for f in act.fields if f.required]
    assert {int(code) for code in operation["responses"]} == {200, *schema.WRITE_REFUSALS}


# Who is let in


def _left(account: Account, token: Token) -> None:
    account.person.left_on = today()
    account.person.save(update_fields=["left_on"])


def _disabled(account: Account, token: Token) -> None:
    account.is_active = False
    account.save(update_fields=["is_active"])


def _revoked(account: Account, token: Token) -> None:
    Token.objects.filter(pk=token.pk).update(revoked_at=now())


def _ended(account: Account, token: Token) -> None:
    Token.objects.filter(pk=token.pk).update(ends_at=now() - timedelta(seconds=1))


def _moved(account: Account, token: Token) -> None:
    Tenure.objects.filter(person=account.person, post=token.post).update(valid_to=today())


def _post_gone(account: Account, token: Token) -> None:
    Post.objects.filter(pk=token.post_id).update(valid_to=today())


def _unit_gone(account: Account, token: Token) -> None:
    Unit.objects.filter(pk=token.post.unit_id).update(valid_to=today())


@pytest.mark.parametrize("end", [_left, _disabled, _revoked, _ended, _moved, _post_gone, _unit_gone])
def test_a_token_ends_at_the_next_request(urban, end):
    nobody = Api("").get("/cases")
    assert urban.get("/cases").status == 200

    with district("gulou"):
        account = Account.objects.select_related("person").get(username="urban")
        end(account, Token.objects.select_related("post").get(account=account))

    refused = urban.get("/cases")
    assert (refused.status, refused.content) == (401, nobody.content)


def test_a_person_who_moves_acts_as_the_new_unit_at_once(urban, dispatcher):
    number = dispatcher.report("路面积水")
    with district("gulou"):
        centre = Unit.objects.get(code="centre")
        Post.objects.filter(code="urban-handler-1").update(unit=centre)

    assert urban.get(f"/cases/{number}").status == 200


def test_a_neighbours_token_is_no_token_here():
    from_there = Api(token_of("dispatcher", label="jianghan"), "gulou")
    unknown = Api("jd_" + "x" * 43)

    for path in ("/cases", "/cases/26-00001", "/units", "/nowhere"):
        theirs, nobodys = from_there.get(path), unknown.get(path)
        assert (theirs.status, theirs.content) == (nobodys.status, nobodys.content)
        assert theirs.status in (401, 404)


def test_a_case_out_of_sight_is_as_absent_as_one_that_is_not(urban, dispatcher):
    number = dispatcher.report("占道经营")

    hidden, missing = urban.get(f"/cases/{number}"), urban.get("/cases/99-99999")
    assert (hidden.status, hidden.content) == (404, missing.content)
    hidden, missing = urban.post(f"/cases/{number}/note", {"text": "x"}), urban.post("/cases/99-9/note", {"text": "x"})
    assert (hidden.status, hidden.content) == (404, missing.content)


def test_a_case_of_the_neighbour_is_absent(dispatcher):
    there = Api(token_of("dispatcher", label="jianghan"), "jianghan")
    number = [there.report(f"井盖缺失{n}") for n in range(3)][-1]

    assert dispatcher.get(f"/cases/{number}").status == 404


def test_a_host_of_no_district_has_no_api(dispatcher):
    dispatcher.client.defaults["HTTP_HOST"] = "nowhere.localhost"

    assert dispatcher.get("/cases").rule == "no_district"


def test_a_visible_case_refuses_a_verb_of_others_and_says_whose_it_is(grid):
    number = grid.report("占道经营", area="320106001901001")

    refused = grid.post(f"/cases/{number}/classify", {"item": "street-lights"})

    assert (refused.status, refused.rule) == (403, "not_yours")
    assert "受理员" in refused.body["zh"]


def test_an_opened_complaint_is_logged_before_it_is_shown(dispatcher):
    number = dispatcher.report(
        "投诉小区物业乱收费", kind="complaint", caller={"name": "王小明", "phone": "13900001111"}
    )

    shown = dispatcher.get(f"/cases/{number}")

    assert "13900001111" not in shown.content.decode() and "王" not in shown.content.decode()
    with district("gulou"):
        assert Look.objects.filter(object_id=Case.objects.get(number=number).id).count() == 1


# What it says


def test_a_refusal_says_it_in_both_languages_with_the_next_step(dispatcher):
    refused = dispatcher.post("/events", {"words": "  "})

    assert refused.status == 422
    assert refused.body == {
        "rule": "incomplete",
        "facts": {"verb": "report", "missing": ["words"]},
        "zh": "还不能上报：还缺内容。",
        "en": "Not sent: report. Still missing: what happened.",
        "next": {"zh": "补上后再发送", "en": "Add it and send again"},
    }


def test_a_form_that_saw_an_older_case_is_refused_with_what_came_since(dispatcher):
    number = dispatcher.report("路灯不亮")
    dispatcher.do(number, "note", text="先打电话")

    refused = dispatcher.post(f"/cases/{number}/note", {"text": "再看", "seen": 1})

    assert (refused.status, refused.rule) == (409, "changed")
    assert [line["verb"] for line in refused.body["facts"]["since"]] == ["note"]


def test_what_is_offered_can_be_done_and_nothing_else_is(dispatcher):
    number = dispatcher.report("路灯不亮", process="call")

    offered = {offer["verb"] for offer in dispatcher.get(f"/cases/{number}").body["offered"]}

    assert {"classify", "answer", "reject", "dispatch"} <= offered
    assert not offered & {"reply", "acknowledge", "rate"}


def test_lists_filter_and_page(dispatcher):
    numbers = [dispatcher.report(f"垃圾堆放第 {n} 处", kind="help") for n in range(3)]
    dispatcher.report("路灯不亮")

    first = dispatcher.get("/cases", q="垃圾堆放", order="newest", limit=2).body
    second = dispatcher.get("/cases", q="垃圾堆放", order="newest", limit=2, page=2).body

    assert [c["number"] for c in first["cases"] + second["cases"]] == numbers[::-1]
    assert (first["total"], first["next_page"], second["next_page"]) == (3, 2, 0)
    assert dispatcher.get("/cases", kind="help", phase="closed").body["cases"] == []


@pytest.mark.parametrize("rows", [1, 3])
def test_a_list_asks_the_same_whatever_its_rows(dispatcher, rows):
    for n in range(rows):
        dispatcher.report(f"路面破损{n}")
    dispatcher.get("/cases")

    with CaptureQueriesContext(connection) as asked:
        assert len(dispatcher.get("/cases", q="路面破损").body["cases"]) == rows

    # Who asks, the versions, the count, which cases, their rows.
    assert len([q for q in asked if "search_path" not in q["sql"]]) == 5


@pytest.mark.parametrize(
    ("query", "field"),
    [({"limit": 201}, "limit"), ({"limit": "x"}, "limit"), ({"page": 0}, "page"), ({"since": "soon"}, "since"),
     ({"overdue": "maybe"}, "overdue"), ({"q": "x" * 300}, None), ({"q": "a\0"}, None), ({"limit": "²"}, "limit")],
)  # fmt: skip
def test_a_list_refuses_what_it_cannot_read(dispatcher, query, field):
    refused = dispatcher.get("/cases", **query)

    assert refused.status in (400, 422)
    assert field is None or refused.body["facts"]["field"] == field


# Files


def test_an_uploaded_picture_hangs_on_the_report_that_names_it(grid):
    ident = grid.upload(picture(), "灯.jpg").body["id"]

    number = grid.report("路灯不亮", photos=[ident])

    line = grid.get(f"/cases/{number}").body["timeline"][0]
    assert [(f["mime"], f["name"]) for f in line["files"]] == [("image/jpeg", "灯.jpg")]


def test_an_upload_sent_twice_is_one_file(grid):
    key = str(uuid4())
    first, second = (grid.upload(picture(), "灯.jpg", key) for _ in range(2))

    assert first.content == second.content
    assert grid.upload(picture(form="PNG"), "灯.png", key).status == 409


def test_a_file_serves_its_sender_alone_and_once(grid, dispatcher):
    ident = grid.upload(picture(), "灯.jpg").body["id"]
    grid.report("路灯不亮", photos=[ident])

    assert dispatcher.post("/events", {"words": "x", "photos": [ident]}).rule == "unknown_file"
    assert grid.post("/events", {"words": "另一件事", "photos": [ident]}).rule == "file_used"
    with district("gulou"):
        assert Attachment.objects.count() == 1


def test_what_is_no_picture_is_refused_with_its_reason(grid):
    refused = grid.upload(b"MZ\x90\x00 not a picture", "a.exe")

    assert (refused.status, refused.rule) == (422, "bad_file")


def test_a_body_that_is_too_large_is_refused_by_its_length(grid):
    refused = grid.post("/events", json.dumps({"words": "长" * 1_000_000}))

    assert (refused.status, refused.rule) == (413, "body_too_large")


# What breaks others

BROKEN = [
    b"", b"{", b"[]", b"null", b"7", b'"x"', b"\xff\xfe", b'{"a":' * 5000, b'{"words":"a\\u0000b","text":"a\\u0000b"}',
    b'{"key":5}', b'{"seen":"x"}', b'{"seen":-1}', b'{"seen":1e400}', b'{"order":7}', b'{"order":"x"}',
    b'{"\\u0000":1}', b'{"words":null}', b'{"words":"\\ud800"}',
]  # fmt: skip
STRANGE = [
    None, "", 0, -1, 10**30, 1.5, True, [], {}, [[]], [None], [{}], {"a": {"b": {}}}, "x" * 6000, "a\0b", "\u202e",
    "9" * 5000, "1e999", "0001-01-01T00:00:00", "9999-12-31T23:59:59+14:00", str(uuid4()), ["a\0"] * 40,
    {"x\0": {"arrival": {}}}, [float("1e308"), 1e308], ["nan", "nan"], [181, 0], "4 working_hours", "-1 hours",
    "999999999999 working_days", {"centre": {"arrival": [], "handling": "五", "satisfied": {}}},
]  # fmt: skip
DOCUMENTED = {200, 201, *schema.WRITE_REFUSALS}


@pytest.fixture
def case_with_order(dispatcher) -> str:
    number = dispatcher.report("路灯不亮", process="call", area="320106001901001")
    dispatcher.do(number, "dispatch", lead="urban")
    return number


@pytest.mark.parametrize("verb", ["events", *ACTS])
def test_a_broken_body_is_refused_and_leaves_nothing(dispatcher, case_with_order, verb):
    path = "/events" if verb == "events" else f"/cases/{case_with_order}/{verb}"
    with district("gulou"):
        before = Entry.objects.count()

    for content in BROKEN:
        answer = dispatcher.post(path, content)
        harmless = content == b"" or (verb != "events" and content in (b"{}",))
        assert answer.status in DOCUMENTED, (content[:60], answer.status)
        assert harmless or answer.status >= 400, (content[:60], answer.body)
        assert answer.rule or answer.status < 400

    with district("gulou"):
        assert Entry.objects.count() - before <= 1  # an empty body is all that some verbs ask


@pytest.mark.parametrize("act", ACTS.values(), ids=ACTS)
def test_strange_values_never_break_a_verb(request, dispatcher, urban, case_with_order, act):
    """With each commit a third of them, another third for each verb; all by night."""
    order = dispatcher.orders(case_with_order)["urban"]
    good = {"order": order} if act.on_order else {}
    begin, step = (0, 1) if request.config.getoption("--nightly") else (crc32(act.verb.encode()) % 3, 3)

    for field, value in itertools.islice(itertools.product(act.fields, STRANGE), begin, None, step):
        who = urban if act.on_order else dispatcher
        answer = who.post(f"/cases/{case_with_order}/{act.verb}", {**good, field.name: value})
        assert answer.status in DOCUMENTED, (field.name, value, answer.content[:300])


def test_strange_values_never_break_a_report(described, dispatcher):
    fields = described["components"]["schemas"]["ReportGiven"]["properties"]

    for field, value in itertools.product(fields, STRANGE):
        answer = dispatcher.post("/events", {"words": "路灯不亮", field: value})
        assert answer.status in DOCUMENTED, (field, value, answer.content[:300])


@pytest.mark.parametrize("number", ["%00", "a%00b", "x" * 300, "..%2f..", "'--", "%ff", "２６", "{}"])
def test_strange_numbers_are_absent(dispatcher, number):
    for answer in (dispatcher.get(f"/cases/{number}"), dispatcher.post(f"/cases/{number}/note", {"text": "x"})):
        assert (answer.status, answer.rule) == (404, "absent")


@pytest.mark.parametrize("path", ["/events", "/cases", "/cases/26-00001", "/units", "/files", "/cases/26-00001/note"])
@pytest.mark.parametrize("method", ["put", "patch", "delete", "trace", "options"])
def test_other_methods_are_refused(dispatcher, path, method):
    response = getattr(dispatcher.client, method)(f"/api/v1{path}", **dispatcher._headers())

    assert response.status_code in (405, 401)
    assert json.loads(response.content)["rule"] in ("wrong_method", "signed_out")


@pytest.mark.parametrize("key", ["x", "1", "0" * 65, "a\nb", "x" * 5000])
def test_a_key_is_a_uuid(dispatcher, key):
    assert dispatcher.post("/events", {"words": "路灯不亮", "key": key}, key="").status == 400


def test_a_write_without_a_key_is_refused(dispatcher):
    assert dispatcher.post("/events", {"words": "路灯不亮"}, key="").rule == "key_missing"


# The fast lane of writes


def by_lane(content: bytes, path: str = "/api/v1/events", **headers: str) -> tuple[int, bytes]:
    """What the lane before Django answers to a write."""
    said: list[str] = []
    environ = {
        "REQUEST_METHOD": "POST", "PATH_INFO": path, "HTTP_HOST": "gulou.localhost:8000",
        "CONTENT_LENGTH": str(len(content)), "wsgi.input": io.BytesIO(content), **headers,
    }  # fmt: skip
    body = with_lane(lambda *_: [b"pages"])(environ, lambda status, _: said.append(status))
    return int(said[0][:3]), b"".join(body)


@pytest.mark.parametrize(
    ("content", "headers"),
    [
        (b'{"words": " "}', {}),
        (b'{"words": 7}', {}),
        (b"{", {}),
        (b"", {}),
        (b'{"words": "x"}', {"HTTP_IDEMPOTENCY_KEY": "no"}),
        (b'{"words": "x"}', {"HTTP_AUTHORIZATION": "Bearer jd_unknown"}),
        (b'{"words": "x"}', {"HTTP_HOST": "nowhere.localhost"}),
        (b'{"words": "x"}', {"HTTP_HOST": "gulou.evil.example"}),
        (b'{"words": "x", "process": "none"}', {}),
        (b'{"words": "' + b"x" * 2_200_000 + b'"}', {}),
    ],
)
def test_the_fast_lane_refuses_as_the_api_does(dispatcher, content, headers):
    given = dispatcher._headers() | {"HTTP_IDEMPOTENCY_KEY": str(uuid4())} | headers

    response = dispatcher.client.post("/api/v1/events", content, content_type="application/json", **given)

    assert by_lane(content, **given) == (response.status_code, response.content)


def test_the_fast_lane_and_the_api_find_one_anothers_receipts(dispatcher):
    key, content = str(uuid4()), '{"words": "路灯不亮"}'.encode()
    first = dispatcher.post("/events", content, key)

    assert by_lane(content, **dispatcher._headers(), HTTP_IDEMPOTENCY_KEY=key) == (201, first.content)


@pytest.mark.parametrize(
    ("path", "content", "headers"),
    [
        ("/cases/{number}/note", b'{"text": "x"}', {"HTTP_IDEMPOTENCY_KEY": "no"}),
        ("/cases/{number}/note", b'{"text": ""}', {}),
        ("/cases/{number}/note", b'{"colour": "red"}', {}),
        ("/cases/{number}/note", b"[", {}),
        ("/cases/{number}/note", b'{"text": "x"}', {"HTTP_AUTHORIZATION": "Bearer jd_unknown"}),
        ("/cases/{number}/note", b'{"text": "x"}', {"HTTP_HOST": "nowhere.localhost"}),
        ("/cases/{number}/reply", b'{"outcome": "done", "text": "x"}', {}),
        ("/cases/{number}/reply", b'{"outcome": "done", "text": "x", "order": "7"}', {}),
        ("/cases/99-99999/note", b'{"text": "x"}', {}),
    ],
)
def test_the_fast_lane_refuses_a_verb_as_the_api_does(dispatcher, path, content, headers):
    number = dispatcher.post("/events", {"words": "路灯不亮"}).body["number"]
    given = dispatcher._headers() | {"HTTP_IDEMPOTENCY_KEY": str(uuid4())} | headers
    path = "/api/v1" + path.format(number=number)

    response = dispatcher.client.post(path, content, content_type="application/json", **given)

    assert by_lane(content, path, **given) == (response.status_code, response.content)


def test_the_fast_lane_does_a_verb_once_with_the_api(dispatcher):
    number = dispatcher.post("/events", {"words": "路灯不亮"}).body["number"]
    key, content = str(uuid4()), '{"text": "看过"}'.encode()

    done = by_lane(content, f"/api/v1/cases/{number}/note", **dispatcher._headers(), HTTP_IDEMPOTENCY_KEY=key)
    again = dispatcher.post(f"/cases/{number}/note", content, key)

    assert done == (200, again.content)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/api/v1/events"),
        ("GET", "/api/v1/cases/26-00001/note"),
        ("POST", "/api/v1/cases/26-00001/colour"),
        ("POST", "/api/v1/cases/26-00001/note/"),
        ("POST", "/api/v1/cases/二/note"),
        ("POST", "/api/v1/files"),
    ],
)
def test_the_fast_lane_leaves_everything_else_to_the_pages(method, path):
    environ = {"REQUEST_METHOD": method, "PATH_INFO": path}

    assert with_lane(lambda *_: [b"pages"])(environ, lambda *_: None) == [b"pages"]
