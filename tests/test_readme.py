"""What is written (说明文档): commands that exist, links that lead somewhere, two READMEs that say the same."""

import argparse
import importlib
import re
import shlex
from pathlib import Path

import pytest

from jiedao.__main__ import COMMANDS
from jiedao.doors.web.manual import FOLDER as MANUAL
from jiedao.ground.db.home import CHECKOUT
from jiedao.record.verbs import VERBS

READMES = [CHECKOUT / "README.md", CHECKOUT / "README.zh-CN.md"]
PAGES = [*READMES, CHECKOUT / "CHANGELOG.md", *sorted((CHECKOUT / "docs").rglob("*.md"))]
FENCE = re.compile(r"^```(\w*)\n(.*?)^```", re.MULTILINE | re.DOTALL)
SPAN = re.compile(r"`([^`\n]+)`")
LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
PROGRAMS = ("./run", "./test", "jiedao", ".venv/bin/jiedao", "uv run jiedao")
SHELL = re.compile(r"\s*[|>].*|\s+#.*|^([A-Z_]+=(\"[^\"]*\"|\S+) )+")
# What stands here stands on nobody's machine in particular: no folder of one, no registry, no mirror.
FORBIDDEN = re.compile(
    r"/work/|/tmp/jd|/root/|/home/[a-z]|pypi\.org|pythonhosted|npmjs\.|tsinghua\.edu|aliyun|npmmirror"
)
TEXTS = {".py", ".md", ".toml", ".yaml", ".yml", ".json", ".lock", ".html", ".js", ".css", ".po", ".txt", ""}
FOLDERS = ("jiedao", "tests", "bench", "docs", ".ci")


def commands(text: str) -> list[str]:
    """Every command a page shows, in fenced blocks and in spans, without what the shell makes of it."""
    lines = [line for kind, block in FENCE.findall(text) if kind in ("", "sh") for line in block.splitlines()]
    told = [*lines, *SPAN.findall(FENCE.sub("", text))]
    told += [inner for line in told for inner in re.findall(r"\$\(([^)]+)\)", line)]
    begins = re.compile(rf"({'|'.join(map(re.escape, PROGRAMS))})(\s|$)")
    return [bare for line in told if begins.match(bare := SHELL.sub("", line).strip())]


def parsed(command: str) -> argparse.Namespace:
    """The command as its own parser reads it; SystemExit where it does not exist."""
    program, *rest = shlex.split(command.removeprefix("uv run "))
    if program == "./run":
        return _parse("up", rest)
    if program == "./test":
        assert [word for word in rest if word != "--nightly" and not word.startswith("tests/")] == []
        return argparse.Namespace()
    if not rest or not re.match("[a-z]", rest[0]):
        return argparse.Namespace()  # the program alone, or `jiedao COMMAND`
    return _parse(rest[0], rest[1:])


def _parse(name: str, words: list[str]) -> argparse.Namespace:
    module = importlib.import_module(COMMANDS[name].module)
    parser = argparse.ArgumentParser(prog=name)
    module.arguments(parser)
    needs_more = not words and any(action.required for action in parser._actions)
    return argparse.Namespace() if needs_more else parser.parse_args(words)


def of_page(page: Path) -> str:
    return page.relative_to(CHECKOUT).as_posix()


@pytest.mark.parametrize("page", PAGES, ids=of_page)
def test_every_command_shown_exists_with_its_arguments(page):
    for command in commands(page.read_text(encoding="utf-8")):
        parsed(command)


def test_the_quick_start_shows_the_two_commands_and_how_to_read_the_rates():
    shown = commands(READMES[0].read_text(encoding="utf-8"))

    assert shown[:2] == ["./run", "./test"]
    assert ".venv/bin/jiedao rates --district gulou" in shown


def test_a_command_that_does_not_exist_is_found():
    with pytest.raises(KeyError):
        parsed("jiedao sing --district gulou")
    with pytest.raises(SystemExit):
        parsed("./run --portt 8080")


def test_both_readmes_show_the_same_commands_pictures_and_pages():
    english, chinese = (page.read_text(encoding="utf-8") for page in READMES)
    leads_to = [{link.replace(".zh-CN.", ".") for link in LINK.findall(text)} for text in (english, chinese)]

    assert commands(chinese) == commands(english)
    assert leads_to[0] == leads_to[1]
    assert chinese.count("\n## ") == english.count("\n## ")


@pytest.mark.parametrize("page", PAGES, ids=of_page)
def test_every_link_leads_to_a_file_that_is_there(page):
    """In the manual an address such as /triage/ is one of the product, where it is read: test_help resolves those."""
    targets = [link.split("#")[0] for link in LINK.findall(FENCE.sub("", page.read_text(encoding="utf-8")))]
    if page.is_relative_to(MANUAL):
        targets = [target for target in targets if not target.startswith("/")]

    assert [t for t in targets if t and "://" not in t and not (page.parent / t).exists()] == []


def test_nothing_names_a_machine_or_a_registry():
    """Nowhere: not in pages, code, data, lock files or tests, this one aside."""
    files = [file for folder in FOLDERS for file in (CHECKOUT / folder).rglob("*")] + list(CHECKOUT.glob("*"))
    ours = [file for file in files if file.is_file() and file.suffix in TEXTS and "vendor" not in file.parts]

    assert len(ours) > 200
    assert [of_page(f) for f in ours if f != Path(__file__) and FORBIDDEN.search(f.read_text(errors="replace"))] == []


def test_pictures_are_small_and_shown():
    shown = {link for page in PAGES for link in LINK.findall(page.read_text(encoding="utf-8")) if link.endswith(".png")}
    pictures = sorted((CHECKOUT / "docs" / "images").glob("*.png"))

    assert {picture.name for picture in pictures} == {Path(link).name for link in shown}
    assert [picture.name for picture in pictures if picture.stat().st_size >= 300_000] == []


def test_the_changelog_begins_with_what_is_not_released():
    heads = re.findall(r"^## (.+)", (CHECKOUT / "CHANGELOG.md").read_text(encoding="utf-8"), re.MULTILINE)

    assert heads[0] == "Unreleased"


def test_the_glossary_knows_every_verb_by_both_names():
    glossary = (CHECKOUT / "docs" / "glossary.md").read_text(encoding="utf-8")

    assert [code for code, verb in VERBS.items() if f"`{code}`" not in glossary or verb.zh not in glossary] == []


def test_every_package_has_its_reason():
    """Each line of pyproject's dependencies stands in docs/dependencies.md, and each of package.json."""
    page = (CHECKOUT / "docs" / "dependencies.md").read_text(encoding="utf-8").lower()
    import json
    import tomllib

    project = tomllib.loads((CHECKOUT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    browser = json.loads((CHECKOUT / "package.json").read_text(encoding="utf-8"))
    wanted = [*project["dependencies"], *project["optional-dependencies"]["dev"]]
    names = [re.match(r"[A-Za-z0-9_.-]+", line)[0].lower() for line in wanted]  # type: ignore[index]
    names += [*browser["dependencies"], *browser["devDependencies"]]

    assert [name for name in names if name not in page and not name.startswith("types-")] == []


def test_the_licence_is_whole_in_both_languages():
    text = (CHECKOUT / "LICENSE").read_text(encoding="utf-8")

    assert text.lstrip().startswith("木兰宽松许可证, 第2版")
    for words in ("条款结束", "END OF THE TERMS AND CONDITIONS", "2. 授予专利许可", "2. Grant of Patent License"):
        assert text.count(words) == 1
