"""Trial (试算): what a draft would have done with last month's cases. It reads entries and clocks and changes no row.

Every case is walked again, entry by entry, under the draft: a step it does not know, or that the post could not have
taken, is told as refused; a signature it asks for and nobody gave, as waiting; another goal, as moved elsewhere. Limits of
states and steps are counted anew from the same starts and pauses. Conditions are not asked again: they speak of a
moment that has passed.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Prefetch

from jiedao.ground.people.models import Post
from jiedao.kit.clock import now
from jiedao.record import clocks
from jiedao.record.definition import Definition, Label, Move, Timed
from jiedao.record.models import Case, Deadline, Entry, Pause, Words
from jiedao.record.verbs import STEPS

MOST = 3_000
"""Cases looked at, the newest first: a month of a busy district, in a few seconds."""

FROM_DEFINITION = ("item ", "order", "case", "extension")
"""Sources of limits that no definition sets: they stay as they were."""


@dataclass(frozen=True)
class Finding:
    """One case that would have gone otherwise. `what`: refused, waits, elsewhere, late, in_time."""

    what: str
    number: str
    title: str
    at: datetime
    verb: Label
    zh: str
    en: str


@dataclass
class Trial:
    """What came of it. `work`: how many more signatures each role would have given. `looked`: cases walked."""

    since: datetime
    until: datetime
    looked: int = 0
    cut: bool = False
    findings: list[Finding] = field(default_factory=list)
    work: Counter[str] = field(default_factory=Counter)

    def of(self, what: str) -> list[Finding]:
        return [finding for finding in self.findings if finding.what == what]

    @property
    def touched(self) -> int:
        """Cases that would have gone otherwise in any way."""
        return len({finding.number for finding in self.findings})


def trial(code: str, draft: Definition, since: datetime, until: datetime | None = None) -> Trial:
    """Walks the cases of a process that moved in a window under a draft. The database refuses any write meanwhile."""
    found = Trial(since, until or now())
    with _reading_only():
        cases = list(_cases(code, found.since, found.until))
        found.looked, found.cut = min(len(cases), MOST), len(cases) > MOST
        kinds = _post_kinds(cases)
        for case in cases[:MOST]:
            found.findings += [*_walk(case, draft, kinds, found.work), *_clocks(case, draft)]
    return found


@contextmanager
def _reading_only() -> Iterator[None]:
    """A savepoint in which nothing can be written, rolled back at the end so that the setting goes with it."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL transaction_read_only = on")
        yield
        transaction.set_rollback(True)


def _cases(code: str, since: datetime, until: datetime) -> Iterable[Case]:
    lines = Entry.objects.order_by("seq").prefetch_related(Prefetch("words", Words.objects.all()))
    timed = Deadline.objects.prefetch_related(Prefetch("pauses", Pause.objects.order_by("since")))
    moved = Case.objects.filter(process__code=code, imported=False, entries__at__gte=since, entries__at__lt=until)
    return (
        Case.objects.filter(pk__in=moved.values("pk"))
        .select_related("process")
        .prefetch_related(Prefetch("entries", lines), Prefetch("deadlines", timed))
        .order_by("-opened_at")[: MOST + 1]
    )


def _post_kinds(cases: list[Case]) -> dict[UUID, str]:
    """The kind of every post that acted."""
    posts = {entry.post_id for case in cases for entry in case.entries.all() if entry.post_id}
    return dict(Post.objects.filter(pk__in=posts).values_list("pk", "kind__code"))


def _walk(case: Case, draft: Definition, kinds: dict[UUID, str], work: Counter[str]) -> Iterator[Finding]:
    """The first way in which the case would have left its road; beyond it nothing can be said."""
    known = case.process.definition
    for entry in case.entries.all():
        lines = known.moves_of(entry.verb, entry.was)
        if not lines:  # opening, rings, a child's end: no move of the table
            continue
        label = known.verb_label(entry.verb)
        fitting = draft.moves_of(entry.verb, entry.was) if entry.was in draft.states else []
        if not fitting:
            yield _finding("refused", case, entry, label, *_no_move(known, entry))
            return
        kind = kinds.get(entry.post_id, "") if entry.post_id else ""
        allowed = [move for move in fitting if _may(draft, move, entry, kind)]
        if not allowed and any(_may(known, move, entry, kind) for move in lines):
            yield _finding("refused", case, entry, label, "这一岗位不再能办", "this post may no longer do it")
            return
        move = _same_goal(allowed or fitting, entry)
        if short := _short(lines, move, entry):
            yield _finding("refused", case, entry, label, f"缺少{'、'.join(short)}", f"missing: {', '.join(short)}")
            return
        if signers := _more_signers(lines, move, draft, kind):
            work.update(signers)
            roles = [draft.roles[role].label for role in signers]
            zh, en = "、".join(role["zh"] for role in roles), ", ".join(role["en"] for role in roles)
            yield _finding("waits", case, entry, label, f"还要{zh}会签", f"would wait for the signature of: {en}")
        if entry.now != entry.was and move.to and move.to != entry.now and entry.now in known.states:
            goal = draft.state(move.to).label
            yield _finding("elsewhere", case, entry, label, f"会到“{goal['zh']}”", f"would lead to “{goal['en']}”")
            return


