"""The standing cast (固定角色): who acts in the demo district of Gulou, cases on their way, and many acting at once."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from threading import Barrier
from typing import Any
from uuid import uuid4

from django.db import connections

from jiedao.doors import acts
from jiedao.ground.districts import district
from jiedao.ground.people import Actor
from jiedao.ground.people.contacts import Caller
from jiedao.ground.people.models import Post, Tenure
from jiedao.ground.places.models import Area
from jiedao.kit.refusal import Absent, Refused
from jiedao.record import cases
from jiedao.record.models import Case
from jiedao.stages import intake

GRID = "320106001901001"
DONE = {"outcome": "done", "text": "已修好，现场恢复正常"}
CONTACT = {"way": "phone", "reached": True, "text": "已联系，今晚到场"}


def seat(post_code: str) -> Actor:
    """Whoever sits in a post, in that post: `urban-handler-1`, `centre-dispatcher-2`."""
    post = Post.objects.on().select_related("unit__area", "unit__parent", "kind", "area").get(code=post_code)
    return Actor.at(post, Tenure.objects.on().filter(post=post).select_related("person").first().person)


DISPATCHER, INSPECTOR, CALLBACK = "centre-dispatcher-1", "centre-inspector-1", "centre-callback_clerk-1"


def reported(words: str = "路灯不亮，第三根灯杆", process: str = "event", phone: str = "", **told: Any) -> Case:
    """A case that somebody of the centre took down, in a grid of its own sub-district."""
    area = Area.objects.filter(code=GRID, valid_to=None).first()
    channel = "hotline" if process == "call" else "grid"
    said = intake.Told(words, channel, area=area, **told)
    by = seat("centre-hotline_clerk-1")
    return intake.report(said, by=by, caller=Caller(phone=phone), process=process).case


def do(
    case: Case, verb: str, by: Actor | str, order: str = "", *, key: str = "", seen: int | None = None, **given: Any
):
    """One act as every door does it, on a case read anew."""
    actor = seat(by) if isinstance(by, str) else by
    found = cases.numbered(case.number)
    assert found is not None
    return acts.perform(verb, found, by=actor, given=given, key=key or str(uuid4()), order=order, seen=seen)


def later(*args: Any, **given: Any) -> Callable[[], Any]:
    """The same, to be done by `at_once`."""
    return partial(do, *args, **given)


def filed(words: str = "路灯不亮，第三根灯杆", **told: Any) -> Case:
    """An event, classified and filed."""
    case = reported(words, **told)
    do(case, "classify", DISPATCHER, item="street-lights")
    do(case, "file", DISPATCHER)
    return case


def dispatched(*units: str, process: str = "event", acknowledged: bool = True, **told: Any) -> Case:
    """A case with an order to each unit, the first one leads; each has signed for it."""
    case = filed(**told) if process == "event" else reported(process=process, **told)
    do(case, "dispatch", DISPATCHER, lead=units[0], helpers=list(units[1:]))
    for unit in units if acknowledged else ():
        do(case, "acknowledge", f"{unit}-handler-1")
    if case.has_caller and acknowledged:
        do(case, "contact", f"{units[0]}-handler-1", **CONTACT)
    if process == "call" and acknowledged:
        do(case, "start", f"{units[0]}-handler-1")
    return case


def answered(*units: str, process: str = "event") -> Case:
    """Every unit has replied, nobody has checked."""
    case = dispatched(*units, process=process)
    for unit in units:
        do(case, "reply", f"{unit}-handler-1", **DONE)
    return case


def closed(*units: str) -> Case:
    """An event all the way to its end."""
    case = answered(*units)
    do(case, "ask_check", DISPATCHER)
    do(case, "check", INSPECTOR, way="site", agrees=True, text="灯亮了")
    do(case, "close", DISPATCHER)
    return case


def at_once(*calls: Callable[[], Any], label: str = "gulou") -> list[Any]:
    """Each call in a thread with a connection of its own, all begun at one instant. A refusal is a result."""
    gate = Barrier(len(calls))

    def run(call: Callable[[], Any]) -> Any:
        try:
            with district(label):
                gate.wait(20)
                return call()
        except (Refused, Absent) as refusal:
            return refusal
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(calls)) as many:
        return [future.result() for future in [many.submit(run, call) for call in calls]]


def rules(results: list[Any]) -> list[str]:
    """The rules that refused, sorted; `done` for what was done."""
    return sorted(r.rule if isinstance(r, Refused) else type(r).__name__.lower() for r in results)
