"""Staffing (入职、离职、账号): who joins, who leaves, and the accounts that open and close with it (G18)."""

import re
from datetime import date
from typing import Any

from django.contrib.auth.hashers import make_password

from jiedao.ground.journal import receipts
from jiedao.ground.people import appointments, stationing, tenures, ties
from jiedao.ground.people.actor import Actor
from jiedao.ground.people.models import Account, Person, Post, Stationing, Tenure, Token, Unit
from jiedao.ground.people.stationing import Consent
from jiedao.ground.terms import competence
from jiedao.kit.clock import now, today
from jiedao.kit.refusal import Refused
from jiedao.kit.text import clean

_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,39}")


def join(
    code: str,
    name: str,
    *,
    by: Actor,
    post: Post | None = None,
    on: date | None = None,
    name_en: str = "",
    phone: str = "",
    account: str = "",
    basis: str = "",
) -> Person:
    """Takes somebody on the roll (入职), with a seat and an account where they are named: all of it or nothing.

    Refuses `bad_number`, `number_taken`, for the account `name_taken`, for the seat as `appointments.appoint` does.
    """
    with receipts.whole():
        competence.require(by, "organisation", post.unit if post else None)
        if not _CODE.fullmatch(code):
            raise Refused("bad_number", given=code[:40])
        if Person.objects.filter(code=code).exists():
            raise Refused("number_taken", given=code)
        name = clean(name, 60, one_line=True).strip()
        if not name:
            raise Refused("incomplete", verb="", missing=["name"])
        person = Person(code=code, name=name, name_en=name_en.strip()[:80], phone=phone.strip()[:40])
        person.save(force_insert=True)
        tenures.noted(by, "person", person.id, "join", code=code)
        if post is not None:
            appointments.appoint(person, post, by=by, on=on or today(), basis=basis)
        if account:
            open_account(person, account, by=by)
    return person


def open_account(person: Person, username: str, *, by: Actor) -> Account:
    """Gives a person a way to sign in (开通账号). It has no password until one is set. Refuses a second one."""
    with receipts.whole():
        competence.require(by, "organisation", _unit_of(person))
        if not _CODE.fullmatch(username):
            raise Refused("bad_number", given=username[:40])
        if Account.objects.filter(username=username).exists():
            raise Refused("name_taken", given=username)
        if Account.objects.filter(person=person, is_active=True).exists():
            raise Refused("second_account", person=person.name)
        account = Account(username=username, person=person, password=make_password(None))
        account.save(force_insert=True)
        tenures.noted(by, "account", account.id, "open", person=person.code)
    return account


def leave(person: Person, *, by: Actor, on: date, basis: str = "", consent: Consent | None = None) -> Person:
    """Somebody leaves (离职): every seat and stationing ends on the day, and with it account, sessions, tokens.

    For a day ahead the account is closed on that day. Refuses `not_oneself`, `person_left`, `not_keeper` if one of
    the seats is another body's.
    """
    with receipts.whole():
        if by.person is not None and by.person.id == person.id:
            raise Refused("not_oneself", post="")
        Person.objects.select_for_update().get(pk=person.pk)
        person.refresh_from_db(fields=["left_on"])
        if person.left_on is not None and person.left_on <= on:
            raise Refused("person_left", person=person.name, on=str(person.left_on))
        running = Tenure.objects.filter(tenures.overlapping(on, None), person=person)
        held: list[Any] = list(running.select_related("post__unit", "post__area", "post__kind", "person"))
        for unit in {row.post.unit_id: row.post.unit for row in held}.values() or [_unit_of(person)]:
            competence.require(by, "organisation", unit)
        asked = stationing.asked(person, by=by, on=on, consent=consent)
        for row in held:
            tenures.end(row, by=by, on=on, why="leave")
            ties.follow(row.post, went=person, by=by, on=on)
        Stationing.objects.filter(tenures.overlapping(on, None), person=person).update(valid_to=on)
        person.left_on = on
        person.save(update_fields=["left_on"])
        tenures.noted(by, "person", person.id, "leave", on=str(on), posts=[row.post.code for row in held], **asked)
        if on <= today():
            _close_all(person, by=by, why="left")
    return person


def disable(account: Account, *, by: Actor, reason: str) -> Account:
    """Closes an account (停用): at its next request whoever uses it is out, tokens included."""
    with receipts.whole():
        _may_close(by, account)
        if not account.is_active:
            raise Refused("account_closed", account=account.username)
        _close(account, by=by, why=reason[:200])
    return account


def enable(account: Account, *, by: Actor, reason: str) -> Account:
    """Opens a closed account again (启用). Sessions and tokens that ended with it stay ended."""
    with receipts.whole():
        _may_close(by, account)
        if account.is_active:
            raise Refused("account_open", account=account.username)
        if account.person is not None and account.person.left_on is not None and account.person.left_on <= today():
            raise Refused("person_left", person=account.person.name, on=str(account.person.left_on))
        account.is_active = True
        account.save(update_fields=["is_active"])
        tenures.noted(by, "account", account.id, "enable", reason=reason[:200])
    return account


def close_departed() -> int:
    """Closes the accounts of those whose last day has come. Run by the ticker; how many it closed."""
    left = Account.objects.filter(is_active=True, person__left_on__lte=today()).select_related("person")
    people = {account.person_id: account.person for account in left}
    for person in people.values():
        assert person is not None
        with receipts.whole():
            _close_all(person, by=Actor.system("ticker"), why="left")
    return len(people)


def _close_all(person: Person, *, by: Actor, why: str) -> None:
    for account in Account.objects.filter(person=person, is_active=True):
        _close(account, by=by, why=why)


def _close(account: Account, *, by: Actor, why: str) -> None:
    account.is_active = False
    account.epoch += 1
    account.save(update_fields=["is_active", "epoch"])
    ended = Token.objects.filter(account=account, revoked_at=None).update(revoked_at=now())
    tenures.noted(by, "account", account.id, "disable", reason=why, tokens=ended)


def _may_close(by: Actor, account: Account) -> None:
    if by.person is not None and account.person_id == by.person.id:
        raise Refused("not_oneself", post="")
    competence.require(by, "organisation", _unit_of(account.person) if account.person else None)


def _unit_of(person: Person) -> Unit | None:
    """The unit of the seat somebody has or last had."""
    row: Any = Tenure.objects.filter(person=person).select_related("post__unit").order_by("-valid_from").first()
    return row.post.unit if row else None
