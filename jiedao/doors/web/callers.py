"""Callers in clear (联系人): only for a view that has written its look before (R4, R6)."""

from typing import Any

from django.utils.translation import gettext

from jiedao.ground.people.contacts import clear
from jiedao.kit.refusal import Refused
from jiedao.record.models import Case


def callers(case: Case) -> list[dict[str, Any]]:
    """Everybody who reported this case and left a name or number; who was erased says so."""
    found: list[dict[str, Any]] = []
    for event in case.events.order_by("received_at"):
        try:
            caller = clear(event.id)
        except Refused as refused:
            if refused.rule == "erased":
                found.append({"gone": gettext("Deleted as due")})
            continue
        found.append(
            {
                "name": caller.name,
                "phone": caller.phone,
                "may_ring": caller.may_ring,
                "proven": caller.proven,
                "helper": caller.helper,
            }
        )
    return found
