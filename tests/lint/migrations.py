"""Unsafe migrations (不安全的迁移): what old code could not run beside (G42). First widen, later narrow.

While a district is migrated, the code before and the code after run side by side. A migration that takes away or renames
what the old code writes, or adds a column that it does not fill, fails its requests. `# safe: why` on the line lets one
pass: the release before has stopped using it.
"""

import ast
from collections.abc import Iterator
from pathlib import Path

NARROWS = {
    "RemoveField": "old code still writes this column",
    "RenameField": "old code knows the column by its old name",
    "DeleteModel": "old code still reads this table",
    "RenameModel": "old code knows the table by its old name",
    "AlterModelTable": "old code knows the table by its old name",
}
BEFORE_THE_FIRST_RELEASE = frozenset(
    """
    doors/notify/migrations/0002_other_matters.py
    ground/duties/migrations/0002_five_districts.py
    ground/people/migrations/0001_initial.py
    ground/people/migrations/0003_five_districts.py
    ground/people/migrations/0005_desks_of_post_kinds.py
    record/migrations/0001_initial.py
    """.split()
)
"""Migrations that nobody ever ran beside older code."""


def unsafe(source: str) -> Iterator[tuple[int, str]]:
    """Lines of a migration with what is wrong with each."""
    lines = source.splitlines()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            why = _why(node, node.func.attr)
            if why and "# safe: " not in lines[node.lineno - 1]:
                yield node.lineno, why


def _why(call: ast.Call, name: str) -> str:
    if name in NARROWS:
        return NARROWS[name]
    given = {word.arg: word.value for word in call.keywords}
    if name == "AddField":
        return _column(given.get("field"))
    if name == "RunPython" and "reverse_code" not in given and len(call.args) < 2:
        return "there is no way back"
    if name == "RunSQL" and "reverse_sql" not in given and len(call.args) < 2:
        return "there is no way back"
    return ""


def _column(field: ast.expr | None) -> str:
    """A new column must be empty or have a default in the database: old code inserts rows without it."""
    if not isinstance(field, ast.Call):
        return ""
    given = {word.arg: word.value for word in field.keywords}
    null = given.get("null")
    if "db_default" in given or (isinstance(null, ast.Constant) and null.value is True):
        return ""
    if isinstance(field.func, ast.Attribute) and field.func.attr == "ManyToManyField":
        return ""
    return "old code inserts rows without this column: null=True or db_default"


def found(root: Path) -> Iterator[str]:
    """Every unsafe line of every migration that is not from before the first release."""
    for file in sorted(root.rglob("migrations/0*.py")):
        name = file.relative_to(root).as_posix()
        if name not in BEFORE_THE_FIRST_RELEASE:
            for line, why in unsafe(file.read_text(encoding="utf-8")):
                yield f"{name}:{line}: {why}"
