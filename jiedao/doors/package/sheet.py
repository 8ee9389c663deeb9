"""The sheet of a package (审阅单): everything a lawyer has to see, printable, as HTML and as text.

Law and article of every item, where limits come from, what is invented, who may change what, and what the district's
processes say differently.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from html import escape
from typing import Any

from jiedao.doors.package.content import Content
from jiedao.doors.package.overrides import changes_of
from jiedao.doors.package.rules_lists import items

STYLE = (
    "body{font:14px/1.5 'Noto Sans SC',sans-serif;margin:2rem auto;max-width:70rem;color:#111}"
    "table{border-collapse:collapse;width:100%;margin:.5rem 0 2rem}th,td{border:1px solid #888;padding:.25rem .5rem;"
    "text-align:left;vertical-align:top}th{background:#eee}h2{break-after:avoid;margin-top:2rem}tr{break-inside:avoid}"
    "@media print{body{margin:0;font-size:10pt}}"
)


@dataclass
class Part:
    """One table under its heading. `note` is a sentence above it."""

    title: str
    head: list[str]
    rows: list[list[str]] = field(default_factory=list)
    note: str = ""


def parts(content: Content) -> list[Part]:
    """The tables of the sheet, in the order in which they are read."""
    return [
        _facts(content),
        *_lists(content),
        _without_law(content),
        *(part for part in _tables(content) if part.rows),
        _differences(content),
        Part("意见 Review", ["条款 Item", "意见 Remark", "签字 Signed", "日期 Date"], [[" "] * 4 for _ in range(6)]),
    ]


def text(content: Content) -> str:
    """The sheet as plain text, one row to a line."""
    lines = [_title(content), "=" * 40]
    for part in parts(content):
        lines += ["", f"## {part.title}", *([part.note] if part.note else []), " | ".join(part.head)]
        lines += [" | ".join(row) for row in part.rows]
    return "\n".join(lines) + "\n"


def html(content: Content) -> str:
    """The sheet as one page without scripts or files beside it."""
    body = "".join(
        f"<h2>{escape(part.title)}</h2>"
        + (f"<p>{escape(part.note)}</p>" if part.note else "")
        + "<table><thead><tr>"
        + "".join(f"<th>{escape(word)}</th>" for word in part.head)
        + "</tr></thead><tbody>"
        + "".join("<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>\n" for row in part.rows)
        + "</tbody></table>\n"
        for part in parts(content)
    )
    title = escape(_title(content))
    return (
        f'<!doctype html>\n<html lang="zh-Hans"><head><meta charset="utf-8"><title>{title}</title>'
        f"<style>{STYLE}</style></head><body><h1>{title}</h1>\n{body}</body></html>\n"
    )


def _title(content: Content) -> str:
    package = content.value("package")
    return f"{package['name']} {package.get('name_en', '')} {package['code']} 区包审阅单 Package for review"


def _facts(content: Content) -> Part:
    kinds = [("街道 Sub-districts", "subdistrict"), ("社区 Communities", "community")]
    rows = [[name, str(sum(area.kind == kind for area in content.areas))] for name, kind in kinds]
    sorts = (("综合网格 Integrated grids", "integrated"), ("专属网格 Exclusive grids", "exclusive"))
    rows += [[name, str(sum(area.grid_kind == sort for area in content.areas))] for name, sort in sorts]
    rows += [["单位 Units", str(len(content.units))], ["岗位 Posts", str(len(content.posts))]]
    rows += [["人员 People", str(len(content.people))]]
    approved = sum(row.approved for row in content.establishments)
    moved = sum(row.moved for row in content.establishments)
    rows += [["核定编制 Approved posts", str(approved)], ["其中下沉 of these moved down", str(moved)]]
    origin = content.shapes.origin
    return Part("概况 Figures", ["", ""], [*rows, ["边界来源 Origin of shapes", origin]])


def _lists(content: Content) -> Iterator[Part]:
    for duty_list, (file, _) in content.lists:
        title = (
            f"{duty_list['name']} {duty_list['name_en']} · 第{duty_list['version']}版 version {duty_list['version']}"
        )
        note = (
            f"{duty_list['kind']}, {duty_list['level']}; 自 {duty_list['valid_from']} 起 in force; "
            f"来源 source: {duty_list.get('source', '-')}; {content.documents[file].name}"
        )
        head = ["编码 Code", "事项 Item", "依据 Law", "主办 Lead", "时限 Limit", "来源 Source", "演示 Demo"]
        part = Part(title, head, note=note)
        for of, item, _ in items(content):
            if of is duty_list:
                part.rows.append(_line(item))
        yield part


def _line(item: dict[str, Any]) -> list[str]:
    law = "；".join(f"{row['law']}第{row['article']}条" for row in item.get("basis", ()))
    led = ", ".join([item.get("lead", ""), *item.get("helpers", ())]).strip(", ")
    mark = "✓" if item.get("demo") else ""
    return [item["code"], item["name"], law, led, item.get("limit", ""), item.get("source", ""), mark]


def _without_law(content: Content) -> Part:
    """Items that name no law: allowed, and for a lawyer to see at a glance."""
    rows = [
        [duty_list["code"], item["code"], item["name"]]
        for duty_list, item, _ in items(content)
        if not item.get("basis")
    ]
    return Part("未列依据的事项 Items without a law", ["清单 List", "编码 Code", "事项 Item"], rows)


def _tables(content: Content) -> Iterator[Part]:
    names = {
        "right": "职权 Rights", "competence": "谁可以修改 Who may change what", "office": "审核和决定机关 Offices",
        "station_kind": "派驻类别和考核占比 Stationed staff", "matter": "事项分流 Kinds of matter",
        "function": "职能 Functions", "figure": "数据 Figures told", "spending": "限额 Limits of spending",
    }  # fmt: skip
    for table, title in names.items():
        rows = [
            [term.code, f"{term.name} {term.name_en}", _told(term.facts), term.source]
            for term in content.terms
            if term.table == table
        ]
        yield Part(title, ["编码 Code", "名称 Name", "内容 Facts", "来源 Source"], rows)


def _told(facts: dict[str, Any]) -> str:
    return "; ".join(f"{key} {value}" for key, value in facts.items())


def _differences(content: Content) -> Part:
    rows = [
        [code, path, str(value)]
        for code, changes in sorted(changes_of(content).items())
        for path, value in changes.items()
    ]
    return Part("流程差异 Differences of processes", ["流程 Process", "行 Line", "内容 Value"], rows)
