"""Second proofs (二次验证): whose posts ask for a one-time code at sign-in (G20)."""

from django.db.models import Q

from jiedao.ground.people.models import Account, Tenure
from jiedao.kit.clock import today


def needs_second_proof(account: Account) -> bool:
    """Whether any post the account's person holds today asks for a second factor. One query."""
    if account.person_id is None:
        return False
    day = today()
    held = Tenure.objects.on(day).filter(person_id=account.person_id, post__kind__second_factor=True)
    return held.exclude(Q(post__valid_to__lte=day)).exists()
