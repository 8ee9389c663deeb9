"""Around every page: the district of a host, the language, the headers, and one answer for absent and forbidden."""

import gzip
import os
import re
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from django.core.exceptions import PermissionDenied
from django.db import OperationalError
from django.http import HttpResponse
from django.test import Client, RequestFactory

from jiedao.doors.web import faults, frame, middleware
from jiedao.ground.districts import current_district, district
from jiedao.kit import clock
from jiedao.kit.refusal import Absent

HERE = {"host": "gulou.localhost"}


@pytest.fixture(autouse=True)
def _hosts_are_read_again(db):
    middleware.hosts.forget()
    yield
    middleware.hosts.forget()


def entered(host: str, **settings) -> str | None:
    """The label of the district a request for this host is answered in."""
    seen = []

    def view(request):
        seen.append(current_district().label if request.district else None)
        return HttpResponse()

    middleware.DistrictMiddleware(view)(RequestFactory().get("/", headers={"host": host}))
    return seen[0]


@pytest.mark.parametrize("host", ["gulou.localhost", "gulou.localhost:8000", "GULOU.localhost"])
def test_host_chooses_the_district(host):
    assert entered(host) == "gulou"


def test_two_hosts_are_two_districts():
    assert [entered("gulou.localhost"), entered("jianghan.localhost")] == ["gulou", "jianghan"]


def test_any_other_host_is_no_district():
    assert entered("localhost") is None


def test_any_other_host_is_the_default_district_where_one_is_set(settings):
    settings.DEFAULT_DISTRICT = "jianghan"

    assert entered("localhost") == "jianghan"
    assert entered("gulou.localhost") == "gulou"


def test_hosts_are_asked_for_once(django_assert_num_queries):
    entered("gulou.localhost")

    with django_assert_num_queries(0):
        assert middleware.hosts.find("jianghan.localhost").label == "jianghan"


def test_bare_host_lists_the_districts_and_nothing_else(client):
    front = client.get("/", headers={"host": "localhost:8000"})
    inside = client.get("/accounts/login/", headers={"host": "localhost:8000"})

    assert front.status_code == 200
    assert 'href="http://gulou.localhost:8000/"' in front.text
    assert inside.status_code == 404


def test_bare_host_does_not_look_a_session_up(client):
    client.cookies["sessionid"] = "of-another-day"

    assert client.get("/", headers={"host": "localhost"}).status_code == 200


@pytest.mark.parametrize("path", ["/", "/accounts/login/", "/livez", "/static/nothing.css"])
@pytest.mark.parametrize("host", ["example.com", "10.9.9.9:8000", "gulou.localhost.example.com", "a b"])
def test_a_host_that_is_not_ours_is_a_request_that_cannot_be_answered(client, path, host):
    answer = client.get(path, headers={"host": host})

    assert answer.status_code == 400
    if not path.startswith("/static/"):
        assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]
        assert answer.headers["Cache-Control"] == "no-store"
        assert host not in answer.text


@pytest.mark.parametrize("host", ["gulou.localhost", "localhost"])
def test_more_fields_than_a_form_may_have_is_a_400_in_words(client, host):
    answer = client.post("/accounts/login/", {f"x{n}": "1" for n in range(600)}, headers={"host": host})

    assert answer.status_code == (400 if host == HERE["host"] else 404)


# Behind a proxy that ends TLS


def told_by_proxy(settings, *, is_believed: bool) -> int:
    """What a page answers that the proxy took by https."""
    settings.SECURE_SSL_REDIRECT = True
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if is_believed else None
    return Client().get("/", headers={"host": "localhost", "X-Forwarded-Proto": "https"}).status_code


def test_behind_a_proxy_that_ends_tls_a_page_is_answered_and_not_sent_in_a_circle(settings, db):
    assert told_by_proxy(settings, is_believed=True) == 200
    assert told_by_proxy(settings, is_believed=False) == 301