def _no_move(known: Definition, entry: Entry) -> tuple[str, str]:
    state = known.state(entry.was).label
    return f"在“{state['zh']}”不再能办", f"could no longer be done in “{state['en']}”"


def _may(definition: Definition, move: Move, entry: Entry, kind: str) -> bool:
    """By the kind of post alone: what somebody stood to the case then is not asked again."""
    roles = [definition.roles[role] for role in move.by]
    if entry.actor == "system":
        return any(role.standing == "system" for role in roles)
    if entry.actor == "resident":
        return any(role.standing == "reporter" for role in roles)
    return any(role.standing != "system" and (not role.posts or kind in role.posts) for role in roles)


def _same_goal(moves: list[Move], entry: Entry) -> Move:
    moved = entry.now if entry.now != entry.was else ""
    return next((move for move in moves if move.to == moved), moves[0])


def _short(former: list[Move], move: Move, entry: Entry) -> list[str]:
    """What the draft needs, the former did not, and nobody gave."""
    asked = set(move.needs) - {name for line in former for name in line.needs}
    if not asked:
        return []
    words = getattr(entry, "words", None)
    given: dict[str, Any] = {**entry.facts, **(words.said if words else {})}
    return sorted(name for name in asked if given.get(name) in (None, "", [], ()))


def _more_signers(former: list[Move], move: Move, draft: Definition, kind: str) -> list[str]:
    """Roles whose signature the draft asks for and the former did not; who acted has signed for his own."""
    if move.signed_by is None:
        return []
    had = {role for line in former if line.signed_by for role in line.signed_by.roles}
    own = {role for role in move.signed_by.roles if kind in draft.roles[role].posts}
    if move.signed_by.rule == "any" and own:
        return []
    return [role for role in move.signed_by.roles if role not in had and role not in own]


def _clocks(case: Case, draft: Definition) -> Iterator[Finding]:
    """Limits of states, steps and the promise, counted anew where the definition sets them."""
    at = now()
    for deadline in case.deadlines.all():
        limit = _limit(draft, deadline)
        if limit is None or limit.within == deadline.limit or limit.within in clocks.NO_LIMIT:
            continue
        if deadline.paused_since or deadline.source.startswith(FROM_DEFINITION):
            continue
        due, ended = clocks.replay(deadline, limit.within), deadline.stopped_at or at
        was_late, is_late = ended > deadline.due_at, ended > due
        if was_late != is_late:
            name = _clock_name(draft, deadline)
            said = ("会超时", "would have been late") if is_late else ("不再超时", "would no longer have been late")
            yield Finding("late" if is_late else "in_time", case.number, case.title, ended, name, *said)


def _limit(draft: Definition, deadline: Deadline) -> Timed | None:
    if deadline.kind == Deadline.Kind.PROMISE:
        return draft.promise
    if deadline.kind == Deadline.Kind.STATE:
        state = draft.states.get(deadline.name)
        return state.limit if state else None
    step = draft.steps.get(deadline.name)
    return step.limit if step else None


def _clock_name(draft: Definition, deadline: Deadline) -> Label:
    if deadline.kind == Deadline.Kind.STATE:
        return draft.state(deadline.name).label
    if deadline.kind == Deadline.Kind.STEP and deadline.name in STEPS:
        return {"zh": STEPS[deadline.name][1], "en": STEPS[deadline.name][2]}
    return {"zh": "对外承诺", "en": "Promise"}


def _finding(what: str, case: Case, entry: Entry, label: Label, zh: str, en: str) -> Finding:
    return Finding(what, case.number, case.title, entry.at, label, zh, en)
