"""The vault (密钥箱): keys are made once, open for one subject only, and erasing one makes its words unreadable."""

import multiprocessing
import stat

import pytest

from jiedao.kit import vault
from jiedao.kit.ports import chance
from jiedao.kit.refusal import Refused


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A data folder, in use."""
    monkeypatch.setenv("JIEDAO_HOME", str(tmp_path))
    monkeypatch.delenv("MASTER_KEY_FILE", raising=False)
    before = vault._chosen
    vault.use(None)
    yield tmp_path
    vault.use(before)


@pytest.fixture
def master(folder):
    """A data folder with its master key, in use."""
    return vault.make_master()


def test_words_sealed_for_a_subject_open_again(master):
    wrapped = vault.wrap(vault.new_key(), "contact 1")

    sealed = vault.seal(vault.unwrap(wrapped, "contact 1"), "张三丰 13812341234", about="phone")

    assert vault.open_(vault.unwrap(wrapped, "contact 1"), sealed, about="phone") == "张三丰 13812341234"
    assert "张三丰".encode() not in sealed


def test_a_key_moved_to_another_subject_does_not_open(master):
    wrapped = vault.wrap(vault.new_key(), "contact 1")

    with pytest.raises(Refused, match="unreadable"):
        vault.unwrap(wrapped, "contact 2")


def test_words_moved_to_another_field_do_not_open(master):
    key = vault.new_key()

    with pytest.raises(Refused, match="unreadable"):
        vault.open_(key, vault.seal(key, "秘密", about="phone"), about="name")


def test_any_changed_byte_and_any_cut_end_is_noticed(master):
    key = vault.new_key()
    sealed = vault.seal(key, "秘密")

    changed = [sealed[:at] + bytes([sealed[at] ^ 1]) + sealed[at + 1 :] for at in range(len(sealed))]
    for broken in [*changed, *(sealed[:length] for length in range(len(sealed)))]:
        with pytest.raises(Refused, match="unreadable"):
            vault.open_(key, broken)


def test_what_the_database_hands_back_as_a_view_opens(master):
    key = vault.new_key()

    assert vault.open_(key, memoryview(vault.seal(key, "秘密"))) == "秘密"


def test_the_same_words_never_seal_alike_not_even_in_a_rehearsal(master):
    key = vault.new_key()
    with chance.seeded(7):
        first = vault.seal(key, "秘密"), vault.new_key()
    with chance.seeded(7):
        second = vault.seal(key, "秘密"), vault.new_key()

    assert first[0] != second[0]
    assert first[1] != second[1]


def test_a_blind_hash_finds_the_phone_again_but_only_under_this_master_key(master, tmp_path):
    first = vault.blind("13812341234", about="phone")

    assert vault.blind("13812341234", about="phone") == first
    assert vault.blind("13812341235", about="phone") != first
    assert vault.blind("13812341234", about="code") != first

    vault.use(tmp_path / "other.key")
    vault.make_master()
    assert vault.blind("13812341234", about="phone") != first


def test_the_master_key_is_for_its_owner_only(master):
    assert stat.S_IMODE(master.stat().st_mode) == 0o600
    assert stat.S_IMODE(master.parent.stat().st_mode) == 0o700
    assert vault.is_exposed() is False

    master.chmod(0o644)
    assert vault.is_exposed() is True


def test_the_master_key_is_never_written_again(master):
    before = vault.read_master()

    vault.make_master()

    assert vault.read_master() == before
    assert [file.name for file in master.parent.iterdir()] == ["master.key"]


def _start_first(gate, found):
    gate.wait()
    vault.make_master()
    found.put(vault.read_master())


def test_two_first_starts_at_the_same_instant_agree_on_one_key(folder):
    together = multiprocessing.get_context("fork")
    gate, found = together.Barrier(6), together.Queue()
    starts = [together.Process(target=_start_first, args=(gate, found)) for _ in range(6)]

    for start in starts:
        start.start()
    keys = {found.get(timeout=10) for _ in starts}
    for start in starts:
        start.join()

    assert len(keys) == 1


def test_a_missing_master_key_is_named_not_made(folder):
    with pytest.raises(Refused) as refused:
        vault.wrap(bytes(32), "contact 1")

    assert refused.value.rule == "no_master_key"
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize("content", ["", "abc", "zz" * 32, "00" * 31])
def test_a_master_key_that_is_none_is_refused(master, content):
    master.write_text(content)

    with pytest.raises(Refused, match="bad_master_key"):
        vault.read_master()


def test_the_file_of_the_settings_stands_before_the_data_folder(folder, monkeypatch):
    monkeypatch.setenv("MASTER_KEY_FILE", str(folder / "elsewhere"))

    assert vault.make_master() == folder / "elsewhere"
