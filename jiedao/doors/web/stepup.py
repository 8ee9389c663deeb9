"""Fresh proof (二次验证时效): what opens identity asks for a second proof of the last minutes, whoever signed in when (R4)."""

import time
from urllib.parse import urlencode

from allauth.account.internal.flows.login import get_authentication_records
from allauth.mfa.models import Authenticator
from allauth.mfa.utils import is_mfa_enabled
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

FRESH_MINUTES = 15
"""Source: our own rule R4."""
PROOFS = [Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN]


def is_fresh(request: HttpRequest) -> bool:
    """Whether a code or a passkey was shown within the last quarter of an hour."""
    since = time.time() - FRESH_MINUTES * 60
    records = get_authentication_records(request, request.user)  # type: ignore[arg-type]
    return any(record.get("method") == "mfa" and float(record.get("at", 0)) >= since for record in records)


def asked_again(request: HttpRequest, back: str) -> HttpResponse:
    """To the proof and then back; to the set-up for who has none."""
    if not is_mfa_enabled(request.user, PROOFS):
        return HttpResponseRedirect(reverse("mfa_activate_totp"))
    return HttpResponseRedirect(f"{reverse('mfa_reauthenticate')}?{urlencode({'next': back})}")
