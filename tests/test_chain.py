"""The chain (留痕链): whatever one change the database's superuser makes, the audit finds it and says where (G33 small).

A real superuser on a copy of the database, foreign keys off, each change rolled back after the audit has looked.
Seals have their own file; here everything is sealed once, and what an unsealed chain cannot show stands at the end.
"""

import os
import random
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from django.db import connection, connections, transaction
from django.test import override_settings

from jiedao.ground.districts import district
from jiedao.ground.journal import chain, notes
from jiedao.ground.journal.models import Change, Look
from jiedao.kit.ids import new_id
from jiedao.record import audit, ledger, seals
from jiedao.record.models import Case, Entry, Words
from tests.cast import DISPATCHER, closed, dispatched, do, reported
from tests.conftest import _other_database

Found = tuple[str, str]
"""What was changed, and words that the audit's answer must hold: where it was."""


@pytest.fixture(scope="module")
def database(cluster, template, django_db_setup, django_db_blocker, tmp_path_factory) -> Iterator[None]:
    """Six cases with their words, looks and changes, sealed; then the connection becomes the superuser's."""
    with sealed(cluster, template, django_db_blocker, tmp_path_factory.mktemp("seals"), _six_cases):
        yield


def _six_cases() -> None:
    closed("urban", "water")
    for units in (("urban",), ("water", "market"), ("market", "fire")):
        do(dispatched(*units), "note", DISPATCHER, text="现场已围挡")
    reported("井盖缺失")


@contextmanager
def sealed(cluster: Any, template: str, blocker: Any, home: Path, play: Callable[[], object]) -> Iterator[None]:
    """A database of its own with what is played, looks and changes beside it, all sealed; then the superuser comes."""
    with (
        override_settings(JIEDAO_HOME=home),
        _other_database(cluster, template, blocker) as name,
        district("gulou"),
    ):
        play()
        for n in range(4):
            notes.look("person:1", "contact", new_id(), purpose=f"回访 {n}")
            notes.change("rule", ID, "changed", system="operator", step=n)
        seals.seal()
        with _superuser(cluster.embedded.admin(name)):
            yield


@pytest.fixture
def record(database) -> Iterator[None]:
    with district("gulou"):
        yield


ID = new_id()


@contextmanager
def _superuser(admin: dict[str, str]) -> Iterator[None]:
    own = connections.databases["default"]
    before = {key: own[key] for key in ("USER", "PASSWORD")}
    connections.close_all()
    own |= {"USER": admin["user"], "PASSWORD": admin["password"]}
    try:
        yield
    finally:
        connections.close_all()
        own |= before


