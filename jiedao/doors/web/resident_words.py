"""What residents read (居民用语): words for states, lines and buttons; none of them a word of our trade."""

from typing import Any

from django.utils.translation import gettext_lazy, pgettext_lazy

STATUS = {
    "reported": pgettext_lazy("to a resident", "Received"),
    "received": pgettext_lazy("to a resident", "Received"),
    "verifying_report": pgettext_lazy("to a resident", "Being checked"),
    "filed": pgettext_lazy("to a resident", "Being arranged"),
    "dispatched": pgettext_lazy("to a resident", "Being arranged"),
    "returned": pgettext_lazy("to a resident", "Being arranged"),
    "ruling": pgettext_lazy("to a resident", "Being arranged"),
    "consultation": pgettext_lazy("to a resident", "Being arranged"),
    "acknowledged": pgettext_lazy("to a resident", "Being handled"),
    "contacted": pgettext_lazy("to a resident", "Being handled"),
    "handling": pgettext_lazy("to a resident", "Being handled"),
    "deferred": pgettext_lazy("to a resident", "On hold"),
    "fed_back": pgettext_lazy("to a resident", "Checking the result"),
    "replied": pgettext_lazy("to a resident", "Checking the result"),
    "verifying_result": pgettext_lazy("to a resident", "Checking the result"),
    "callback": pgettext_lazy("to a resident", "Checking the result"),
    "rework": pgettext_lazy("to a resident", "Being redone"),
    "rejected": pgettext_lazy("to a resident", "Not taken up"),
    "not_accepted": pgettext_lazy("to a resident", "Not taken up"),
    "referred": pgettext_lazy("to a resident", "Passed to the emergency line"),
    "terminated": pgettext_lazy("to a resident", "Ended"),
    "merged": pgettext_lazy("to a resident", "Joined to the same matter"),
    "withdrawn": pgettext_lazy("to a resident", "Withdrawn"),
}
"""The word a resident reads for a state; a district may change the sentence, never the word."""

BY_PHASE = {
    "intake": pgettext_lazy("to a resident", "Received"),
    "triage": pgettext_lazy("to a resident", "Being arranged"),
    "dispatch": pgettext_lazy("to a resident", "Being arranged"),
    "resolution": pgettext_lazy("to a resident", "Being handled"),
    "verification": pgettext_lazy("to a resident", "Checking the result"),
    "closed": pgettext_lazy("to a resident", "Done"),
}


def status(state: str, phase: str, *, again: bool = False) -> Any:
    """The word for a state; one that a district made up reads as its phase. `again`: it was taken up once more."""
    if again and phase == "resolution":
        return STATUS["rework"]
    return STATUS.get(state) or BY_PHASE.get(phase, "")


REFUSED = frozenset({"rejected", "not_accepted", "terminated"})
"""States in which a request ends without what was asked: how to object is said beside the reason."""

OFFERED = {
    "rate": gettext_lazy("Rate the result"),
    "reopen": gettext_lazy("Not satisfied, take it up again"),
    "add": gettext_lazy("Add words or photos"),
    "remind": gettext_lazy("Ask them to hurry"),
    "withdraw": pgettext_lazy("a resident's request", "Withdraw the request"),
}
"""What a resident may do, in the order of the page, with the words of its button."""

SAID = {
    "rate": gettext_lazy("Your rating has arrived."),
    "reopen": gettext_lazy("It was taken up again."),
    "add": gettext_lazy("What you added has arrived."),
    "remind": gettext_lazy("They were asked to hurry."),
    "withdraw": gettext_lazy("You withdrew it."),
}

DID = {
    "report": pgettext_lazy("to a resident", "reported"),
    "dispatch": pgettext_lazy("to a resident", "was asked to act"),
    "acknowledge": pgettext_lazy("to a resident", "took it on"),
    "contact": pgettext_lazy("to a resident", "spoke with you"),
    "reply": pgettext_lazy("to a resident", "answered"),
    "answer": pgettext_lazy("to a resident", "answered"),
    "reject": pgettext_lazy("to a resident", "did not take it up"),
    "refer": pgettext_lazy("to a resident", "passed it to the emergency line"),
    "merge": pgettext_lazy("to a resident", "joined it to the same matter"),
    "rework": pgettext_lazy("to a resident", "asked to have it redone"),
    "close": pgettext_lazy("to a resident", "closed it"),
    "reopen": pgettext_lazy("to a resident", "took it up again"),
    "withdraw": pgettext_lazy("to a resident", "withdrew it"),
    "add": pgettext_lazy("to a resident", "added something"),
    "pause": pgettext_lazy("to a resident", "stopped the clock for a cause"),
    "resume": pgettext_lazy("to a resident", "goes on"),
    "defer": pgettext_lazy("to a resident", "cannot do it for now"),
    "undefer": pgettext_lazy("to a resident", "goes on with it"),
    "terminate": pgettext_lazy("to a resident", "ended it without a result"),
    "grant_extension": pgettext_lazy("to a resident", "was given more time"),
    "solve_on_site": pgettext_lazy("to a resident", "solved it on the spot"),
    "rate": pgettext_lazy("to a resident", "rated it"),
}
"""A public line in a resident's words, after the name of who did it."""
