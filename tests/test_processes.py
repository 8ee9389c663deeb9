"""The shipped processes (随附流程): every state × verb × role by table, and every code the descriptions name."""

from dataclasses import dataclass
from pathlib import Path

import pytest
from django.db.models import prefetch_related_objects

from jiedao.record.drawing import SHIPPED, shipped
from jiedao.record.verbs import VERBS
from tests.town import Town, may

TABLES = Path(__file__).parent / "tables"

# What the written procedures name, and what it is here: a state, a mark, a question on an order, a step of one.
NAMED = {
    "event": "reported verifying_report rejected filed dispatched returned handling extension_requested=extension "
    "deferred fed_back verifying_result rework closed evaluated=rated withdrawn merged supervised escalated overdue "
    "joint",
    "call": "received answered_at_once dispatched acknowledged contacted handling replied callback closed not_accepted "
    "objection consultation supervised extended=extension terminated escalated withdrawn merged overdue joint",
    "whistle_progress": "collected reviewed blown acknowledged contacted arrived handling fed_back verified evaluated "
    "not_started refused escalated overdue withdrawn merged supervised joint",
    "whistle_hard": "collected reviewed blown acknowledged contacted arrived handling fed_back verified evaluated "
    "not_started refused escalated overdue withdrawn merged supervised joint",
    "two_way": "drafted issued acknowledged handling resolved confirmed rated returned joint overdue supervised "
    "withdrawn merged escalated",
    "admission": "applied formal_check consulting legal_review deliberating admitted rejected withdrawn",
    "right": "asked answered decided",
    "list_change": "triggered applied reviewing approved published refused",
}


@pytest.mark.parametrize("code", SHIPPED)
def test_every_code_of_the_process_description_is_there(code):
    definition = shipped(code)
    known = definition.states.keys() | definition.marks.keys() | definition.questions.keys() | definition.steps.keys()

    assert [name for name in NAMED[code].split() if name.split("=")[-1] not in known] == []


@pytest.mark.parametrize(
    ("code", "step", "within"),
    [
        ("whistle_progress", "acknowledged", "1 hours"),
        ("whistle_progress", "contacted", "24 hours"),
        ("whistle_progress", "arrived", "3 working_days"),
        ("whistle_hard", "acknowledged", "1 hours"),
        ("whistle_hard", "contacted", "24 hours"),
        ("whistle_hard", "arrived", "5 working_days"),
        ("event", "acknowledged", "2 working_hours"),
        ("call", "answered", "5 working_days"),
    ],
)
def test_the_limits_of_the_steps_are_those_of_the_sources(code, step, within):
    limit = shipped(code).steps[step].limit

    assert limit.within == within
    assert limit.source != "local default"


# The tables


@pytest.fixture
def town(in_gulou) -> Town:
    return Town()


@dataclass(frozen=True)
class Table:
    """One file of `tables/`: the cast (letter → role, standing, posts), the cells, the roads."""

    cast: dict[str, tuple[str, str, list[str]]]
    cells: dict[tuple[str, str], str]
    states: list[str]
    roads: list[str]


def table(code: str) -> Table:
    parts: dict[str, list[str]] = {}
    for line in (TABLES / f"{code}.txt").read_text(encoding="utf-8").splitlines():
        if line.startswith("["):
            here = parts.setdefault(line[1 : line.index("]")], [])
        elif line.strip() and not line.startswith("#"):
            here.append(line)
    cast = {}
    for line in parts["cast"]:
        letter, role, standing, *posts = line.split()
        cast[letter] = (role, standing, [post for post in posts if post != "-"])
    states, cells = parts["cells"][0].split(), {}
    for line in parts["cells"][1:]:
        verb, *row = line.split()
        assert len(row) == len(states), f"{code}: {verb} has {len(row)} cells"
        cells |= {(verb, state): "" if cell == "." else cell for state, cell in zip(states, row, strict=True)}
    return Table(cast, cells, states, parts["roads"])


@pytest.mark.parametrize("code", SHIPPED)
def test_the_cast_of_the_table_is_the_roles_of_the_process(code):
    roles = {role.code: (role.standing, set(role.posts)) for role in shipped(code).roles.values()}

    assert {role: (standing, set(posts)) for role, standing, posts in table(code).cast.values()} == roles
    assert table(code).states == list(shipped(code).states)


@pytest.mark.parametrize("code", SHIPPED)
def test_every_road_leads_where_the_table_says_under_the_conditions_it_says(code):
    roads = []
    for move in shipped(code).moves:
        if move.to or move.when:
            line = f"{move.verb}: {' '.join(move.states)} > {move.to or 'stay'}"
            line += f" if {' '.join(move.when)}" if move.when else ""
            signed = move.signed_by
            roads.append(line + (f", signed by {signed.rule} of {' '.join(signed.roles)}" if signed else ""))

    assert roads == table(code).roads


@pytest.mark.parametrize("code", SHIPPED)
def test_each_member_of_the_cast_may_do_what_the_table_says_and_nothing_else(code, town):
    said = table(code)
    case, cast = town.stage(code, said.cast)
    prefetch_related_objects([case], "orders")

    wrong = []
    for state in said.states:
        case.state = state
        for verb in VERBS:
            played = {letter for letter, (actor, order) in cast.items() if may(case, verb, actor, order)}
            expected = set(said.cells.get((verb, state), ""))
            if played != expected:
                wrong.append(f"{verb} in {state}: played {sorted(played)}, table {sorted(expected)}")
    assert wrong == []
