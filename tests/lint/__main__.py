"""Runs our own lint rules over the product: `python -m tests.lint`."""

import sys
from pathlib import Path

from tests.lint import migrations
from tests.lint.rules import RULES, offences

ROOT = Path(__file__).resolve().parents[2]


def main() -> int:
    """0 when nothing offends a rule."""
    why = {rule.name: rule.why for rule in RULES}
    found = 0
    for file in sorted((ROOT / "jiedao").rglob("*.py")):
        path = file.relative_to(ROOT)
        if "migrations" in path.parts:
            continue
        for name, line in offences(file.read_text(encoding="utf-8"), path):
            print(f"{path}:{line}: {name}: {why[name]}")
            found += 1
    unsafe = list(migrations.found(ROOT / "jiedao"))
    print("\n".join(unsafe), end="\n" if unsafe else "")
    return int(bool(found or unsafe))


if __name__ == "__main__":
    sys.exit(main())
