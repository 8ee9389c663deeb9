"""Lists as tables (清单表格): items to rows of a spreadsheet and back; out and in again is the identity."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from jiedao.ground.duties import written
from jiedao.ground.duties.written import Written
from jiedao.kit.refusal import Refused
from jiedao.kit.text import clean

COLUMNS = {
    "code": "事项编码",
    "parent": "所属事项",
    "category": "类别",
    "category_en": "类别（英文）",
    "name": "事项名称",
    "name_en": "事项名称（英文）",
    "type": "权力类型",
    "basis": "法律依据",
    "lead": "主办单位",
    "helpers": "协办单位",
    "in_areas": "分区域责任",
    "limit": "办理时限",
    "contact_limit": "联系时限",
    "form": "承接形式",
    "frequency": "频次",
    "giver": "赋权部门",
    "given_on": "赋权日期",
    "contact_post": "业务联系岗位",
    "penalty_basis": "处罚依据",
    "range": "处罚幅度",
    "steps": "办理步骤",
    "points": "审查要点",
    "cautions": "注意事项",
    "cases": "案例",
    "words": "检索词",
    "source": "来源",
    "demo": "演示",
}
"""Field → the word of its column. A heading is both, `事项编码 code`; either alone is understood."""

NEEDED = ("code", "category", "category_en", "name", "name_en")
_LISTS = ("steps", "points", "cautions", "cases")
_LAWS = ("basis", "penalty_basis")
_FORMULA = "=+-@＝＋－＠"
_ARTICLE = re.compile(
    r"《([^》]{1,120})》\s*第\s*([0-9]{1,4}|[一二三四五六七八九十百千零〇]{1,9})\s*条(?:之([0-9]{1,2}|[一二三四五六七八九十]{1,3}))?"
)
_PARTS = re.compile(r"[;；\n]+")
_DIGITS = {sign: at for at, sign in enumerate("零一二三四五六七八九")} | {"〇": 0}
_TENS = {"十": 10, "百": 100, "千": 1000}


@dataclass(frozen=True)
class BadCell:
    """What is wrong with one cell of a table: the line it stands in, its column, and the refusal."""

    line: int
    field: str
    refused: Refused


def rows(items: Iterable[Written]) -> Iterator[list[str]]:
    """The heading, then one row per item."""
    yield [f"{word} {name}" for name, word in COLUMNS.items()]
    for item in items:
        yield list(cells(item).values())


def _cell(name: str, value: object) -> str:
    if value is None or value == "" or value is False:
        return ""
    if name in _LAWS and isinstance(value, list):
        return "；".join(f"《{row['law']}》{written.article(row['article'])}" for row in value)
    if name == "helpers" and isinstance(value, list):
        return "；".join(value)
    if name == "in_areas" and isinstance(value, list):
        return "；".join(f"{part['area']}={'+'.join([part['lead'], *part['helpers']])}" for part in value)
    if isinstance(value, list):
        return "\n".join(str(line) for line in value)
    return "yes" if value is True else str(value)


def headings(names: Iterable[str]) -> dict[str, str]:
    """Heading as written → field. Columns we do not know stay out; a needed one that is missing refuses."""
    found: dict[str, str] = {}
    words = {word: name for name, word in COLUMNS.items()}
    for heading in names:
        plain = heading.strip()
        last = plain.rsplit(" ", 1)[-1]
        field = last if last in COLUMNS else words.get(plain)
        if field:
            found[heading] = field
    missing = [COLUMNS[name] for name in NEEDED if name not in found.values()]
    if missing:
        raise Refused("list_columns_missing", columns=missing)
    return found


def read(
    lines: Iterable[tuple[int, Mapping[str, str]]], names: Mapping[str, str]
) -> tuple[list[Written], list[BadCell]]:
    """Items of the rows, and every cell that cannot stand. With a bad cell nothing of the table may be taken."""
    items: list[tuple[int, Written]] = []
    bad: list[BadCell] = []
    for line, given in lines:
        item: Written = {"handbook": {}}
        for heading, field in names.items():
            try:
                _put(item, field, _plain(given.get(heading, "")))
            except Refused as refused:
                bad.append(BadCell(line, field, refused))
        items.append((line, item))
        if len(items) > written.MOST_ITEMS:
            raise Refused("too_many", field="items", most=written.MOST_ITEMS)
    return [item for _, item in items], bad + _judged(items)


def cells(item: Written | None) -> dict[str, str]:
    """An item as the cells of one row, by field: what an edit form opens with."""
    if item is None:
        return {}
    said = {**written.whole(item), **(item.get("handbook") or {}), "code": item["code"]}
    return {name: _cell(name, said.get(name)) for name in COLUMNS}


def parsed(given: Mapping[str, str], codes: Iterable[str]) -> tuple[Written, list[BadCell]]:
    """One row of a form as an item, and what cannot stand. `codes` are those of the list it goes to."""
    item: Written = {"handbook": {}}
    bad: list[BadCell] = []
    for field in COLUMNS:
        try:
            _put(item, field, _plain(given.get(field, "")))
        except Refused as refused:
            bad.append(BadCell(0, field, refused))
    if not bad:
        faults = written.faults(item, written.known([item]), codes)
        bad = [BadCell(0, str(fault.facts.get("field", "")), fault) for fault in faults]
    return item, bad


def _judged(items: list[tuple[int, Written]]) -> list[BadCell]:
    """The same faults that an edit form names, by line; and codes that stand twice."""
    codes: dict[str, int] = {}
    bad = []
    for line, item in items:
        code = str(item.get("code", ""))
        if code in codes:
            bad.append(BadCell(line, "code", Refused("code_twice", field="code", items=[code], line=codes[code])))
        codes.setdefault(code, line)
    found = written.known(item for _, item in items)
    for line, item in items:
        bad += [BadCell(line, fault.facts.get("field", ""), fault) for fault in written.faults(item, found, codes)]
    parents = {item.get("code"): item.get("parent") for _, item in items}
    bad += [
        BadCell(line, "parent", Refused("two_levels_only", field="parent", item=item["parent"]))
        for line, item in items
        if item.get("parent") and parents.get(item["parent"])
    ]
    return bad


def _plain(cell: str) -> str:
    """A cell without the apostrophe that keeps spreadsheets from computing it."""
    text = clean(str(cell), 20_000)
    return text[1:] if text[:1] == "'" and text[1:2] in _FORMULA else text


def _put(item: Written, field: str, text: str) -> None:
    book = item["handbook"]
    if field in _LAWS:
        laws = _read_laws(field, text)
        if field == "basis":
            item["basis"] = laws
        elif laws:
            book[field] = laws
    elif field in _LISTS or field == "range":
        if text:
            book[field] = text if field == "range" else [line.strip() for line in text.splitlines() if line.strip()]
    elif field == "helpers":
        item["helpers"] = [part.strip() for part in _PARTS.split(text) if part.strip()]
    elif field == "in_areas":
        item["in_areas"] = [_read_area(part) for part in _PARTS.split(text) if part.strip()]
    elif field == "demo":
        item["demo"] = text.lower() in ("yes", "是", "1", "true")
    else:
        item[field] = " ".join(text.split()) if field != "words" else text


def _read_laws(field: str, text: str) -> list[dict[str, object]]:
    """《…》第14条；《…》第三条. What is not written so is refused: a basis names a law and its article."""
    laws = []
    for part in (one.strip() for one in _PARTS.split(text)):
        if not part:
            continue
        found = _ARTICLE.fullmatch(part)
        if found is None:
            raise Refused("bad_basis", field=field, given=part[:80])
        article = number(found[2])
        laws.append({"law": found[1].strip(), "article": f"{article}-{number(found[3])}" if found[3] else article})
    return laws


def number(text: str) -> int:
    """A number as laws write it: 第一百二十条 is article 120."""
    if text.isascii():
        return int(text)
    total, digit = 0, 0
    for sign in text:
        if sign in _TENS:
            total += (digit or 1) * _TENS[sign]
            digit = 0
        else:
            digit = _DIGITS[sign]
    return total + digit


def _read_area(text: str) -> dict[str, object]:
    area, equals, units = text.partition("=")
    codes = [code.strip() for code in units.split("+") if code.strip()]
    if not equals or not codes:
        raise Refused("bad_area_rule", field="in_areas", given=text[:60])
    return {"area": area.strip(), "lead": codes[0], "helpers": codes[1:]}
