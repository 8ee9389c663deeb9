"""Passkeys (通行密钥) in a real browser: added, shown as the second proof, used instead of a password (G20)."""

import pytest

from jiedao.doors.demo import PASSWORD
from jiedao.ground.districts import district
from jiedao.ground.people.models import SignIn

pytestmark = pytest.mark.browser
KEY = {"protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True,
       "isUserVerified": True, "automaticPresenceSimulation": True}  # fmt: skip


def signed_in(page, site, name: str) -> None:
    page.goto(site.url("/accounts/login/"))
    page.fill("#id_login", name)
    page.fill("#id_password", PASSWORD)
    page.get_by_role("button", name="登录", exact=True).click()


def test_a_passkey_is_added_and_then_signs_in_alone(site, page):
    tools = page.context.new_cdp_session(page)
    tools.send("WebAuthn.enable")
    tools.send("WebAuthn.addVirtualAuthenticator", {"options": KEY})
    signed_in(page, site, "urban")
    page.wait_for_url("**/desk/")

    page.goto(site.url("/accounts/2fa/webauthn/add/"))
    if "reauthenticate" in page.url:
        page.fill("#id_password", PASSWORD)
        page.get_by_role("button", name="验证密码").click()
    page.get_by_role("button", name="添加这个密钥").click()
    page.wait_for_url(lambda address: not address.endswith("/webauthn/add/"))
    page.goto(site.url("/accounts/2fa/webauthn/"))
    page.wait_for_selector("text=移除这个密钥")
    assert page.get_by_text("移除这个密钥").count() == 1

    page.context.clear_cookies()
    page.goto(site.url("/accounts/login/"))
    page.get_by_role("button", name="用通行密钥登录").click()
    page.wait_for_url("**/desk/")

    with district("gulou"):
        assert SignIn.objects.filter(account__username="urban", way="webauthn", outcome="in").exists()
