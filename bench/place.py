"""A place to measure in (测量场所): a data folder, a server and pages of its own, thrown away at the end.

Everything is done by our own commands in processes of their own, so that the driver holds no connection and no
setting of the user's installation reaches it.
"""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

from jiedao.ground.db.embedded import Embedded, binaries
from jiedao.ground.db.home import CHECKOUT, folder

DISTRICT = "gulou"
WORKERS = 2
KEPT = ("PATH", "HOME", "USER", "LANG", "LC_ALL", "TMPDIR", "LD_LIBRARY_PATH", "VIRTUAL_ENV", "PYTHONPATH")
"""What a child gets of our environment; a DATABASE_URL in it would measure, and fill, somebody's database."""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Place:
    """One installation for measuring. With a `home` that is there already, what it holds is used again."""

    def __init__(self, home: Path | None = None) -> None:
        self.kept = home is not None
        if home is None:
            home = Path(tempfile.mkdtemp(prefix="bench-", dir=folder(CHECKOUT / "var")))
            home.chmod(0o755)  # as root, the server runs as another user
        self.home = home.resolve()
        self.embedded = Embedded(self.home)
        self._pages: subprocess.Popen[bytes] | None = None
        self.port = 0

    @property
    def env(self) -> dict[str, str]:
        given = {name: os.environ[name] for name in KEPT if name in os.environ}
        return given | {
            "JIEDAO_HOME": str(self.home),
            "DJANGO_SETTINGS_MODULE": "jiedao.settings",
            "PYTHONDONTWRITEBYTECODE": "1",
        }

    @property
    def database(self) -> dict[str, Any]:
        """Connection parameters of the superuser."""
        return dict(self.embedded.admin("jiedao"))

    @property
    def program(self) -> Path:
        return binaries() / "pgbench"

    def start(self) -> None:
        self.embedded.start()

    def jiedao(self, *words: object, role: str = "") -> str:
        """What one of our commands printed."""
        return self.python("-m", "jiedao", *words, role=role)

    def python(self, *words: object, role: str = "", given: str = "") -> str:
        env = self.env | ({"JIEDAO_ROLE": role} if role else {})
        command = [sys.executable, *(str(word) for word in words)]
        done = subprocess.run(command, env=env, cwd=CHECKOUT, input=given, capture_output=True, text=True, check=False)
        _must_have_worked(command, done.returncode, done.stderr)
        return done.stdout

    def told(self, *words: object, role: str = "", given: str = "") -> Any:
        """The JSON that a module of the bench printed in a process of its own."""
        return json.loads(self.python("-m", *words, role=role, given=given))

    def watched(self, *words: object) -> tuple[Any, int]:
        """The JSON that a command of ours printed, and the most memory it held, in bytes."""
        command = [sys.executable, "-m", "jiedao", *(str(word) for word in words)]
        with tempfile.TemporaryFile("w+") as said, tempfile.TemporaryFile("w+") as faults:
            child = subprocess.Popen(command, env=self.env, cwd=CHECKOUT, stdout=said, stderr=faults)
            _, status, used = os.wait4(child.pid, 0)
            said.seek(0)
            faults.seek(0)
            _must_have_worked(command, os.waitstatus_to_exitcode(status), faults.read())
            unit = 1 if sys.platform == "darwin" else 1024
            return json.load(said), used.ru_maxrss * unit

    def serve(self) -> None:
        """The pages as `jiedao serve` starts them, two workers."""
        self.port = free_port()
        command = [sys.executable, "-m", "jiedao", "serve", "--workers", str(WORKERS), "--port", str(self.port)]
        with (folder(self.home / "logs") / "serve.log").open("ab") as log:
            self._pages = subprocess.Popen(
                command, env=self.env, cwd=CHECKOUT, stdout=log, stderr=log, start_new_session=True
            )
        until = time.monotonic() + 60
        while not self._answers():
            if self._pages.poll() is not None or time.monotonic() > until:
                raise RuntimeError(f"the pages did not start; see {self.home / 'logs' / 'serve.log'}")
            time.sleep(0.1)

    def _answers(self) -> bool:
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{self.port}/api/v1/nothing", timeout=5).close()
        except urllib.error.HTTPError:
            return True
        except OSError:
            return False
        return True

    def close(self) -> None:
        """Stops what was started here; the data folder goes too, unless it was named or is to be kept."""
        if self._pages:
            os.killpg(self._pages.pid, signal.SIGTERM)
            try:
                self._pages.wait(15)
            except subprocess.TimeoutExpired:
                os.killpg(self._pages.pid, signal.SIGKILL)
        self.embedded.stop()
        if not self.kept:
            for path in {self.home, self.embedded.place}:
                shutil.rmtree(path, ignore_errors=True)


def _must_have_worked(command: list[str], code: int, faults: str) -> None:
    """Exit code 3 (some rows were bad) is an answer too."""
    if code not in (0, 3):
        raise RuntimeError(f"{' '.join(command[1:])}: {faults.strip()[-2000:]}")
