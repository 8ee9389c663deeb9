"""What this platform is made of (物料清单): every locked package, Python's and npm's, as CycloneDX 1.6."""

import argparse
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from jiedao.ground.db.home import CHECKOUT

EXAMPLES = """
  jiedao sbom                > sbom.json
  jiedao sbom --dev          what the checks need as well
"""
PIN = re.compile(r"^([A-Za-z0-9._-]+)==([^ ;\\]+)", re.M)
HASH = re.compile(r"--hash=sha256:([0-9a-f]{64})")
Part = dict[str, Any]


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--dev", action="store_true", help="what the checks need as well")


def run(args: argparse.Namespace) -> int:
    print(json.dumps(contents(CHECKOUT, dev=args.dev), indent=1))
    return 0


def contents(root: Path, dev: bool = False) -> Part:
    """The list: name, version, address of the kind `pkg:`, hashes as the lock files have them."""
    lock = "requirements-dev.lock" if dev else "requirements.lock"
    parts = [*python_parts((root / lock).read_text()), *npm_parts((root / "package-lock.json").read_text(), dev)]
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {"component": {"type": "application", "name": "jiedao"}},
        "components": parts,
    }


def python_parts(text: str) -> Iterator[Part]:
    """One part per pin; a pin without a hash is told without one, and a test fails on it."""
    found = list(PIN.finditer(text))
    ends = [*(match.start() for match in found[1:]), len(text)]
    for match, end in zip(found, ends, strict=True):
        hashes = HASH.findall(text[match.start() : end])
        yield _part("pypi", match[1], match[2], [{"alg": "SHA-256", "content": one} for one in hashes])


def npm_parts(text: str, dev: bool) -> Iterator[Part]:
    for path, told in json.loads(text)["packages"].items():
        if path and (dev or not told.get("dev")):
            name = path.rsplit("node_modules/", 1)[1]
            kind, _, content = told.get("integrity", "-").partition("-")
            hashes = [{"alg": kind.upper().replace("SHA", "SHA-"), "content": content}] if content else []
            yield _part("npm", name, told["version"], hashes)


def _part(kind: str, name: str, version: str, hashes: list[dict[str, str]]) -> Part:
    address = f"pkg:{kind}/{name.replace('@', '%40')}@{version}"
    return {"type": "library", "name": name, "version": version, "purl": address, "hashes": hashes}
