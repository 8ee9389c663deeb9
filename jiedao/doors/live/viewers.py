"""Viewers (在线页面): who stands behind a stream, and which hints are within their sight.

Asked at the opening and every minute. A hint carries no words, so a person with several posts hears of all of them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.db import connection
from django.utils.crypto import constant_time_compare

from jiedao.doors.web.middleware import IDLE_MINUTES
from jiedao.ground.districts import district
from jiedao.ground.districts.models import District
from jiedao.ground.people import seats
from jiedao.ground.people.models import Account, Unit
from jiedao.kit.clock import now


@dataclass(frozen=True)
class Viewer:
    """The sight of one stream, as plain text to compare with hints: see `record/sight.py`, whose copy this is."""

    district: str
    everything: bool
    leads: bool
    units: frozenset[str]
    above: frozenset[str]
    paths: tuple[str, ...]

    def sees(self, hint: Mapping[str, Any]) -> bool:
        """Whether the case of a hint is in sight. A unit a complaint is about hears of it from nobody."""
        if hint.get("district") != self.district or self.above.intersection(hint.get("not", ())):
            return False
        if self.everything or self.units.intersection(hint.get("units", ())) or hint.get("from") in self.above:
            return True
        area = hint.get("area") or ""
        return any(area == path or area.startswith(f"{path}/") for path in self.paths)

    def watches(self, hint: Mapping[str, Any]) -> bool:
        """Whether positions that changed may be on this page: a hint says of which units, and not a word more."""
        if hint.get("district") != self.district:
            return False
        return self.everything or self.leads or bool(self.units.intersection(hint.get("positions", ())))


def viewer_of(place: District, session_key: str) -> Viewer | None:
    """The viewer of a session. None if nobody is signed in by it, or no longer. Gives its connection back at once."""
    try:
        with district(place):
            account = _account(session_key)
            return _viewer(place, account.person_id) if account and account.person_id else None
    finally:
        connection.close()


def _account(session_key: str) -> Account | None:
    """The account signed in by a session, as Django's own middleware would say, and not idle (G20)."""
    session = SessionStore(session_key).load()
    if session.get(BACKEND_SESSION_KEY) not in settings.AUTHENTICATION_BACKENDS:
        return None
    last = session.get("acted_at")
    if last is not None and now().timestamp() - last > IDLE_MINUTES * 60:
        return None
    try:
        account = seats.active_account(UUID(str(session.get(SESSION_KEY))))
    except ValueError:
        return None
    known = session.get(HASH_SESSION_KEY) or ""
    if account is None or not constant_time_compare(known, account.get_session_auth_hash()):
        return None
    return account


def _viewer(place: District, person_id: UUID) -> Viewer | None:
    held = seats.held_by(person_id)
    if not held:
        return None
    units = [post.unit for post in held]
    areas = [post.area or post.unit.area for post in held]
    return Viewer(
        place.schema_name,
        any(unit.kind == Unit.Kind.CENTRE and unit.level == Unit.Level.DISTRICT for unit in units),
        any(unit.kind == Unit.Kind.LEADERSHIP and unit.level == Unit.Level.DISTRICT for unit in units),
        frozenset(str(pk) for unit in units for pk in unit.acts_for),
        frozenset(str(pk) for unit in units for pk in unit.above),
        tuple(area.path for area in areas if area),
    )
