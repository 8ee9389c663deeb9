"""The ledger (流转账): writing a line, binding it to the one before, keeping its words beside it."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, NamedTuple

from jiedao.ground.db.asking import ask
from jiedao.ground.journal import chain
from jiedao.ground.people import Actor
from jiedao.kit.clock import local
from jiedao.kit.text import mask_free
from jiedao.record import writing
from jiedao.record.models import Case, DispatchOrder, Entry, Words

FREE_TEXT = frozenset(
    {
        "text",
        "reason",
        "words",
        "plan",
        "message",
        "aim",
        "meeting",
        "told",
        "topic",
        "took_up",
        "spoke_with",
        "did",
        "finished",
        "address",
        "basis",
        "question",
    }
)
"""What of `said` is free text: it is masked and lies beside the entry, never in it."""


def next_number(at: datetime) -> str:
    """The next case number of the district and year, `26-00912`. There may be gaps; a number opens nothing."""
    year = local(at).year % 100
    [(drawn,)] = ask(f"SELECT nextval('case_number_{year:02d}')")
    return f"{year:02d}-{int(drawn or 0):05d}"


def line(
    case: Case,
    verb: str,
    *,
    by: Actor,
    said: dict[str, Any],
    was: str,
    at: datetime,
    order: DispatchOrder | None = None,
    public: bool = False,
) -> Entry:
    """The next entry of a case, linked and hashed, not yet saved. Moves the case's `seq` and `head` along."""
    words = {k: v for k, v in said.items() if k in FREE_TEXT and v}
    salted = chain.salt() if words else b""
    entry = writing.new(
        Entry,
        case=case,
        seq=case.seq + 1,
        verb=verb,
        at=at,
        was=was,
        now=case.state,
        actor=by.kind,
        **by.author,
        unit_id=by.unit_id,
        system=by.name if by.kind == "system" else "",
        order_id=order.id if order else None,
        public=public,
        facts={k: _plain(v) for k, v in said.items() if k not in FREE_TEXT and v not in (None, "")},
        prev=bytes(case.head),
    )
    masked = {k: mask_free(v) if isinstance(v, str) else v for k, v in words.items()}
    entry.digest = chain.digest(masked, salted) if masked else b""
    entry.hash = chain.link(bytes(case.head), told(entry))
    entry.kept = (salted, masked)  # type: ignore[attr-defined]
    case.seq, case.head = entry.seq, entry.hash
    return entry


def words_of(entry: Entry) -> Words | None:
    """The words that `line` put aside for an entry. None if nothing was said."""
    salted, masked = entry.kept  # type: ignore[attr-defined]
    return writing.new(Words, entry=entry, salt=salted, said=masked) if masked else None


def lines_since(case: Case, seen: int, most: int = 5) -> list[dict[str, str]]:
    """What came after the line a form saw: verb, time and state of each, the first few."""
    rows = case.entries.filter(seq__gt=seen).order_by("seq")[:most]
    return [{"verb": e.verb, "at": e.at.isoformat(), "now": e.now} for e in rows]


def told(entry: Entry) -> bytes:
    """The line of an entry that its hash covers. Plain fields, so that SQL can compute it too."""
    micros = int(entry.at.timestamp()) * 1_000_000 + entry.at.microsecond
    parts = (
        entry.case_id,
        entry.seq,
        entry.verb,
        micros,
        entry.was,
        entry.now,
        entry.actor,
        entry.person_id,
        entry.post_id,
        entry.unit_id,
        entry.system,
        entry.order_id,
        int(entry.public),
        chain.digest(entry.facts, b"").hex(),
        bytes(entry.digest).hex(),
    )
    return "|".join("" if part is None else str(part) for part in parts).encode()


class Line(NamedTuple):
    """What of an entry its verification asks for; read in bulk by `audit` without making objects of a million rows."""

    seq: int
    prev: bytes
    hash: bytes
    told: bytes
    now: str
    digest: bytes
    salt: bytes | None
    said: Any


def verify(case: Case) -> list[str]:
    """What is wrong with a case's chain, each with the number of its line. Empty if it stands."""
    return faults(case, map(_of, case.entries.select_related("words").order_by("seq")))


def _of(entry: Entry) -> Line:
    words: Words | None = getattr(entry, "words", None)
    salt, said = (bytes(words.salt), words.said) if words else (None, None)
    return Line(
        entry.seq, bytes(entry.prev), bytes(entry.hash), told(entry), entry.now, bytes(entry.digest), salt, said
    )


def faults(case: Case, lines: Iterable[Line]) -> list[str]:
    """The same of lines already read, in their order."""
    found: list[str] = []
    before, expected, state = b"", 1, case.state
    for line in lines:
        if line.seq != expected:
            found.append(f"{case.number} line {expected}: missing")
        if line.prev != before:
            found.append(f"{case.number} line {line.seq}: does not follow the line before")
        if chain.link(line.prev, line.told) != line.hash:
            found.append(f"{case.number} line {line.seq}: was changed")
        if line.salt is not None and chain.digest(line.said, line.salt) != line.digest:
            found.append(f"{case.number} line {line.seq}: its words were changed")
        before, expected, state = line.hash, line.seq + 1, line.now
    if case.state != state:
        found.append(f"{case.number}: stands in {case.state}, its last line says {state}")
    if before != bytes(case.head) or expected != case.seq + 1:
        found.append(f"{case.number}: the case ends at line {case.seq}, its entries at {expected - 1}")
    return found


def _plain(value: Any) -> Any:
    """A value as the facts keep it: ids and times as text."""
    if isinstance(value, (list, tuple)):
        return [_plain(v) for v in value]
    if isinstance(value, dict):
        return {k: _plain(v) for k, v in value.items()}
    return value if isinstance(value, (str, int, float, bool)) or value is None else str(value)
