"""Who keeps scores (评分经办人): every step stands under a person's name, never the program's."""

from uuid import UUID

from jiedao.ground.people import Actor
from jiedao.kit.refusal import Refused


def person_of(by: Actor, verb: str) -> UUID:
    """The person who acts. Refuses `not_yours` to anybody who is none."""
    if by.person is None:
        raise Refused("not_yours", verb=verb, roles=[])
    return by.person.id
