"""Signing in (登录): how often a password may be tried, and who must show a one-time code (G20)."""

import base64
import ipaddress
import logging
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from allauth.account import views as account
from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.internal.flows.login import get_authentication_records, record_authentication
from allauth.core import context
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.base.forms import AuthenticateForm, ReauthenticateForm
from allauth.mfa.models import Authenticator
from allauth.mfa.totp import views as totp
from allauth.mfa.totp.forms import ActivateTOTPForm
from allauth.mfa.utils import is_mfa_enabled
from allauth.mfa.webauthn import views as webauthn
from django.conf import settings
from django.contrib.auth import authenticate
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, URLResolver, include, path, reverse
from django.utils.translation import get_language, gettext_lazy

from jiedao.doors import words
from jiedao.doors.web import passwords, sso
from jiedao.doors.web.middleware import keep_in_cookies
from jiedao.doors.web.stepup import PROOFS
from jiedao.ground.people import guesses, preferences, signins
from jiedao.ground.people.proofs import needs_second_proof
from jiedao.kit import vault
from jiedao.kit.refusal import Refused

log = logging.getLogger(__name__)

Answer = Callable[[HttpRequest], HttpResponse]

WITHOUT_PROOF = frozenset(
    {
        "account_login", "account_logout", "account_reauthenticate", "mfa_activate_totp", "mfa_add_webauthn",
        "mfa_authenticate", "mfa_reauthenticate", "mfa_reauthenticate_webauthn",
    }
)  # fmt: skip
"""The pages somebody gets whose post asks for a second proof that was not given yet."""


def address(request: HttpRequest) -> str:
    """Where a request comes from: the connection's own address; of IPv6 the network, for everybody owns a whole one.

    What a client says about itself counts only behind a proxy that the operator named.
    """
    trusted = set(settings.TRUSTED_PROXIES)
    here = request.META.get("REMOTE_ADDR", "")
    for hop in reversed(request.headers.get("X-Forwarded-For", "").split(",")):
        if here not in trusted or not hop.strip():
            break
        here = hop.strip()
    try:
        found = ipaddress.ip_address(here)
    except ValueError:
        return here[:60]
    return str(ipaddress.ip_network((found, 64), strict=False)) if found.version == 6 else str(found)


def told(refused: Refused) -> ValidationError:
    """A refusal as a form says it."""
    return ValidationError(words.say(refused, get_language() or "zh").text)


