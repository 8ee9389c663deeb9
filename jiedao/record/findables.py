"""Keeping cases findable (检索维护): after an entry that changed what a case is about, its words are filed anew."""

from collections.abc import Iterable

from django.db.models import Exists, OuterRef

from jiedao.ground.db import asking, bulk
from jiedao.kit import grams
from jiedao.record import reading
from jiedao.record.models import Case, Entry, Findable

LOT = 2_000

_FILE = (
    "INSERT INTO record_findable (id, text, grams) VALUES ($1, $2, $3)"
    " ON CONFLICT (id) DO UPDATE SET text = excluded.text, grams = excluded.grams"
)


def keep(entry: Entry) -> None:
    """Listener: files the case of the entry anew. Running it twice files the same."""
    row = row_of(reading.rows(Case, "t.id = $1", [entry.case_id], to=("item", "area"))[0])
    asking.ask(_FILE, [row.id, row.text, row.grams])


def row_of(case: Case) -> Findable:
    """What a case is found by: title, words, address, item and area. Its number is looked up by itself."""
    parts = [case.title, case.words, case.address]
    parts += [case.item.name, case.item.name_en] if case.item else []
    parts += [case.area.name, case.area.name_en] if case.area else []
    text = grams.foldable("\n".join(part for part in parts if part))
    return Findable(id=case.id, text=text, grams=grams.of_text(text))


def file(cases: Iterable[Case]) -> int:
    """Files many new cases at once, for imports. Says how many."""
    return bulk.copy(Findable, (row_of(case) for case in cases))


def fill(most: int = LOT) -> int:
    """Files cases that have no row yet: of a database that is older than the search. Says how many."""
    there = Findable.objects.filter(pk=OuterRef("pk"))
    missing = Case.objects.filter(~Exists(there)).select_related("item", "area").order_by("-pk")[:most]
    return len(Findable.objects.bulk_create([row_of(case) for case in missing], ignore_conflicts=True))
