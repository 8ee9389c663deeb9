"""Buttons (办理按钮): the moves the gate offers this actor on a case, in the order and under the keys of every desk."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.urls import reverse
from django.utils.translation import gettext

from jiedao.doors import offers
from jiedao.doors.acts import ACTS
from jiedao.doors.web import forms
from jiedao.doors.web.templatetags.jiedao_ui import named, pick
from jiedao.ground.people import Actor
from jiedao.kit.refusal import Refused
from jiedao.record.definition import Move
from jiedao.record.models import Case, DispatchOrder
from jiedao.record.queries import Signing

MAIN = (
    "acknowledge",
    "contact",
    "arrive",
    "start",
    "reply",
    "file",
    "blow",
    "dispatch",
    "review",
    "rule",
    "classify",
    "grant_extension",
    "ask_check",
    "close",
    "check",
    "callback",
    "rework",
    "verify",
    "evaluate",
    "confirm",
    "undefer",
    "rate",
    "submit",
    "accept",
    "amend",
    "opine",
    "vet",
    "hear",
    "table",
    "admit",
    "approve",
    "publish",
    "decide",
)
"""Which offered verb is the main one, Enter: the first of these. Steps of the own order come before all."""

KEYS = {
    "return": "T",
    "object": "T",
    "ask_extension": "E",
    "pause": "S",
    "resume": "S",
    "remind": "R",
    "supervise": "D",
    "lift": "D",
    "escalate": "U",
    "check": "V",
    "verify_report": "V",
    "verify": "V",
    "merge": "M",
    "reject": "X",
    "answer": "A",
    "consult": "Z",
    "open_child": "W",
    "dispatch": "H",
    "send_back": "T",
    "turn_down": "X",
    "hear": "Z",
    "pass_on": "H",
}
# Done to the whole case although an order is named: offered once, on the lead's.
OF_THE_CASE = frozenset({"start", "defer", "undefer", "terminate"})
LAST = ("note", "add", "remind", "instruct", "supervise", "escalate", "withdraw")


@dataclass
class Button:
    """One offered move. `direct`: it asks nothing, so pressing it is doing it."""

    verb: str
    label: str
    href: str
    move: Move
    order: DispatchOrder | None = None
    direct: bool = False
    main: bool = False
    key: str = ""

    @property
    def order_id(self) -> str:
        return str(self.order.id) if self.order else ""


def buttons(
    case: Case,
    by: Actor,
    orders: list[DispatchOrder],
    signings: Sequence[Signing] = (),
    paused: Collection[UUID] = frozenset(),
) -> list[Button]:
    """Exactly what is offered, case first, then order by order; one per verb and order."""
    found: list[Button] = []
    for move in offers.of_case(case, by, signings):
        _add(found, case, move, None)
    above = set(by.post.unit.above) if by.post else set()
    for order in sorted(orders, key=lambda o: (o.unit_id not in above, o.role != "lead", o.sent_at)):
        mine = order.unit_id in above
        for move in offers.of_order(case, by, order, signings, paused):
            if not (move.verb in OF_THE_CASE and any(b.verb == move.verb for b in found)):
                _add(found, case, move, order, mine=mine)
    _last_return_only(found)
    found.sort(key=lambda b: (b.verb in LAST, LAST.index(b.verb) if b.verb in LAST else 0))
    return _keyed(found, case, above)


def _last_return_only(found: list[Button]) -> None:
    """Of several returns the latest is ruled upon; the ruling names whom it likes."""
    rulings = [b for b in found if b.verb == "rule" and b.order is not None and b.order.returned_at]
    latest = max(rulings, key=lambda b: b.order.sent_at, default=None)  # type: ignore[union-attr]
    found[:] = [b for b in found if b not in rulings or b is latest]


@dataclass
class Dimmed:
    """A verb of one's role that cannot be done now: why, what to do about it, and where that is to be read."""

    verb: str
    label: str
    key: str
    why: str
    href: str = ""
    link: str = ""


def dimmed(case: Case, by: Actor, orders: list[DispatchOrder], offered: Sequence[Button]) -> list[Dimmed]:
    """What stays on the page though it is not possible, in the order of the process: the case's, then the own orders'."""
    above = set(by.post.unit.above) if by.post else set()
    own = [o for o in orders if o.is_open and o.unit_id in above]
    known = {b.verb for b in offered}
    found: list[Dimmed] = []
    for order in (None, *own):
        for move, refused in offers.barred(case, by, order):
            if move.verb not in known:
                known.add(move.verb)
                found.append(_dimmed(case, move, refused, order))
    return found


def _dimmed(case: Case, move: Move, refused: Refused, order: DispatchOrder | None) -> Dimmed:
    said = forms.told(refused)
    label = pick(move.label) or pick(case.process.definition.verb_label(move.verb))
    stop = "。" if said.language == "zh" else ". "
    dim = Dimmed(move.verb, label, KEYS.get(move.verb, ""), f"{said.fact}{stop}{said.next}{stop.strip()}")
    if refused.rule == "may_return" and order is not None:
        number = str(order.why.get("case") or case.number)
        dim.href = reverse("case", args=[number]) + (f"#entry-{order.why['seq']}" if "seq" in order.why else "")
        dim.link = gettext("Ruling in case %(number)s") % {"number": number}
    return dim


def _add(found: list[Button], case: Case, move: Move, order: DispatchOrder | None, *, mine: bool = True) -> None:
    if any(b.verb == move.verb and b.order is order for b in found):
        return
    label = pick(move.label) or pick(case.process.definition.verb_label(move.verb))
    if order is not None and not mine and move.verb not in OF_THE_CASE:
        label = f"{label} · {named(order.unit)}"
    href = reverse("do", args=[case.number, move.verb])
    if order is not None:
        href = f"{href}?order={order.id}"
    found.append(Button(move.verb, label, href, move, order, direct=not ACTS[move.verb].fields))


def _keyed(found: list[Button], case: Case, above: set[Any]) -> list[Button]:
    """The main one gets Enter, the others their letter, each letter once."""
    main = _main(found, case, above)
    used = set()
    for button in found:
        if button is main:
            button.main, button.key = True, "Enter"
            continue
        letter = KEYS.get(button.verb, "")
        if letter and letter not in used:
            button.key = letter
            used.add(letter)
    return sorted(found, key=lambda b: not b.main)


def _main(found: list[Button], case: Case, above: set[Any]) -> Button | None:
    def rank(button: Button) -> tuple[bool, int]:
        own = button.order is not None and button.order.unit_id in above
        return not own, MAIN.index(button.verb)

    wanted = [b for b in found if b.verb in MAIN and not _is_aside(b, case)]
    return min(wanted, key=rank) if wanted else None


def _is_aside(button: Button, case: Case) -> bool:
    """May be done, but is no next step: helpers for a case that has its lead, a contact made or owed to nobody."""
    if button.verb == "dispatch":
        return not button.move.to
    if button.verb == "contact" and button.order is not None:
        owed = (case.has_caller and button.order.role == "lead") or case.from_unit_id is not None
        return not owed or button.order.contacted_at is not None
    return False
