"""Appeals (诉求导入): a hotline's table becomes handled and waiting cases, with their true times.

Each row is checked on its own; what is wrong goes to a report by line and reason, what is right is kept. Rows go in
by batches of one transaction each: a run that was killed goes on where it stopped, a second run adds nothing, and a
row that has changed since is shown as a conflict and left alone.
"""

import csv
import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any

from django.db import connection, transaction

from jiedao.doors.exchange import sheets
from jiedao.doors.exchange.mapping import Mapping, cell, moment, word_in
from jiedao.ground.db import bulk
from jiedao.ground.duties.models import DutyItem, DutyList
from jiedao.ground.people import Actor
from jiedao.ground.people.models import Unit
from jiedao.ground.places.locate import locate
from jiedao.kit.clock import local, now
from jiedao.kit.ids import new_id
from jiedao.kit.refusal import Refused
from jiedao.kit.text import clean, mask_free, mask_phone
from jiedao.kit.vault import blind
from jiedao.record import flow, ledger
from jiedao.record.models import Case, DispatchOrder, Entry, Event, ProcessVersion, Words

BATCH = 1_000
IMPORTER = Actor.system("import")


@dataclass(frozen=True)
class Trouble:
    """Why a row was not taken: its line in the file, the column, the rule, and what stood there."""

    line: int
    column: str
    rule: str
    given: str


@dataclass(frozen=True)
class Appeal:
    """A row that can be taken, in our terms."""

    line: int
    key: str
    title: str
    words: str
    at: datetime
    mark: str
    kind: str
    caller: str = ""
    phone: str = ""
    address: str = ""
    point: tuple[float, float] | None = None
    reply: str = ""
    replied_at: datetime | None = None
    unit: str = ""
    item: str = ""


@dataclass
class Result:
    """What a run did. `troubles` are in the report too, one line each."""

    read: int = 0
    added: int = 0
    known: int = 0
    conflicts: int = 0
    bad: int = 0
    troubles: list[Trouble] = field(default_factory=list)


def take(
    path: Path, mapping: Mapping, report: Path, *, progress: Any = None, dry: bool = False, batch: int = BATCH
) -> Result:
    """Imports a file into the district one is in; writes the report beside it. `progress(rows)` after each batch."""
    _must_have_columns(path, mapping)
    result, books = Result(), _Books(mapping)
    with report.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["line", "column", "reason", "given"])
        seen: set[str] = set()
        rows = sheets.rows(path)
        while lot := list(islice(rows, batch)):
            result.read += len(lot)
            good = list(_checked(lot, mapping, seen, result))
            with transaction.atomic():
                _settle(good, mapping, books, result, dry=dry)
            for trouble in result.troubles:
                writer.writerow([trouble.line, _safe(trouble.column), trouble.rule, _safe(trouble.given)])
            file.flush()
            result.troubles.clear()
            if progress:
                progress(result)
    return result


def _safe(text: str) -> str:
    """A cell no spreadsheet takes for a formula, with personal data out."""
    text = mask_free(text[:120])
    return f"'{text}" if text[:1] in "=+-@\t\r" else text


def _must_have_columns(path: Path, mapping: Mapping) -> None:
    there = sheets.columns(path)
    missing = [
        theirs for ours, theirs in mapping.columns.items() if theirs not in there and ours in ("key", "words", "at")
    ]
    if missing:
        raise Refused("missing_columns", path=path.name, missing=missing, there=there[:30], mapping=mapping.name)


def _checked(lot: Iterable[sheets.Row], mapping: Mapping, seen: set[str], result: Result) -> Iterator[Appeal]:
    for line, row in lot:
        try:
            appeal = _read(line, row, mapping)
            if appeal.key in seen:
                raise _Bad("key", "key_twice", appeal.key)
            seen.add(appeal.key)
            yield appeal
        except _Bad as bad:
            result.bad += 1
            result.troubles.append(Trouble(line, mapping.columns.get(bad.column, bad.column), bad.rule, bad.given))


