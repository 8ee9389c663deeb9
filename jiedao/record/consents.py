"""Consents (征得同意): what those in command answered in the case in which they were asked about a stationed head (O4)."""

from jiedao.ground.people import Actor
from jiedao.ground.people.stationing import Consent
from jiedao.kit.refusal import Refused
from jiedao.record import cases

PROCESS = "right"
ANSWERED = "decide"


def of(number: str, by: Actor) -> Consent:
    """The answer of a decided case of a right. Refuses `no_such_consent` for any other case, and for one undecided."""
    found = cases.numbered(number) if number and "\0" not in number else None
    if found is None or found.process.code != PROCESS:
        raise Refused("no_such_consent", number=number)
    line = found.entries.filter(verb=ANSWERED).order_by("-seq").first()
    if line is None:
        raise Refused("no_such_consent", number=number)
    return Consent(number, agrees=line.facts.get("stance", "agree") != "object")
