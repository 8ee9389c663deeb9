"""ClamAV (病毒扫描服务): a scanner behind the port, asked over the line for no longer than an upload may wait (A15, G05)."""

import socket
import time
from pathlib import Path

from jiedao.kit.ports import NoScanner, Scan, Scanner


def scanner(place: str) -> Scanner:
    """The clamd at `host:port`; none where nothing is named."""
    host, _, port = place.rpartition(":")
    return Clamd(host, int(port)) if place else NoScanner()


class Clamd:
    """A file goes over the line in pieces, a word comes back."""

    def __init__(self, host: str, port: int, within: float = 3.0) -> None:
        self._place, self._within = (host, port), within

    def scan(self, path: Path) -> Scan:
        """`down` for whatever is no verdict: what nobody has looked at is not shown."""
        end = time.monotonic() + self._within
        try:
            with path.open("rb") as file, socket.create_connection(self._place, min(1.0, self._within)) as line:
                self._say(line, end, b"zINSTREAM\0")
                while piece := file.read(1 << 16):
                    self._say(line, end, len(piece).to_bytes(4, "big") + piece)
                self._say(line, end, bytes(4))
                said = self._hear(line, end)
        except OSError:
            return Scan("down")
        if said.endswith(" FOUND"):
            return Scan("infected", said.removeprefix("stream: ").removesuffix(" FOUND")[:200])
        return Scan("clean" if said == "stream: OK" else "down")

    @staticmethod
    def _say(line: socket.socket, end: float, what: bytes) -> None:
        line.settimeout(max(0.01, end - time.monotonic()))
        line.sendall(what)

    @staticmethod
    def _hear(line: socket.socket, end: float) -> str:
        said = b""
        while len(said) < 4000 and not said.endswith(b"\0"):
            line.settimeout(max(0.01, end - time.monotonic()))
            piece = line.recv(4000)
            if not piece:
                break
            said += piece
        return said.rstrip(b"\0\n").decode("utf-8", "replace")
