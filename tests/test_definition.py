"""Process definitions (流程定义): what keeps one from being published, and what every shipped one keeps."""

import copy
import re
from collections.abc import Iterator
from pathlib import Path
from string import Formatter
from typing import Any

import pytest
import yaml

from jiedao.kit.limits import Limit
from jiedao.kit.refusal import Refused
from jiedao.record import drawing
from jiedao.record.definition import Definition, parse, problems
from jiedao.record.drawing import SHIPPED, shipped, shipped_text
from jiedao.record.predicates import PREDICATES
from jiedao.record.shape import misshapen
from jiedao.record.verbs import VERBS

DOCS = Path(__file__).parents[1] / "docs" / "processes"
CHINESE = re.compile(r"[一-鿿]")

SOUND = """
process: sample
label: {zh: 样例, en: Sample}
opens_in: reported
opened_by: [clerk]
counts_from: filed
promise: {within: 5 working_days, source: local default}
states:
  reported: {phase: intake, label: {zh: 已上报, en: Reported}, resident: {zh: 已收到, en: Received}}
  filed:
    phase: triage
    label: {zh: 已立案, en: Filed}
    resident: {zh: 正在安排, en: Being arranged}
    limit: {within: 2 working_hours, source: "L: somewhere"}
  closed: {phase: closed, end: true, label: {zh: 已结案, en: Closed}, resident: {zh: 已办结, en: Done}}
steps:
  acknowledged: {moves: lead, limit: {within: 2 hours, source: "L: somewhere"}}
marks: {supervised: {zh: 督办, en: Supervised}}
questions: {extension: {zh: 延期, en: Extension}}
pause: {cap: 10 working_days, reasons: {weather: {zh: 天气, en: Weather}}}
roles:
  clerk: {label: {zh: 受理员, en: Clerk}, standing: centre, posts: [hotline_clerk]}
moves:
  - {verb: file, from: [reported], to: filed, by: [clerk], when: [has_item]}
  - {verb: close, from: [filed], to: closed, by: [clerk], signed_by: {all: [clerk]}}
"""


def sample() -> dict[str, Any]:
    return copy.deepcopy(yaml.safe_load(SOUND))


def put(path: str, value: Any) -> dict[str, Any]:
    """The sound sample with one thing changed. `moves.0.by` goes through lists; an Ellipsis takes the thing out."""
    data: Any = sample()
    spot, steps = data, [int(step) if step.isdigit() else step for step in path.split(".")]
    for step in steps[:-1]:
        spot = spot[step]
    if value is ...:
        del spot[steps[-1]]
    else:
        spot[steps[-1]] = value
    return data


FAULTS = {
    "a state nobody leaves": (put("moves.1", ...), "states.filed: no move leads out of it, and it is no end"),
    "a state that leads only to itself": (
        put("moves.1.to", "filed"),
        "states.filed: no move leads out of it, and it is no end",
    ),
    "a state nobody reaches": (put("moves.1", ...), "states.closed: no move leads here"),
    "an end in the wrong phase": (
        put("states.closed.phase", "triage"),
        "states.closed: an end stands in phase closed, and nothing else does",
    ),
    "no English label": (put("states.filed.label", {"zh": "已立案"}), "states.filed.label: no en text"),
    "no Chinese label": (put("states.filed.label", {"zh": " ", "en": "Filed"}), "states.filed.label: no zh text"),
    "no word for the resident": (put("states.filed.resident", ...), "states.filed.resident: no zh text"),
    "a role without English": (put("roles.clerk.label", {"zh": "员"}), "roles.clerk.label: no en text"),
    "a mark without English": (put("marks.supervised", {"zh": "督办"}), "marks.supervised: no en text"),
    "a pause reason without English": (
        put("pause.reasons.weather", {"zh": "天气"}),
        "pause.reasons.weather: no en text",
    ),
    "an unknown role": (put("moves.0.by", ["nobody"]), "moves[0] (file): unknown role 'nobody'"),
    "an unknown signer": (put("moves.1.signed_by", {"any": ["nobody"]}), "moves[1] (close): unknown role 'nobody'"),
    "an unknown opener": (put("opened_by", ["nobody"]), "opened_by: unknown role 'nobody'"),
    "an unknown verb": (put("moves.0.verb", "teleport"), "moves[0]: unknown verb 'teleport'"),
    "an unknown predicate": (put("moves.0.when", ["is_raining"]), "moves[0] (file): unknown predicate 'is_raining'"),
    "an unknown goal": (put("moves.0.to", "nowhere"), "moves[0] (file): unknown state 'nowhere'"),
    "an unknown start": (put("moves.0.from", ["nowhere"]), "moves[0] (file): unknown state 'nowhere'"),
    "no start": (put("moves.0.from", []), "moves[0] (file): no state to start from"),
    "nobody may": (put("moves.0.by", []), "moves[0] (file): nobody may do it"),
    "an unknown phase": (put("states.filed.phase", "limbo"), "states.filed: unknown phase 'limbo'"),
    "an unknown standing": (put("roles.clerk.standing", "friend"), "roles.clerk: unknown standing 'friend'"),
    "an unknown step": (put("steps.flown", {"moves": "lead"}), "steps.flown: unknown step"),
    "a step that moves nothing known": (
        put("steps.acknowledged.moves", "some"),
        "steps.acknowledged.moves: first, lead or last",
    ),
    "an unknown mark": (put("marks.sad", {"zh": "悲", "en": "Sad"}), "marks.sad: unknown"),
    "an unknown question": (put("questions.why", {"zh": "为何", "en": "Why"}), "questions.why: unknown"),
    "a limit nobody can read": (
        put("states.filed.limit.within", "2 fortnights"),
        "states.filed.limit: unreadable limit '2 fortnights'",
    ),
    "a limit without its source": (put("states.filed.limit.source", ...), "states.filed.limit: no source"),
    "a step's limit without its source": (
        put("steps.acknowledged.limit.source", ...),
        "steps.acknowledged.limit: no source",
    ),
    "a promise nobody can read": (put("promise.within", "soon"), "promise: unreadable limit 'soon'"),
    "a promise without its source": (put("promise.source", ...), "promise: no source"),
    "an opening state that is not there": (put("opens_in", "nowhere"), "opens_in: unknown state 'nowhere'"),
    "a missing part": (put("roles", ...), "definition: 'roles' is a required property"),
}


