"""`./test` itself (全部检查): a browser test that fails beside others is tried again alone; nothing else is excused."""

import json
from types import SimpleNamespace

import pytest

from tests import everything

ONE = "tests/browser/test_map_browser.py::test_a"


@pytest.fixture
def again(tmp_path, monkeypatch):
    """What failed, and how it goes when it is run again; the answer is whether it is excused, and what was run."""

    def tried(failed, code):
        ran = []
        kept = tmp_path / ".pytest_cache" / "v" / "cache" / "lastfailed"
        kept.parent.mkdir(parents=True, exist_ok=True)
        kept.write_text(json.dumps(dict.fromkeys(failed, True)))
        monkeypatch.setattr(everything, "CHECKOUT", tmp_path)
        monkeypatch.setattr(
            everything.subprocess, "run", lambda words, **how: ran.extend(words[3:]) or SimpleNamespace(returncode=code)
        )
        return everything._steady_alone(), ran

    return tried


@pytest.mark.parametrize(
    ("failed", "code", "excused"),
    [
        ([ONE], 0, True),
        ([ONE], 1, False),
        ([], 0, False),
        ([ONE, "tests/test_limits.py::test_a"], 0, False),
        ([f"{ONE}[{n}]" for n in range(everything.MOST_UNSTEADY + 1)], 0, False),
    ],
)
def test_only_a_few_browser_tests_that_pass_alone_are_excused(again, capsys, failed, code, excused):
    assert again(failed, code)[0] == excused
    assert ("UNSTEADY" in capsys.readouterr().out) == excused


def test_what_is_tried_again_is_what_failed(again):
    assert again([ONE], 0)[1] == [ONE]
