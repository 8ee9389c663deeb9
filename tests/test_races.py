"""Races (并发): many act on one case at one instant; one wins, the others hear why, nothing is lost (G02, G10, G11).

Real threads, each with a connection of its own, on a copy of the database. The nightly sizes are those of G02, G11.
"""

import random
import time
from functools import partial
from uuid import uuid4

import pytest

from jiedao.ground.districts import district
from jiedao.ground.journal import receipts
from jiedao.ground.journal.models import Receipt
from jiedao.ground.people import Actor
from jiedao.ground.people.contacts import Caller
from jiedao.kit.refusal import Refused
from jiedao.record.models import Case, Entry, Event
from jiedao.stages import intake
from tests.cast import DISPATCHER, DONE, at_once, dispatched, do, filed, later, reported, rules, seat
from tests.conftest import _other_database
from tests.sound import rows, unsound

RESIDENT = Actor("resident")
ROUNDS = [pytest.param(6, id="commit"), pytest.param(100, id="nightly", marks=pytest.mark.nightly)]


@pytest.fixture(scope="module")
def database(cluster, template, django_db_setup, django_db_blocker):
    """One copy for the whole file: every race is run on cases of its own."""
    with _other_database(cluster, template, django_db_blocker) as name:
        yield name


@pytest.fixture
def gulou(database):
    with district("gulou") as place:
        yield place


def entries(case: Case, *verbs: str) -> list[str]:
    return list(Entry.objects.filter(case=case, verb__in=verbs).order_by("seq").values_list("verb", flat=True))


@pytest.mark.parametrize("rounds", ROUNDS)
def test_the_last_of_several_units_replying_at_once_moves_the_case(gulou, rounds):
    """Without the lock each would still find the other open, and the case would never move."""
    units = ("urban", "water", "market")
    for _ in range(rounds):
        case = dispatched(*units)

        results = at_once(*[later(case, "reply", f"{u}-handler-1", **DONE) for u in units])

        assert rules(results) == ["done"] * 3
        moved = [e.now for e in Entry.objects.filter(case=case, verb="reply").order_by("seq")]
        assert moved == ["handling", "handling", "fed_back"]
        assert unsound(case) == []


@pytest.mark.parametrize("rounds", ROUNDS)
def test_of_replies_to_one_order_by_two_colleagues_one_counts(gulou, rounds):
    for _ in range(rounds):
        case = dispatched("urban")
        named = str(case.orders.get().id)

        results = at_once(*[later(case, "reply", f"urban-handler-{n}", named, **DONE) for n in (1, 2, 3, 4)])

        assert rules(results) == ["already_replied"] * 3 + ["done"]
        assert (entries(case, "reply"), unsound(case)) == (["reply"], [])


@pytest.mark.parametrize("rounds", ROUNDS)
def test_of_rival_dispatchers_one_sends(gulou, rounds):
    """Each fills in his own form, none has seen the other's: without `seen` the state says no, with it the number."""
    for turn in range(rounds):
        case = filed()
        seen = Case.objects.get(pk=case.pk).seq if turn % 2 else None
        before = rows()

        results = at_once(
            *[
                later(case, "dispatch", f"centre-dispatcher-{n}", seen=seen, lead=unit)
                for n, unit in ((1, "urban"), (2, "water"), (3, "market"))
            ]
        )

        lost = "changed" if turn % 2 else "lead_open"
        assert rules(results) == sorted([lost, lost, "done"])
        assert case.orders.open().count() == 1
        assert rows()["Receipt"] == before["Receipt"] + 1
        assert unsound(case) == []


@pytest.mark.parametrize("rounds", ROUNDS)
def test_two_signatures_at_once_are_two_and_the_last_moves(gulou, rounds):
    for _ in range(rounds):
        case = dispatched("urban")
        named = str(case.orders.get().id)

        results = at_once(
            later(case, "defer", "urban-handler-1", named, reason="等设备到货"),
            later(case, "defer", DISPATCHER, named, reason="情况属实"),
        )

        assert rules(results) == ["done", "done"]
        assert entries(case, "sign", "defer") == ["sign", "defer"]
        assert Case.objects.get(pk=case.pk).state == "deferred"
        assert unsound(case) == []