@pytest.mark.parametrize("given", [{}, {"HTTPS": "1"}, {"HTTPS": "1", "PROXY_ENDS_TLS": "1"}])
def test_a_client_is_believed_about_https_only_where_the_operator_says_so(given):
    said = "from jiedao import settings as s; print(s.SECURE_SSL_REDIRECT, s.SECURE_PROXY_SSL_HEADER is not None)"

    told = subprocess.run(
        [sys.executable, "-c", said], env=os.environ | given, capture_output=True, text=True, check=True, timeout=60
    )

    assert told.stdout.split() == [str("HTTPS" in given), str("PROXY_ENDS_TLS" in given)]


@pytest.mark.parametrize(("cookie", "shown"), [("", False), ("off", True), ("anything", False)])
def test_single_keys_are_off_where_somebody_switched_them_off_and_nothing_else_stands_there(client, cookie, shown):
    client.cookies["keys"], client.cookies["theme"] = cookie, "dark"

    page = client.get("/", headers={"host": "localhost"}).text

    assert re.findall(r'data-keys="([^"]*)"', page) == (["off"] if shown else [])


@pytest.mark.parametrize(
    ("asked", "lang"),
    [
        ({}, "zh-Hans"),
        ({"HTTP_ACCEPT_LANGUAGE": "de, en;q=0.8, zh;q=0.5"}, "en"),
        ({"HTTP_ACCEPT_LANGUAGE": "zh-TW"}, "zh-Hans"),
        ({"QUERY_STRING": "lang=en", "HTTP_ACCEPT_LANGUAGE": "zh"}, "en"),
        ({"QUERY_STRING": "lang=xx"}, "zh-Hans"),
    ],
)
def test_language_of_the_page(client, asked, lang):
    assert f'<html lang="{lang}"' in client.get("/", headers={"host": "localhost"}, **asked).text


def test_chosen_language_is_kept(client):
    client.get("/?lang=en", headers={"host": "localhost"})

    assert '<html lang="en"' in client.get("/", headers={"host": "localhost"}).text


def test_every_page_carries_its_headers(client):
    page = client.get("/", headers={"host": "localhost"})
    rules = dict(rule.split(" ", 1) for rule in page.headers["Content-Security-Policy"].split("; "))
    nonce = rules["script-src"].removeprefix("'self' 'nonce-").removesuffix("'")

    assert "unsafe" not in page.headers["Content-Security-Policy"]
    assert rules["frame-ancestors"] == "'none'"
    assert page.text.count(f'nonce="{nonce}"') == page.text.count("<script")
    assert page.headers["X-Content-Type-Options"] == "nosniff"
    assert page.headers["Cache-Control"] == "no-store"


def test_nonce_is_new_each_time(client):
    first, second = (client.get("/", headers={"host": "localhost"}) for _ in range(2))

    assert first.headers["Content-Security-Policy"] != second.headers["Content-Security-Policy"]


def test_only_the_live_servers_exact_origin_may_be_asked(settings):
    settings.LIVE_URL = "http://{host}:8001"
    request = RequestFactory().get("/", headers=HERE)

    page = middleware.HeaderMiddleware(lambda request: HttpResponse())(request)

    assert "connect-src 'self' http://gulou.localhost:8001;" in page.headers["Content-Security-Policy"]


@pytest.mark.parametrize("fault", [Absent(), PermissionDenied()])
def test_absent_and_forbidden_look_like_an_unknown_address(fault):
    request = RequestFactory().get("/", headers=HERE)
    request.district = None

    with clock.moved(clock.now()):
        answer = middleware.FaultMiddleware(lambda request: HttpResponse()).process_exception(request, fault)
        unknown = middleware.absent(request)

    assert answer.status_code == 404
    assert answer.content == unknown.content


def test_silent_database_is_a_503_that_says_when_to_come_back():
    request = RequestFactory().get("/", headers=HERE)

    answer = middleware.FaultMiddleware(lambda request: HttpResponse()).process_exception(request, OperationalError())

    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "10"
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]


def test_fault_has_a_number_that_stands_in_the_log_and_nothing_that_was_sent(caplog):
    request = RequestFactory().post("/report/", {"phone": "13800138000"}, headers=HERE)

    answer = faults.failed(request)

    assert answer.status_code == 500
    (line,) = [record.getMessage() for record in caplog.records if record.name == faults.log.name]
    assert line.split()[1] in answer.text
    assert "13800138000" not in line + answer.text


