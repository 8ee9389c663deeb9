"""The ledger of exports (导出台账): asked for, seconded, made, taken, ended. Each step under the row's own lock.

A list in the clear (R5) needs a reason and a second person before it is made, is taken with a password that is kept
nowhere, and ends sooner than a masked one.
"""

import hashlib
from collections.abc import Iterable
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from jiedao.ground.districts import schema
from jiedao.ground.journal import notes
from jiedao.ground.people import Actor, contacts, posts
from jiedao.ground.people.models import Account, Person, Tenure
from jiedao.ground.terms import competence
from jiedao.ground.terms.models import fact
from jiedao.kit import vault
from jiedao.kit.clock import now, today
from jiedao.kit.refusal import Absent, Refused
from jiedao.lines.exports.models import Export, ExportFile
from jiedao.record.tasks import in_each

TABLE, ASKERS, KEEPERS, WATCHERS = "export_rule", "unmask", "exports", "audit"
QUEUE, TASK = "exports", "jiedao.export"
MOST_WAITING = 5
"""Lists of one person that are being made at once (A10)."""
SHOWN = 50
LOST_AFTER = timedelta(hours=6)
"""A job tries ten times within an hour or so; what is not made after six is given up and said so."""
State = Export.State


def rule(code: str, name: str, default: int) -> int:
    """A number of the district's own rule of exports."""
    return int(fact(TABLE, code, name, default))


def ask(
    *, by: Actor, title: str, path: str, query: str, form: str, lang: str, purpose: str, reason: str = "",
    unmasked: bool = False,
) -> Export:  # fmt: skip
    """Asks for a list: a masked one is made at once, one in the clear when a second person agrees.

    Refuses `not_keeper` and `incomplete` for the latter, `too_many_exports` for either.
    """
    if by.person is None or by.post is None:
        raise Absent
    if unmasked:
        competence.require(by, ASKERS)
        if not reason.strip():
            raise Refused("incomplete", verb="", missing=["reason"])
    with transaction.atomic():
        # Two at once would both count four.
        Person.objects.select_for_update().get(pk=by.person.pk)
        waiting = Export.objects.filter(person=by.person, state__in=[State.WAITING, State.ASKED]).count()
        if waiting >= MOST_WAITING:
            raise Refused("too_many_exports", most=MOST_WAITING)
        row = Export.objects.create(
            person=by.person, post=by.post, title=title[:80], path=path[:200], query=query[:1000], form=form,
            lang=lang, purpose=purpose, reason=reason.strip()[:200], unmasked=unmasked, asked_at=now(),
            state=State.WAITING if unmasked else State.ASKED,
        )  # fmt: skip
        _noted(row, "ask", by, form=form, unmasked=unmasked, purpose=purpose)
        if not unmasked:
            _defer(row)
    return row


def decide(pk: UUID, *, by: Actor, agreed: bool, answer: str = "") -> Export:
    """A second person says yes or no to a list in the clear. Refuses `not_keeper`, `export_second`, `export_decided`."""
    competence.require(by, KEEPERS)
    with transaction.atomic():
        row = Export.objects.select_for_update().filter(pk=pk, unmasked=True).first()
        if row is None or by.person is None:
            raise Absent
        if row.person_id == by.person.id:  # type: ignore[attr-defined]
            raise Refused("export_second")
        if row.state != State.WAITING:
            raise Refused("export_decided")
        if not agreed and not answer.strip():
            raise Refused("incomplete", verb="", missing=["answer"])
        row.second, row.second_post, row.decided_at = by.person, by.post, now()
        row.answer, row.state = answer.strip()[:200], State.ASKED if agreed else State.REFUSED
        row.save(update_fields=["second", "second_post", "decided_at", "answer", "state"])
        _noted(row, "agree" if agreed else "refuse", by)
        if agreed:
            _defer(row)
    return row


def begun(pk: UUID) -> Export | None:
    """The export a job is to make, and for whom. None for what is made already, or whose asker has lost the post (G18)."""
    with transaction.atomic():
        row = Export.objects.select_for_update(of=("self",)).select_related("person", "post").filter(pk=pk).first()
        if row is None or row.state != State.ASKED:
            return None
        if row.post not in posts.held_by(row.person):
            _end(row, State.FAILED, "left")
            return None
    return row


def asker(row: Export) -> Actor:
    """As whom the list is read: the post as it stands at this moment."""
    return Actor.at(next(post for post in posts.held_by(row.person) if post.id == row.post.id), row.person)


def account(row: Export) -> Account | None:
    """The account by which the asker signs in. None once it is closed."""
    return Account.objects.filter(person=row.person, is_active=True).order_by("pk").first()


def made(row: Export, name: str, content: bytes, rows: int) -> bool:
    """Keeps the file under a key of its own. False where another worker was quicker."""
    with transaction.atomic():
        found = Export.objects.select_for_update().get(pk=row.pk)
        if found.state != State.ASKED:
            return False
        key = vault.new_key()
        hours = rule("unmasked", "hours", 24) if found.unmasked else rule("keep", "days", 7) * 24
        found.made_at, found.until = now(), now() + timedelta(hours=hours)
        found.name, found.rows, found.sha256 = name[:80], rows, hashlib.sha256(content).digest()
        found.key, found.state = vault.wrap(key, f"export {found.id}"), State.READY
        contacts.open_rows([found.id])
        ExportFile.objects.create(id=found.id, sealed=vault.seal_bytes(key, content, f"export {found.id}"))
        found.save(update_fields=["made_at", "until", "name", "rows", "sha256", "key", "state"])
        _noted(found, "make", Actor.system("exports"), rows=rows)
    return True


