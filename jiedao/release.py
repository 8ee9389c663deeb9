"""Release (版本): which code this is; a bundle carries its name in a file, a checkout asks git."""

import subprocess
from functools import lru_cache
from pathlib import Path

HERE = Path(__file__).resolve().parents[1]
NAMED = "RELEASE"


@lru_cache(maxsize=1)
def release() -> str:
    """Such as `0.1.0-3e51779`; `unknown` where neither a bundle nor git tells."""
    named = HERE / NAMED
    if named.is_file():
        return named.read_text(encoding="ascii").strip()
    command = ["git", "-C", str(HERE), "describe", "--tags", "--always"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=5)
    except OSError:
        return "unknown"
    return done.stdout.strip() or "unknown"
