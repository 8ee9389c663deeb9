"""Organising (组织办理): every verb of the organisation once, with what it asks for; forms and sheets end in it alike."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from jiedao.doors import readers
from jiedao.doors.fields import Field, asked, choices
from jiedao.ground import finding
from jiedao.ground.journal import receipts
from jiedao.ground.people import Actor, appointments, establishing, reorganising, staffing, stationing
from jiedao.ground.people.models import Account, Link, Person, Reorganisation, Stationing, Tenure, Unit
from jiedao.ground.people.stationing import Consent
from jiedao.ground.terms.models import terms
from jiedao.kit.clock import today
from jiedao.kit.refusal import Absent, Refused
from jiedao.lines.rights import actions as rights
from jiedao.record import succession


@dataclass(frozen=True)
class Act:
    """A verb of the organisation. `row` names what it is done to, where that exists already."""

    code: str
    zh: str
    en: str
    call: Callable[..., Any]
    fields: tuple[Field, ...] = ()
    row: str = ""


@dataclass(frozen=True)
class Done:
    """What came of it: the code of the unit to look at, or nothing."""

    unit: str = ""
    replayed: bool = False


def staff_kinds(_: Any = None) -> dict[str, dict[str, str]]:
    return _labels("staff_kind")


def station_kinds(_: Any = None) -> dict[str, dict[str, str]]:
    return _labels("station_kind")


def _labels(table: str) -> dict[str, dict[str, str]]:
    return {code: {"zh": term.name, "en": term.name_en} for code, term in terms(table).items()}


PERSON = asked("person", "person", "人员", "Person", required=True)
POST = asked("post", "post", "岗位", "Seat", required=True)
ON = asked("on", "day", "自哪天起", "From", required=True)
OFF = asked("on", "day", "自哪天起不再任", "No longer from", required=True)
UNTIL = asked("until", "day", "到哪天止（当天起不再任）", "Until (no longer from that day)")
UNTIL_NEEDED = asked("until", "day", "到哪天止（当天起不再任）", "Until (no longer from that day)", required=True)
BASIS = asked("basis", "line", "依据文件", "Paper it rests on")
REASON = asked("reason", "line", "理由", "Reason", required=True)
CONSENT = asked(
    "consent", "consent", "征得同意的案号", "Number of the case in which they were asked",
    hint={"zh": "派驻负责人调整前，须先征求街道意见", "en": "Before a stationed head is moved, those in command are asked"},
)  # fmt: skip
KINDS = choices(
    office="内设机构|Office", centre="中心|Centre", bureau="局（队）|Bureau", department="区级部门|Department",
    squad="中队|Squad", outpost="派驻机构|Outposted unit", leadership="领导班子|Leadership", party="党组织|Party organisation",
)  # fmt: skip
SIDES = choices(front="前台|Front desk", back="后台|Back office")
NAMES_OF_UNIT = (
    asked("code", "word", "新机构代码", "Code of the new unit", required=True),
    asked("name", "line", "新机构名称", "Name of the new unit", required=True),
    asked("name_en", "line", "英文名称", "English name"),
    asked("second_name", "line", "加挂牌子", "Second name-plate"),
    asked("second_name_en", "line", "加挂牌子（英文）", "Second name-plate, English"),
    asked("kind", "choice", "机构类别", "Kind of unit", choices=KINDS),
    asked("side", "choice", "前台或后台", "Front or back", choices=SIDES),
)


def _appoint(*, by: Actor, **v: Any) -> Tenure:
    return appointments.appoint(v.pop("person"), v.pop("post"), by=by, **v)


def _stand_in(*, by: Actor, **v: Any) -> Tenure:
    return appointments.stand_in(v.pop("person"), v.pop("post"), by=by, **v)


def _second(*, by: Actor, **v: Any) -> Tenure:
    return appointments.second(v.pop("person"), v.pop("post"), by=by, **v)


def _move(row: Tenure, *, by: Actor, **v: Any) -> Tenure:
    return appointments.move(row, v.pop("post"), by=by, **v)


def _join(*, by: Actor, **v: Any) -> Person:
    return staffing.join(v.pop("code"), v.pop("name"), by=by, **v)


def _leave(*, by: Actor, **v: Any) -> Person:
    return staffing.leave(v.pop("person"), by=by, **v)


def _open_account(*, by: Actor, person: Person, username: str) -> Account:
    return staffing.open_account(person, username, by=by)


def _set_approved(*, by: Actor, **v: Any) -> Any:
    return establishing.set_approved(v.pop("unit"), v.pop("staff_kind"), v.pop("approved"), by=by, **v)


def _link(*, by: Actor, **v: Any) -> Link:
    return establishing.link(v.pop("post"), by=by, **v)


def _station(*, by: Actor, **v: Any) -> Stationing:
    return stationing.station(v.pop("person"), by=by, **v)


def _reorganise(*, by: Actor, on: date, units: list[Unit], ends: str = "", basis: str = "", **into: Any) -> Any:
    """One new unit of a form; `ends` are codes of seats, one to a word."""
    change = {"into": into, "from": [unit.code for unit in units], "ends": re.findall(r"[^\s,，、]+", ends)}
    return succession.reorganise(into["name"], [change], by=by, on=on, basis=basis)


ACTS: dict[str, Act] = {
    act.code: act
    for act in (
        Act("appoint", "任职", "Appoint", _appoint, (PERSON, POST, ON, UNTIL, BASIS, CONSENT)),
        Act("release", "免职", "Release", appointments.release, (OFF, BASIS, CONSENT), row="tenure"),
        Act("move", "调岗", "Move to another seat", _move, (POST, ON, BASIS, CONSENT), row="tenure"),
        Act(
            "stand_in", "安排代理", "Let somebody act", _stand_in,
            (PERSON, POST, asked("instead_of", "person", "代谁", "In whose place"), ON, UNTIL_NEEDED, BASIS),
        ),
        Act("second", "借调", "Second", _second, (PERSON, POST, ON, UNTIL_NEEDED, BASIS)),
        Act(
            "join", "入职", "Take on", _join,
            (
                asked("code", "word", "人员编号", "Staff number", required=True),
                asked("name", "line", "姓名", "Name", required=True),
                asked("name_en", "line", "英文姓名", "English name"),
                asked("phone", "word", "工作电话", "Work phone"),
                asked("post", "post", "岗位", "Seat"),
                asked("on", "day", "自哪天起", "From"),
                asked("account", "word", "账号名", "Account name"),
                BASIS,
            ),
        ),
        Act("leave", "离职", "Leave", _leave, (PERSON, OFF, BASIS, CONSENT)),
        Act(
            "open_account", "开通账号", "Open an account", _open_account,
            (PERSON, asked("username", "word", "账号名", "Account name", required=True)),
        ),
        Act("disable", "停用账号", "Close the account", staffing.disable, (REASON,), row="account"),
        Act("enable", "启用账号", "Open the account again", staffing.enable, (REASON,), row="account"),
        Act(
            "approve", "核定编制", "Set approved posts", _set_approved,
            (
                asked("unit", "unit", "机构", "Unit", required=True),
                asked("staff_kind", "choice", "编制类别", "Kind of post", required=True, choices=staff_kinds),
                asked("approved", "number", "核定数", "Approved", required=True),
                asked("moved", "number", "其中划转下沉", "Of these moved down"),
                asked("moved_from", "unit", "划转自", "Moved down from"),
                ON,
                asked("source", "line", "依据文件", "Paper it rests on"),
            ),
        ),
        Act(
            "link", "挂点联系", "Link a leader", _link,
            (
                POST,
                asked("area", "area", "联系的区域", "Area"),
                asked("unit", "unit", "联系的单位", "Unit"),
                asked("field", "line", "认领督办的领域", "Field claimed to supervise"),
                ON,
            ),
        ),
        Act("unlink", "解除挂点", "End the link", establishing.unlink, (OFF,), row="link"),
        Act(
            "station", "派驻", "Station", _station,
            (
                PERSON,
                asked("home", "unit", "派出部门", "Sent by", required=True),
                asked("command", "unit", "指挥单位", "Commanded by", required=True),
                asked("kind", "choice", "派驻方式", "Kind", required=True, choices=station_kinds),
                asked("is_head", "yes", "任派驻机构负责人", "Heads the stationed unit"),
                asked("party_moved", "yes", "党组织关系已转", "Party membership moved"),
                asked(
                    "gear", "gear", "随转装备", "Gear handed over",
                    hint={"zh": "每行一样：名称 数量 单位", "en": "One to a line: what, how many, unit"},
                ),
                ON, BASIS, CONSENT,
            ),
        ),
        Act(
            "call_back", "撤回派驻", "Call back", stationing.end,
            (OFF, asked("returned", "yes_no", "装备已交还", "Gear given back", required=True), CONSENT), row="stationing",
        ),
        Act(
            "reorganise", "机构改革", "Re-organise", _reorganise,
            (
                asked("units", "units", "撤并的机构", "Units that are merged", required=True),
                *NAMES_OF_UNIT,
                asked(
                    "ends", "line", "撤销的岗位代码", "Codes of seats that end",
                    hint={"zh": "其余岗位连同人员转入新机构", "en": "All others go over with who sits in them"},
                ),
                asked("on", "day", "生效日期", "Effective on", required=True), BASIS,
            ),
        ),
        Act("drop", "撤销方案", "Drop the plan", reorganising.drop, row="reorganisation"),
    )
}  # fmt: skip

ROWS: dict[str, Callable[[UUID], Any]] = {
    "tenure": lambda pk: finding.row(Tenure, pk, "person", "post__unit", "post__kind", "post__area"),
    "account": lambda pk: finding.row(Account, pk, "person"),
    "link": lambda pk: finding.row(Link, pk, "post__unit", "area", "unit"),
    "stationing": lambda pk: finding.row(Stationing, pk, "person", "home", "command"),
    "reorganisation": lambda pk: finding.row(Reorganisation, pk),
}


def row_of(act: Act, given: str) -> Any:
    """What an act is done to. `Absent` if it is not there."""
    if not act.row:
        return None
    try:
        found = ROWS[act.row](UUID(given))
    except ValueError:
        raise Absent from None
    if found is None:
        raise Absent
    return found


def perform(act: Act, *, by: Actor, given: Mapping[str, Any], key: str, row: str = "") -> Done:
    """Takes the key, reads what was given, calls the verb; sent twice, it is done once."""
    told = {name: value for name, value in given.items() if value not in (None, "", [])}
    with receipts.once(by.scope, key, {"organise": act.code, "row": row, "given": told}) as receipt:
        if receipt.known:
            return Done(**(receipt.outcome or {}), replayed=True)
        subject = row_of(act, row)
        values = read(act, given, by=by)
        result = act.call(subject, by=by, **values) if act.row else act.call(by=by, **values)
        unit = _unit_of(result)
        receipt.came_of(unit=unit)
        return Done(unit)


def read(act: Act, given: Mapping[str, Any], *, by: Actor) -> dict[str, Any]:
    """The act's values in the types its verb takes. Fields that were left empty are left out."""
    values: dict[str, Any] = {}
    missing = []
    for wanted in act.fields:
        value = _value(wanted, given, by)
        if value is None or value == "" or value == []:
            if wanted.required:
                missing.append(wanted.name)
            continue
        values[wanted.name] = value
    if missing:
        raise Refused("incomplete", verb=act.code, missing=missing)
    return values


