"""A squad on duty (在岗中队): shifts of the first squad of Guangming, for tests of patrol."""

from datetime import datetime, timedelta

from jiedao.ground.people.models import Account
from jiedao.kit.clock import now
from jiedao.lines.patrol import devices, taking
from jiedao.lines.patrol.models import Roster, Sharing, Shift
from jiedao.lines.patrol.sorting import Point
from tests.cast import seat
from tests.desks import Colleague

SQUAD = "440311001901-squad"
HEAD, MEMBER, PEER = f"{SQUAD}-squad_head", f"{SQUAD}-enforce-res-1", f"{SQUAD}-enforce-res-2"
OTHER_HEAD = "440311001902-squad-squad_head"
CENTRE, STREET = "centre-dispatcher-1", "440311001-info-subdistrict_clerk-1"
PARK = (113.916292, 22.715014)
"""A place in the first grid of the first community."""


def roster(hours: float = 6, squad: str = SQUAD) -> Roster:
    """The squad's turn of this moment, its briefing out."""
    at = now()
    begins = at.replace(minute=0, second=0, microsecond=0) - timedelta(hours=1)
    unit = seat(f"{squad}-squad_head").post.unit
    given = {"ends_at": at + timedelta(hours=hours), "made_at": at, "published_at": at}
    return Roster.objects.get_or_create(squad=unit, begins_at=begins, defaults=given)[0]


def running(
    post: str = MEMBER, call_sign: str = "巡-07", *, since: datetime | None = None, shared: bool = True
) -> Shift:
    """Somebody of the squad on shift for an hour, the position shared since then."""
    who, at = seat(post), since or now() - timedelta(hours=1)
    shift = Shift.objects.create(
        roster=roster(squad=who.post.unit.code), person=who.person, post=who.post, call_sign=call_sign, briefed_at=at,
        started_at=at,
    )  # fmt: skip
    if shared:
        Sharing.objects.create(shift=shift, since=at)
    return shift


def seen(shift: Shift, lon: float = PARK[0], lat: float = PARK[1], *, age: float = 10) -> taking.Taken:
    """A point of the person, some seconds old."""
    at = (now() - timedelta(seconds=age)).timestamp()
    return taking.take(devices.page_sender(shift.person), [Point(lon, lat, at)])


THERE = {"Host": "guangming.localhost"}


def at_desk(post: str, lang: str = "zh-hans") -> Colleague:
    """Whoever sits in a post, signed in at a browser; somebody without an account gets one."""
    who = seat(post)
    account = Account.objects.filter(person=who.person).first()
    if account is None:
        account = Account(username=f"t-{who.person.code}", person=who.person)
        account.save(force_insert=True)
    colleague = Colleague(account.username, lang, THERE)
    session = colleague.client.session
    session["post"] = str(who.post.id)
    session.save()
    return colleague