class Accounts(DefaultAccountAdapter):
    """No sign-up; wrong name, wrong password and a closed account look alike; guesses are counted in the database."""

    error_messages = DefaultAccountAdapter.error_messages | {
        "username_password_mismatch": gettext_lazy(
            "Not signed in: name and password do not fit. Check both; your administrator can set a new password."
        ),
        "incorrect_password": gettext_lazy("Not confirmed: this is not your password. Type it again."),
        "incorrect_code": gettext_lazy("Not confirmed: this code does not fit, or was used. Wait for the next one."),
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def authenticate(self, request: HttpRequest, **credentials: Any) -> Any:
        name, door = str(credentials.get("username", "")), passwords.profile().door
        try:
            guesses.spend(door, address(request), name)
        except Refused as refused:
            log.warning("too many wrong passwords, target %s", vault.blind(name, "alarm").hex()[:12])
            signins.keep("blocked", "password", address(request), name)
            raise told(refused) from None
        user = authenticate(request, **credentials)
        if user is None:
            signins.keep("wrong", "password", address(request), name)
        else:
            guesses.passed(door, address(request), name)
        return user

    def logout(self, request: HttpRequest) -> None:
        if request.user.is_authenticated:
            signins.keep("out", "", address(request), request.user.get_username(), request.user)
        super().logout(request)

    def post_login(self, request: HttpRequest, user: Any, **told: Any) -> HttpResponse:
        """Leaves its line; on another machine the pages look as this account has chosen."""
        records = get_authentication_records(request, user)
        way = str(records[-1].get("type") or records[-1].get("method")) if records else "password"
        signins.keep("in", way, address(request), user.username, user)
        answer: HttpResponse = super().post_login(request, user, **told)
        keep_in_cookies(answer, preferences.of(user))
        return answer


class Proofs(DefaultMFAAdapter):
    """The secrets of one-time codes are kept under the master key; who holds a dump cannot make codes."""

    error_messages = DefaultMFAAdapter.error_messages | {"incorrect_code": Accounts.error_messages["incorrect_code"]}

    def encrypt(self, text: str) -> str:
        return base64.b64encode(vault.wrap(text.encode(), "second proof")).decode()

    def decrypt(self, encrypted_text: str) -> str:
        return vault.unwrap(base64.b64decode(encrypted_text), "second proof").decode()


class _Counted:
    """A code is a guess like a password, and works once, whichever process it is shown to."""

    user: Any
    fields: dict[str, Any]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["code"].label = gettext_lazy("One-time code")

    def clean_code(self) -> str:
        where, whom = address(context.request), str(self.user.pk)
        try:
            guesses.spend(guesses.SECOND, where, whom)
        except Refused as refused:
            raise told(refused) from None
        code: str = super().clean_code()  # type: ignore[misc]
        if guesses.used_before(whom, "".join(code.split())):
            raise ValidationError(Accounts.error_messages["incorrect_code"])
        guesses.passed(guesses.SECOND, where, whom)
        return code


class CodeForm(_Counted, AuthenticateForm):
    """The second step of signing in."""


class CodeAgainForm(_Counted, ReauthenticateForm):
    """The same in the middle of a session."""


class SetUpForm(ActivateTOTPForm):
    """Setting codes up: the field has the name it has everywhere."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["code"].label = gettext_lazy("One-time code")


class Login(account.LoginView):  # type: ignore[misc]
    """Name and password; beside it the identity provider, where the operator named one."""

    def get_context_data(self, **more: Any) -> dict[str, Any]:
        found: dict[str, Any] = super().get_context_data(**more)
        return found | {"sso": settings.OIDC_NAME if sso.is_on() else ""}


def add_passkey(request: HttpRequest) -> HttpResponse:
    """Adding a passkey. Who did it has just shown it: this session has its second proof."""
    return _shown_while_set_up(request, webauthn.add_webauthn, Authenticator.Type.WEBAUTHN)


def set_up(request: HttpRequest) -> HttpResponse:
    """Setting codes up. Who did it has typed one just now: this session has shown its second proof."""
    return _shown_while_set_up(request, totp.activate_totp, Authenticator.Type.TOTP)


def _shown_while_set_up(
    request: HttpRequest, page: Callable[..., HttpResponse], way: Authenticator.Type
) -> HttpResponse:
    had = _has_codes(request.user)
    answer = page(request)
    if not had and _has_codes(request.user):
        record_authentication(request, request.user, "mfa", type=str(way))
    return answer


def _has_codes(user: Any) -> bool:
    return bool(user.is_authenticated and is_mfa_enabled(user, PROOFS))


class SecondProofMiddleware:
    """Shows nothing but the set-up to who must prove himself twice and has not (G20)."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: Any) -> HttpResponse | None:
        user = getattr(request, "user", None)
        if user is None or not getattr(request, "district", None) or not user.is_authenticated:
            return None
        match = request.resolver_match
        if passwords.is_over(user) and not (match and match.url_name in (*WITHOUT_PROOF, "account_change_password")):
            return _sent_to(request, reverse("account_change_password"))
        if (match and match.url_name in WITHOUT_PROOF) or is_proven(request) or not needs_second_proof(user):
            return None
        if not _has_codes(user):
            return _sent_to(request, reverse("mfa_activate_totp"))
        back = urlencode({"next": request.get_full_path() if request.method == "GET" else "/"})
        return _sent_to(request, f"{reverse('mfa_reauthenticate')}?{back}")


def is_proven(request: HttpRequest) -> bool:
    """Whether this session has shown a one-time code or a recovery code."""
    return any(record.get("method") == "mfa" for record in get_authentication_records(request, request.user))


def _sent_to(request: HttpRequest, href: str) -> HttpResponse:
    if "HX-Request" in request.headers:  # a part cannot hold the set-up: the whole page goes there
        return HttpResponse(status=204, headers={"HX-Redirect": href})
    return HttpResponseRedirect(href)


urlpatterns: list[URLPattern | URLResolver] = [
    path("accounts/login/", Login.as_view(), name="account_login"),
    path("accounts/logout/", account.logout, name="account_logout"),
    path("accounts/reauthenticate/", account.reauthenticate, name="account_reauthenticate"),
    path("accounts/password/change/", account.password_change, name="account_change_password"),
    # Not here: sign-up, mail addresses, resetting a password by mail. Accounts come from the district's own list.
    path("accounts/2fa/totp/activate/", set_up, name="mfa_activate_totp"),
    path("accounts/2fa/webauthn/add/", add_passkey, name="mfa_add_webauthn"),
    path("accounts/2fa/", include("allauth.mfa.urls")),
    *sso.urlpatterns,
]