@pytest.mark.parametrize("rounds", ROUNDS)
def test_one_role_signing_twice_at_once_signs_once(gulou, rounds):
    for _ in range(rounds):
        case = dispatched("urban")
        named = str(case.orders.get().id)

        results = at_once(*[later(case, "defer", f"urban-handler-{n}", named, reason="等设备") for n in (1, 2, 3)])

        assert rules(results) == ["already_signed", "already_signed", "done"]
        assert (entries(case, "sign", "defer"), Case.objects.get(pk=case.pk).state) == (["sign"], "handling")


@pytest.mark.parametrize("rounds", ROUNDS)
def test_a_hard_whistle_signed_by_both_at_once_calls_each_department_once(gulou, rounds):
    for _ in range(rounds):
        case = whistle()

        results = at_once(
            later(case, "blow", "320106001-leaders-party_secretary"),
            later(case, "blow", "320106001-leaders-director"),
        )

        assert rules(results) == ["done", "done"]
        assert entries(case, "sign", "blow") == ["sign", "blow"]
        assert sorted(case.orders.values_list("unit__code", flat=True)) == ["fire", "traffic", "urban"]
        assert unsound(case) == []


def whistle() -> Case:
    """A hard whistle of a sub-district, drafted and waiting to be blown."""
    by = seat("320106001-livelihood-office_head")
    case = intake.report(intake.Told("消防通道长期被占", "platform"), by=by, process="whistle_hard").case
    do(case, "review", by, lead="fire", helpers=["traffic", "urban"], aim="现场会商", meeting="明天九点半")
    return case


@pytest.mark.parametrize("rounds", ROUNDS)
def test_clerks_merging_crosswise_never_wait_for_each_other(gulou, rounds):
    """Two and three cases in a ring: locked in the order of their ids, no cycle comes of it."""
    for turn in range(rounds):
        ring = [reported(f"路灯不亮 {turn} {n}") for n in range(2 + turn % 2)]
        pairs = list(zip(ring, ring[1:] + ring[:1], strict=True))

        results = at_once(*[later(a, "merge", DISPATCHER, into=b.number) for a, b in pairs])

        assert set(rules(results)) <= {"done", "lead_closed", "not_now", "changed"}
        for (a, b), result in zip(pairs, list(results), strict=True):
            if rules([result]) == ["changed"]:  # a follower had just come: asked again, it follows along
                results.append(do(a, "merge", DISPATCHER, into=b.number))
        assert rules(results).count("done") == len(ring) - 1
        followed = {case.pk: Case.objects.get(pk=case.pk).merged_into_id for case in ring}
        assert list(followed.values()).count(None) == 1, "somebody leads, and nobody follows a follower"
        assert {followed[lead] for lead in followed.values() if lead} == {None}
        assert [fault for case in ring for fault in unsound(case)] == []


@pytest.mark.parametrize("rounds", ROUNDS)
def test_an_order_is_recalled_or_signed_and_never_both(gulou, rounds):
    for _ in range(rounds):
        case = dispatched("urban", acknowledged=False)
        order = case.orders.get()

        results = at_once(
            later(case, "recall", DISPATCHER, str(order.id), reason="派错了"),
            later(case, "acknowledge", "urban-handler-1", str(order.id)),
        )

        assert rules(results).count("done") == 1
        order.refresh_from_db()
        assert (order.recalled_at is None) != (order.acknowledged_at is None)
        assert unsound(case) == []


# One key, sent twenty times at one instant (G02)

TWICE = [pytest.param(2, id="commit"), pytest.param(50, id="nightly", marks=pytest.mark.nightly)]


@pytest.mark.parametrize("rounds", TWICE)
@pytest.mark.parametrize("verb", ["note", "dispatch", "acknowledge", "reply"])
def test_twenty_equal_requests_at_once_are_one_write(gulou, verb, rounds):
    given = {"note": {"text": "看过"}, "dispatch": {"lead": "urban"}, "reply": DONE}.get(verb, {})
    for _ in range(rounds):
        case = filed() if verb in ("note", "dispatch") else dispatched("urban", acknowledged=verb == "reply")
        by, key, before = seat(DISPATCHER if verb in ("note", "dispatch") else "urban-handler-1"), str(uuid4()), rows()

        results = at_once(*[later(case, verb, by, key=key, **given)] * 20)

        assert rules(results) == ["done"] * 20
        assert sorted(done.replayed for done in results) == [False] + [True] * 19
        assert len({(d.number, d.seq, d.verb, d.state, d.child) for d in results}) == 1
        after = rows()
        assert (after["Entry"] - before["Entry"], after["Receipt"] - before["Receipt"]) == (1, 1)
        assert after["DispatchOrder"] - before["DispatchOrder"] == (verb == "dispatch")
        assert unsound(case) == []