def failed(row: Export, why: str) -> None:
    """It could not be made; the asker is told."""
    with transaction.atomic():
        found = Export.objects.select_for_update().get(pk=row.pk)
        if found.state == State.ASKED:
            _end(found, State.FAILED, why)


def take(pk: UUID, *, by: Actor) -> tuple[Export, bytes]:
    """The file, for who asked for it, in the post that did; on the record before it is given. `Absent` for all else."""
    with transaction.atomic():
        row = own(pk, by=by, lock=True)
        if row.state != State.READY or row.key is None or row.until is None or row.until <= now():
            raise Absent
        if row.unmasked:
            competence.require(by, ASKERS)
        notes.look(
            by.scope, "export", row.id, purpose=f"{row.purpose}: {row.path}", **by.author, unit_id=by.unit_id
        )  # fmt: skip
        contacts.open_rows([row.id])
        key = vault.unwrap(bytes(row.key), f"export {row.id}")
        content = vault.open_bytes(key, ExportFile.objects.get(pk=row.pk).sealed, f"export {row.id}")
        row.taken, row.taken_at = row.taken + 1, now()
        row.save(update_fields=["taken", "taken_at"])
    return row, content


def own(pk: UUID, *, by: Actor, lock: bool = False) -> Export:
    """An export of the actor's own, asked in the post acted in."""
    rows = Export.objects.select_for_update() if lock else Export.objects
    row = rows.filter(pk=pk, person=by.person, post=by.post).first() if by.person and by.post else None
    if row is None:
        raise Absent
    return row


def mine(by: Actor) -> list[Export]:
    """What the person asked for, the latest first."""
    found = Export.objects.filter(person=by.person).select_related("post__unit", "second_post__unit")
    return list(found.order_by("-asked_at")[:SHOWN]) if by.person else []


def waiting(by: Actor) -> list[Export]:
    """Lists in the clear that wait for this actor's yes or no; never one's own."""
    if by.person is None or not competence.may(by, KEEPERS):
        return []
    found = Export.objects.filter(state=State.WAITING, unmasked=True).exclude(person=by.person)
    return list(found.select_related("person", "post__unit").order_by("asked_at")[:SHOWN])


def everything(by: Actor, page: int = 1) -> list[Export] | None:
    """The whole ledger, a page of it, for who keeps or audits it. None for everybody else."""
    if not competence.may(by, KEEPERS) and not competence.may(by, WATCHERS):
        return None
    found = Export.objects.select_related("person", "post__unit", "second", "second_post").order_by("-asked_at")
    return list(found[(page - 1) * SHOWN : page * SHOWN])


def keepers() -> set[UUID]:
    """Who may second an export."""
    kinds = fact("competence", KEEPERS, "posts", [])
    return set(Tenure.objects.on(today()).filter(post__kind__code__in=kinds).values_list("person_id", flat=True))


def looked(row: Export, cases: Iterable[UUID], by: Actor) -> None:
    """Each case whose caller stands in a list in the clear says so to its resident (R6)."""
    for case in cases:
        notes.look(by.scope, "export", case, purpose=row.purpose, **by.author, unit_id=by.unit_id)


def end_due() -> int:
    """Ends what has served its time: the key first, and with it the file; gives up what nobody made."""
    gone = 0
    for row in Export.objects.filter(state=State.READY, until__lte=now()):
        with transaction.atomic():
            found = Export.objects.select_for_update().get(pk=row.pk)
            if found.state == State.READY:
                _end(found, State.GONE)
                gone += 1
    for row in Export.objects.filter(state=State.ASKED, asked_at__lte=now() - LOST_AFTER):
        if (row.decided_at or row.asked_at) <= now() - LOST_AFTER:
            failed(row, "lost")
    return gone


def end_all() -> int:
    """The same in every district."""
    return in_each("ending exports", end_due)


def _end(row: Export, state: str, why: str = "") -> None:
    contacts.open_rows([row.id])
    ExportFile.objects.filter(pk=row.pk).delete()
    row.state, row.key, row.answer = state, None, why or row.answer
    row.save(update_fields=["state", "key", "answer"])
    _noted(row, "end", Actor.system("exports"), state=state, why=why)


def _defer(row: Export) -> None:
    """The job, in the transaction that asks for it (A1)."""
    told = [QUEUE, TASK, schema(), str(row.id)]
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO public.procrastinate_jobs (queue_name, task_name, priority, args)"
            " VALUES (%s, %s, 0, jsonb_build_object('schema', %s::text, 'export', %s::text))",
            told,
        )


def _noted(row: Export, verb: str, by: Actor, **facts: Any) -> None:
    notes.change("export", row.id, verb, **by.author, system=by.name if by.kind == "system" else "", **facts)
