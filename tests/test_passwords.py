"""Password profiles (口令策略), and what a deployment is warned of (G20, G21)."""

import io
from datetime import timedelta

import pytest
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.management import call_command

from jiedao.doors.web import passwords
from jiedao.ground.people.models import Account, SignIn
from jiedao.kit.clock import moved, now
from tests.residents import Resident
from tests.test_signin import WRONG, _quick_passwords, got_in, sign_in  # noqa: F401 -- a fixture

TRIED = {
    "asvs": {"short-Aa1": False, "zhong wen kou ling": True, "correcthorsebattery": True, "password1234": False},
    "djb3": {"Short-1": False, "correcthorsebattery": False, "Correct-horse9": True, "liunian1234": False},
}


@pytest.mark.parametrize(
    ("name", "password", "good"), [(n, p, g) for n, some in TRIED.items() for p, g in some.items()]
)
def test_a_profile_takes_what_it_says(settings, name, password, good):
    settings.PASSWORD_PROFILE = name
    try:
        validate_password(password)
        assert good, password
    except ValidationError:
        assert not good, password


def test_under_djb3_a_password_ends_after_ninety_days_and_the_next_click_asks_for_a_new_one(settings):
    settings.PASSWORD_PROFILE = "djb3"
    Account.objects.filter(username="urban").update(password_at=now())
    browser = Resident()
    sign_in("urban", browser=browser)
    assert browser.get("/desk/").status_code == 200

    with moved(now() + timedelta(days=91)):
        again = Resident()
        sign_in("urban", browser=again)
        assert again.get("/desk/").headers["Location"] == "/accounts/password/change/"


def test_under_asvs_it_does_not_end(settings):
    settings.PASSWORD_PROFILE = "asvs"

    assert not passwords.is_over(Account.objects.get(username="urban"))


def test_under_djb3_five_wrong_tries_shut_for_half_an_hour_and_only_for_strangers(settings):
    settings.PASSWORD_PROFILE = "djb3"
    Account.objects.update(password_at=now())
    assert got_in(sign_in("urban", address="10.8.0.1"))
    for n in range(6):
        sign_in("urban", WRONG, address=f"10.9.0.{n}")

    assert not got_in(sign_in("urban", address="10.9.1.1"))
    with moved(now() + timedelta(minutes=29)):
        assert not got_in(sign_in("urban", address="10.9.1.2"))
        assert got_in(sign_in("urban", address="10.8.0.1"))
    with moved(now() + timedelta(minutes=62)):
        assert got_in(sign_in("urban", address="10.9.1.3"))


def test_every_sign_in_leaves_a_line_also_a_wrong_and_a_blocked_one():
    sign_in("urban")
    sign_in("urban", WRONG, address="10.7.0.1")
    sign_in("nobody", WRONG, address="10.7.0.2")

    told = sorted(SignIn.objects.values_list("account__username", "outcome"), key=str)
    assert told == [("urban", "in"), ("urban", "wrong"), (None, "wrong")] or set(told) == {
        ("urban", "in"), ("urban", "wrong"), (None, "wrong"),
    }  # fmt: skip


def test_a_deployment_has_no_warning(settings, monkeypatch):
    """As an operator runs it: by https, with a key of its own."""
    settings.SECURE_SSL_REDIRECT = settings.SESSION_COOKIE_SECURE = settings.CSRF_COOKIE_SECURE = True
    settings.SECURE_HSTS_SECONDS, settings.SECURE_HSTS_INCLUDE_SUBDOMAINS = 31_536_000, True
    settings.SECURE_HSTS_PRELOAD, settings.ALLOWED_HOSTS = True, ["jiedao.example"]
    said = io.StringIO()

    with monkeypatch.context() as outside:
        outside.delenv("DJANGO_ALLOW_ASYNC_UNSAFE")  # what our own tests need for the browser
        call_command("check", deploy=True, fail_level="WARNING", stdout=said, stderr=said)
