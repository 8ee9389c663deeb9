"""Signing in (登录): guesses, second proofs and the length of a session (G20)."""

import re
import time
from datetime import timedelta

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, generate_totp_secret, hotp_value
from django.contrib.auth.hashers import make_password

from jiedao.doors.web import signin
from jiedao.ground.people import guesses
from jiedao.ground.people.models import Account, Guess, Person
from jiedao.kit import clock
from jiedao.kit.refusal import Refused
from tests.residents import Resident

PASSWORD = "correct horse battery"
WRONG = "wrong horse battery"


@pytest.fixture(autouse=True)
def _quick_passwords(settings, in_gulou):
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    for account in Account.objects.all():
        account.password = make_password(PASSWORD)
        account.save(update_fields=["password"])


def sign_in(
    username: str, password: str = PASSWORD, browser: Resident | None = None, address: str = "10.1.0.1", **headers
):
    browser = browser or Resident(address)
    return browser.post("/accounts/login/", {"login": username, "password": password}, **headers)


def colleague(number: int) -> str:
    person = Person.objects.create(code=f"X{number}", name="某人")
    name = f"colleague-{number}"
    Account.objects.create(username=name, person=person, password=make_password(PASSWORD))
    return name


def got_in(answer) -> bool:
    return answer.status_code == 302


def told(answer) -> str:
    (found,) = re.findall(r'<div class="summary".*?</div></div>', answer.text, re.S)
    return re.sub(r"<[^>]+>|\s+", "", found)


# Guesses


def test_name_and_password_get_somebody_in():
    answer = sign_in("dispatcher")

    assert (answer.status_code, answer.headers["Location"]) == (302, "/desk/")


def test_unknown_known_and_closed_accounts_look_alike():
    Account.objects.filter(username="water").update(is_active=False)

    answers = [sign_in("dispatcher", WRONG), sign_in("nobody-at-all", WRONG), sign_in("water", PASSWORD)]

    assert len({(answer.status_code, told(answer)) for answer in answers}) == 1
    assert not got_in(answers[0])


def test_of_a_thousand_guesses_from_one_address_twenty_are_checked():
    for n in range(25):
        sign_in(f"victim-{n}", WRONG)

    assert Guess.objects.filter(door="sign_in").count() == 20
    answer = sign_in("dispatcher")
    assert not got_in(answer)
    assert "输错的次数太多" in told(answer)
    with clock.moved(clock.now() + timedelta(minutes=61)):
        assert got_in(sign_in("dispatcher"))


@pytest.mark.nightly
def test_two_hundred_colleagues_behind_one_address_are_not_locked_out():
    names = [colleague(n) for n in range(200)]
    outcomes = []
    for name in names:
        sign_in(name, WRONG)  # everybody mistypes once
        outcomes.append(got_in(sign_in(name)))

    assert outcomes == [True] * 200


def test_of_guesses_from_fifty_addresses_five_a_minute_are_checked_and_the_owner_gets_in(caplog):
    assert got_in(sign_in("dispatcher", address="10.9.9.9"))
    for n in range(50):
        sign_in("dispatcher", WRONG, address=f"10.2.0.{n}")

    assert Guess.objects.filter(door="sign_in", passed=False).count() == 5 + 1  # the owner's own, right afterwards
    assert not got_in(sign_in("dispatcher", address="10.2.1.1"))
    assert got_in(sign_in("dispatcher", address="10.9.9.9"))
    assert [
        record
        for record in caplog.records
        if record.name == guesses.log.name and "guessing at sign_in" in record.message
    ]


def test_what_a_client_says_about_its_address_changes_nothing():
    for n in range(20):
        sign_in(f"victim-{n}", WRONG, **{"X-Forwarded-For": f"192.0.2.{n}"})

    assert not got_in(sign_in("urban", **{"X-Forwarded-For": "192.0.2.99"}))