def _value(wanted: Field, given: Mapping[str, Any], by: Actor) -> Any:
    options: Any = wanted.choices() if callable(wanted.choices) else wanted.choices  # type: ignore[call-arg]
    if wanted.kind in _OWN:
        raw = given.get(wanted.name)
        return _OWN[wanted.kind](wanted.name, raw, by) if raw else None
    return readers.read(wanted.kind, wanted.name, given, by=by, options=options)


def _day(name: str, raw: Any, by: Actor) -> date:
    try:
        found = date.fromisoformat(str(raw).strip().replace("/", "-"))
    except ValueError:
        raise Refused("unreadable", field=name, wants="time") from None
    if not 1949 <= found.year <= today().year + 20:
        raise Refused("unreadable", field=name, wants="time")
    return found


def _gear(name: str, raw: Any, by: Actor) -> list[dict[str, Any]]:
    """Lines such as `执法车 2 辆`; without a number it is one."""
    found = []
    for line in str(raw).splitlines()[: stationing.MOST_GEAR + 1]:
        if parts := re.match(r"\s*(.+?)(?:\s+(\d{1,6}))?(?:\s*(\S{1,20}))?\s*$", line):
            what, number, unit = parts.groups()
            found.append({"what": what, "quantity": int(number or 1), "unit": unit or "" if number else ""})
    return found


def _consent(name: str, raw: Any, by: Actor) -> Consent:
    """The answer of those in command, from the decided case in which they were asked. Refuses `no_such_consent`."""
    number = str(raw).strip()[:20]
    use = rights.numbered(number)
    told = rights.told(use) if use else None
    if use is None or told is None or not told.decision:
        raise Refused("no_such_consent", number=number)
    agrees = told.stance in ("agree", "agree_if") or told.is_silent
    return Consent(number, agrees, use.right, use.about_person_id, use.holder_id, told.consents)


_OWN: dict[str, Callable[[str, Any, Actor], Any]] = {"day": _day, "gear": _gear, "consent": _consent}


def _unit_of(result: Any) -> str:
    """The unit whose page shows what was done."""
    for step in ("post.unit", "command", "unit"):
        found = result
        for name in step.split("."):
            found = getattr(found, name, None)
        if isinstance(found, Unit):
            return found.code
    return ""