class _Bad(Exception):
    """A row that cannot be taken."""

    def __init__(self, column: str, rule: str, given: str) -> None:
        self.column, self.rule, self.given = column, rule, given


def _read(line: int, row: dict[str, str], mapping: Mapping) -> Appeal:
    key = cell(mapping, row, "key")
    if not key or len(key) > 80:
        raise _Bad("key", "key_missing" if not key else "too_long", key)
    words = _words(mapping, row, "words")
    if not words:
        raise _Bad("words", "incomplete", "")
    at = _moment(mapping, row, "at")
    reply = _words(mapping, row, "reply")
    replied = _moment(mapping, row, "replied_at") if reply and cell(mapping, row, "replied_at") else None
    if replied and replied < at:
        raise _Bad("replied_at", "answered_before_asked", cell(mapping, row, "replied_at"))
    title = _words(mapping, row, "title")[:200]
    return Appeal(
        line=line,
        key=key,
        title=title or words[:40],
        words=words,
        at=at,
        mark=_fingerprint(row, mapping),
        kind=word_in(mapping.kinds, title) or mapping.kind,
        caller=cell(mapping, row, "caller")[:60],
        phone=cell(mapping, row, "phone")[:40],
        address=cell(mapping, row, "address")[:200],
        point=_point(mapping, row),
        reply=reply,
        replied_at=replied,
        unit=cell(mapping, row, "unit") or word_in(mapping.units, reply),
        item=cell(mapping, row, "item") or word_in(mapping.items, title),
    )


def _words(mapping: Mapping, row: dict[str, str], name: str) -> str:
    text = cell(mapping, row, name)
    if not text:
        return ""
    try:
        return clean(text, mapping.longest).strip()
    except Refused as refused:
        raise _Bad(name, refused.rule, text[:60]) from None


def _moment(mapping: Mapping, row: dict[str, str], name: str) -> datetime:
    text = cell(mapping, row, name)
    try:
        return moment(mapping, text)
    except Refused as refused:
        raise _Bad(name, refused.rule, text) from None


def _point(mapping: Mapping, row: dict[str, str]) -> tuple[float, float] | None:
    lon, lat = cell(mapping, row, "lon"), cell(mapping, row, "lat")
    if not lon and not lat:
        return None
    try:
        found = float(lon), float(lat)
    except ValueError:
        raise _Bad("lon", "unreadable", f"{lon}, {lat}") from None
    if not (-180 <= found[0] <= 180 and -90 <= found[1] <= 90):
        raise _Bad("lon", "outside_world", f"{lon}, {lat}")
    return found


def _fingerprint(row: dict[str, str], mapping: Mapping) -> str:
    told = "\x1f".join(row.get(theirs, "") or "" for theirs in mapping.columns.values())
    return hashlib.sha256(told.encode()).hexdigest()[:16]


class _Books:
    """What rows are looked up in, read once per run: process, units, items."""

    def __init__(self, mapping: Mapping) -> None:
        self.process: ProcessVersion = flow.process(mapping.process)
        self.units: dict[str, Unit] = {u.code: u for u in Unit.objects.on()}  # type: ignore[misc]
        self.items = {
            item.code: item for item in DutyItem.objects.filter(list__in=DutyList.objects.on(), list__level="district")
        }
        definition = self.process.definition
        self.opens = definition.state(definition.opens_in)
        self.closed = next(s for s in definition.states.values() if s.code == "closed")


def _settle(good: list[Appeal], mapping: Mapping, books: _Books, result: Result, *, dry: bool) -> None:
    """Sorts the batch into new, known and changed rows, and writes the new ones."""
    known = dict(
        Event.objects.filter(source=mapping.source, source_key__in=[a.key for a in good]).values_list(
            "source_key", "raw"
        )
    )
    fresh = []
    for appeal in good:
        if appeal.key not in known:
            fresh.append(appeal)
        elif known[appeal.key].get("mark") == appeal.mark:
            result.known += 1
        else:
            result.conflicts += 1
            result.troubles.append(Trouble(appeal.line, mapping.columns["key"], "conflict", appeal.key))
    result.added += len(fresh)
    if fresh and not dry:
        _write([_built(a, mapping, books, number) for a, number in zip(fresh, _numbers(fresh), strict=True)])


