"""Our own lint rules: each lets its good line pass and stops its bad one."""

from pathlib import Path

import pytest

from tests.lint.rules import RULES, offences


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_a_rule_stops_its_bad_line_and_no_other(rule):
    good = Path("jiedao/record/example.py") if rule.name == "drawer-names" else Path(rule.path)

    assert rule.name not in {name for name, _ in offences(rule.good, good)}
    assert rule.name in {name for name, _ in offences(rule.bad, Path(rule.path))}


def test_flow_takes_no_special_cases():
    assert ("long-file", 150) in set(offences("pass\n" * 151, Path("jiedao/record/flow.py")))
