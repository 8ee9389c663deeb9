"""Tests in memory (内存中的测试数据): a whole run leaves nothing there, and where there is little room it stays on the disk."""

import os
from pathlib import Path

import pytest

from tests import memory


@pytest.fixture(autouse=True)
def room(tmp_path, monkeypatch):
    """A memory of our own, large enough, and nobody has said where the tests should lie."""
    monkeypatch.setattr(memory, "MEMORY", tmp_path)
    monkeypatch.setattr(memory, "NEEDED", 0)
    for name in ("JIEDAO_TEST_HOME", "TMPDIR"):
        monkeypatch.delenv(name, raising=False)


def test_a_whole_run_lies_in_memory_and_leaves_nothing(tmp_path):
    with memory.home():
        place = Path(os.environ["JIEDAO_TEST_HOME"])
        assert place.parent == tmp_path
        assert Path(os.environ["TMPDIR"]).parent == place
        (place / "something").write_text("left")

    assert list(tmp_path.iterdir()) == []
    assert not {"JIEDAO_TEST_HOME", "TMPDIR"} & set(os.environ)


def test_with_little_room_or_a_place_of_ones_own_it_stays_where_it_was(tmp_path, monkeypatch):
    monkeypatch.setattr(memory, "NEEDED", 1 << 60)
    with memory.home():
        assert "JIEDAO_TEST_HOME" not in os.environ
    monkeypatch.setattr(memory, "NEEDED", 0)
    monkeypatch.setenv("JIEDAO_TEST_HOME", "/somewhere")
    with memory.home():
        assert os.environ["JIEDAO_TEST_HOME"] == "/somewhere"
    assert list(tmp_path.iterdir()) == []


def test_what_a_killed_run_left_goes_and_what_a_living_one_has_stays(tmp_path):
    dead, living = tmp_path / "jiedao-test-4194305-a", tmp_path / f"jiedao-test-{os.getpid()}-b"
    dead.mkdir()
    living.mkdir()

    with memory.home():
        pass

    assert list(tmp_path.iterdir()) == [living]
