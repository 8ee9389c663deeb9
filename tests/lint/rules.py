"""The rules (规则): each reads one file's tree and yields the lines it objects to.

A rule that nobody can explain is removed; so each carries its reason, a line it lets pass and one it does not.
"""

import ast
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

Check = Callable[[ast.Module, Path], Iterator[int]]

OPERATORS = ("commands", "package", "exchange", "rehearsal", "demo.py", "supervisor.py")
"""Doors of the command line: an operator acts there, no actor whose sight could be forgotten."""
LISTENING = ("listeners.py", "outbox.py", "channels.py", "wishes.py")
"""What a job does for nobody in particular, and what is somebody's own and asked for by that person alone."""


@dataclass(frozen=True)
class Rule:
    """`path` is where the good and the bad line are tried as if they stood there."""

    name: str
    why: str
    good: str
    bad: str
    check: Check
    path: str = "jiedao/stages/example.py"


def _calls(tree: ast.Module) -> Iterator[ast.Call]:
    return (node for node in ast.walk(tree) if isinstance(node, ast.Call))


def _dotted(node: ast.AST) -> str:
    if isinstance(node, ast.Attribute):
        return f"{_dotted(node.value)}.{node.attr}"
    return node.id if isinstance(node, ast.Name) else ""


def bare_save(tree: ast.Module, path: Path) -> Iterator[int]:
    for call in _calls(tree):
        saves = isinstance(call.func, ast.Attribute) and call.func.attr == "save" and not call.args
        if saves and not {word.arg for word in call.keywords} & {"update_fields", "force_insert"}:
            yield call.lineno


def objects_in_doors(tree: ast.Module, path: Path) -> Iterator[int]:
    parts = path.parts
    if parts[:2] != ("jiedao", "doors") or parts[2] in OPERATORS or path.name in LISTENING:
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and node.attr == "objects":
            yield node.lineno


def search_path(tree: ast.Module, path: Path) -> Iterator[int]:
    for node in ast.walk(tree):
        text = node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""
        if re.search(r"\bset\s+(local\s+|session\s+)?search_path\b", text, re.IGNORECASE):
            yield node.lineno


def other_schema(tree: ast.Module, path: Path) -> Iterator[int]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and re.search(r"\bd\d{6}\.\w", node.value):
            yield node.lineno


def on_commit(tree: ast.Module, path: Path) -> Iterator[int]:
    if path.as_posix() == "jiedao/record/hints.py":
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and node.attr == "on_commit":
            yield node.lineno


def own_clock(tree: ast.Module, path: Path) -> Iterator[int]:
    if (
        path.as_posix() == "jiedao/kit/clock.py"
        or "commands" in path.parts
        or path.parts[:3] == ("jiedao", "ground", "db")
    ):
        return
    for call in _calls(tree):
        if _dotted(call.func) in {
            "datetime.now",
            "datetime.utcnow",
            "date.today",
            "timezone.now",
            "datetime.datetime.now",
        }:
            yield call.lineno


def own_chance(tree: ast.Module, path: Path) -> Iterator[int]:
    if path.as_posix() == "jiedao/kit/ports.py" or path.parts[:3] == ("jiedao", "ground", "db"):
        return
    for node in ast.walk(tree):
        names = [a.name for a in node.names] if isinstance(node, ast.Import) else []
        if isinstance(node, ast.ImportFrom):
            names = [node.module or ""] + [f"{node.module}.{a.name}" for a in node.names]
        if {"random", "secrets", "uuid.uuid4", "uuid.uuid1"} & set(names):
            yield node.lineno


def signals(tree: ast.Module, path: Path) -> Iterator[int]:
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module == "django.db.models.signals":
            yield node.lineno
        if isinstance(node, ast.FunctionDef) and node.name == "save" and "self" in {a.arg for a in node.args.args}:
            yield node.lineno


def long_function(tree: ast.Module, path: Path) -> Iterator[int]:
    for node in ast.walk(tree):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and (node.end_lineno or 0) - node.lineno >= 40:
            yield node.lineno


