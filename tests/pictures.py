"""Pictures of the manual (手册插图): `python -m tests.pictures` opens the pages and writes docs/manual/images anew."""

import os
import subprocess
import sys

from jiedao.ground.db.home import CHECKOUT


def main() -> int:
    command = [sys.executable, "-m", "pytest", "tests/browser/test_manual_browser.py", "-q", "-n", "0", "-k", "picture"]
    return subprocess.run(command, cwd=CHECKOUT, env=os.environ | {"JIEDAO_PICTURES": "1"}, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
