"""Wiring (接线): which listener hears which verb. Strings only, so that no layer imports another for it."""

CONSEQUENCES: dict[str, tuple[str, ...]] = {
    "*": ("jiedao.doors.notify.listeners.tell_desks",),
    "report": ("jiedao.record.findables.keep",),
    "draft": ("jiedao.record.findables.keep",),
    "add": ("jiedao.record.findables.keep",),
    "classify": ("jiedao.record.findables.keep",),
    "assign": ("jiedao.doors.notify.listeners.tell_assigned",),
    "merge": ("jiedao.doors.notify.listeners.tell_reporters", "jiedao.record.children.ended"),
    "close": ("jiedao.doors.notify.listeners.tell_reporters", "jiedao.record.children.ended"),
    "reject": ("jiedao.doors.notify.listeners.tell_reporters", "jiedao.record.children.ended"),
    "answer": ("jiedao.doors.notify.listeners.tell_reporters",),
    "terminate": ("jiedao.doors.notify.listeners.tell_reporters", "jiedao.record.children.ended"),
    "withdraw": ("jiedao.record.children.ended",),
    "decline": ("jiedao.record.children.ended",),
    "verify": ("jiedao.record.children.ended",),
    "evaluate": ("jiedao.record.children.ended",),
    "rate": ("jiedao.record.children.ended",),
}
"""`*` hears every verb but those of `QUIET`."""

QUIET = frozenset({"import", "note"})
"""Verbs nobody is told of."""


def listeners(verb: str) -> tuple[str, ...]:
    """The listeners of a verb, in order."""
    every = () if verb in QUIET else CONSEQUENCES["*"]
    return every + CONSEQUENCES.get(verb, ())


def heard_verbs() -> list[str]:
    """Verbs that have listeners of their own; the sweeper asks for those and for `*` alike."""
    from jiedao.record.verbs import VERBS  # noqa: PLC0415 -- app ready

    return [verb for verb in VERBS if listeners(verb)]
