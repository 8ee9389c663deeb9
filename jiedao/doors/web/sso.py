"""Single sign-on (统一身份认证): staff come through the deployer's own identity provider by OpenID Connect.

It opens accounts that are there and makes none: joiners come by the district's own sheet. The first time an identity is
known by a claim that names the account, from then on by the provider's own id. Nothing but the provider is called.
"""

import base64
import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from allauth.socialaccount.providers.openid_connect import views
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import path, reverse
from django.utils.translation import gettext, gettext_noop

from jiedao.ground.people import signins
from jiedao.kit.ports import Answer, Unreachable, http
from jiedao.kit.refusal import Refused

SECONDS = 5.0
NOT_CONFIRMED = gettext_noop(
    "Not signed in: the identity provider did not confirm it. Try again, or use your password."
)


class Heard:
    """An answer of the provider, as the library reads it."""

    def __init__(self, answer: Answer) -> None:
        self.status_code, self.content = answer.status, answer.body
        self.headers = {name.lower(): value for name, value in answer.headers.items()}
        self.text = answer.body.decode("utf-8", "replace")

    def json(self) -> Any:
        return json.loads(self.content)

    def raise_for_status(self) -> None:
        if self.status_code >= 400:
            raise OAuth2Error(f"the identity provider answered {self.status_code}")


class ThroughThePort:
    """What the library takes for a session of requests: every call goes through our own port and its list (A14)."""

    def __enter__(self) -> "ThroughThePort":
        return self

    def __exit__(self, *fault: Any) -> None:
        return None

    def get(self, url: str, headers: Mapping[str, str] | None = None, **_: Any) -> Heard:
        return self.request("GET", url, headers=headers)

    def request(
        self, method: str, url: str, params: Any = None, data: Any = None, headers: Any = None, auth: Any = None
    ) -> Heard:
        said, body = dict(headers or {}), None
        if data:
            body = urlencode(data).encode()
            said["Content-Type"] = "application/x-www-form-urlencoded"
        if auth is not None:
            said["Authorization"] = _basic(auth.username, auth.password)
        address = f"{url}?{urlencode(params)}" if params else url
        try:
            return Heard(http.send(method, address, body=body, headers=said, within=SECONDS))
        except (Refused, Unreachable) as fault:
            raise OAuth2Error(str(fault)) from fault


def _basic(name: str, secret: str) -> str:
    return "Basic " + base64.b64encode(f"{name}:{secret}".encode()).decode()


def is_on() -> bool:
    return bool(settings.OIDC_SERVER and settings.OIDC_CLIENT_ID)


class Sso(DefaultSocialAccountAdapter):
    """No sign-up; an identity without an account here is told so, whatever the provider says of it."""

    def is_open_for_signup(self, request: HttpRequest, sociallogin: Any) -> bool:
        return False

    def get_requests_session(self) -> Any:
        return ThroughThePort()

    def pre_social_login(self, request: HttpRequest, sociallogin: Any) -> None:
        account = sociallogin.user if sociallogin.is_existing else self._named(sociallogin)
        if account is None or not account.is_active or account.person_id is None:
            messages.error(
                request,
                gettext("Not signed in: this identity has no account here. Ask who keeps your unit's accounts."),
            )
            raise ImmediateHttpResponse(HttpResponseRedirect(reverse("account_login")))
        if not sociallogin.is_existing:
            sociallogin.connect(request, account)

    def _named(self, sociallogin: Any) -> Any:
        """The account a claim names. One that another identity holds already is nobody else's."""
        told = sociallogin.account.extra_data
        said = told.get("userinfo") or told.get("id_token") or told
        name = str(said.get(settings.OIDC_CLAIM) or "")
        found = signins.by_name(name)
        return None if found is None or found.socialaccount_set.exists() else found

    def on_authentication_error(self, request: HttpRequest, provider: Any, **told: Any) -> None:
        messages.error(request, gettext(NOT_CONFIRMED))
        raise ImmediateHttpResponse(HttpResponseRedirect(reverse("account_login")))


def begin(request: HttpRequest, provider_id: str) -> HttpResponse:
    """To the provider; where it does not answer or is not listed, back to the sign-in with a sentence."""
    return _or_back(views.login, request, provider_id)


def back(request: HttpRequest, provider_id: str) -> HttpResponse:
    """From the provider. A forged or broken return lets nobody in."""
    return _or_back(views.callback, request, provider_id)


def _or_back(view: Any, request: HttpRequest, provider_id: str) -> HttpResponse:
    try:
        answer: HttpResponse = view(request, provider_id)
        return answer
    except (OAuth2Error, KeyError, ValueError):
        messages.error(request, gettext(NOT_CONFIRMED))
        return HttpResponseRedirect(reverse("account_login"))


urlpatterns = [
    path("accounts/oidc/<slug:provider_id>/login/", begin, name="openid_connect_login"),
    path("accounts/oidc/<slug:provider_id>/login/callback/", back, name="openid_connect_callback"),
]
