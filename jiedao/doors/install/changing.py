"""Changing releases (升级与回退): the new one beside the old, the schema widened first, then one link, then restarts.

Migrations only widen (a lint holds it), so the old code runs on the new schema: back is the link alone.
"""

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from jiedao.doors.install import machine
from jiedao.doors.install.layout import Layout
from jiedao.ground.db.home import Trouble
from jiedao.kit.ports import Http, Unreachable

Say = Callable[[str], None]
SERVING = ("jiedao-live.service", "jiedao-worker.service", "jiedao-ticker.service", "jiedao-web.service")
TRIES = 5
READY_WITHIN = 90.0


def upgrade(layout: Layout, name: str, say: Say, *, backup: bool = True) -> None:
    """Everything up to the switch leaves the old release serving; after it, what does not become ready goes back."""
    release, before = layout.release(name), layout.in_use()
    if name == before:
        raise Trouble(f"{name} is the release in use. Nothing to do.")
    prepare(release)
    say(f"  prepared  {release}")
    if backup:
        _must(machine.jiedao(layout, "backup"), "No backup could be made; nothing was changed.")
        say("  backed up")
    _migrate(layout, release)
    say("  migrated  (the old release goes on serving)")
    switch(layout, release)
    _restart(layout, say)
    if why := wait_ready(layout):
        switch(layout, layout.release(before))
        _restart(layout, say)
        state = "is not ready either: jiedao doctor" if wait_ready(layout) else "serves again"
        raise Trouble(f"{name} did not become ready ({why}); {before} {state}.\nRead: journalctl -u jiedao-web -n 50")
    say(f"  serving   {name}")


def back(layout: Layout, say: Say) -> str:
    """To the release before. The schema stays: it only ever widened."""
    if not layout.previous.is_symlink():
        raise Trouble("There is no release before this one.")
    before = layout.previous.resolve()
    switch(layout, before)
    _restart(layout, say)
    if why := wait_ready(layout):
        raise Trouble(f"{before.name} did not become ready ({why}).\nRead: journalctl -u jiedao-web -n 50")
    return before.name


def prepare(release: Path) -> None:
    """Its environment, from its own wheels where it is a bundle; and that its code can be loaded."""
    code = (
        "import sys; from pathlib import Path; sys.path.insert(0, sys.argv[1]); from jiedao import bootstrap; "
        "print(bootstrap.python(Path(sys.argv[1]) / 'var', 'requirements.lock'))"
    )
    clean = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    command = [sys.executable, "-I", "-c", code, str(release)]
    done = subprocess.run(command, env=clean, cwd="/", capture_output=True, text=True, check=False)
    _must(done, f"The environment of {release.name} could not be made; nothing was changed.")
    made = Path(done.stdout.split()[-1])
    if made.parents[2] != release:
        raise Trouble(f"The environment lies in {made.parents[1]}, not in {release}: make that folder writable.")
    loaded = subprocess.run(
        [made, "-m", "jiedao", "--help"], cwd=release, env=clean, capture_output=True, text=True, check=False
    )
    _must(loaded, f"{release.name} cannot be loaded; nothing was changed.")


def _migrate(layout: Layout, release: Path) -> None:
    """A change of a table waits for its lock three seconds and no more: who queues behind it would wait as well."""
    for again in range(TRIES):
        done = machine.jiedao(layout, "migrate", release=release, PGOPTIONS="-c lock_timeout=3s")
        if not done.returncode:
            return
        if "lock timeout" not in done.stderr or again == TRIES - 1:
            break
        time.sleep(2)
    _must(done, "The migration failed; the old release goes on serving. What was migrated stays: it only widens.")


def switch(layout: Layout, release: Path) -> None:
    """One rename: there is no moment without a release in use."""
    if layout.current.is_symlink() and layout.current.resolve() != release.resolve():
        _link(layout.previous, layout.current.resolve())
    _link(layout.current, release)


def _link(path: Path, to: Path) -> None:
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    draft.unlink(missing_ok=True)
    draft.symlink_to(to)
    draft.replace(path)


def _restart(layout: Layout, say: Say) -> None:
    """One after another, the pages last; meanwhile the proxy lets requests wait."""
    for unit in SERVING:
        machine.systemctl("restart", unit)
    say("  restarted")


def wait_ready(layout: Layout, within: float = READY_WITHIN) -> str:
    """Until the pages say that they are ready. What they said last, if they never were."""
    port = machine.configuration(layout).get("PORT") or "8000"
    here, until, said = f"127.0.0.1:{port}", time.monotonic() + within, "no answer"
    while time.monotonic() < until:
        try:
            answer = Http(allowed=lambda: here).get(f"http://{here}/readyz", within=5.0)
            said = answer.body.decode(errors="replace").strip()
            if answer.status == 200:
                return ""
        except Unreachable:
            pass
        time.sleep(0.25)
    return said


def _must(done: "subprocess.CompletedProcess[str]", trouble: str) -> None:
    if done.returncode:
        raise Trouble(f"{trouble}\n{(done.stderr or done.stdout).strip()[-1500:]}")