def test_a_proxy_of_the_operators_is_believed_and_only_its_own_word(settings, rf):
    settings.TRUSTED_PROXIES = ["10.0.0.2"]
    asked = rf.get("/", REMOTE_ADDR="10.0.0.2", headers={"X-Forwarded-For": "192.0.2.66, 198.51.100.7"})
    bare = rf.get("/", REMOTE_ADDR="203.0.113.5", headers={"X-Forwarded-For": "192.0.2.66"})
    six = rf.get("/", REMOTE_ADDR="2001:db8:1:2:aaaa::1")

    assert [signin.address(request) for request in (asked, bare, six)] == [
        "198.51.100.7", "203.0.113.5", "2001:db8:1:2::/64",
    ]  # fmt: skip


def test_guesses_name_nobody_and_no_address():
    sign_in("dispatcher", WRONG, address="10.3.3.3")

    (row,) = Guess.objects.all()
    assert len(bytes(row.place)) == len(bytes(row.target)) == 32
    assert b"10.3.3.3" not in bytes(row.place)


def test_no_more_than_twenty_at_the_same_instant(fresh_database):
    from concurrent.futures import ThreadPoolExecutor

    from django.db import connections

    from jiedao.ground.districts import district

    def one(n: int) -> bool:
        try:
            with district("gulou"):
                guesses.spend(guesses.FOLLOW, "10.0.0.1", "26-00001")
        except Refused:
            return False
        finally:
            connections.close_all()
        return True

    with ThreadPoolExecutor(8) as crowd:
        assert sum(crowd.map(one, range(30))) == 20


# What is not open


@pytest.mark.parametrize("path", ["signup", "password/reset", "email", "inactive", "social", "confirm-email"])
def test_nobody_signs_up_and_no_password_is_reset_by_mail(path):
    assert Resident().get(f"/accounts/{path}/").status_code == 404


# Second proofs


