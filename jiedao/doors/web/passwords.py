"""Password profiles (口令策略): what a password must be, how long it lasts, how often one may try; two ready to choose.

`djb3` follows what assessors of 等保 level 3 ask: kinds of characters, a new one every 90 days, closed for a while after
wrong tries. `asvs` follows OWASP ASVS and NIST: length, no kinds, no end, a short wait. PASSWORD_PROFILE chooses.
"""

import string
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth.hashers import check_password
from django.core.exceptions import ValidationError
from django.utils.translation import gettext

from jiedao.ground.people import guesses
from jiedao.kit.clock import now


@dataclass(frozen=True)
class Profile:
    """One profile. `kinds`: of small, capital, digit, sign. `days` None: it lasts. `wait`: after five wrong tries."""

    source: str
    least: int
    kinds: int
    days: int | None
    wait: timedelta

    @property
    def door(self) -> guesses.Door:
        return guesses.Door("sign_in", 20, guesses.HOUR, 5, self.wait)


PROFILES = {
    "djb3": Profile("GB/T 22239-2019 8.1.4.1; the figures are usual practice", 10, 3, 90, timedelta(minutes=30)),
    "asvs": Profile("OWASP ASVS 5.0, 6.2; NIST SP 800-63B", 12, 1, None, timedelta(minutes=1)),
}


def profile() -> Profile:
    return PROFILES[settings.PASSWORD_PROFILE]


def is_over(account: Any) -> bool:
    """Whether the profile asks for a new password now. One that its holder never set is over too."""
    days = profile().days
    if days is None or not account.has_usable_password():
        return False
    return account.password_at is None or now() - account.password_at > timedelta(days=days)


class ProfileValidator:
    """What the chosen profile asks of a new password."""

    def validate(self, password: str, user: Any = None) -> None:
        asked = profile()
        if len(password) < asked.least:
            raise ValidationError(gettext("At least %(n)s characters.") % {"n": asked.least})
        if _kinds(password) < asked.kinds:
            raise ValidationError(
                gettext("At least %(n)s of these: small letters, capitals, digits, signs.") % {"n": asked.kinds}
            )
        if user is not None and asked.days and user.password and check_password(password, user.password):
            raise ValidationError(gettext("Another one than before."))

    def get_help_text(self) -> str:
        return gettext("At least %(n)s characters.") % {"n": profile().least}


def _kinds(password: str) -> int:
    small, capital, digit = string.ascii_lowercase, string.ascii_uppercase, string.digits
    known = sum(any(c in kind for c in password) for kind in (small, capital, digit))
    return known + any(c not in small + capital + digit for c in password)