class Session(dict):
    flushed = False

    def flush(self):
        self.clear()
        self.flushed = True


def idle_for(minutes: int, **headers: str) -> tuple[Session, bool]:
    """The session after that long without an act, and whether the view still knew who asked."""
    request = RequestFactory().get("/", headers=HERE | headers)
    request.district, request.user, request.session = object(), SimpleNamespace(is_authenticated=True), Session()
    request.session["acted_at"] = int(clock.now().timestamp()) - minutes * 60
    known = []

    def view(request):
        known.append(request.user.is_authenticated)
        return HttpResponse()

    middleware.IdleMiddleware(view)(request)
    return request.session, known[0]


def test_session_ends_after_half_an_hour_without_an_act():
    session, known = idle_for(31)

    assert (session.flushed, known) == (True, False)


def test_an_act_keeps_the_session_alive():
    session, known = idle_for(29)

    assert known
    assert session["acted_at"] >= int(clock.now().timestamp()) - 1


def test_a_poll_is_no_act():
    session, known = idle_for(29, **{"JD-Poll": "1"})

    assert known
    assert session["acted_at"] <= int(clock.now().timestamp()) - 28 * 60


def bar_of(username: str, path: str) -> tuple[list[str], list[str]]:
    """The names of the desks that stand in the bar of this account, and of those that are folded."""
    from django.contrib.auth import get_user_model

    here = Client(headers=HERE)
    with district("gulou"):
        here.force_login(get_user_model().objects.get(username=username))
        shown = here.get(path).context["desks"]
    return [e["name"] for e in shown if not e["group"]], [e["name"] for e in shown if e["group"]]


def test_the_bar_begins_with_the_desks_of_the_posts_kind_and_folds_the_rest(db):
    first, folded = bar_of("dispatcher", "/triage/")

    assert first[:2] == ["desk", "triage"]
    assert "organisation" in folded and "triage" not in folded


def test_a_page_that_is_open_stands_in_the_bar_whoever_opened_it(db):
    first, folded = bar_of("dispatcher", "/grids/")

    assert "grids" in first and "grids" not in folded


def test_on_a_page_that_is_open_to_everybody_the_bar_is_still_that_of_the_post(db):
    first, folded = bar_of("dispatcher", "/public/")

    assert first == bar_of("dispatcher", "/desk/")[0]
    assert "organisation" in folded


def test_who_holds_several_posts_begins_in_the_one_that_was_given_first(db):
    assert bar_of("establishment", "/desk/")[0][:3] == ["desk", "department", "admission"]
    assert bar_of("director", "/desk/")[0][:3] == ["desk", "board", "supervision"]


def test_no_two_desks_have_one_letter():
    bar = (Path(frame.__file__).parent / "templates" / "ui" / "_top.html").read_text()
    letters = [desk.letter for desk in frame.STAFF if desk.letter] + re.findall(r'data-go="([A-Z])"', bar)

    assert sorted(set(letters)) == sorted(letters)


def test_every_desk_that_a_shipped_package_puts_first_has_a_page():
    from jiedao.doors import demo
    from jiedao.doors.package.load import folder_of, read_checked

    written = (read_checked(folder_of(name)).value("units")["post_kinds"] for name in demo.DISTRICTS)
    named = {desk for kinds in written for kind in kinds for desk in kind["desks"]}

    assert named <= {desk.url_name for desk in frame.STAFF}


def test_styles_and_scripts_go_out_packed_and_are_what_they_were(client):
    asked = {"host": "gulou.localhost", "accept-encoding": "gzip"}
    for path in ("css/components.css", "js/live.js"):
        plain = client.get(f"/static/{path}", headers={"host": "gulou.localhost"})
        packed = client.get(f"/static/{path}", headers=asked)
        content = b"".join(packed.streaming_content)

        assert "Content-Encoding" not in plain.headers
        assert (packed.headers["Content-Encoding"], packed.headers["Vary"]) == ("gzip", "Accept-Encoding")
        assert gzip.decompress(content) == b"".join(plain.streaming_content)
        assert packed.headers["Content-Type"] == plain.headers["Content-Type"]
