"""Words (用语): every rule that can refuse is worded in both languages, whatever its facts."""

import ast
import re
import string
from pathlib import Path

import pytest
from django.utils import translation

import jiedao
from jiedao.doors import sentences, words
from jiedao.doors.sentences import SENTENCES
from jiedao.doors.web import audit_words
from jiedao.doors.web.templatetags import jiedao_ui
from jiedao.kit.refusal import Absent, Refused
from jiedao.record.predicates import PREDICATES

BANNED = ("工单", "打卡", "亲，", "哦", "抱歉", "！", "!", "操作失败", "非法", "确定", "请耐心")
OWN = {"absent", "sealed", "signed_out", "wrong_method", "unavailable", "body_too_large"}
"""Said by the doors for what is not a `Refused` of ours."""


def raised() -> dict[str, str]:
    """Every rule named in a `Refused("rule", …)` under jiedao/, with one place where it stands."""
    found: dict[str, str] = {}
    root = Path(jiedao.__file__).parent
    for path in root.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Refused":
                first = node.args[0] if node.args else None
                if isinstance(first, ast.Constant):
                    found[str(first.value)] = f"{path.relative_to(root)}:{node.lineno}"
    return found


def test_every_rule_that_can_refuse_has_words():
    wordless = {rule: place for rule, place in raised().items() if rule not in SENTENCES}

    assert wordless == {}


def test_every_condition_of_a_process_has_words():
    assert [name for name in PREDICATES if name not in SENTENCES] == []


def test_no_words_lie_about_for_rules_that_nobody_raises():
    assert set(SENTENCES) - set(raised()) - set(PREDICATES) - OWN == set()


@pytest.mark.parametrize("rule", SENTENCES)
def test_a_sentence_says_what_did_not_happen_the_fact_and_the_next_step(rule):
    for template in SENTENCES[rule][1:]:
        parts = template.split(" · ")

        assert len(parts) == 3
        assert all(part.strip() for part in parts)
        assert [sign for sign in BANNED if sign in template] == []


@pytest.mark.parametrize("rule", SENTENCES)
def test_both_languages_name_the_same_facts(rule):
    chinese, english = (
        {name for _, name, _, _ in string.Formatter().parse(template) if name} for template in SENTENCES[rule][1:]
    )

    assert chinese == english


@pytest.mark.parametrize("rule", SENTENCES)
def test_a_refusal_without_facts_or_with_strange_ones_is_still_said(rule):
    strange = {
        "verb": "{x} · y",
        "unit": None,
        "missing": ["{0}"],
        "at": "yesterday",
        "label": 7,
        "known": [1, 2],
        "most": 3,
    }

    for facts in ({}, strange):
        for language in ("zh", "en"):
            said = words.say(Refused(rule, **facts), language)
            assert said.what.strip()
            assert said.status in {400, 401, 403, 404, 405, 409, 413, 422, 429, 500, 503}


def test_codes_in_facts_are_told_by_their_labels():
    refused = Refused("incomplete", verb="reply", missing=["photos", "outcome"])

    assert words.say(refused, "zh-hans").text == "还不能反馈：还缺照片和附件、办理结果。补上后再发送"
    assert (
        words.say(refused, "en").text
        == "Not sent: reply. Still missing: Photos and files, Outcome. Add it and send again."
    )


def test_who_may_is_named_once_each():
    roles = [
        {"zh": "派遣员", "en": "Dispatcher"},
        {"zh": "派遣员", "en": "Dispatcher"},
        {"zh": "督办员", "en": "Supervisor"},
    ]

    assert words.say(Refused("not_yours", verb="dispatch", roles=roles), "zh").fact == "这一步由派遣员、督办员办理"


def test_absent_and_forbidden_are_one_sentence():
    assert words.say(Absent(), "zh").status == 404
    assert words.say(Absent(), "en").what == "Not found"


@pytest.mark.parametrize("why", ["empty", "kind", "pixels", "too_heavy", "encrypted", "active", "macros", "infected"])
def test_a_refused_file_says_why(why):
    said = words.say(Refused("bad_file", name="a.pdf", why=why, most=3), "zh")

    assert said.fact == words._FILE_WHY[why].split("|")[0].format(most=3)


def test_no_rule_has_two_sentences():
    text = (Path(sentences.__file__).with_suffix(".yaml")).read_text(encoding="utf-8")
    rules = re.findall(r"^([a-z_]+):", text, re.MULTILINE)

    assert sorted(rules) == sorted(set(rules))


@pytest.mark.parametrize(
    ("mark", "told"),
    [
        ("local default; no general limit was found", "本区自定"),
        ("A4: 20 %; another place 30 %", "按本区做法"),
        ("A2; shares are a demo", "演示用"),
        ("R: Weifang hotline regulation art. 26; A4", "按本区做法"),
        ("鼓楼区城市管理条例 第8条", "鼓楼区城市管理条例 第8条"),
        ("", ""),
    ],
)
def test_no_reader_meets_a_mark_that_is_for_reviewers(mark, told):
    with translation.override("zh-hans"):
        assert jiedao_ui.source_mark(mark) == told


def test_everything_that_the_journal_keeps_has_its_word_in_the_audit():
    """The kinds as they stand in the code: a new one without a word would show the auditor a code."""
    written = re.compile(r"notes\.(change|look)\(\s*(?:by\.scope,\s*)?\"([A-Za-z_.]+)\"")
    found = {
        pair
        for file in Path(jiedao.__file__).parent.rglob("*.py")
        for pair in written.findall(file.read_text(encoding="utf-8"))
    }
    words = {"change": audit_words.CHANGED, "look": audit_words.READ}

    assert len(found) > 15
    assert [kind for of, kind in sorted(found) if kind not in words[of]] == []
