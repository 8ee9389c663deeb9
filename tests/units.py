"""Units without systemd (无 systemd 的单元): reads the units that were written and starts the very commands they name.

`python -m tests.units restart jiedao-web.service`: what the installer calls in place of systemctl. What it cannot show:
sandboxing, users, timers by the clock, dependencies at boot. Those are NOT PROVEN here.
"""

import configparser
import json
import os
import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path

FOLDER = Path(os.environ.get("JIEDAO_UNITS", "."))


class Unit:
    """One unit file, as systemd reads it."""

    def __init__(self, path: Path) -> None:
        self.path, self.sections = path, parse(path)

    @property
    def command(self) -> list[str]:
        return shlex.split(self.sections["Service"]["ExecStart"][0])

    def one(self, name: str, section: str = "Service") -> str:
        return self.sections.get(section, {}).get(name, [""])[-1]

    @property
    def environment(self) -> dict[str, str]:
        found = dict(os.environ)
        for line in Path(self.one("EnvironmentFile")).read_text(encoding="utf-8").splitlines():
            if "=" in line and not line.startswith("#"):
                name, value = line.split("=", 1)
                found[name] = value.strip('"')
        return found


def parse(path: Path) -> dict[str, dict[str, list[str]]]:
    """Sections, names, values; a name may stand several times."""
    found: dict[str, dict[str, list[str]]] = {}
    section: dict[str, list[str]] = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.startswith("[") and line.endswith("]"):
            section = found.setdefault(line[1:-1], {})
        elif line.strip() and not line.startswith(("#", ";")):
            name, separator, value = line.partition("=")
            if not separator:
                raise configparser.ParsingError(f"{path}: {line}")
            section.setdefault(name.strip(), []).append(value.strip())
    return found


def _state(name: str) -> Path:
    return FOLDER / f".{name}.json"


def stop(name: str) -> None:
    """As systemd does: ask, wait, kill."""
    try:
        pid = json.loads(_state(name).read_text())["pid"]
    except OSError:
        return
    patience = time.monotonic() + float(Unit(FOLDER / name).one("TimeoutStopSec") or 30)
    for kind in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(pid, kind)
        except ProcessLookupError:
            break
        while time.monotonic() < patience and Path(f"/proc/{pid}").exists() and _lives(pid):
            time.sleep(0.02)
        if not _lives(pid):
            break
    _state(name).unlink(missing_ok=True)


def _lives(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


def start(name: str) -> int:
    """Starts a service; one that ends by itself (oneshot, forking) is waited for."""
    if name.endswith(".target"):
        wanted = " ".join(parse(FOLDER / name)["Unit"].get("Wants", [])).split()
        return max([start(one) for one in wanted if one.endswith(".service")] or [0])
    if name.endswith(".timer"):
        return 0
    unit = Unit(FOLDER / name)
    if unit.one("Type") in ("oneshot", "forking"):
        done = subprocess.run(unit.command, env=unit.environment, cwd=unit.one("WorkingDirectory"), check=False)
        return done.returncode
    if _state(name).exists():
        return 0
    with (FOLDER / f"{name}.log").open("ab") as log:
        running = subprocess.Popen(
            unit.command, env=unit.environment, cwd=Path(unit.one("WorkingDirectory")).resolve(), stdin=subprocess.DEVNULL,
            stdout=log, stderr=log, start_new_session=True,
        )  # fmt: skip
    _state(name).write_text(json.dumps({"pid": running.pid}))
    return 0


def main(words: list[str]) -> int:
    verb, names = words[0], [word for word in words[1:] if not word.startswith("-")]
    if verb in ("daemon-reload", "enable"):
        return 0
    for name in names:
        if verb in ("stop", "restart") and name.endswith(".target"):
            for path in FOLDER.glob(".*.service.json"):
                stop(path.name.removeprefix(".").removesuffix(".json"))
        elif verb in ("stop", "restart"):
            stop(name)
        if verb in ("start", "restart") and (code := start(name)):
            print(f"{name} ended with {code}", file=sys.stderr)
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
