"""Layout (目录约定): releases side by side, one link to the one in use; configuration, data and backups apart from them."""

import os
import pwd
from dataclasses import dataclass
from pathlib import Path

from jiedao.ground.db.home import CHECKOUT, Trouble

USER = "jiedao"


@dataclass(frozen=True)
class Layout:
    """Everything by its place. `prefix` stands before all of it: `/` on a server, a folder for a trial."""

    prefix: Path
    root: Path
    user: str

    @property
    def current(self) -> Path:
        return self.root / "current"

    @property
    def previous(self) -> Path:
        return self.root / "previous"

    @property
    def python(self) -> Path:
        return self.current / ".venv" / "bin" / "python"

    @property
    def etc(self) -> Path:
        return self.prefix / "etc" / "jiedao"

    @property
    def config(self) -> Path:
        return self.etc / "jiedao.env"

    @property
    def units(self) -> Path:
        return self.prefix / "etc" / "systemd" / "system"

    @property
    def command(self) -> Path:
        return self.prefix / "usr" / "local" / "bin" / "jiedao"

    @property
    def home(self) -> Path:
        return self.prefix / "var" / "lib" / "jiedao"

    @property
    def backups(self) -> Path:
        return self.prefix / "var" / "backups" / "jiedao"

    def release(self, name: str) -> Path:
        """The folder of a release. Trouble if there is none."""
        found = self.root / "releases" / name
        if not (found / "jiedao" / "__main__.py").is_file():
            known = sorted(path.name for path in (self.root / "releases").iterdir() if path.is_dir())
            raise Trouble(
                f"There is no release {name}. There are: {', '.join(known)}.\n"
                f"Unpack it there: tar -C {self.root}/releases -xf FILE"
            )
        return found

    def in_use(self) -> str:
        """The name of the release in use; empty before the first."""
        return self.current.resolve().name if self.current.is_symlink() else ""


def here(prefix: Path) -> Layout:
    """The layout that this code stands in. It must be a release beside others, or there is no way back from it."""
    if CHECKOUT.parent.name != "releases":
        raise Trouble(
            f"This code lies in {CHECKOUT}, not beside other releases, so no upgrade could replace it.\n"
            "Unpack the bundle there and install from it:\n"
            "  mkdir -p /opt/jiedao/releases && tar -C /opt/jiedao/releases -xf jiedao-RELEASE.tar\n"
            "  /opt/jiedao/releases/jiedao-RELEASE/deploy/install"
        )
    prefix = prefix.resolve()
    if prefix == Path("/") and os.geteuid() != 0:
        raise Trouble(
            "Units, configuration and the system user are made by root: run it with sudo.\nTo try it: --prefix DIR"
        )
    user = USER if prefix == Path("/") else pwd.getpwuid(os.geteuid()).pw_name
    return Layout(prefix, CHECKOUT.parent.parent, user)


def of_installed() -> Layout:
    """The layout of the installation whose configuration this process was started with."""
    return here(Path(os.environ.get("JIEDAO_PREFIX") or "/"))
