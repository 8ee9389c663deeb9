"""Our own rules for templates, style sheets and islands; each with a line it lets pass and one it stops."""

import re
import subprocess
from pathlib import Path

import pytest

from jiedao.doors.web import assets, catalogue
from jiedao.ground.db.home import CHECKOUT, Trouble

WEB = CHECKOUT / "jiedao" / "doors" / "web"
PAGES = sorted((CHECKOUT / "jiedao").rglob("templates/**/*.html"))
STYLES = sorted((WEB / "static" / "css").glob("*.css"))
SCRIPTS = sorted((WEB / "static" / "js").glob("*.js"))

RULES = {
    "inline style": re.compile(r"""\sstyle\s*=|<style\b|hx-on\b|\sstyle:"""),
    "inline script": re.compile(r"""<script(?![^>]*\bsrc=)|\son[a-z]+\s*=\s*["']|javascript:|\bjs:\{"""),
    "script without nonce": re.compile(r"""<script(?![^>]*nonce="\{\{ csp_nonce \}\}")"""),
    "foreign host": re.compile(r"""(?:src|href|action|hx-\w+)=["'](?:https?:)?//"""),
    "placeholder as label": re.compile(r"""\splaceholder="""),
    "post form without token": re.compile(r"""<form[^>]*method="post"[^>]*>(?!(?:(?!</form>).)*csrf_token)""", re.S),
}
GOOD = [
    '<p class="meta">',
    '<script src="{% static "js/main.js" %}" type="module" nonce="{{ csp_nonce }}"></script>',
    '<a href="/report/">',
    '<form method="post">{% csrf_token %}</form>',
]
BAD = {
    "inline style": '<p style="color: red">',
    "inline script": '<button onclick="x()">',
    "script without nonce": '<script src="x.js"></script>',
    "foreign host": '<script src="//cdn.example/x.js" nonce="{{ csp_nonce }}"></script>',
    "placeholder as label": '<input placeholder="Name">',
    "post form without token": '<form method="post"><input></form>',
}


def faults(text: str) -> list[str]:
    return [name for name, rule in RULES.items() if rule.search(text)]


@pytest.mark.parametrize("line", GOOD)
def test_a_good_line_passes(line):
    assert faults(line) == []


@pytest.mark.parametrize("name", RULES)
def test_a_bad_line_is_found(name):
    assert name in faults(BAD[name])


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_template_has_nothing_inline_and_nothing_foreign(page: Path):
    assert faults(page.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize("sheet", STYLES, ids=lambda sheet: sheet.name)
def test_style_sheet_asks_no_other_host_and_names_no_colour_of_its_own(sheet: Path):
    text = sheet.read_text(encoding="utf-8")
    assert "http" not in text
    assert "@import" not in text

    colours = set(re.findall(r"#[0-9a-fA-F]{3,8}\b", text)) if sheet.name != "tokens.css" else set()
    assert colours <= {"#ffffff"}  # the ground of a QR code, white in every theme


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.name)
def test_island_asks_no_other_host_and_writes_no_html(script: Path):
    text = script.read_text(encoding="utf-8")
    assert re.findall(r"https?://|innerHTML|outerHTML|\beval\(|new Function", text) == []


def test_every_icon_a_template_names_is_in_the_sprite():
    sprite = (WEB / "static" / "img" / "icons.svg").read_text(encoding="utf-8")
    drawn = set(re.findall(r'<symbol id="([^"]+)"', sprite))
    named = {name for page in PAGES for name in re.findall(r'{% icon "([^"]+)"', page.read_text(encoding="utf-8"))}

    assert named - drawn == set()


def test_islands_pass_the_type_check():
    try:
        assets.install(CHECKOUT, quiet=True, dev=True)
    except Trouble as trouble:
        pytest.skip(str(trouble))

    tsc = CHECKOUT / "node_modules" / "typescript" / "bin" / "tsc"
    command = [assets.node(), tsc, "-p", "jsconfig.json"]
    done = subprocess.run(command, cwd=CHECKOUT, capture_output=True, text=True, check=False)

    assert done.stdout == ""


def test_catalogue_is_complete_and_keeps_to_our_words():
    assert catalogue.check().lines() == []


def test_lock_file_names_no_address():
    assert "resolved" not in (CHECKOUT / "package-lock.json").read_text(encoding="utf-8")
