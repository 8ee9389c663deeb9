"""Single sign-on (统一身份认证), against a real identity provider that runs beside the test: npm's oidc-provider."""

import subprocess
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
import requests
from allauth.mfa.models import Authenticator
from django.conf import settings as ours

from jiedao.doors.web.assets import node
from jiedao.ground.db.home import CHECKOUT
from jiedao.ground.people.models import Account, SignIn
from tests.conftest import free_port, wait_for
from tests.residents import Resident

HOST = "gulou.localhost"
BACK = f"http://{HOST}/accounts/oidc/staff/login/callback/"


@pytest.fixture(scope="module")
def provider() -> Iterator[str]:
    if not (CHECKOUT / "node_modules" / "oidc-provider").exists():
        pytest.skip("npm's oidc-provider is not installed; `jiedao assets --dev` brings it")
    port = free_port()
    script = CHECKOUT / "tests" / "identity_provider.mjs"
    running = subprocess.Popen([node(), str(script), str(port), BACK], cwd=CHECKOUT, stdout=subprocess.PIPE,
                               stderr=subprocess.STDOUT, text=True)  # fmt: skip
    try:
        said = iter(running.stdout)
        wait_for(lambda: "ready" in next(said, "ready"), 30)
        assert running.poll() is None
        yield f"http://127.0.0.1:{port}"
    finally:
        running.terminate()
        running.wait(10)


@pytest.fixture
def staff(provider, in_gulou, settings, monkeypatch) -> str:
    """The platform, told of the provider."""
    monkeypatch.setenv("OUTBOUND_HOSTS", urlsplit(provider).netloc)
    app = ours._OIDC if hasattr(ours, "_OIDC") else {}
    app = {"provider_id": "staff", "name": "统一认证", "client_id": "jiedao", "secret": "only-for-tests"} | app
    app |= {"client_id": "jiedao", "secret": "only-for-tests", "settings": {"server_url": provider}}
    settings.OIDC_SERVER, settings.OIDC_CLIENT_ID = provider, "jiedao"
    settings.SOCIALACCOUNT_PROVIDERS = {"openid_connect": {"OAUTH_PKCE_ENABLED": True, "APPS": [app]}}
    return provider


def come_through(name: str, browser: Resident | None = None, spoil=lambda path: path):
    """Presses the button, signs in over there, comes back."""
    browser = browser or Resident()
    there = requests.Session()
    answer = browser.post("/accounts/oidc/staff/login/")
    assert answer.status_code == 302, answer.content[:500]
    where = answer.headers["Location"]
    for _ in range(12):
        if where.startswith(BACK):
            return browser.get(spoil(where.removeprefix(f"http://{HOST}"))), browser
        page = there.get(where, allow_redirects=False)
        if page.status_code == 200:  # one of its two forms: who are you, do you agree
            form = {"prompt": "login", "login": f"id-of-{name}", "password": "any"}
            page = there.post(
                where, form if 'name="login"' in page.text else {"prompt": "consent"}, allow_redirects=False
            )
        where = requests.compat.urljoin(page.url, page.headers["Location"])
    raise AssertionError(f"never came back: {where}")


def test_who_has_an_account_comes_in_and_the_line_says_how(staff):
    answer, browser = come_through("urban")

    assert (answer.status_code, answer.headers["Location"]) == (302, "/desk/")
    assert browser.get("/desk/").status_code == 200
    assert SignIn.objects.filter(account__username="urban", outcome="in").count() == 1
    assert Account.objects.get(username="urban").socialaccount_set.get().uid == "id-of-urban"


def test_the_second_time_the_providers_own_id_counts_and_not_the_name(staff):
    come_through("urban")
    Account.objects.filter(username="urban").update(username="urban-renamed")

    answer, _ = come_through("urban")

    assert answer.headers["Location"] == "/desk/"


def test_who_has_no_account_gets_none_and_is_told(staff):
    before = Account.objects.count()

    answer, browser = come_through("nobody-here")

    assert answer.headers["Location"] == "/accounts/login/"
    assert "没有账号" in browser.get("/accounts/login/").content.decode()
    assert Account.objects.count() == before
    assert browser.get("/desk/").headers["Location"].startswith("/accounts/login/")


def test_a_closed_account_and_one_of_another_identity_stay_shut(staff):
    come_through("urban")
    taken = Account.objects.get(username="urban").socialaccount_set.get()
    taken.uid = "somebody-else"
    taken.save(update_fields=["uid"])
    Account.objects.filter(username="water").update(is_active=False)

    for name in ("urban", "water"):
        answer, _ = come_through(name)
        assert answer.headers["Location"] == "/accounts/login/"


def test_a_post_that_asks_for_a_second_proof_asks_for_it_here_too(staff):
    assert Authenticator.objects.filter(user__username="leader", type="totp").exists()

    answer, browser = come_through("leader")

    assert answer.headers["Location"].startswith("/accounts/2fa/authenticate/")
    assert browser.get("/desk/").headers["Location"].startswith("/accounts/login/")


@pytest.mark.parametrize("spoil", [
    lambda path: path.replace("code=", "code=x"),
    lambda path: path.replace("state=", "state=x"),
    lambda path: path.split("?")[0] + "?error=access_denied",
], ids=["another code", "another state", "denied"])  # fmt: skip
def test_a_forged_return_lets_nobody_in(staff, spoil):
    answer, browser = come_through("urban", spoil=spoil)

    assert answer.status_code in (200, 302)
    assert browser.get("/desk/").headers["Location"].startswith("/accounts/login/")


def test_a_provider_that_the_operator_did_not_list_is_not_called(staff, monkeypatch):
    monkeypatch.setenv("OUTBOUND_HOSTS", "")

    answer = Resident().post("/accounts/oidc/staff/login/")

    assert (answer.status_code, answer.headers["Location"]) == (302, "/accounts/login/")


def test_without_a_provider_there_is_no_button_and_no_way(in_gulou):
    assert "oidc" not in Resident().get("/accounts/login/").content.decode()
    assert Resident().post("/accounts/oidc/staff/login/").status_code == 404