@contextmanager
def changed() -> Iterator[Any]:
    """A cursor of a superuser whom no foreign key stops; nothing of it stays."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL session_replication_role = replica")
            yield cursor
        transaction.set_rollback(True)


def faults() -> list[str]:
    return audit.verify_all().faults


def test_the_record_as_it_was_written_stands(record):
    assert faults() == []


# One change


class Vandal:
    """Makes one change at random; says what it was and where it must be found."""

    def __init__(self, chance: random.Random, cursor: Any, cases: Sequence[UUID] = ()) -> None:
        """With `cases`, only those are touched."""
        self.chance, self.cursor = chance, cursor
        entries = Entry.objects.filter(case__in=cases) if cases else Entry.objects
        self.entries = list(entries.select_related("case").order_by("case_id", "seq"))

    def make(self) -> Found:
        return self.chance.choice(KINDS)(self)

    def entry(self, least: int = 1) -> Entry:
        return self.chance.choice([entry for entry in self.entries if entry.seq >= least])

    def do(self, statement: str, *values: Any) -> None:
        self.cursor.execute(statement, values)
        assert self.cursor.rowcount > 0, statement

    def column(self) -> Found:
        """Edits one column of one line."""
        entry = self.entry()
        name, value = self.chance.choice(EDITS)
        self.do(f"UPDATE record_entry SET {name} = {value} WHERE id = %s", entry.id)
        return f"{name} of {entry.case.number} line {entry.seq}", f"{entry.case.number} line {entry.seq}"

    def fact(self) -> Found:
        entry = self.entry()
        self.do('UPDATE record_entry SET facts = facts || \'{"limit": "99 working_days"}\' WHERE id = %s', entry.id)
        return f"facts of {entry.case.number} line {entry.seq}", f"{entry.case.number} line {entry.seq}"

    def delete(self) -> Found:
        entry = self.entry()
        self.do("DELETE FROM record_entry WHERE id = %s", entry.id)
        last = entry.seq == entry.case.seq
        where = f"its entries at {entry.seq - 1}" if last else f"{entry.case.number} line {entry.seq}: missing"
        return f"deleted {entry.case.number} line {entry.seq}", where

    def insert(self) -> Found:
        """A line nobody wrote, at the end or before the beginning, bound to the true head."""
        entry = self.entry()
        seq = self.chance.choice([0, entry.case.seq + 1, entry.case.seq + 2])
        own = {"id": ("gen_random_uuid()", []), "seq": ("%s", [seq]), "prev": ("%s", [bytes(entry.case.head)])}
        columns = [field.column for field in Entry._meta.concrete_fields]
        named = ", ".join(f'"{column}"' for column in columns)
        picked = ", ".join(own.get(column, (f'"{column}"',))[0] for column in columns)
        given = [value for column in columns if column in own for value in own[column][1]]
        self.do(f"INSERT INTO record_entry ({named}) SELECT {picked} FROM record_entry WHERE id = %s", *given, entry.id)
        return f"inserted line {seq} into {entry.case.number}", f"{entry.case.number} line {seq}: "

    def swap(self) -> Found:
        entry = self.entry(2)
        for was, now in ((entry.seq, -1), (entry.seq - 1, entry.seq), (-1, entry.seq - 1)):
            self.do("UPDATE record_entry SET seq = %s WHERE case_id = %s AND seq = %s", now, entry.case_id, was)
        return (
            f"swapped {entry.case.number} lines {entry.seq - 1} and {entry.seq}",
            f"{entry.case.number} line {entry.seq - 1}",
        )

    def relink(self) -> Found:
        """A line bound to another line's hash, its own hash made to fit."""
        entry, other = self.entry(2), self.entry()
        prev = bytes(other.hash) if other.id != entry.id else b"\x07" * 32
        if prev == bytes(entry.prev):
            prev = b"\x07" * 32
        self.do(
            "UPDATE record_entry SET prev = %s, hash = %s WHERE id = %s",
            prev,
            chain.link(prev, ledger.told(entry)),
            entry.id,
        )
        return (
            f"re-linked {entry.case.number} line {entry.seq}",
            f"{entry.case.number} line {entry.seq}: does not follow",
        )

    def into_another_case(self) -> Found:
        entry = self.entry()
        other = self.chance.choice([e.case for e in self.entries if e.case_id != entry.case_id])
        self.do("UPDATE record_entry SET case_id = %s, seq = %s WHERE id = %s", other.id, other.seq + 1, entry.id)
        return f"moved {entry.case.number} line {entry.seq} to {other.number}", f"{other.number} line {other.seq + 1}"

    def tail(self) -> Found:
        entry = self.entry(2)
        self.do("DELETE FROM record_entry WHERE case_id = %s AND seq >= %s", entry.case_id, entry.seq)
        return (
            f"cut {entry.case.number} from line {entry.seq}",
            f"{entry.case.number}: the case ends at line {entry.case.seq}",
        )

    def tail_and_head(self) -> Found:
        """The tail cut and the case made to fit: the chain stands, its seal does not."""
        entry = self.entry(2)
        before = next(e for e in self.entries if e.case_id == entry.case_id and e.seq == entry.seq - 1)
        self.do("DELETE FROM record_entry WHERE case_id = %s AND seq >= %s", entry.case_id, entry.seq)
        self.do(
            "UPDATE record_case SET seq = %s, head = %s, state = %s WHERE id = %s",
            before.seq, bytes(before.hash), before.now, entry.case_id,
        )  # fmt: skip
        return (
            f"cut {entry.case.number} from line {entry.seq}, head and all",
            f"case {entry.case_id}: its sealed head is gone",
        )

    def rewritten(self) -> Found:
        """A line edited and every hash after it computed anew: only the seal remembers."""
        entry = self.entry()
        self.do("UPDATE record_entry SET verb = 'forged' WHERE id = %s", entry.id)
        before = bytes(entry.prev)
        for line in Entry.objects.filter(case=entry.case_id, seq__gte=entry.seq).order_by("seq"):
            hashed = chain.link(before, ledger.told(line))
            self.do("UPDATE record_entry SET prev = %s, hash = %s WHERE id = %s", before, hashed, line.id)
            before = hashed
        self.do("UPDATE record_case SET head = %s WHERE id = %s", before, entry.case_id)
        return f"rewrote {entry.case.number} from line {entry.seq}", f"case {entry.case_id}: its sealed head is gone"

    def whole_case(self) -> Found:
        case = self.entry().case
        for table in ("record_words w USING record_entry e WHERE e.id = w.entry_id AND e.case_id = %s",
                      "record_entry WHERE case_id = %s", "record_case WHERE id = %s"):  # fmt: skip
            self.cursor.execute(f"DELETE FROM {table}", [case.id])
        return f"{case.number} is gone whole", f"case {case.id}: its sealed head is gone"

    def entries_alone(self) -> Found:
        case = self.entry().case
        self.do("DELETE FROM record_entry WHERE case_id = %s", case.id)
        return f"all lines of {case.number}", f"{case.number}: the case ends at line {case.seq}, its entries at 0"

    def case_alone(self) -> Found:
        case = self.entry().case
        self.do("DELETE FROM record_case WHERE id = %s", case.id)
        return f"{case.number} without its lines", f"case {case.id}: is gone"

    def case_row(self) -> Found:
        case = self.entry().case
        name, value = self.chance.choice(
            [("seq", "seq + 1"), ("head", "decode(repeat('07', 32), 'hex')"), ("state", "'forged'")]
        )
        self.do(f"UPDATE record_case SET {name} = {value} WHERE id = %s", case.id)
        return f"{name} of {case.number}", f"{case.number}: "

    def words(self) -> Found:
        """What was said, its salt, or whose it is."""
        own = {entry.id for entry in self.entries}
        said = self.chance.choice(list(Words.objects.filter(entry__in=own).select_related("entry__case")))
        entry = said.entry
        change = self.chance.choice(["edit", "salt", "move"])
        if change == "move":
            entry = self.chance.choice([e for e in self.entries if not Words.objects.filter(entry=e).exists()])
            self.do("UPDATE record_words SET entry_id = %s WHERE id = %s", entry.id, said.id)
        elif change == "salt":
            self.do("UPDATE record_words SET salt = %s WHERE id = %s", b"\x07" * 16, said.id)
        else:
            self.do('UPDATE record_words SET said = said || \'{"text": "从未说过"}\' WHERE id = %s', said.id)
        return f"words ({change}) of line {entry.seq}", f"{entry.case.number} line {entry.seq}: its words were changed"

    def journal(self) -> Found:
        """A look or a change of the journal: edited, deleted, bound to another."""
        look = self.chance.random() < 0.5
        table, own = ("journal_look", LOOK_EDITS) if look else ("journal_change", CHANGE_EDITS)
        rows = Look.objects.filter(seq__lte=3) if look else Change.objects.filter(object_id=ID, seq__lte=3)
        row, (name, value) = self.chance.choice(list(rows)), self.chance.choice([*JOURNAL_EDITS, *own])
        if name == "id":
            self.do(f"DELETE FROM {table} WHERE id = %s", row.id)
        else:
            self.do(f"UPDATE {table} SET {name} = {value} WHERE id = %s", row.id)
        chained = f"look {row.reader}" if look else f"change rule {row.object_id}"
        return f"{name} of {chained} line {row.seq}", f"{chained} line {row.seq}: "

    def seal(self) -> Found:
        name, value = self.chance.choice(SEAL_EDITS)
        self.do(f"UPDATE journal_seal SET {name} = {value} WHERE seq = 1")
        return f"{name} of the seal", "seal "


