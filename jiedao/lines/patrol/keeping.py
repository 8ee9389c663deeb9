"""Keeping and deleting (保存与清理): days of positions open ahead and go after thirty; shifts end with their roster."""

import logging
from datetime import UTC, timedelta

from django.db import connection, transaction
from django.db.models import Q

from jiedao.ground.db import asking
from jiedao.ground.districts import district
from jiedao.ground.districts.models import District
from jiedao.ground.people import Actor
from jiedao.ground.people.contacts import open_rows
from jiedao.ground.terms.models import terms
from jiedao.kit.clock import months_ago, now
from jiedao.lines.patrol import rules
from jiedao.lines.patrol.actions import shifts
from jiedao.lines.patrol.actions.notes import changed
from jiedao.lines.patrol.models import (
    Group,
    GroupMember,
    LastPosition,
    OffsetSample,
    Refusal,
    Roster,
    Sharing,
    Shift,
    TaskOrder,
)

log = logging.getLogger(__name__)

AHEAD = 2
"""Days opened before they come."""
GRACE = timedelta(hours=1)
"""How long a shift may run over its roster before it is ended for the person. Local default."""


def keep() -> int:
    """In the district one is in: opens the days to come, drops those past, ends what has run over. Says how many."""
    done = _drop() + _open_ahead() + _end_shifts() + _end_groups() + _drop_rosters()
    at, known = now(), rules.rules()
    past = at - timedelta(days=known.keep_days)
    done += Refusal.objects.filter(at__lt=past).delete()[0]
    return done + OffsetSample.objects.filter(at__lt=past).delete()[0]


def _drop() -> int:
    """Whole days go, the one that holds the limit too: nothing is ever older than the district's days, thirty at most."""
    oldest = (now() - timedelta(days=rules.rules().keep_days)).astimezone(UTC).date() + timedelta(days=1)
    return int(asking.ask("SELECT patrol_drop_days($1)", [oldest])[0][0] or 0)


def _open_ahead() -> int:
    if not (getattr(connection.tenant, "switches", {}) or {}).get(rules.SWITCH):
        return 0
    today = now().astimezone(UTC).date()
    days = [today + timedelta(days=n) for n in range(AHEAD + 1)]
    return sum(asking.ask("SELECT patrol_open_day($1)", [day])[0][0] == "t" for day in days)


def _end_shifts() -> int:
    """Who forgot to end: the roster is over, and so are shift and position."""
    at, ended = now(), 0
    late = Shift.objects.filter(started_at__isnull=False, ended_at=None, roster__ends_at__lt=at - GRACE)
    for shift in late.select_related("roster")[:500]:
        shifts.close(shift, at)
        changed("shift", shift.id, "ended", Actor.system("ticker"))
        ended += 1
    over = Shift.objects.filter(ended_at__gte=at - timedelta(days=1), roster__isnull=False)
    left = list(over.values_list("id", "roster__squad_id")[:5000])
    if left:
        open_rows({squad for _, squad in left})
        LastPosition.objects.filter(pk__in=[pk for pk, _ in left]).delete()
    return ended


def _end_groups() -> int:
    at = now()
    over = Group.objects.filter(ended_at=None).filter(Q(ends_at__lte=at) | Q(case__closed_at__isnull=False))
    return over.update(ended_at=at, room="")


def _drop_rosters() -> int:
    """Turns whose months are over, with shifts and task orders. What was signed (spot checks, looks) stays."""
    term = terms("retention").get("rosters")
    if term is None:
        return 0
    old = list(
        Roster.objects.filter(ends_at__lt=months_ago(int(term.facts["months"]))).values_list("pk", flat=True)[:500]
    )
    gone = Shift.objects.filter(roster__in=old)
    with transaction.atomic():
        GroupMember.objects.filter(shift__in=gone).delete()
        Sharing.objects.filter(shift__in=gone).delete()
        TaskOrder.objects.filter(handed_to__roster__in=old).update(handed_to=None)
        TaskOrder.objects.filter(roster__in=old).delete()
        gone.delete()
        Roster.objects.filter(pk__in=old).delete()
    return len(old)


def keep_all() -> int:
    """In every district; one that fails keeps no other from its turn."""
    done = 0
    for place in District.objects.all():
        try:
            with district(place):
                done += keep()
        except Exception:
            log.exception("keeping positions failed in %s", place.code)
    return done
