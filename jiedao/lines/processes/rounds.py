"""Rounds (定时): what was published for a later day comes into force on it, in every district."""

import logging

from jiedao.ground.districts import district
from jiedao.ground.districts.models import District
from jiedao.lines.processes import drafts

log = logging.getLogger(__name__)


def publish_all() -> int:
    """One that fails keeps no other from its turn; it is tried again the next minute and told in the log."""
    done = 0
    for place in District.objects.all():
        try:
            with district(place):
                done += drafts.publish_due()
        except Exception:
            log.exception("publishing what is due failed in %s", place.code)
    return done
