"""The outbox (送达): which notice goes to whom by which channel and when; sent by a job, once, and again if it failed.

A sending is a row of the transaction that tells; so is its job. A sending is taken before it is sent and ticked off
after: two jobs at once send it once, a crash in between sends it again under the same key (A13).
"""

from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Q

from jiedao.doors.notify import channels, message, pace
from jiedao.doors.notify.jobs import TASK, defer
from jiedao.doors.notify.models import Channel, Notice, Sending, Wishes
from jiedao.ground.people import posts
from jiedao.ground.people.models import ACT_FOR_PARENT
from jiedao.kit.clock import now, today
from jiedao.kit.ids import new_id
from jiedao.kit.ports import fault
from jiedao.record.models import Deadline
from jiedao.record.queries.scope import rows

if TYPE_CHECKING:
    from jiedao.doors.notify.transport import Outcome

AT_ONCE = 50
BEGUN_FOR = timedelta(minutes=2)
"""A sending that was begun so long ago was left by a worker that died."""
KEPT_FOR = timedelta(days=30)

# Whoever sits today in a post of a unit, or of an office that takes up its orders, and has a proven channel.
_CONCERNED = """
SELECT DISTINCT c.id, c.person_id, COALESCE(given.unit, NULL) FROM notify_channel c
JOIN people_person h ON h.id = c.person_id AND (h.left_on IS NULL OR h.left_on > %(day)s)
LEFT JOIN people_tenure t ON t.person_id = c.person_id AND t.valid_from <= %(day)s
  AND (t.valid_to IS NULL OR t.valid_to > %(day)s)
LEFT JOIN people_post p ON p.id = t.post_id LEFT JOIN people_unit u ON u.id = p.unit_id
LEFT JOIN unnest(%(units)s::uuid[]) AS given(unit)
  ON given.unit = u.id OR given.unit = ANY(u.came_from) OR (u.kind = ANY(%(helping)s) AND u.parent_id = given.unit)
WHERE c.proven_at IS NOT NULL AND c.is_on AND (given.unit IS NOT NULL OR c.person_id = ANY(%(persons)s::uuid[]))
"""


def plan(notices: list[Notice], but: UUID | None = None) -> int:
    """Writes who is to be told outside of these notices, and the jobs that do it; says how many. `but`: who did it."""
    units = list({notice.unit_id for notice in notices if notice.unit_id})
    persons = list({notice.person_id for notice in notices if notice.person_id})
    with connection.cursor() as cursor:
        given = {"day": today(), "units": units, "persons": persons, "helping": [str(kind) for kind in ACT_FOR_PARENT]}
        cursor.execute(_CONCERNED, given)
        found = [row for row in cursor.fetchall() if row[1] != but]
    if not found:
        return 0
    sendings = _sendings(notices, found)
    Sending.objects.bulk_create(sendings, ignore_conflicts=True)
    for channel, due in {(sending.channel_id, sending.due_at) for sending in sendings}:
        defer(TASK, channel, due)
    return len(sendings)


def _sendings(notices: list[Notice], found: list[tuple[UUID, UUID, UUID | None]]) -> list[Sending]:
    rules = pace.rules()
    wishes = {row.person_id: row for row in Wishes.objects.filter(person_id__in={row[1] for row in found})}
    made: dict[tuple[UUID, UUID], Sending] = {}
    for notice in notices:
        kind = rules.kind_of(notice.verb)
        through = rules.may_pierce(kind) and _pierces(notice, rules)
        for channel, person, unit in found:
            if notice.unit_id != unit if notice.unit_id else notice.person_id != person:
                continue
            wished = wishes.get(person)
            due = pace.due(
                notice.at, rules.pace(kind, wished.paces if wished else {}), hours(wished, rules), pierces=through
            )
            if due is not None:
                made[notice.id, channel] = Sending(notice=notice, channel_id=channel, due_at=due)
    return list(made.values())


def hours(wished: Wishes | None, rules: pace.Rules) -> pace.Hours:
    """Somebody's hours: the own ones where there are any, else the district's."""
    usual = rules.hours()
    if wished is None:
        return usual
    quiet = (wished.quiet_from, wished.quiet_to) if wished.own_hours else (usual.quiet_from, usual.quiet_to)
    return pace.Hours(*quiet, wished.daily_at or usual.daily_at)


def _pierces(notice: Notice, rules: pace.Rules) -> bool:
    """By the rule of the district: the matter's severity, or an open limit of this order that counts day and night."""
    if notice.case_id is None or notice.entry is None:
        return False
    running = Deadline.objects.filter(case_id=notice.case_id, stopped_at=None, paused_since=None)
    order = notice.entry.order_id
    limits = running.filter(Q(order=None) | Q(order_id=order) if order else Q(order=None))
    if notice.unit_id:
        limits = running.filter(Q(order=None) | Q(order__unit_id=notice.unit_id))
    return rules.pierces(notice.case.severity, list(limits.values_list("limit", flat=True)))


def deliver(channel_id: UUID) -> int:
    """Sends what is due by a channel, as one message; says how many notices went. What failed waits for its next try."""
    sent = 0
    while lot := _take(channel_id):
        channel, notices, key = lot
        fault("notice_taken")
        title, body = message.told(notices, channels.language(channel))
        outcome = _send(channel, title, body, key)
        fault("notice_sent")
        with transaction.atomic():
            if outcome.sent:
                _tick_off(channel, key)
                sent += len(notices)
                continue
            _again(channel, key, outcome.problem)
        break
    return sent


