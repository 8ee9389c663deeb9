"""The catalogue (译文目录): the Chinese of every English msgid, checked and compiled without gettext's tools."""

import ast
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import polib
from django.utils.translation.template import templatize

PACKAGE = Path(__file__).resolve().parents[2]
FOLDER = PACKAGE / "locale" / "zh_Hans" / "LC_MESSAGES"

# Which argument of a call is what: (context, singular, plural).
CALLS: dict[str, tuple[int | None, int, int | None]] = {
    "_": (None, 0, None),
    "gettext": (None, 0, None),
    "gettext_lazy": (None, 0, None),
    "gettext_noop": (None, 0, None),
    "ngettext": (None, 0, 1),
    "ngettext_lazy": (None, 0, 1),
    "pgettext": (0, 1, None),
    "pgettext_lazy": (0, 1, None),
    "npgettext": (0, 1, 2),
    "npgettext_lazy": (0, 1, 2),
}
# Nowhere; and no button that says no more than this.
BANNED = re.compile("工单|打卡|^亲|亲[,，]|哦|抱歉|！|操作失败|非法|^(确定|提交|操作|OK)$")
TEMPLATE_CALL = re.compile(r"\b(gettext|ngettext|pgettext|npgettext|_)\((?=\s*u?[\"'])")

Message = tuple[str | None, str]


@dataclass
class Findings:
    """What is wrong with the catalogue, msgid by msgid; empty lists mean it may ship."""

    missing: list[str] = field(default_factory=list)
    fuzzy: list[str] = field(default_factory=list)
    obsolete: list[str] = field(default_factory=list)
    banned: list[str] = field(default_factory=list)
    placeholders: list[str] = field(default_factory=list)

    def lines(self) -> list[str]:
        """One line for each fault."""
        return [f"{kind}: {what}" for kind, whats in vars(self).items() for what in whats]


def check() -> Findings:
    """Every msgid of templates and Python against the catalogue."""
    used = used_messages()
    known = {(entry.msgctxt, entry.msgid): entry for entry in catalogue() if not entry.obsolete}
    found = Findings()
    for (context, text), where in sorted(used.items(), key=lambda item: item[0][1]):
        if (context, text) not in known:
            found.missing.append(f"{_told(context, text)} ({where})")
    for (context, text), entry in known.items():
        said = entry.msgstr or "".join(entry.msgstr_plural.values())
        if entry.fuzzy:
            found.fuzzy.append(_told(context, text))
        elif not said:
            found.missing.append(_told(context, text))
        # An entry that says so gives Django's own sentence our wording: our folder is looked up first.
        if (context, text) not in used and not entry.comment.startswith("Django"):
            found.obsolete.append(_told(context, text))
        if BANNED.search(said):
            found.banned.append(f"{_told(context, text)}: {said}")
        if _holes(entry.msgid) | _holes(entry.msgid_plural) != _holes(said):
            found.placeholders.append(f"{_told(context, text)}: {said}")
    return found


def compile_() -> Path:
    """Write django.mo from every .po of the folder; the .mo is made at set-up and not committed."""
    made = polib.MOFile()
    made.metadata = {
        "Content-Type": "text/plain; charset=UTF-8",
        "Language": "zh_Hans",
        "Plural-Forms": "nplurals=1; plural=0;",
    }
    made.extend([entry for entry in catalogue() if entry.translated()])  # type: ignore[misc]
    path = FOLDER / "django.mo"
    draft = path.with_suffix(".mo.draft")
    made.save(str(draft))
    draft.replace(path)
    return path


def catalogue() -> list[polib.POEntry]:
    """The entries of django.po and of the files beside it."""
    entries: dict[Message, polib.POEntry] = {}
    for path in sorted(FOLDER.glob("*.po"), key=lambda path: (path.name != "django.po", path.name)):
        for entry in polib.pofile(str(path)):
            entries.setdefault((entry.msgctxt, entry.msgid), entry)
    return list(entries.values())


def used_messages() -> dict[Message, str]:
    """Every (context, msgid) our sources ask for, with the first place that does."""
    used: dict[Message, str] = {}
    for path in sorted(PACKAGE.rglob("*.html")) + sorted(PACKAGE.rglob("*.py")):
        where = str(path.relative_to(PACKAGE))
        text = path.read_text(encoding="utf-8")
        found = _in_template(text) if path.suffix == ".html" else _in_python(text)
        for message in found:
            used.setdefault(message, where)
    return used


def _in_template(text: str) -> Iterator[Message]:
    source = templatize(text)
    for match in TEMPLATE_CALL.finditer(source):
        call = _call_at(source, match.start())
        if call is not None:
            yield from _messages(call)


def _call_at(source: str, start: int) -> ast.Call | None:
    """The call that begins there: the shortest text up to a bracket that parses."""
    end = start
    while (end := source.find(")", end + 1)) != -1:
        try:
            tree = ast.parse(source[start : end + 1].strip(), mode="eval")
        except SyntaxError:
            continue
        return tree.body if isinstance(tree.body, ast.Call) else None
    return None


def _in_python(text: str) -> Iterator[Message]:
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Call):
            yield from _messages(node)


def _messages(call: ast.Call) -> Iterator[Message]:
    name = call.func.id if isinstance(call.func, ast.Name) else getattr(call.func, "attr", "")
    if name not in CALLS:
        return
    context_at, text_at, _ = CALLS[name]
    texts = [argument.value if isinstance(argument, ast.Constant) else None for argument in call.args]
    text = texts[text_at] if len(texts) > text_at else None
    context = texts[context_at] if context_at is not None else None
    if isinstance(text, str) and text:
        yield (context if isinstance(context, str) else None, text)


def _holes(text: str) -> set[str]:
    return set(re.findall(r"%\(\w+\)[sd]|\{\w*\}", text))


def _told(context: str | None, text: str) -> str:
    return f"{context} | {text}" if context else text


def main(words: list[str]) -> int:
    """`--check` says what is wrong (the default), `--compile` writes django.mo. 0 when all is well."""
    if "--compile" in words:
        compile_()
        return 0
    lines = check().lines()
    print("\n".join(lines) or "The catalogue is complete.")
    return int(bool(lines))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
