"""axe in a test (无障碍检查): the serious faults of the page that is open."""

from typing import Any

from jiedao.doors.web import assets
from jiedao.ground.db.home import CHECKOUT

AXE = CHECKOUT / "node_modules" / "axe-core" / "axe.min.js"


def serious(page: Any) -> list[str]:
    """Every serious or critical fault, by rule and element. The debugger puts axe in, past the CSP."""
    if not AXE.exists():
        assets.install(CHECKOUT, quiet=True, dev=True)
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    return [
        f"{fault['id']}: {node['target'][0]}"
        for fault in found["violations"]
        if fault["impact"] in ("serious", "critical")
        for node in fault["nodes"]
    ]


def sideways(page: Any) -> int:
    """By how many pixels the page scrolls sideways; 0 is right."""
    return int(page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth"))
