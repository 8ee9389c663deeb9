"""Sign-ins (登录记录): each one and each refused one leaves a line; names and addresses of strangers as keyed hashes."""

from typing import Any

from jiedao.ground.people.models import Account, SignIn
from jiedao.kit import vault
from jiedao.kit.clock import now


def keep(outcome: str, way: str, place: str, name: str, account: Any = None) -> None:
    """Writes the line. An account known by its name is named, also for a wrong password."""
    found = account or Account.objects.filter(username=name[:60].replace("\0", "")).first()
    marks = {"place": vault.blind(place, "sign_in place"), "target": vault.blind(name.casefold(), "sign_in name")}
    SignIn(account=found, way=way[:12], outcome=outcome, at=now(), **marks).save(force_insert=True)


def by_name(name: str) -> Any:
    """The account of a name that may sign in. None for no name, an unknown one and a closed one."""
    return Account.objects.select_related("person").filter(username=name, is_active=True).first() if name else None