EDITS = [
    ("verb", "'forged'"), ("at", "at + interval '1 microsecond'"), ("was", "was || 'x'"), ("now", "now || 'x'"),
    ("actor", "'robot'"), ("person_id", "gen_random_uuid()"), ("post_id", "gen_random_uuid()"), ("unit_id", "gen_random_uuid()"),
    ("system", "system || 'x'"), ("order_id", "gen_random_uuid()"), ("public", "NOT public"),
    ("digest", "digest || '\\x00'::bytea"), ("prev", "prev || '\\x00'::bytea"), ("hash", "decode(repeat('07', 32), 'hex')"),
]  # fmt: skip
JOURNAL_EDITS = [
    ("id", ""), ("at", "at + interval '1 day'"), ("prev", "decode(repeat('07', 32), 'hex')"), ("hash", "prev || 'x'"),
    ("person_id", "gen_random_uuid()"), ("post_id", "gen_random_uuid()"),
]  # fmt: skip
LOOK_EDITS = [("purpose", "'x'"), ("what", "'x'"), ("object_id", "gen_random_uuid()"), ("unit_id", "gen_random_uuid()")]
CHANGE_EDITS = [("facts", "'{}'"), ("verb", "'x'"), ("system", "'x'")]
SEAL_EDITS = [
    ("at", "at + interval '1 hour'"), ("heads", "heads - 0"), ("root", "prev || 'x'"), ("hash", "prev || 'x'"),
    ("signature", "decode(repeat('07', 64), 'hex')"), ("seq", "seq + 1"),
]  # fmt: skip
KINDS: list[Callable[[Vandal], Found]] = [
    *[Vandal.column] * 6, Vandal.fact, Vandal.delete, Vandal.delete, Vandal.insert, Vandal.swap, Vandal.relink,
    Vandal.into_another_case, Vandal.tail, Vandal.tail_and_head, Vandal.rewritten, Vandal.whole_case, Vandal.entries_alone,
    Vandal.case_alone, Vandal.case_row, Vandal.words, Vandal.words, Vandal.journal, Vandal.journal, Vandal.seal,
]  # fmt: skip