def code_of(username: str, step: int = 0) -> str:
    row = Authenticator.objects.get(user__username=username, type="totp")
    secret = signin.Proofs().decrypt(row.data["secret"])
    return format_hotp_value(hotp_value(secret, int(time.time()) // 30 + step))


def test_a_leader_gets_in_with_a_code_and_not_without():
    leader = Resident()
    answer = sign_in("leader", browser=leader)
    assert answer.headers["Location"].startswith("/accounts/2fa/authenticate/")
    assert leader.get("/desk/").headers["Location"].startswith("/accounts/login/")

    assert got_in(leader.post("/accounts/2fa/authenticate/", {"code": code_of("leader")}))
    assert leader.get("/desk/").status_code == 200


def test_who_has_no_code_yet_sees_nothing_but_the_set_up():
    Authenticator.objects.filter(user__username="leader").delete()
    leader = Resident()
    sign_in("leader", browser=leader)

    for path in ("/desk/", "/", "/report/", "/accounts/password/change/", "/accounts/2fa/recovery-codes/"):
        assert leader.get(path).headers["Location"] == "/accounts/2fa/totp/activate/"
    part = leader.get("/desk/", **{"HX-Request": "true"})
    assert (part.status_code, part.headers["HX-Redirect"]) == (204, "/accounts/2fa/totp/activate/")
    assert leader.get("/accounts/logout/").status_code == 200


def test_setting_codes_up_opens_the_desk():
    Authenticator.objects.filter(user__username="leader").delete()
    leader = Resident()
    sign_in("leader", browser=leader)
    page = leader.get("/accounts/2fa/totp/activate/")
    if page.status_code == 302:
        leader.post(page.headers["Location"], {"password": PASSWORD})
        page = leader.get("/accounts/2fa/totp/activate/")
    (secret,) = re.findall(r'id="secret" class="secret" type="text" value="([A-Z2-7]+)"', page.text)

    leader.post("/accounts/2fa/totp/activate/", {"code": format_hotp_value(hotp_value(secret, int(time.time()) // 30))})

    assert leader.get("/desk/").status_code == 200


def test_a_post_that_asks_for_no_code_needs_none():
    browser = Resident()
    sign_in("urban", browser=browser)

    assert browser.get("/follow/").status_code == 200


def test_a_new_post_asks_for_the_code_at_the_next_click():
    from jiedao.ground.people.models import Post, Tenure

    browser = Resident()
    sign_in("urban", browser=browser)
    post = Post.objects.filter(kind__second_factor=True).first()
    Tenure.objects.create(person=Account.objects.get(username="urban").person, post=post, valid_from=clock.today())

    assert browser.get("/desk/").headers["Location"] == "/accounts/2fa/totp/activate/"


def test_a_session_from_before_the_codes_must_show_one():
    browser = Resident()
    account = Account.objects.get(username="leader")
    browser.client.force_login(account)

    answer = browser.get("/desk/")

    assert answer.headers["Location"] == "/accounts/2fa/reauthenticate/?next=%2Fdesk%2F"
    browser.post(answer.headers["Location"], {"code": code_of("leader")})
    assert browser.get("/desk/").status_code == 200


def test_a_code_works_once_in_whichever_process():
    from django.core.cache import cache

    first, second = Resident(), Resident()
    code = code_of("leader")
    sign_in("leader", browser=first)
    sign_in("leader", browser=second)

    assert got_in(first.post("/accounts/2fa/authenticate/", {"code": code}))
    cache.clear()  # another process has another memory
    answer = second.post("/accounts/2fa/authenticate/", {"code": code})
    assert not got_in(answer)
    assert "动态码不对或已用过" in told(answer)


def test_codes_cannot_be_guessed():
    thief = Resident()
    sign_in("leader", browser=thief)
    for n in range(20):
        thief.post("/accounts/2fa/authenticate/", {"code": f"{n:06}"})

    assert not got_in(thief.post("/accounts/2fa/authenticate/", {"code": code_of("leader")}))


def test_a_recovery_code_works_once():
    from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes

    codes = RecoveryCodes.activate(Account.objects.get(username="leader")).get_unused_codes()
    outcomes = []
    for _ in range(2):
        browser = Resident()
        sign_in("leader", browser=browser)
        outcomes.append(got_in(browser.post("/accounts/2fa/authenticate/", {"code": codes[0]})))

    assert outcomes == [True, False]


def test_a_dump_of_the_table_makes_no_codes():
    secret = generate_totp_secret()
    row = TOTP.activate(Account.objects.get(username="urban"), secret).instance

    assert secret not in str(row.data)
    assert signin.Proofs().decrypt(row.data["secret"]) == secret


# Sessions


def test_a_session_ends_after_twelve_hours_whatever_was_done():
    browser = Resident()
    start = clock.now()
    sign_in("urban", browser=browser)
    seen = []
    for minutes in range(0, 740, 20):
        with clock.moved(start + timedelta(minutes=minutes)):
            answer = browser.get("/desk/")
            if answer.status_code != 200:
                break
            seen.append(minutes)

    assert seen[-1] == 720


def test_polls_keep_no_session_alive():
    browser = Resident()
    start = clock.now()
    sign_in("urban", browser=browser)
    browser.get("/desk/")
    for minutes in (10, 20, 29):
        with clock.moved(start + timedelta(minutes=minutes)):
            assert browser.get("/desk/", **{"JD-Poll": "1"}).status_code == 200

    with clock.moved(start + timedelta(minutes=31)):
        assert browser.get("/desk/", **{"JD-Poll": "1"}).headers["Location"].startswith("/accounts/login/")


def test_signing_out_ends_it():
    browser = Resident()
    sign_in("urban", browser=browser)
    browser.post("/accounts/logout/")

    assert browser.get("/desk/").headers["Location"].startswith("/accounts/login/")


def test_a_session_cookie_ends_with_the_browser_and_no_script_reads_it():
    browser = Resident()
    sign_in("urban", browser=browser)
    cookie = browser.client.cookies["sessionid"]

    assert (cookie["max-age"], cookie["httponly"], cookie["samesite"]) == ("", True, "Lax")


def test_a_sign_in_leads_only_to_our_own_pages():
    browser = Resident()
    answer = browser.post("/accounts/login/", {"login": "urban", "password": PASSWORD, "next": "https://evil.example/"})

    assert answer.headers["Location"] == "/desk/"
