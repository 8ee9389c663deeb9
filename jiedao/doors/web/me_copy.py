"""The copy of one's own data (本人信息副本): what is kept of somebody who works here, as plain values."""

from typing import Any

from jiedao.doors.notify import pace, state, wishes
from jiedao.ground.people import Actor, certificates, corrections, history, preferences

COLUMNS = ("code", "name", "name_en", "phone", "left_on")


def of(by: Actor, account: Any) -> dict[str, Any]:
    """Person, account, posts past and present, channels (masked), wishes, corrections, who looked."""
    person, wished = by.person, wishes.of(by)
    assert person is not None
    return {
        "person": {name: getattr(person, name) for name in COLUMNS},
        "account": {
            "username": account.username, "email": account.email, "language": account.language,
            "last_login": account.last_login, "preferences": preferences.of(account),
        },
        "posts": [
            {
                "post": row.post.name, "unit": row.post.unit.name, "nature": row.nature, "basis": row.basis,
                "from": row.valid_from, "until": row.valid_to,
            }
            for row in history.tenures_of(person)
        ],
        "certificates": [
            {
                "kind": row.kind, "number": row.number, "issued_by": row.issued_by, "from": row.valid_from,
                "until": row.valid_until, "withdrawn_on": row.withdrawn_on,
            }
            for row in certificates.of(person)
        ],
        "channels": [
            {"kind": row.kind, "address": row.mask, "proven_at": row.proven_at, "is_on": row.is_on}
            for row in state.mine(by, pace.rules())
        ],
        "told": {
            "quiet_from": wished.quiet_from, "quiet_to": wished.quiet_to, "daily_at": wished.daily_at,
            "own_hours": wished.own_hours, "paces": wished.paces,
        },
        "corrections": [
            {"words": row.words, "made_at": row.made_at, "answer": row.answer, "answered_at": row.answered_at}
            for row in corrections.of(by)
        ],
        "looks": state.looks_at(by),
    }  # fmt: skip
