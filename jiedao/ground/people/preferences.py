"""Preferences (界面偏好): how pages look to somebody, and which tours were put away; kept with the account.

They travel with the account row that every request reads anyway. Cookies carry them between sign-ins; the account
restores them on another machine.
"""

from typing import Any

from jiedao.ground.people.models import Account

CHOICES: dict[str, tuple[str, ...]] = {
    "lang": ("zh-hans", "en"),
    "theme": ("light", "dark"),
    "size": ("elder",),
    "density": ("wide",),
    "keys": ("off",),
}
"""By name, what may be chosen; empty is what the page does by itself."""


def of(account: Account) -> dict[str, str]:
    """What was chosen; nothing that is no choice any more."""
    kept = account.preferences if isinstance(account.preferences, dict) else {}
    return {name: kept[name] for name, choices in CHOICES.items() if kept.get(name) in choices}


def keep(account: Account, chosen: dict[str, str]) -> dict[str, str]:
    """Keeps the choices; what is not named in them falls back. Mail and chat follow the language."""
    kept = {name: chosen[name] for name, choices in CHOICES.items() if chosen.get(name) in choices}
    account.preferences = {"tours": tours(account)} | kept
    if "lang" in kept:
        account.language = kept["lang"]
    account.save(update_fields=["preferences", "language"])
    return kept


def tours(account: Account) -> list[str]:
    """The pages whose tour was put away."""
    told: Any = (account.preferences or {}).get("tours", [])
    return [str(name) for name in told][:60] if isinstance(told, list) else []


def put_away(account: Account, name: str, *, again: bool = False) -> None:
    """Puts the tour of a page away, or brings it back."""
    left = [known for known in tours(account) if known != name]
    account.preferences = {**(account.preferences or {}), "tours": left if again else [*left, name][-60:]}
    account.save(update_fields=["preferences"])