def _numbers(fresh: list[Appeal]) -> list[str]:
    """Numbers of the years in which the appeals came in."""
    by_year: dict[int, list[int]] = {}
    for at, appeal in enumerate(fresh):
        by_year.setdefault(local(appeal.at).year % 100, []).append(at)
    numbers = [""] * len(fresh)
    with connection.cursor() as cursor:
        for year, places in by_year.items():
            cursor.execute(f"SELECT nextval('case_number_{year:02d}') FROM generate_series(1, %s)", [len(places)])
            for place, (number,) in zip(places, cursor.fetchall(), strict=True):
                numbers[place] = f"{year:02d}-{number:05d}"
    return numbers


@dataclass
class _Built:
    case: Case
    event: Event
    entries: list[Entry]
    order: DispatchOrder | None


def _built(appeal: Appeal, mapping: Mapping, books: _Books, number: str) -> _Built:
    """The rows of one appeal. An answered one is a closed case; its order counts if the answer names a unit."""
    area = locate(*appeal.point, local(now()).date()) if appeal.point else None
    case = Case(
        id=new_id(),
        number=number,
        process=books.process,
        state=books.opens.code,
        phase=books.opens.phase,
        kind=appeal.kind,
        channel=mapping.channel,
        title=mask_free(appeal.title),
        words=mask_free(appeal.words),
        item=books.items.get(appeal.item),
        address=mask_free(appeal.address),
        area=area,
        area_path=area.path if area else "",
        lon=appeal.point[0] if appeal.point else None,
        lat=appeal.point[1] if appeal.point else None,
        has_caller=bool(appeal.caller or appeal.phone),
        caller_mask=mask_phone(appeal.phone) if appeal.phone else "",
        opened_at=appeal.at,
        filed_at=appeal.at,
        imported=True,
    )
    opened = ledger.line(
        case, "import", by=IMPORTER, said={"source": mapping.source, "key": appeal.key}, was="", at=appeal.at
    )
    event = Event(
        id=new_id(),
        case=case,
        channel=mapping.channel,
        source=mapping.source,
        source_key=appeal.key,
        at=appeal.at,
        received_at=now(),
        words=case.words,
        address=case.address,
        lon=case.lon,
        lat=case.lat,
        raw={"mark": appeal.mark, "caller": blind(appeal.caller, mapping.source).hex()[:24] if appeal.caller else ""},
        caller_mask=case.caller_mask,
    )
    built = _Built(case, event, [opened], None)
    if appeal.reply:
        _answered(built, appeal, books)
    return built


def _answered(built: _Built, appeal: Appeal, books: _Books) -> None:
    case, at = built.case, appeal.replied_at or appeal.at
    unit = books.units.get(appeal.unit)
    if unit:
        built.order = DispatchOrder(
            id=new_id(),
            case=case,
            unit=unit,
            role="lead",
            item=case.item,
            sent_at=case.opened_at,
            answered_at=at,
            outcome="explained",
            why={"by": "import"},
        )
        case.units, case.holder, case.held_since = list(unit.above), unit, at
    case.state, case.phase, case.closed_at = books.closed.code, books.closed.phase, at
    said = {"text": appeal.reply, "unit": unit.code if unit else ""}
    built.entries.append(
        ledger.line(case, "reply", by=IMPORTER, said=said, was=books.opens.code, at=at, order=built.order, public=True)
    )


def _write(built: list[_Built]) -> None:
    bulk.copy(Case, [b.case for b in built])
    bulk.copy(DispatchOrder, [b.order for b in built if b.order])
    bulk.copy(Entry, [entry for b in built for entry in b.entries])
    bulk.copy(Words, [w for b in built for entry in b.entries if (w := ledger.words_of(entry))])
    bulk.copy(Event, [b.event for b in built])
