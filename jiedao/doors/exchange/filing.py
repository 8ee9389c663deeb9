"""Filing (导入建档): an appeal becomes a case with its event, its entries and, if somebody answered it, its order."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db import connection

from jiedao.doors.exchange import callers
from jiedao.doors.exchange.items import Guesses
from jiedao.doors.exchange.mapping import Mapping
from jiedao.doors.exchange.reading import Appeal
from jiedao.ground.db import bulk
from jiedao.ground.duties.models import DutyItem, DutyList
from jiedao.ground.people import Actor
from jiedao.ground.people.contacts import Caller
from jiedao.ground.people.models import Unit
from jiedao.ground.places.locate import locate
from jiedao.kit.clock import local, now, today
from jiedao.kit.ids import new_id
from jiedao.kit.text import mask_free
from jiedao.kit.vault import blind
from jiedao.record import findables, ledger, versions
from jiedao.record.models import Case, DispatchOrder, Entry, Event, Words

IMPORTER = Actor.system("import")


@dataclass
class Built:
    """The rows of one appeal, not yet written."""

    case: Case
    event: Event
    entries: list[Entry]
    told: callers.Told
    order: DispatchOrder | None = None


class Books:
    """What appeals are filed by, read once per run: process, units, items. One query each."""

    def __init__(self, mapping: Mapping) -> None:
        self.mapping = mapping
        self.process = versions.process(mapping.process)
        definition = self.process.definition
        self.opens = definition.state(definition.opens_in)
        self.closed = next(s for s in definition.states.values() if s.code == "closed")
        units = list(Unit.objects.on())
        self.units = {u.name: u for u in units} | {u.code: u for u in units}
        lists = DutyList.objects.on().filter(level="district", kind=DutyList.Kind.DUTY)
        items = list(DutyItem.objects.filter(list__in=lists).order_by("code"))
        self.items = {item.name: item for item in items} | {item.code: item for item in items}
        self.guesses = Guesses(items if mapping.guess_items else (), besides=mapping.kinds)

    def item(self, appeal: Appeal) -> tuple[DutyItem | None, dict[str, Any]]:
        """The item the file names, or the one its words speak of; and the reason, as the case shows it."""
        named = self.items.get(appeal.item)
        if named:
            return named, {"by": "import", "item": named.code}
        guessed = self.guesses.of(appeal.title, appeal.words)
        if guessed is None:
            return None, {}
        return guessed[0], {"by": "import", "item": guessed[0].code, "words": list(guessed[1])}


def write(appeals: list[Appeal], books: Books) -> None:
    """Files a batch of new appeals in the present transaction."""
    built = [_built(appeal, books, number) for appeal, number in zip(appeals, _numbers(appeals), strict=True)]
    subjects = callers.keep(each.told for each in built)
    for each in built:
        each.event.subject_id = subjects.get(each.event.id)
    entries = [entry for each in built for entry in each.entries]
    bulk.copy(Case, [each.case for each in built])
    findables.file(each.case for each in built)
    bulk.copy(DispatchOrder, [each.order for each in built if each.order])
    bulk.copy(Entry, entries)
    bulk.copy(Words, [words for entry in entries if (words := ledger.words_of(entry))])
    bulk.copy(Event, [each.event for each in built])


def _numbers(appeals: list[Appeal]) -> Iterable[str]:
    """Numbers of the years in which the appeals came in, one query a year."""
    by_year: dict[int, list[int]] = {}
    for place, appeal in enumerate(appeals):
        by_year.setdefault(local(appeal.at).year % 100, []).append(place)
    numbers = [""] * len(appeals)
    with connection.cursor() as cursor:
        for year, places in by_year.items():
            cursor.execute(f"SELECT nextval('case_number_{year:02d}') FROM generate_series(1, %s)", [len(places)])
            for place, (number,) in zip(places, cursor.fetchall(), strict=True):
                numbers[place] = f"{year:02d}-{number:05d}"
    return numbers


def _built(appeal: Appeal, books: Books, number: str) -> Built:
    """An answered appeal is a closed case; its order counts if the answer names a unit."""
    mapping, opens = books.mapping, books.opens
    caller = Caller(appeal.caller, appeal.phone, proven=mapping.channel == Event.Channel.HOTLINE)
    area = locate(*appeal.point, today()) if appeal.point else None
    item, why = books.item(appeal)
    place: dict[str, Any] = {"address": _veiled(appeal.address, caller)[:200]}
    place |= {"lon": appeal.point[0], "lat": appeal.point[1]} if appeal.point else {}
    case = Case(
        id=new_id(),
        number=number,
        process=books.process,
        state=opens.code,
        phase=opens.phase,
        kind=appeal.kind,
        channel=mapping.channel,
        title=_veiled(appeal.title, caller)[:200],
        words=_veiled(appeal.words, caller),
        item=item,
        routing={"why": why} if why else {},
        area=area,
        area_path=area.path if area else "",
        has_caller=caller.named,
        may_ring=bool(appeal.phone),
        caller_mask=caller.mask[:60],
        opened_at=appeal.at,
        filed_at=appeal.at,
        imported=True,
        **place,
    )
    opened = ledger.line(case, "import", by=IMPORTER, said=_facts(appeal, mapping), was="", at=appeal.at)
    event = _event(case, appeal, mapping, place)
    built = Built(case, event, [opened], callers.Told(event.id, caller, appeal.words))
    if appeal.reply:
        _answered(built, appeal, books, _veiled(appeal.reply, caller))
    return built


def _facts(appeal: Appeal, mapping: Mapping) -> dict[str, Any]:
    return {"source": mapping.source, "key": mask_free(appeal.key)}


def _event(case: Case, appeal: Appeal, mapping: Mapping, place: dict[str, Any]) -> Event:
    same = blind(appeal.caller, mapping.source).hex()[:24] if appeal.caller else ""
    return Event(
        id=new_id(),
        case=case,
        channel=mapping.channel,
        source=mapping.source,
        source_key=appeal.key,
        at=appeal.at,
        received_at=now(),
        words=case.words,
        raw={"mark": appeal.mark, "caller": same},
        caller_mask=case.caller_mask,
        **place,
    )


def _answered(built: Built, appeal: Appeal, books: Books, reply: str) -> None:
    """The answer, its order, and the end of the case, all at the time the file gives."""
    case, at = built.case, appeal.replied_at or appeal.at
    unit = books.units.get(appeal.unit)
    if unit:
        built.order = DispatchOrder(
            id=new_id(),
            case=case,
            unit=unit,
            role=DispatchOrder.Role.LEAD,
            item=case.item,
            sent_at=case.opened_at,
            answered_at=at,
            outcome="explained",
            why={"by": "import"},
        )
        case.units, case.holder, case.held_since = list(unit.above), unit, at
    case.state, case.phase, case.closed_at = books.closed.code, books.closed.phase, at
    said = {"text": reply, "unit": unit.code if unit else ""}
    line = ledger.line(
        case, "reply", by=IMPORTER, said=said, was=books.opens.code, at=at, order=built.order, public=True
    )
    built.entries.append(line)


def _veiled(text: str, caller: Caller) -> str:
    """Masked free text, in which the caller's own name does not stand either."""
    return mask_free(text, caller.name) if text else ""
