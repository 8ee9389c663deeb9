"""On shift (当班): a person reads the briefing, starts, rests, shares the position or stops, and ends.

Each is the person's own act and nobody else's. Starting a shift is not attendance and feeds no score (R14).
"""

from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, transaction

from jiedao.ground.districts import current_district
from jiedao.ground.journal import receipts
from jiedao.ground.people import Actor
from jiedao.ground.people.contacts import open_rows
from jiedao.ground.people.models import Post
from jiedao.ground.terms.models import Term, terms
from jiedao.kit.clock import now
from jiedao.kit.refusal import Absent, Refused
from jiedao.lines.patrol import moving, rules
from jiedao.lines.patrol.actions.notes import changed
from jiedao.lines.patrol.models import GroupMember, LastPosition, Sharing, Shift


def mine(shift_id: UUID, by: Actor) -> Shift:
    """The actor's own shift, under its lock. `Absent` for everybody else's.

    The lock keeps two taps from opening two sharings, and an end from overtaking a start.
    """
    rows = Shift.objects.select_for_update(of=("self",)).select_related("roster__squad", "post__kind")
    found = rows.filter(pk=shift_id, person_id=by.person.id if by.person else None).first()
    if found is None:
        raise Absent
    return found


def basis_of(post: Post) -> Term | None:
    """On which basis this post may be asked for its position here. None: never (R10)."""
    return rules.basis(post, current_district().switches, terms(rules.BASIS))


def acknowledge(shift_id: UUID, *, by: Actor) -> Shift:
    """The person has read the briefing and its task orders (已读). Orders that come later are read anew."""
    with receipts.whole():
        shift = mine(shift_id, by)
        if shift.roster.published_at is None:
            raise Refused("briefing_not_out", squad=shift.roster.squad.name)
        if shift.ended_at:
            raise Refused("shift_over", at=shift.ended_at.isoformat())
        shift.briefed_at = now()
        shift.save(update_fields=["briefed_at"])
        changed("shift", shift.id, "acknowledged", by)
    return shift


def start(shift_id: UUID, *, by: Actor) -> Shift:
    """Goes on duty (开始当班). The position stays off until the person turns it on."""
    with receipts.whole():
        shift, at = mine(shift_id, by), now()
        if shift.ended_at:
            raise Refused("shift_over", at=shift.ended_at.isoformat())
        if shift.started_at:
            raise Refused("shift_runs", at=shift.started_at.isoformat())
        if is_unread(shift):
            raise Refused("briefing_unread", squad=shift.roster.squad.name)
        if at >= shift.roster.ends_at:
            raise Refused("shift_over", at=shift.roster.ends_at.isoformat())
        shift.started_at = at
        try:
            with transaction.atomic():
                shift.save(update_fields=["started_at"])
        except IntegrityError:
            raise Refused("other_shift_runs") from None
        _noted(shift, "started", by)
    return shift


def is_unread(shift: Shift) -> bool:
    """Whether something of the briefing has not been acknowledged: all of it, or an order that came later."""
    if shift.roster.published_at is None:
        return False
    if shift.briefed_at is None:
        return True
    return shift.roster.tasks.filter(made_at__gt=shift.briefed_at).exists()  # type: ignore[attr-defined]


def share(shift_id: UUID, *, by: Actor) -> Shift:
    """Turns the own position on (共享位置). Refuses `no_track_basis` where the district takes none (R10)."""
    with receipts.whole():
        shift = _running(shift_id, by)
        if basis_of(shift.post) is None:
            raise Refused("no_track_basis", post=shift.post.kind.name, post_en=shift.post.kind.name_en)
        if shift.paused_since:
            raise Refused("shift_paused")
        if not Sharing.objects.filter(shift=shift, until=None).exists():
            Sharing.objects.create(shift=shift, since=now())
            _noted(shift, "shared", by)
    return shift


def hide(shift_id: UUID, *, by: Actor) -> Shift:
    """Turns it off again (停止共享). The last place leaves the map at once; the shift goes on."""
    with receipts.whole():
        shift = _running(shift_id, by)
        if _unshare(shift, now()):
            _noted(shift, "hid", by)
    return shift


def pause(shift_id: UUID, *, by: Actor) -> Shift:
    """Rests (暂停): off the map and not sent anywhere until the person goes on."""
    with receipts.whole():
        shift, at = _running(shift_id, by), now()
        if shift.paused_since is None:
            shift.paused_since = at
            shift.save(update_fields=["paused_since"])
            _unshare(shift, at)
            _noted(shift, "paused", by)
    return shift


def resume(shift_id: UUID, *, by: Actor) -> Shift:
    """Goes on (继续). The position stays off until it is turned on again."""
    with receipts.whole():
        shift = _running(shift_id, by)
        if shift.paused_since is not None:
            shift.paused_since = None
            shift.save(update_fields=["paused_since"])
            _noted(shift, "resumed", by)
    return shift


def end(shift_id: UUID, *, by: Actor) -> Shift:
    """Ends the shift (结束当班): gone from the map with this commit. What is open waits for the wrap-up."""
    with receipts.whole():
        shift = _running(shift_id, by)
        close(shift, now())
        changed("shift", shift.id, "ended", by)
    return shift


def close(shift: Shift, at: datetime) -> None:
    """What an end does, whoever brings it: the person, or the roster's own end."""
    _unshare(shift, at)
    shift.ended_at, shift.paused_since = at, None
    shift.save(update_fields=["ended_at", "paused_since"])
    GroupMember.objects.filter(shift=shift, left_at=None).update(left_at=at)
    moving.tell([shift.roster.squad_id], at_once=True)


def _running(shift_id: UUID, by: Actor) -> Shift:
    shift = mine(shift_id, by)
    if shift.started_at is None:
        raise Refused("shift_not_begun")
    if shift.ended_at is not None:
        raise Refused("shift_over", at=shift.ended_at.isoformat())
    return shift


def _noted(shift: Shift, verb: str, by: Actor) -> None:
    """The line in the journal, and the hint to the maps on which the person now stands otherwise."""
    changed("shift", shift.id, verb, by)
    moving.tell([shift.roster.squad_id], at_once=True)


def _unshare(shift: Shift, at: datetime) -> bool:
    """Ends the open sharing and takes the last place off the map. Whether there was one."""
    open_rows([shift.roster.squad_id])
    LastPosition.objects.filter(pk=shift.pk).delete()
    return bool(Sharing.objects.filter(shift=shift, until=None).update(until=at))


def told(shift_id: UUID, task_id: UUID, text: str, *, by: Actor) -> None:
    """What became of a task order, in the words of who was sent (任务回报). The squad's head checks it after the shift."""
    with receipts.whole():
        shift = mine(shift_id, by)
        task = shift.roster.tasks.select_for_update().filter(pk=task_id).first()  # type: ignore[attr-defined]
        if task is None or (task.shift_id and task.shift_id != shift.id):
            raise Absent
        if not text.strip():
            raise Refused("incomplete", verb="", missing=["text"])
        if task.outcome:
            raise Refused("task_checked")
        task.told, task.told_at, task.told_by = text.strip()[:500], now(), by.person.id if by.person else None
        task.save(update_fields=["told", "told_at", "told_by"])
        changed("shift_task", task.id, "told", by)
