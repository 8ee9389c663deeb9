"""Tests in memory (内存中的测试数据): a whole run keeps its server and its temporary files off the disk it would wait for.

Only a whole run does so: it builds its template anyway and leaves nothing behind. A run of single tests stays on the
disk, where the next one finds the template.
"""

import contextlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from unittest.mock import patch

import psutil

MEMORY = Path("/dev/shm")
NEEDED = 8 * 2**30
"""Bytes that must be free, in memory and on that file system, several times what a run holds at its height."""
MARK = "jiedao-test-"


@contextlib.contextmanager
def home() -> Iterator[None]:
    """JIEDAO_TEST_HOME and TMPDIR lie in memory meanwhile, where there is enough and nobody said where they should lie."""
    _forget_dead()
    if "JIEDAO_TEST_HOME" in os.environ or "TMPDIR" in os.environ or not _roomy():
        yield
        return
    place = Path(tempfile.mkdtemp(prefix=f"{MARK}{os.getpid()}-", dir=MEMORY))
    temporary = place / "tmp"
    try:
        place.chmod(0o755)  # the server's own user passes through
        temporary.mkdir()
        temporary.chmod(0o1777)
        with patch.dict(os.environ, JIEDAO_TEST_HOME=str(place), TMPDIR=str(temporary)):
            yield
    finally:
        shutil.rmtree(place, ignore_errors=True)


def _roomy() -> bool:
    if not os.access(MEMORY, os.W_OK):
        return False
    return min(psutil.virtual_memory().available, shutil.disk_usage(MEMORY).free) > NEEDED


def _forget_dead() -> None:
    """Folders of runs that were killed."""
    for place in MEMORY.glob(f"{MARK}*-*"):
        if not psutil.pid_exists(int(place.name.removeprefix(MARK).split("-")[0])):
            shutil.rmtree(place, ignore_errors=True)
