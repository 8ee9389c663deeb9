"""Files of the scores (评分导出): figures, facts, statement; each carries rule version and hash."""

import csv
import io
import json
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_GET

from jiedao.doors.web import scores_bulletin, scores_words, sheets
from jiedao.doors.web.who import actor_of, staff
from jiedao.ground.people import Actor
from jiedao.kit.refusal import Absent, Refused
from jiedao.lines.scores import desk, facts, periods, sentences
from jiedao.lines.scores.models import Period, Statement

KINDS = (
    *("figures.csv", "figures.xlsx", "figures.parquet", "bulletin.pdf", "bulletin.docx"),
    *("facts.csv", "facts.parquet", "statement.json"),
)


@require_GET
@staff
def file(request: HttpRequest, code: str, called: str, kind: str) -> HttpResponse:
    """One file of a frozen statement. Facts and statement go to keepers whole, figures as each may read them."""
    by, found = actor_of(request), desk.period_or_absent(code, called)
    statement = desk.statement_of(found)
    if statement is None or kind.replace("-", ".") not in KINDS:
        raise Absent
    name, form = kind.split("-")
    file_name = f"{code}-{called}-v{statement.version}-{name}.{form}"
    if not desk.keeps(by) and not desk.shown(found, by, statement):
        raise Absent
    if name == "bulletin":
        body = (scores_bulletin.pdf if form == "pdf" else scores_bulletin.docx)(request, found, statement)
        return _attached(file_name, "application/pdf" if form == "pdf" else _DOCX, body)
    if name != "figures" and not desk.keeps(by):
        raise Absent
    if name == "statement":
        return _attached(
            file_name, "application/json", json.dumps(_told(statement), ensure_ascii=False, indent=1).encode()
        )
    if name == "facts":
        rows = facts.unpacked(bytes(statement.rows))
        return _attached(file_name, *(("text/csv", rows) if form == "csv" else (_PARQUET, parquet(rows))))
    table = list(_table(found, by, statement))
    if form == "xlsx":
        return sheets.workbook(file_name, found.name, table)
    if form == "parquet":
        return _attached(file_name, _PARQUET, parquet(_as_csv(table[len(_head(found, statement)) :])))
    return sheets.answer(file_name, table)


_DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
_PARQUET = "application/vnd.apache.parquet"


def _head(found: Period, statement: Statement) -> list[list[object]]:
    """First lines: which rule, version, window, hash; the weight with which a rating enters somebody's year."""
    rule = periods.rule_of(found)
    lines: list[list[object]] = [
        ["rule", rule.code, f"v{found.rule.version}", rule.source],
        ["window", found.starts_at.isoformat(), found.ends_at.isoformat()],
        ["statement", f"v{statement.version}", statement.hash],
        ["as_of", statement.computed_at.isoformat(), found.state],
    ]
    lines += [["weight", code, sentences.number(side.weight * 100) + " %"] for code, side in rule.raters.items()]
    return lines


def _table(found: Period, by: Actor, statement: Statement) -> Iterator[list[object]]:
    yield from _head(found, statement)
    columns = scores_words.columns(periods.rule_of(found))
    yield ["code", "name", *(column["code"] for column in columns)]
    for line in desk.shown(found, by, statement):
        yield [line.code, line.name, *(line.values.get(column["code"]) for column in columns)]


def _told(statement: Statement) -> dict[str, Any]:
    """The whole statement: with this and the facts anybody computes the same figures."""
    found = statement.period
    return {
        "rule": found.code,
        "rule_version": found.rule.version,
        "document": found.rule.document,
        "period": found.name,
        "window": [found.starts_at.isoformat(), found.ends_at.isoformat()],
        "version": statement.version,
        "taken_out": statement.taken_out,
        "figures": statement.figures,
        "rows_sha256": statement.rows_hash,
        "hash": statement.hash,
    }


def _as_csv(table: list[list[object]]) -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(["" if cell is None else cell for cell in row] for row in table)
    return text.getvalue().encode()


def parquet(rows: bytes) -> bytes:
    """A CSV as Parquet, every column as text."""
    import duckdb  # noqa: PLC0415 -- slow import

    if not rows:
        raise Refused("not_in_state", state="")
    with tempfile.TemporaryDirectory() as folder, duckdb.connect() as database:
        source, target = Path(folder) / "rows.csv", Path(folder) / "rows.parquet"
        source.write_bytes(rows)
        database.execute(
            f"COPY (SELECT * FROM read_csv('{source}', header = true, all_varchar = true)) TO '{target}' (FORMAT parquet)"
        )
        return target.read_bytes()


def _attached(name: str, kind: str, body: bytes) -> HttpResponse:
    given = HttpResponse(body, content_type=kind)
    given.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return given
