"""Receipts (回执): sending the same write twice does it once (A1, G02)."""

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from typing import Any

from django.db import transaction

from jiedao.ground.db import asking
from jiedao.ground.journal.chain import plain
from jiedao.ground.journal.models import Receipt
from jiedao.kit.clock import now
from jiedao.kit.ids import new_id
from jiedao.kit.refusal import Refused


@dataclass
class Once:
    """What `once` hands out. `known`: this write was done before, `outcome` says what came of it."""

    known: bool
    outcome: dict[str, Any] | None

    def came_of(self, **outcome: Any) -> None:
        """Says what the write led to; a replay is answered with it."""
        self.outcome = outcome


_TAKE = """
INSERT INTO journal_receipt (id, scope, key, fingerprint, outcome, at) VALUES ($1, $2, $3, $4, NULL, $5)
ON CONFLICT (scope, key) DO NOTHING RETURNING 1
"""
_CAME = "UPDATE journal_receipt SET outcome = $1 WHERE id = $2"


@contextmanager
def once(scope: str, key: str, body: Any, ahead: Sequence[asking.Statement] = ()) -> Iterator[Once]:
    """Opens the write's transaction and takes its key. Refuses `key_reused` if the key came with another body.

    `ahead`: what the write is going to ask first, asked with the key in one trip.

    Two requests with one key at the same instant: the second waits in the INSERT until the first has
    committed, then reads what came of it; a check before the insert would let both through.
    """
    if not key or len(key) > 64:
        raise Refused("key_missing")
    fingerprint = hashlib.sha256(plain(body)).digest()
    with transaction.atomic(), asking.ahead(*ahead):
        ident = new_id()
        if not asking.ask(_TAKE, [ident, scope, key, fingerprint, now()]):
            before = Receipt.objects.get(scope=scope, key=key)
            if bytes(before.fingerprint) != fingerprint:
                raise Refused("key_reused", key=key)
            yield Once(known=True, outcome=before.outcome)
            return
        receipt = Once(known=False, outcome=None)
        with asking.whole():
            yield receipt
            asking.tell(_CAME, [receipt.outcome, ident])


def whole() -> AbstractContextManager[object]:
    """The transaction of a write: the one that its receipt has opened, else one of its own.

    No savepoint inside: a write happens whole or not at all, and two more trips to the database would buy nothing.
    """
    return nullcontext() if asking.is_open() else transaction.atomic()
