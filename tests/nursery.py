"""Servers by forking (预热的网页): the pages served for a test module by a child of a process that has read everything.

A server of its own needs three seconds of processor before its first answer; there are forty modules. The pages are the
same, the server around them is Django's; granian serves in the tests of `serve`, `live` and `run`.
"""

import json
import os
import signal
import socket
import subprocess
import sys
from typing import Any

from jiedao.ground.db.home import CHECKOUT


class Nursery:
    """A process that waits to be forked; one for each worker of a run."""

    def __init__(self) -> None:
        alone = {"OPENBLAS_NUM_THREADS": "1", "DATABASE_POOL": "8", "PYTHONUNBUFFERED": "1"}
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.nursery"],
            env=os.environ | alone,
            cwd=CHECKOUT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def serve(self, **wanted: Any) -> int:
        """Lets a child serve `database` on `port`, its words going to `log`; the answer is its process."""
        assert self._process.stdin and self._process.stdout
        self._process.stdin.write(json.dumps(wanted) + "\n")
        self._process.stdin.flush()
        return int(self._process.stdout.readline())

    def close(self) -> None:
        assert self._process.stdin
        self._process.stdin.close()
        self._process.wait(10)


def main() -> None:
    """Reads the application, then forks at every line."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # children go without being waited for
    from jiedao.wsgi import application

    _read_everything()
    for line in sys.stdin:
        wanted = json.loads(line)
        child = os.fork()
        if not child:
            _serve(application, **wanted)
        print(child)


def _read_everything() -> None:
    """Addresses, templates' tags and models: what the first request would otherwise read in every child."""
    from django.apps import apps
    from django.template import engines
    from django.urls import get_resolver

    apps.get_models()
    get_resolver().url_patterns  # noqa: B018 -- reads them
    engines.all()


def _serve(application: Any, *, database: str, port: int, log: str, live_url: str = "") -> None:
    from django.conf import settings
    from django.core.servers.basehttp import ThreadedWSGIServer, WSGIRequestHandler
    from django.db import connections

    os.setsid()
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    with open(log, "ab") as said:
        os.dup2(said.fileno(), 1)
        os.dup2(said.fileno(), 2)
    connections.databases["default"]["NAME"] = database
    os.environ["DATABASE_NAME"] = database
    settings.LIVE_URL = live_url
    server = ThreadedWSGIServer(("127.0.0.1", port), WSGIRequestHandler)
    server.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    server.set_app(application)
    server.serve_forever()


if __name__ == "__main__":
    main()