def _take(channel_id: UUID) -> tuple[Channel, list[UUID], UUID] | None:
    """Takes what is due, so that no other job does. What the person should no longer hear of is dropped."""
    at = now()
    with transaction.atomic():
        # The channel's row is its queue: two jobs at once would otherwise part one digest into two messages.
        channel = Channel.objects.select_for_update().select_related("person").filter(pk=channel_id).first()
        if channel is None:
            return None
        waiting = Sending.objects.filter(channel=channel, state=Sending.State.WAITING, due_at__lte=at)
        lot = list(waiting.select_related("notice__case").order_by("notice__at")[:AT_ONCE])
        told = [sending for sending in lot if _concerns(sending.notice, channel)]
        dropped = [sending.pk for sending in lot if sending not in told]
        Sending.objects.filter(pk__in=dropped).update(state=Sending.State.DROPPED, done_at=at)
        if not told:
            return None
        # Tried before, it keeps its key: whoever reads keys knows it again.
        key = next((sending.key for sending in told if sending.key), None) or new_id()
        ids = [sending.pk for sending in told]
        Sending.objects.filter(pk__in=ids).update(state=Sending.State.BEGUN, begun_at=at, key=key)
    return channel, [sending.notice_id for sending in told], key


def _concerns(notice: Notice, channel: Channel) -> bool:
    """Whether it is still this person's business, by the posts of this very moment (G18) and the shield (R7)."""
    if channel.proven_at is None or not channel.is_on or channel.kind not in pace.rules().channels:
        return False
    held = posts.held_by(channel.person)
    about = set(notice.case.reported_units) if notice.case else set()
    if channel.person.left_on is not None and not held:
        return False
    if notice.person_id:
        return notice.person_id == channel.person_id and not any(about & set(post.unit.above) for post in held)
    return any(notice.unit_id in post.unit.acts_for and not about & set(post.unit.above) for post in held)


def _send(channel: Channel, title: str, body: str, key: UUID) -> "Outcome":
    from jiedao.doors.notify import transport  # noqa: PLC0415 -- its library takes every start a quarter of a second

    return transport.send(channel.kind, channels.address(channel), title, body, str(key))


def _tick_off(channel: Channel, key: UUID) -> None:
    at = now()
    Sending.objects.filter(channel=channel, key=key, state=Sending.State.BEGUN).update(
        state=Sending.State.SENT, done_at=at, problem=""
    )
    Channel.objects.filter(pk=channel.pk).update(failing_since=None, problem="", last_sent_at=at)


def _again(channel: Channel, key: UUID, problem: str) -> None:
    """Notes a failure where the person and the operator see it, and when the next try comes, if one does."""
    at, waits = now(), pace.rules().waits()
    begun = Sending.objects.filter(channel=channel, key=key, state=Sending.State.BEGUN)
    tries = max(begun.values_list("tries", flat=True), default=0) + 1
    if tries > len(waits):
        begun.update(state=Sending.State.FAILED, tries=tries, done_at=at, problem=problem)
    else:
        due = at + waits[tries - 1]
        begun.update(state=Sending.State.WAITING, tries=tries, due_at=due, problem=problem)
        defer(TASK, channel.pk, due)
    Channel.objects.filter(pk=channel.pk, failing_since=None).update(failing_since=at)
    Channel.objects.filter(pk=channel.pk).update(problem=problem)


_LOST = """
SELECT DISTINCT s.channel_id FROM notify_sending s WHERE s.state = 'waiting' AND s.due_at < %s
  AND NOT EXISTS (SELECT 1 FROM public.procrastinate_jobs j WHERE j.task_name = %s AND j.status IN ('todo', 'doing')
    AND j.args ->> 'channel' = s.channel_id::text)
LIMIT 500
"""


def sweep() -> int:
    """Sends again what a dead worker had begun or whose job is gone, and forgets what was told long ago."""
    at = now()
    begun = Sending.objects.filter(state=Sending.State.BEGUN, begun_at__lt=at - BEGUN_FOR)
    begun.update(state=Sending.State.WAITING, due_at=at)
    lost = rows(_LOST, [at - BEGUN_FOR + timedelta(minutes=2), TASK])
    for (channel,) in lost:
        defer(TASK, channel, at)
    Sending.objects.filter(done_at__lt=at - KEPT_FOR).delete()
    channels.forget_leavers()
    return len(lost)


def prove(channel_id: UUID) -> None:
    """Sends the code that proves a channel. A failure is noted on the channel, and the person asks for another."""
    with transaction.atomic():
        channel = Channel.objects.select_related("person").filter(pk=channel_id).first()
        code = channels.waiting_code(channel) if channel else ""
    if channel is None or not code:
        return
    minutes: Any = pace.rules().facts.get("code", {}).get("minutes", 15)
    title, body = message.proof(code, int(minutes), channels.language(channel))
    outcome = _send(channel, title, body, channel.id)
    problem = "" if outcome.sent else outcome.problem
    since = None if outcome.sent else now()
    Channel.objects.filter(pk=channel.pk).update(problem=problem, failing_since=since)
