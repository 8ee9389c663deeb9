"""Tidying (清理): what has served its time is deleted, not hidden: receipts, guesses, ended sessions, files without a row.

Retention of contacts, words and tracks is policy of a district and comes with the rights desk; this is housekeeping.
"""

from datetime import datetime, timedelta

from django.contrib.sessions.models import Session

from jiedao.ground import store
from jiedao.ground.journal.models import Receipt
from jiedao.ground.people.models import Guess
from jiedao.kit.clock import now
from jiedao.record import findables
from jiedao.record.models import Attachment

RECEIPTS_FOR = timedelta(days=30)
"""How long a resent write is recognised. Source: our own guarantee (A1)."""

GUESSES_FOR = timedelta(days=2)
"""Guesses are counted by the hour; two days leave room to look into an alarm. Local default."""


def tidy() -> dict[str, int]:
    """Deletes in the district one is in; says how many of each went."""
    at = now()
    receipts, _ = Receipt.objects.filter(at__lt=at - RECEIPTS_FOR).delete()
    guesses, _ = Guess.objects.filter(at__lt=at - GUESSES_FOR).delete()
    return {"receipts": receipts, "guesses": guesses, "sessions": sessions(at), "files": files()}


def catch_up() -> int:
    """Files for the search what was opened before there was one, lot by lot; says how many."""
    filed = 0
    while lot := findables.fill():
        filed += lot
    return filed


def sessions(at: datetime) -> int:
    """Sessions that have ended by themselves."""
    return Session.objects.filter(expire_date__lt=at).delete()[0]


def files() -> int:
    """Files that were stored for a write which then was refused, or never came."""
    claimed = {path for pair in Attachment.objects.values_list("path", "thumb") for path in pair if path}
    gone = list(store.unclaimed(claimed))
    for file in gone:
        store.drop(file)
    return len(gone)
