"""Rounds of retention (到期清理): every hour, in every district, as the worker."""

import logging

from jiedao.ground.districts import district
from jiedao.ground.districts.models import District
from jiedao.lines.subjects import retention

log = logging.getLogger(__name__)


def retain_all() -> int:
    """One district that fails keeps no other from its turn."""
    gone = 0
    for place in District.objects.all():
        try:
            with district(place):
                gone += retention.retain()
        except Exception:
            log.exception("retention failed in %s", place.code)
    return gone
