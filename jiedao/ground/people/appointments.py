"""Appointments (任免): who comes into which seat and who leaves it. Everything acts at the next request (G18)."""

from datetime import date

from jiedao.ground.journal import receipts
from jiedao.ground.people import stationing, tenures, ties
from jiedao.ground.people.actor import Actor
from jiedao.ground.people.models import Person, Post, Tenure, Unit
from jiedao.ground.people.stationing import Consent
from jiedao.ground.terms import competence
from jiedao.ground.terms.models import fact
from jiedao.kit.refusal import Refused

LEVELS = (Unit.Level.COMMUNITY, Unit.Level.SUBDISTRICT, Unit.Level.DISTRICT)


def appoint(
    person: Person,
    post: Post,
    *,
    by: Actor,
    on: date,
    until: date | None = None,
    basis: str = "",
    consent: Consent | None = None,
) -> Tenure:
    """Gives a person a seat (任职), from a day that may lie behind or ahead. Seats tied to it follow (O12).

    Refuses `not_keeper`, `not_oneself`, `not_below_own`, `consent_needed`, and as `tenures.begin` does.
    """
    with receipts.whole():
        _may_grant(by, person, post)
        asked = stationing.asked(person, by=by, on=on, consent=consent)
        tenure = tenures.begin(person, post, by=by, on=on, until=until, basis=basis, **asked)
        ties.follow(post, came=person, by=by, on=on, until=until)
    return tenure


def stand_in(
    person: Person, post: Post, *, by: Actor, on: date, until: date, instead_of: Person | None = None, basis: str = ""
) -> Tenure:
    """Lets somebody act in a seat (代理、顶岗) between two days, for its holder or while it is vacant."""
    with receipts.whole():
        _may_grant(by, person, post)
        if instead_of is not None and not post.tenures.on(on).filter(person=instead_of).exists():  # type: ignore[attr-defined]
            raise Refused("not_the_holder", person=instead_of.name, post=post.name)
        nature = Tenure.Nature.ACTING
        return tenures.begin(
            person, post, by=by, on=on, until=until, nature=nature, instead_of=instead_of, basis=basis, why="stand_in"
        )


def second(person: Person, post: Post, *, by: Actor, on: date, until: date, basis: str = "") -> Tenure:
    """Lends a person to another unit (借调) between two days; the own seat stays his."""
    with receipts.whole():
        _may_grant(by, person, post)
        nature = Tenure.Nature.SECONDED
        return tenures.begin(person, post, by=by, on=on, until=until, nature=nature, basis=basis, why="second")


def release(tenure: Tenure, *, by: Actor, on: date, basis: str = "", consent: Consent | None = None) -> Tenure:
    """Takes a person out of a seat from a day on (免职)."""
    with receipts.whole():
        competence.require(by, "organisation", tenure.post.unit)
        asked = stationing.asked(tenure.person, by=by, on=on, consent=consent)
        ended = tenures.end(tenure, by=by, on=on, **_paper(basis), **asked)
        ties.follow(tenure.post, went=tenure.person, by=by, on=on)
    return ended


def move(tenure: Tenure, post: Post, *, by: Actor, on: date, basis: str = "", consent: Consent | None = None) -> Tenure:
    """Out of one seat and into another on the same day (调岗): both or neither.

    A stationed head is moved only after those who command him were asked (O4): `consent_needed`, `consent_denied`.
    """
    with receipts.whole():
        competence.require(by, "organisation", tenure.post.unit)
        _may_grant(by, tenure.person, post)
        asked = stationing.asked(tenure.person, by=by, on=on, consent=consent)
        tenures.end(tenure, by=by, on=on, why="move", to=post.code, **_paper(basis), **asked)
        ties.follow(tenure.post, went=tenure.person, by=by, on=on)
        begun = tenures.begin(tenure.person, post, by=by, on=on, until=None, basis=basis, why="moved", **asked)
        ties.follow(post, came=tenure.person, by=by, on=on)
    return begun


def _paper(basis: str) -> dict[str, str]:
    return {"basis": basis[:200]} if basis else {}


def _may_grant(by: Actor, person: Person, post: Post) -> None:
    """Within the own field, never to oneself, and no post of the own height that itself gives posts (G18)."""
    competence.require(by, "organisation", post.unit)
    if by.kind == "system" or by.post is None:
        return
    if by.person is not None and by.person.id == person.id:
        raise Refused("not_oneself", post=post.name)
    keepers = fact(competence.TABLE, "organisation", "posts", [])
    grants = post.kind.code in keepers or post.kind.code in tenures.APART
    if grants and LEVELS.index(post.unit.level) >= LEVELS.index(by.post.unit.level):
        raise Refused("not_below_own", post=post.name)