def test_a_sound_definition_has_no_problems():
    assert problems(sample()) == []


@pytest.mark.parametrize(("data", "problem"), FAULTS.values(), ids=FAULTS)
def test_a_fault_is_found_with_its_place(data, problem):
    assert problem in problems(data)


@pytest.mark.parametrize(("data", "problem"), FAULTS.values(), ids=FAULTS)
def test_a_faulty_definition_cannot_be_parsed(data, problem):
    with pytest.raises(Refused) as refusal:
        parse(yaml.safe_dump(data, allow_unicode=True))

    assert refusal.value.rule == "bad_definition"
    assert problem in refusal.value.facts["problems"]


@pytest.mark.parametrize("text", ["", "[]", "just words", "{unclosed", "process: sample", "1: {2: 3}", "a: &a [*a]"])
def test_what_is_no_definition_is_refused_and_nothing_else_happens(text):
    with pytest.raises(Refused) as refusal:
        parse(text)

    assert refusal.value.rule == "bad_definition"


def test_equal_text_gives_the_same_object():
    assert parse(SOUND) is parse(SOUND)


def test_a_definition_answers_what_may_be_done_in_a_state():
    definition = parse(SOUND)

    assert [move.verb for move in definition.moves_from("reported")] == ["file"]
    assert definition.moves_of("close", "reported") == []
    assert definition.moves_of("close", "filed")[0].to == "closed"


# Shape


@pytest.mark.parametrize(
    ("data", "fault"),
    [
        (put("moves.0.need", ["text"]), "moves.0: Additional properties are not allowed ('need' was unexpected)"),
        (put("moves", None), "moves: None is not of type 'array'"),
        (put("states", []), "states: [] is not of type 'object'"),
        (put("states.filed", None), "states.filed: None is not of type 'object'"),
        (put("moves.0.by", "clerk"), "moves.0.by: 'clerk' is not of type 'array'"),
        (put("moves.1.signed_by", {}), "moves.1.signed_by: {} should be non-empty"),
        (put("promise", "5 working_days"), "promise: '5 working_days' is not of type 'object'"),
        ("just words", "definition: 'just words' is not of type 'object'"),
    ],
)
def test_what_does_not_look_like_a_definition_is_told_with_its_place(data, fault):
    assert fault in misshapen(data)


def places(data: Any, path: str = "") -> Iterator[str]:
    for step, part in data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ():
        yield f"{path}{step}"
        yield from places(part, f"{path}{step}.")


@pytest.mark.parametrize("junk", [None, [], {}, "x", 3, True, [None], [[]], {"a": None}, {1: 2}], ids=repr)
def test_junk_in_any_place_is_told_and_never_breaks_the_reading(junk):
    for place in places(sample()):
        data = put(place, junk)
        told = misshapen(data) or problems(data)
        assert all(isinstance(line, str) for line in told)