def long_file(tree: ast.Module, path: Path) -> Iterator[int]:
    most = 150 if path.as_posix() == "jiedao/record/flow.py" else 400
    last = max((getattr(node, "end_lineno", 0) or 0 for node in tree.body), default=0)
    if last > most:
        yield most


def says_what_it_is(tree: ast.Module, path: Path) -> Iterator[int]:
    if tree.body and not ast.get_docstring(tree):
        yield 1


def drawer_names(tree: ast.Module, path: Path) -> Iterator[int]:
    if re.fullmatch(r"(utils?|helpers?|managers?|common|misc)\.py", path.name):
        yield 1


def outbound(tree: ast.Module, path: Path) -> Iterator[int]:
    allowed = {"jiedao/kit/ports.py", "jiedao/bootstrap.py", "jiedao/doors/commands/up.py"}
    if path.as_posix() in allowed:
        return
    for node in ast.walk(tree):
        names = [a.name for a in node.names] if isinstance(node, ast.Import) else []
        names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
        if {"requests", "httpx", "urllib.request", "http.client", "aiohttp"} & set(names):
            yield node.lineno


RULES = (
    Rule(
        "bare-save",
        "A bare save() writes columns that another request has just changed.",
        "order.save(update_fields=['outcome'])",
        "order.save()",
        bare_save,
    ),
    Rule(
        "objects-in-doors",
        "A door gets rows through sight and its like, or it shows what the actor may not see (A5).",
        "case = sight.case_or_404(by, number)",
        "case = Case.objects.get(number=number)",
        objects_in_doors,
        "jiedao/doors/web/example.py",
    ),
    Rule(
        "search-path",
        "PostgreSQL undoes a SET on rollback: the next query would run in another district.",
        "sql = 'SHOW search_path'",
        "sql = 'SET search_path TO d320106'",
        search_path,
    ),
    Rule(
        "other-schema",
        "SQL that names a district's schema gets there, whatever the search path says.",
        "sql = 'SELECT 1 FROM record_case'",
        "sql = 'SELECT 1 FROM d320106.record_case'",
        other_schema,
    ),
    Rule(
        "on-commit",
        "What matters is in the transaction; after it a crash would lose it. Only the hint waits.",
        "consequences.defer(entry)",
        "transaction.on_commit(send)",
        on_commit,
    ),
    Rule(
        "own-clock",
        "Rehearsals and tests move kit.clock; another clock would not move with it.",
        "at = now()",
        "at = datetime.now(UTC)",
        own_clock,
    ),
    Rule(
        "own-chance",
        "Chance comes from kit.ports, or a rehearsal is not the same twice.",
        "from jiedao.kit.ports import chance",
        "import random",
        own_chance,
    ),
    Rule(
        "signals",
        "A rule in a signal or a save() is found by nobody who reads the verb.",
        "from jiedao.record import flow",
        "from django.db.models.signals import post_save",
        signals,
    ),
    Rule(
        "long-function",
        "Up to 40 lines; a longer one holds two thoughts.",
        "def reply():\n    pass",
        "def reply():\n" + "    pass\n" * 41,
        long_function,
    ),
    Rule(
        "long-file", "Up to 400 lines, flow.py up to 150: it takes no special cases.", "pass", "pass\n" * 401, long_file
    ),
    Rule(
        "says-what-it-is",
        "The first line of a file says what it is.",
        '"""Resolution (处置): what a unit does."""\nx = 1',
        "x = 1",
        says_what_it_is,
    ),
    Rule(
        "drawer-names",
        "A drawer called utils fills with what had no place.",
        "pass",
        "pass",
        drawer_names,
        "jiedao/record/utils.py",
    ),
    Rule(
        "outbound",
        "Outbound calls go through the port: allow-list, one look-up, no redirects (A14).",
        "from jiedao.kit.ports import http",
        "import requests",
        outbound,
    ),
)


def offences(source: str, path: Path) -> Iterator[tuple[str, int]]:
    """Every rule and line that a file's text offends."""
    tree = ast.parse(source)
    for rule in RULES:
        for line in rule.check(tree, path):
            yield rule.name, line