def test_every_single_change_is_found_and_located(record):
    """At its size, of ten thousand entries, by night: test_chain_great."""
    seed = int(os.environ.get("JIEDAO_SEED") or time.time())
    print(f"seed {seed} (JIEDAO_SEED={seed} plays it again)")
    chance = random.Random(seed)
    missed = []
    for _ in range(100):
        with changed() as cursor:
            what, where = Vandal(chance, cursor).make()
            found = faults()
        if not any(where in fault for fault in found):
            missed.append((what, where, found[:4]))
    assert missed == []


def test_every_column_of_a_line_is_edited_by_the_vandal(record):
    """A new column that the hash does not cover would be missed by the test above."""
    left_out = {"id", "case", "seq", "facts"}

    assert {field.name for field in Entry._meta.concrete_fields} - left_out == {name for name, _ in EDITS}


# What may go, and what cannot be found


def test_words_deleted_by_retention_leave_a_chain_that_stands(record):
    with changed() as cursor:
        cursor.execute("DELETE FROM record_words")
        assert cursor.rowcount > 5
        assert faults() == []


def test_what_an_unsealed_chain_cannot_show_is_known(record):
    """A tail cut with its head, a line rewritten with all after it, a case gone whole: only a seal tells (see there)."""
    for kind in (Vandal.tail_and_head, Vandal.rewritten, Vandal.whole_case):
        with changed() as cursor:
            cursor.execute("DELETE FROM journal_seal")
            with override_settings(JIEDAO_HOME="/nowhere"):
                kind(Vandal(random.Random(7), cursor))
                assert faults() == []


def test_the_case_whose_seal_alone_tells_is_found_by_its_id(record):
    with changed() as cursor:
        _, where = Vandal(random.Random(7), cursor).whole_case()
        assert [fault for fault in faults() if where in fault] != []
    assert Case.objects.count() == 5
