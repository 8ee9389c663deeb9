"""Staff (人员变动导入): joiners, leavers and moves from a sheet, row by row through the same verbs as the forms.

Each row is one write: done whole, or refused and told by line, column and reason. A file sent twice does nothing the
second time, because every row carries its own key.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.db.models import Q

from jiedao.doors import organising, words
from jiedao.doors.exchange import reasons, sheets
from jiedao.ground.people import Actor
from jiedao.ground.people.models import Tenure
from jiedao.kit.clock import today
from jiedao.kit.refusal import Absent, Refused

MOST = 2_000
"""Rows of one file: somebody waits for the answer."""

COLUMNS = {
    "what": ("变动", "change"),
    "code": ("人员编号", "staff number"),
    "name": ("姓名", "name"),
    "name_en": ("英文姓名", "English name"),
    "phone": ("工作电话", "work phone"),
    "from_post": ("原岗位代码", "from seat"),
    "post": ("岗位代码", "seat"),
    "on": ("日期", "date"),
    "until": ("止期", "until"),
    "account": ("账号", "account"),
    "basis": ("依据", "basis"),
    "consent": ("征求意见案号", "consent case"),
}
"""Our name of a column → what stands above it, in Chinese or English."""

NEEDED = ("what", "code", "on")

VERBS = {
    "join": ("入职", "join"),
    "appoint": ("任职", "appoint"),
    "release": ("免职", "release"),
    "move": ("调岗", "move"),
    "leave": ("离职", "leave"),
}

USED = {
    "join": {"code": "code", "name": "name", "name_en": "name_en", "phone": "phone", "post": "post", "on": "on",
             "account": "account", "basis": "basis"},
    "appoint": {"code": "person", "post": "post", "on": "on", "until": "until", "basis": "basis", "consent": "consent"},
    "release": {"on": "on", "basis": "basis", "consent": "consent"},
    "move": {"post": "post", "on": "on", "basis": "basis", "consent": "consent"},
    "leave": {"code": "person", "on": "on", "basis": "basis", "consent": "consent"},
}  # fmt: skip
"""Which column answers which field of the verb."""


@dataclass(frozen=True)
class Bad:
    """A row that was not taken: where, which column, why."""

    sheet: str
    line: int
    column: str
    given: str
    why_zh: str
    why_en: str


@dataclass
class Result:
    """What a file did: rows done now, rows that were done before, rows not taken."""

    done: int = 0
    known: int = 0
    bad: list[Bad] = field(default_factory=list)


def take(path: Path, *, by: Actor, key: str) -> Result:
    """Does what a sheet says, row by row. Refuses `missing_columns`, `too_many`, and what `sheets` refuses."""
    result = Result()
    for at, (number, sheet, names, row) in enumerate(_rows(path)):
        if at >= MOST:
            raise Refused("too_many", field="file", most=MOST)
        if isinstance(row, sheets.Torn):
            result.bad.append(Bad(sheet, row.line, "", row.given, *reasons.told(row.rule)))
            continue
        given = {ours: row.cells.get(theirs, "").strip()[:200] for ours, theirs in names.items()}
        _row(given, names, sheet, row.line, by=by, key=f"{key[:40]}:{number}:{row.line}", result=result)
    return result


def _row(
    given: dict[str, str], names: dict[str, str], sheet: str, line: int, *, by: Actor, key: str, result: Result
) -> None:
    verb = next((code for code, known in VERBS.items() if given["what"].lower() in known), "")
    try:
        if not verb:
            raise Refused("unknown_kind", kind=given["what"], known=[zh for zh, _ in VERBS.values()], field="what")
        told = {ours: _value(column, given.get(column, "")) for column, ours in USED[verb].items()}
        subject = _tenure(given) if verb in ("release", "move") else ""
        done = organising.perform(organising.ACTS[verb], by=by, given=told, key=key, row=subject)
    except (Refused, Absent) as refused:
        column = _column(refused, verb)
        why = (words.say(refused, "zh"), words.say(refused, "en"))
        told_why = [f"{said.fact}{'；' if said.language == 'zh' else '; '}{said.next}" for said in why]
        result.bad.append(Bad(sheet, line, names.get(column, column), given.get(column, ""), *told_why))
        return
    result.known += done.replayed
    result.done += not done.replayed


def _value(column: str, text: str) -> str:
    """Days as sheets write them: `2026/12/1`, `2026-12-01 00:00:00`."""
    if column not in ("on", "until") or not text:
        return text
    parts = text.split(" ")[0].replace("/", "-").replace(".", "-").split("-")
    return "-".join(part.zfill(2) for part in parts)


def _tenure(given: dict[str, str]) -> str:
    """Which seat somebody goes out of: the one named, else the only one he has."""
    rows: Any = Tenure.objects.filter(person__code=given["code"]).filter(Q(valid_to=None) | Q(valid_to__gt=today()))
    if given.get("from_post"):
        rows = rows.filter(post__code=given["from_post"])
    found = list(rows.values_list("id", flat=True)[:2])
    if len(found) != 1:
        column = "from_post" if found or given.get("from_post") else "code"
        raise Refused("no_one_seat", given=given["code"], field=column)
    return str(found[0])


def _column(refused: Refused | Absent, verb: str) -> str:
    """Our name of the column a refusal is about."""
    facts = refused.facts if isinstance(refused, Refused) else {}
    about = {
        "unknown_person": "code", "person_left": "code", "already_holds": "code", "number_taken": "code",
        "bad_number": "code", "unknown_post": "post", "seat_taken": "post", "seat_not_in_force": "post",
        "name_taken": "account", "second_account": "account", "consent_needed": "consent", "consent_denied": "consent",
        "no_such_consent": "consent",
    "consent_of_another": "consent", "backwards": "until", "tenure_over": "on", "not_keeper": "post",
        "not_oneself": "code", "not_below_own": "post", "admin_roles_apart": "post",
    }  # fmt: skip
    name = facts.get("field") or next(iter(facts.get("missing", [])), "")
    back = {ours: column for column, ours in USED.get(verb, {}).items()}
    rule = refused.rule if isinstance(refused, Refused) else "absent"
    return str(back.get(name, name) or about.get(rule, "what"))


def _rows(path: Path) -> Iterator[tuple[int, str, dict[str, str], sheets.Row | sheets.Torn]]:
    """The rows of every sheet that has the columns; refuses `missing_columns` where none has."""
    fits, lacking = False, ([], [])
    for number, sheet in enumerate(sheets.sheets(path)):
        names = {}
        for ours, known in COLUMNS.items():
            theirs = next((name for name in sheet.columns if name.strip().lower() in known), None)
            if theirs is not None:
                names[ours] = theirs
        missing = [COLUMNS[ours][0] for ours in NEEDED if ours not in names]
        if missing:
            lacking = lacking if lacking[0] else (missing, sheet.columns[:30])
            continue
        fits = True
        yield from ((number, sheet.name, names, row) for row in sheet.rows)
    if not fits:
        raise Refused("missing_columns", path=path.name, missing=lacking[0], there=lacking[1], mapping="template")


def template(chinese: bool) -> list[list[str]]:
    """The sheet to fill in: the names of the columns and one line for each change."""
    pick = 0 if chinese else 1
    heads = [names[pick] for names in COLUMNS.values()]
    lines = [
        {"what": "join", "code": "P9001", "name": "张三（演示）", "post": "urban-handler-1", "on": "2026-12-01"},
        {"what": "appoint", "code": "P9001", "post": "urban-handler-2", "on": "2026-12-01", "until": "2027-06-01"},
        {
            "what": "move",
            "code": "P9001",
            "from_post": "urban-handler-1",
            "post": "urban-handler-3",
            "on": "2027-01-01",
        },
        {"what": "release", "code": "P9001", "from_post": "urban-handler-3", "on": "2027-02-01"},
        {"what": "leave", "code": "P9001", "on": "2027-03-01", "basis": "演示 / demo"},
    ]
    rows = [[VERBS[one["what"]][pick] if name == "what" else one.get(name, "") for name in COLUMNS] for one in lines]
    return [heads, *rows]
