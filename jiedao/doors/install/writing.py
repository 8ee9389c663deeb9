"""Writing (写入配置): the files of an installation from their templates in deploy/, each new, changed, the same, or yours."""

import os
from dataclasses import dataclass
from pathlib import Path

from jiedao.doors.install.layout import Layout
from jiedao.ground.db.home import CHECKOUT

DEPLOY = CHECKOUT / "deploy"
NEW, CHANGED, SAME, YOURS = "new", "changed", "same", "yours"


@dataclass(frozen=True)
class Choices:
    """What an installation is told."""

    host: str
    port: int = 8000
    workers: int = 2
    district: str = ""
    tls: str = "internal"
    database_url: str = ""
    https: bool = True

    @property
    def embedded(self) -> bool:
        return not self.database_url


@dataclass(frozen=True)
class File:
    """One file as it shall be. `keep`: once written it belongs to the operator."""

    path: Path
    content: str
    mode: int = 0o644
    keep: bool = False

    @property
    def state(self) -> str:
        if not self.path.exists():
            return NEW
        if self.path.read_text(encoding="utf-8") == self.content:
            return SAME
        return YOURS if self.keep else CHANGED

    def write(self) -> None:
        """Whole or not at all."""
        if self.state in (SAME, YOURS):
            return
        self.path.parent.mkdir(parents=True, exist_ok=True)
        draft = self.path.with_name(f".{self.path.name}.{os.getpid()}")
        draft.touch(mode=self.mode)
        draft.write_text(self.content, encoding="utf-8")
        draft.chmod(self.mode)
        draft.replace(self.path)

    def lacking(self) -> list[str]:
        """Names that a newer template has and a kept file has not."""
        if self.state != YOURS:
            return []
        there = {line.split("=")[0] for line in self.path.read_text(encoding="utf-8").splitlines()}
        return [
            line
            for line in self.content.splitlines()
            if "=" in line and line[0].isupper() and line.split("=")[0] not in there
        ]


TLS = {
    "internal": "tls internal",
    "acme": "# certificates come from the internet by themselves",
    "files": "tls {etc}/tls/cert.pem {etc}/tls/key.pem",
}


def files(layout: Layout, choices: Choices) -> list[File]:
    """All of them."""
    words = _words(layout, choices)
    found = [
        File(layout.config, _filled("jiedao.env", words), 0o640, keep=True),
        File(layout.etc / "Caddyfile", _filled("Caddyfile", words)),
        File(layout.command, _filled("jiedao.sh", words), 0o755),
    ]
    for template in sorted((DEPLOY / "systemd").iterdir()):
        if choices.embedded or template.name != "jiedao-database.service":
            found.append(File(layout.units / template.name, _filled(f"systemd/{template.name}", words)))
    return found


def _words(layout: Layout, choices: Choices) -> dict[str, str]:
    host = choices.host
    tls = TLS[choices.tls].format(etc=layout.etc)
    return {
        "current": str(layout.current), "python": str(layout.python), "etc": str(layout.etc), "config": str(layout.config),
        "home": str(layout.home), "backups": str(layout.backups), "user": layout.user, "prefix": str(layout.prefix),
        "host": host, "hosts": f"{host}, *.{host}", "port": str(choices.port), "live_port": str(choices.port + 1),
        "workers": str(choices.workers), "district": choices.district, "https": "1" if choices.https else "0",
        "tls": tls, "database_url": choices.database_url, "wal_archive": "1" if choices.embedded else "0",
        "certificate": str(layout.etc / "tls" / "cert.pem") if choices.tls == "files" else "",
        "needs_database": "Requires=jiedao-database.service" if choices.embedded else "# the database is on a server of yours",
    }  # fmt: skip


def _filled(name: str, words: dict[str, str]) -> str:
    return (DEPLOY / name).read_text(encoding="utf-8").format(**words)
