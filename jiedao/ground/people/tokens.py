"""Tokens (令牌): keys by which programs act as one person in one post. Only their hash is kept.

Everything that ends a token acts at the next request (G18): the token itself, the account, the person, the tenure,
the post and its unit are asked for every time, in one prepared statement. Kept in the process is only the actor built
from those rows, under the versions they had.
"""

import base64
import hashlib
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import connection

from jiedao.ground.db.asking import ask
from jiedao.ground.journal import notes
from jiedao.ground.people import Actor, posts
from jiedao.ground.people.models import Account, Post, Token
from jiedao.kit.clock import now, today
from jiedao.kit.ports import chance
from jiedao.kit.refusal import Refused

MARK = "jd_"
"""What a token begins with, so that a scanner of leaked secrets knows it."""

LONGEST = timedelta(days=366)

_FIND = """
SELECT t.post_id, p.id, t.xmin::text, a.xmin::text, p.xmin::text, s.xmin::text, u.xmin::text
FROM people_token t JOIN people_account a ON a.id = t.account_id JOIN people_person p ON p.id = a.person_id
JOIN people_post s ON s.id = t.post_id JOIN people_unit u ON u.id = s.unit_id
WHERE t.hash = $1 AND t.revoked_at IS NULL AND t.ends_at > $2 AND a.is_active
  AND (p.left_on IS NULL OR p.left_on > $3)
  AND s.valid_from <= $3 AND (s.valid_to IS NULL OR s.valid_to > $3)
  AND (u.valid_to IS NULL OR u.valid_to > $3)
  AND EXISTS (SELECT 1 FROM people_tenure h WHERE h.person_id = p.id AND h.post_id = s.id
              AND h.valid_from <= $3 AND (h.valid_to IS NULL OR h.valid_to > $3))
"""

_actors: dict[tuple[str, bytes], tuple[tuple[str, ...], Actor]] = {}
MOST_KEPT = 1000


def actor_of(given: str) -> Actor | None:
    """As whom a token acts at this moment. None for one that is unknown, ended or revoked, and for who has left."""
    if not given.startswith(MARK) or len(given) > 80:
        return None
    hashed = _hash(given)
    found = ask(_FIND, [hashed, now(), today()])
    if not found:
        return None
    post, person, *versions = found[0]
    key, stamp = (connection.schema_name, hashed), tuple(versions)
    kept = _actors.get(key)
    if kept and kept[0] == stamp:
        return kept[1]
    if len(_actors) >= MOST_KEPT:
        _actors.clear()
    _actors[key] = (stamp, _actor(UUID(post), UUID(person)))
    return _actors[key][1]


def _actor(post_id: UUID, person_id: UUID) -> Actor:
    post = Post.objects.select_related("unit__area", "unit__parent", "kind", "area").get(pk=post_id)
    held = Account.objects.select_related("person").filter(person_id=person_id).first()
    assert held is not None and held.person is not None
    return Actor.at(post, held.person)


def make(account: Account, post: Post, name: str, lasting: timedelta) -> tuple[Token, str]:
    """A new token and, this once, its text. Refuses `not_held` if the account's person does not hold the post today."""
    held = account.person_id and post.tenures.on(today()).filter(person_id=account.person_id).exists()  # type: ignore[attr-defined]
    if not held:
        raise Refused("not_held", account=account.username, post=post.code)
    text = MARK + base64.urlsafe_b64encode(chance.secret(32)).decode().rstrip("=")
    token = Token(
        account=account,
        post=post,
        name=name[:80],
        hash=_hash(text),
        made_at=now(),
        ends_at=now() + min(lasting, LONGEST),
    )
    token.save(force_insert=True)
    notes.change("token", token.id, "made", system="operator", account=str(account.id), post=str(post.id))
    return token, text


def revoke(token: Token) -> None:
    """Ends a token at once. Nothing happens to one that is revoked."""
    if token.revoked_at is None:
        token.revoked_at = now()
        token.save(update_fields=["revoked_at"])
        notes.change("token", token.id, "revoked", system="operator")


def _hash(text: str) -> bytes:
    """A plain hash is enough: the text is 256 bits of chance, nobody guesses it."""
    return hashlib.sha256(text.encode()).digest()


def holder(username: str, post_code: str) -> tuple[Account, Post]:
    """An account by name and one of the posts its person holds today. Refuses `no_such_account` and `not_held`."""
    account = Account.objects.select_related("person").filter(username=username).first()
    if account is None or account.person is None:
        raise Refused("no_such_account", account=username)
    held = {post.code: post for post in posts.held_by(account.person)}
    if not post_code and len(held) == 1:
        return account, next(iter(held.values()))
    if post_code not in held:
        raise Refused("not_held", account=username, post=post_code or "-", held=sorted(held))
    return account, held[post_code]


def find(pk: UUID) -> Token | None:
    return Token.objects.filter(pk=pk).first()


def listed() -> list[dict[str, Any]]:
    """Every token of the district, newest first, without its hash."""
    rows = Token.objects.select_related("account", "post").order_by("-made_at")[:500]
    return [
        {
            "id": str(t.id),
            "account": t.account.username,
            "post": t.post.code,
            "name": t.name,
            "made_at": t.made_at,
            "ends_at": t.ends_at,
            "revoked_at": t.revoked_at,
        }
        for t in rows
    ]