# Shipped processes


@pytest.fixture(params=SHIPPED)
def process(request) -> Definition:
    return shipped(request.param)


@pytest.mark.parametrize("code", SHIPPED)
def test_a_shipped_process_has_no_problems(code):
    data = yaml.safe_load(shipped_text(code))

    assert misshapen(data) == []
    assert problems(data) == []
    assert data["process"] == code


def labels_of(process: Definition):
    yield "process", process.label
    for part in ("marks", "questions", "pause_reasons"):
        yield from ((f"{part}.{code}", label) for code, label in getattr(process, part).items())
    for code, state in process.states.items():
        yield from ((f"states.{code}", state.label), (f"states.{code}.resident", state.resident))
    yield from ((f"roles.{code}", role.label) for code, role in process.roles.items())
    yield from ((f"moves.{move.verb}", move.label) for move in process.moves if move.label)


def test_every_label_is_chinese_in_chinese_and_english_in_english(process):
    wrong = [
        place
        for place, label in labels_of(process)
        if not CHINESE.search(label["zh"]) or CHINESE.search(label["en"]) or not re.search("[A-Za-z]{3}", label["en"])
    ]

    assert wrong == []


def test_a_resident_sentence_asks_only_for_what_a_page_knows(process):
    known = {"unit": "区水务局", "until": "6月5日 17:00", "number": "26-00912"}

    for state in process.states.values():
        for sentence in state.resident.values():
            assert {name for _, name, _, _ in Formatter().parse(sentence) if name} <= known.keys()
            assert "{" not in sentence.format_map(known)


@pytest.mark.parametrize("jargon", ["案件", "派遣", "处置", "立案号", "催办", "挂账", "dispatch", "case", "order"])
def test_no_resident_reads_our_jargon(process, jargon):
    for state in process.states.values():
        for sentence in state.resident.values():
            assert not re.search(rf"(?<![a-z]){jargon}(?![a-z])", sentence, re.IGNORECASE)


def test_each_state_says_something_of_its_own_to_the_resident(process):
    sentences = [state.resident["zh"] for state in process.states.values()]

    assert sorted(sentences) == sorted(set(sentences))


def test_every_limit_carries_the_mark_of_its_source(process):
    limits = [process.promise, process.reopen, *(s.limit for s in process.states.values())]
    limits += [step.limit for step in process.steps.values()]
    marked = re.compile(r"^(A\d|N|R|S|L|C|D)\b|local default")

    assert [limit for limit in limits if limit and not marked.search(limit.source)] == []


def test_pauses_have_a_cap_and_reminders_an_interval(process):
    if any(move.verb == "pause" for move in process.moves):
        assert Limit(process.pause_cap).amount > 0
        assert process.pause_reasons
    assert Limit(process.remind_again_after).amount > 0


def test_every_verb_has_its_words_in_every_process(process):
    for verb in VERBS:
        assert set(process.verb_label(verb)) == {"zh", "en"}


def test_who_signs_may_also_do_it(process):
    """A signature is the verb done by a role of `by`: a signer that is not named there could never sign."""
    for move in process.moves:
        if move.signed_by:
            assert set(move.signed_by.roles) == set(move.by)


def test_every_predicate_says_what_it_asks():
    assert [name for name, rule in PREDICATES.items() if not rule.__doc__] == []


def test_every_predicate_is_asked_by_some_process():
    asked = {name for code in SHIPPED for move in shipped(code).moves for name in move.when}

    assert sorted(PREDICATES.keys() - asked) == []


# Drawings


@pytest.mark.parametrize("name", drawing.pages())
def test_the_committed_page_is_the_present_one(name):
    assert (DOCS / name).read_text(encoding="utf-8") == drawing.pages()[name], "run: python -m jiedao processes docs"


def test_every_road_is_drawn_or_named_beside_the_diagram(process):
    page = drawing.page(process)

    for move in process.moves:
        for start in move.states:
            if move.to and move.to != start:
                aside = re.search(rf"^Not drawn: .*`{start}`.* to `{move.to}`", page, re.MULTILINE)
                assert f"{start} --> {move.to} :" in page or aside


def test_write_makes_a_page_per_process_and_their_list(tmp_path):
    written = drawing.write(tmp_path / "processes")

    assert sorted(path.name for path in written) == sorted(["README.md", *(f"{code}.md" for code in SHIPPED)])
    assert all(path.read_text(encoding="utf-8") for path in written)