@pytest.mark.parametrize("rounds", TWICE)
def test_twenty_equal_reports_of_a_stranger_are_one_case(gulou, rounds):
    for turn in range(rounds):
        key, before = str(uuid4()), rows()

        def report(key=key, turn=turn):
            with receipts.once(key, key, {"words": turn}) as receipt:
                if not receipt.known:
                    taken = intake.report(
                        intake.Told(f"井盖缺失 {turn}", "resident"),
                        by=RESIDENT,
                        caller=Caller(phone=f"1000000{turn:04d}"),
                    )
                    receipt.came_of(number=taken.case.number)
                return receipt.outcome["number"]

        numbers = at_once(*[report] * 20)

        assert len(set(numbers)) == 1
        made = {name: after - before[name] for name, after in rows().items() if after != before[name]}
        assert made == {"Case": 1, "Entry": 1, "Event": 1, "Deadline": 1, "Receipt": 1, "ProcrastinateJob": 1}


def test_one_key_with_two_bodies_at_once_is_one_write_and_a_refusal(gulou):
    for _ in range(4):
        case, key = filed(), str(uuid4())

        results = at_once(*[later(case, "note", DISPATCHER, key=key, text=f"第 {n} 种说法") for n in (1, 2)])

        assert rules(results) == ["done", "key_reused"]
        assert Receipt.objects.filter(key=key).count() == 1


def test_two_reports_under_one_foreign_number_at_once_are_one_case(gulou):
    for turn in range(6):
        told = intake.Told("热线转来", "hotline", source="12345", source_key=f"R-{turn}")

        results = at_once(*[partial(intake.report, told, by=seat("centre-hotline_clerk-1"), process="call")] * 6)

        assert rules(results) == ["known_number"] * 5 + ["taken"]
        assert Event.objects.filter(source_key=f"R-{turn}").count() == 1


# Two to eight actors, each with something of his own (G11)


@pytest.mark.parametrize(
    "races", [pytest.param(30, id="commit"), pytest.param(500, id="nightly", marks=pytest.mark.nightly)]
)
def test_of_many_who_saw_the_same_line_one_wins_and_the_others_hear_what_came_since(gulou, races):
    seed = int(time.time())
    print("seed", seed)
    chance = random.Random(seed)
    acts = {
        "reply": ("urban-handler-1", DONE),
        "return": ("urban-handler-2", {"reason": "不属本单位", "article": "清单第 3 项"}),
        "ask_extension": ("urban-handler-3", {"limit": "9 working_days", "reason": "等配件"}),
        "pause": ("urban-handler-4", {"why": "weather", "reason": "暴雨"}),
        "note": ("urban-handler-5", {"text": "已到现场"}),
        "dispatch": (DISPATCHER, {"helpers": ["water"]}),
        "supervise": ("centre-supervisor-1", {"reason": "多次反映"}),
        "escalate": ("leaders-district_leader-1", {"reason": "久拖不决"}),
    }
    for _ in range(races):
        case = dispatched("urban")
        named, seen = str(case.orders.get().id), Case.objects.get(pk=case.pk).seq
        chosen = chance.sample(sorted(acts), chance.randint(2, 8))

        results = at_once(
            *[
                later(case, v, acts[v][0], named if acts[v][0].startswith("urban") else "", seen=seen, **acts[v][1])
                for v in chosen
            ]
        )

        assert rules(results) == ["changed"] * (len(chosen) - 1) + ["done"], (seed, chosen)
        told = {refusal.facts["seq"] for refusal in results if isinstance(refusal, Refused)}
        assert told <= {seen + 1}
        assert Case.objects.get(pk=case.pk).seq == seen + 1
        assert unsound(case) == []
