"""Reading (逐行核对): a row of theirs becomes an appeal in our terms, or the list of what is wrong with it."""

import hashlib
import re
from dataclasses import dataclass
from datetime import datetime

from jiedao.doors.exchange.mapping import Mapping, cell, moment, word_in
from jiedao.doors.exchange.sheets import Row
from jiedao.ground.db.schemas import YEARS_BACK
from jiedao.kit.clock import today
from jiedao.kit.refusal import Refused
from jiedao.kit.text import clean

_BROKEN = re.compile("[\0\ud800-\udfff]")
"""What cannot be stored: NUL, and bytes of another encoding."""


@dataclass(frozen=True)
class Trouble:
    """Why a row was not taken: sheet, line, their column, the rule, what stood there; for a conflict, the case."""

    sheet: str
    line: int
    column: str
    rule: str
    given: str = ""
    number: str = ""
    was: str = ""
    now: str = ""


@dataclass(frozen=True, slots=True)
class Appeal:
    """A row that can be taken, in our terms. `mark` tells whether it has changed since it was taken."""

    sheet: str
    line: int
    key: str
    title: str
    words: str
    at: datetime
    mark: str
    kind: str
    caller: str
    phone: str
    address: str
    point: tuple[float, float] | None
    reply: str
    replied_at: datetime | None
    unit: str
    item: str


def read(row: Row, sheet: str, mapping: Mapping) -> Appeal | list[Trouble]:
    """Everything that is wrong with a row is told at once."""
    cells = _Cells(row, sheet, mapping)
    key, at = cells.short("key", 80, needed=True), cells.time("at", needed=True)
    title, words, reply = cells.words("title"), cells.words("words", needed=True), cells.words("reply")
    replied = cells.time("replied_at") if reply else None
    if at and replied and replied < at:
        cells.fault("replied_at", "answered_before_asked")
    caller, phone, point = cells.short("caller", 60), cells.short("phone", 40), cells.point()
    kind, item, unit = cells.short("kind", 200), cells.short("item", 200), cells.short("unit", 200)
    if cells.faults or at is None:
        return cells.faults
    return Appeal(
        sheet=sheet,
        line=row.line,
        key=key,
        title=title[:200] or words[:40],
        words=words,
        at=at,
        mark=fingerprint(row, mapping),
        kind=word_in(mapping.kinds, kind, title) or mapping.kind,
        caller=caller,
        phone=phone,
        address=cells.words("address")[:200],
        point=point,
        reply=reply,
        replied_at=replied,
        unit=unit or word_in(mapping.units, reply),
        item=mapping.items.get(item, item) or word_in(mapping.items, title),
    )


def fingerprint(row: Row, mapping: Mapping) -> str:
    """The same for a row with the same cells in the columns that the mapping reads."""
    told = "\x1f".join(f"{ours}={row.cells.get(theirs, '')}" for ours, theirs in sorted(mapping.columns.items()))
    return hashlib.sha256(told.encode(errors="surrogateescape")).hexdigest()[:16]


class _Cells:
    """The cells of one row, each with its check; what fails is noted and reading goes on."""

    def __init__(self, row: Row, sheet: str, mapping: Mapping) -> None:
        self.faults: list[Trouble] = []
        self._row, self._sheet, self._mapping = row, sheet, mapping

    def fault(self, name: str, rule: str, given: str | None = None) -> None:
        column = self._mapping.columns.get(name, name)
        told = self._row.cells.get(column, "") if given is None else given
        self.faults.append(Trouble(self._sheet, self._row.line, column, rule, _BROKEN.sub("�", told[:120])))

    def short(self, name: str, most: int, *, needed: bool = False) -> str:
        """Text that is kept as it stands, or looked up."""
        text = cell(self._mapping, self._row.cells, name)
        if _BROKEN.search(text):
            self.fault(name, "bad_text")
        elif len(text) > most:
            self.fault(name, "too_long")
        elif needed and not text:
            self.fault(name, "cell_missing")
        return text

    def words(self, name: str, *, needed: bool = False) -> str:
        """What somebody wrote, cleaned."""
        text = cell(self._mapping, self._row.cells, name)
        try:
            kept = clean(text, self._mapping.longest) if text else ""
        except Refused as refused:
            self.fault(name, refused.rule)
            return ""
        if needed and not kept:
            self.fault(name, "cell_missing")
        return kept

    def time(self, name: str, *, needed: bool = False) -> datetime | None:
        text = cell(self._mapping, self._row.cells, name)
        if not text:
            if needed:
                self.fault(name, "cell_missing")
            return None
        try:
            return moment(self._mapping, text, today().year - YEARS_BACK)
        except Refused as refused:
            self.fault(name, refused.rule)
            return None

    def point(self) -> tuple[float, float] | None:
        lon, lat = (cell(self._mapping, self._row.cells, name) for name in ("lon", "lat"))
        if not lon and not lat:
            return None
        try:
            found = float(lon), float(lat)
        except ValueError:
            self.fault("lon", "point_unreadable", f"{lon}, {lat}")
            return None
        if not (-180 <= found[0] <= 180 and -90 <= found[1] <= 90):
            self.fault("lon", "outside_world", f"{lon}, {lat}")
        return found
