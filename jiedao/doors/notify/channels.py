"""Channels (通知渠道): added, proven by a code that came through them, switched, removed; by their person alone."""

from datetime import timedelta
from uuid import UUID

import msgspec
from django.db import transaction

from jiedao.doors.notify import addresses, jobs, pace
from jiedao.doors.notify.models import Address, Channel, Sending
from jiedao.ground.journal import notes
from jiedao.ground.people import Actor
from jiedao.ground.people.contacts import open_rows
from jiedao.ground.people.models import Account, Person
from jiedao.kit import vault
from jiedao.kit.clock import now, today
from jiedao.kit.ids import new_id
from jiedao.kit.ports import chance
from jiedao.kit.refusal import Absent, Refused

MOST = 5
"""Channels of one person (A10)."""


def add(*, by: Actor, kind: str, given: str) -> Channel:
    """Adds a channel and has a code sent through it. It carries nothing before the code was typed in here.

    Refuses `channel_not_offered`, `channel_not_set_up`, `bad_channel`, `too_many_channels`.
    """
    me = _me(by)
    if kind not in pace.rules().channels or kind not in addresses.WAYS:
        raise Refused("channel_not_offered", kind=kind)
    if not addresses.WAYS[kind].is_set_up:
        raise Refused("channel_not_set_up", kind=kind)
    address = addresses.read(kind, given)
    with transaction.atomic():
        # Two at once would both count four.
        Person.objects.select_for_update().get(pk=me.pk)
        if Channel.objects.filter(person=me).count() >= MOST:
            raise Refused("too_many_channels", most=MOST)
        channel = Channel(id=new_id(), person=me, kind=kind, mask=addresses.mask(kind, address), made_at=now())
        channel.save(force_insert=True)
        _seal(channel, address, "")
        _send_code(channel)
        _noted(by, channel, "add")
    return channel


def send_again(channel_id: UUID, *, by: Actor) -> None:
    """Another code for a channel that is not proven yet. Refuses `too_soon_again` within a minute of the last."""
    with transaction.atomic():
        channel = _mine(channel_id, by)
        minutes = _code_rule("minutes", 15)
        if channel.proven_at:
            return
        if channel.code_until and channel.code_until - timedelta(minutes=minutes) > now() - timedelta(minutes=1):
            raise Refused("too_soon_again", minutes=1)
        _send_code(channel)


def confirm(channel_id: UUID, *, by: Actor, code: str) -> None:
    """Proves a channel. Refuses `wrong_code`; after so many wrong ones, or too late, a new code is needed."""
    with transaction.atomic():
        channel = _mine(channel_id, by)
        if channel.proven_at:
            return
        fresh = bool(channel.code and channel.code_until and now() < channel.code_until)
        usable = fresh and channel.code_tries < _code_rule("tries", 5)
        right = usable and bytes(channel.code or b"") == _hash(channel, code)
        if right:
            channel.proven_at, channel.code, channel.code_until = now(), None, None
            channel.save(update_fields=["proven_at", "code", "code_until"])
            _seal(channel, address(channel), "")
            _noted(by, channel, "prove")
            return
        channel.code_tries += 1
        channel.save(update_fields=["code_tries"])
    # Outside: the wrong guess must be counted although it is refused.
    if usable:
        raise Refused("wrong_code")
    raise Refused("code_ended")


def switch(channel_id: UUID, *, by: Actor, on: bool) -> None:
    """Switches a channel on or off; what waits for one that is off is dropped when its turn comes."""
    with transaction.atomic():
        channel = _mine(channel_id, by)
        channel.is_on = on
        channel.save(update_fields=["is_on"])
        _noted(by, channel, "on" if on else "off")


def remove(channel_id: UUID, *, by: Actor) -> None:
    """Removes a channel, its address and what still waits for it."""
    with transaction.atomic():
        channel = _mine(channel_id, by)
        _noted(by, channel, "remove")
        open_rows([channel.id])
        Address.objects.filter(pk=channel.pk).delete()
        Sending.objects.filter(channel=channel).delete()
        channel.delete()


def forget_leavers() -> int:
    """Deletes the channels of who has left, with their addresses; says how many. Nothing is sent to them anyway."""
    gone = list(Channel.objects.filter(person__left_on__lt=today()).values_list("id", flat=True)[:200])
    if gone:
        with transaction.atomic():
            open_rows(gone)
            Address.objects.filter(pk__in=gone).delete()
            Sending.objects.filter(channel_id__in=gone).delete()
            Channel.objects.filter(pk__in=gone).delete()
    return len(gone)


def address(channel: Channel) -> str:
    """Where it leads, in clear: for sending, and for nothing else."""
    return _opened(channel)["address"]


def waiting_code(channel: Channel) -> str:
    """The code that is to be sent; empty once it was used or has run out."""
    if channel.proven_at or not channel.code_until or channel.code_until < now():
        return ""
    return _opened(channel)["code"]


def language(channel: Channel) -> str:
    """In which language its person reads: `zh` or `en`."""
    chosen = Account.objects.filter(person_id=channel.person_id, is_active=True).values_list("language", flat=True)
    return "en" if any(str(code).startswith("en") for code in chosen) else "zh"


def _opened(channel: Channel) -> dict[str, str]:
    with transaction.atomic():
        open_rows([channel.id])
        row = Address.objects.get(pk=channel.pk)
        key = vault.unwrap(bytes(row.key), str(channel.id))
        found: dict[str, str] = msgspec.json.decode(vault.open_(key, row.sealed, f"channel {channel.id}"))
        return found


def _seal(channel: Channel, address: str, code: str) -> None:
    """Keeps address and waiting code under a key of the channel's own, made anew each time."""
    key = vault.new_key()
    told = msgspec.json.encode({"address": address, "code": code}).decode()
    sealed = {
        "key": vault.wrap(key, str(channel.id)),
        "sealed": vault.seal(key, told, f"channel {channel.id}"),
    }
    with transaction.atomic():
        open_rows([channel.id])
        if not Address.objects.filter(pk=channel.pk).update(**sealed):
            Address(id=channel.id, **sealed).save(force_insert=True)


def _send_code(channel: Channel) -> None:
    code = f"{chance.randint(0, 999_999):06}"
    until = now() + timedelta(minutes=_code_rule("minutes", 15))
    _seal(channel, address(channel), code)
    channel.code, channel.code_until, channel.code_tries = _hash(channel, code), until, 0
    channel.problem, channel.failing_since = "", None
    channel.save(update_fields=["code", "code_until", "code_tries", "problem", "failing_since"])
    jobs.defer(jobs.PROVE, channel.id, now())


def _hash(channel: Channel, code: str) -> bytes:
    return vault.blind(f"{channel.id}:{''.join(code.split())}", "channel code")


def _code_rule(name: str, otherwise: int) -> int:
    return int(pace.rules().facts.get("code", {}).get(name, otherwise))


def _me(by: Actor) -> Person:
    if by.person is None:
        raise Absent
    return by.person


def _mine(channel_id: UUID, by: Actor) -> Channel:
    """The channel, locked. Somebody else's is not there."""
    found = Channel.objects.select_for_update().filter(pk=channel_id, person=_me(by)).first()
    if found is None:
        raise Absent
    return found


def _noted(by: Actor, channel: Channel, verb: str) -> None:
    notes.change(
        "channel", channel.id, verb, person_id=_me(by).id, post_id=by.post.id if by.post else None, way=channel.kind
    )
