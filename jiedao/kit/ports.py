"""Ports (端口): everything that is not ours to decide — chance, the network, messages, the virus scanner, faults."""

import os
import random
import re
import secrets
import socket
import ssl
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import lru_cache
from http.client import HTTPConnection, HTTPException, HTTPResponse
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from pathlib import Path
from typing import Protocol, TypeVar

from jiedao.kit.refusal import Refused

T = TypeVar("T")
Octets = bytes
Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network


class Chance:
    """Randomness (随机): the system's own, or one seeded stream while a rehearsal runs.

    The seed holds for the thread that set it, so a rehearsal never makes the sign-in codes of the
    web threads beside it predictable.
    """

    def __init__(self) -> None:
        self._system = random.SystemRandom()
        self._seeded: ContextVar[random.Random | None] = ContextVar("seeded_chance", default=None)

    @property
    def _source(self) -> random.Random:
        return self._seeded.get() or self._system

    def bytes(self, count: int) -> Octets:
        seeded = self._seeded.get()
        return seeded.randbytes(count) if seeded else os.urandom(count)

    def secret(self, count: int) -> Octets:
        """Never seeded: keys and nonces. A rehearsal run twice would otherwise use a nonce twice."""
        return secrets.token_bytes(count)

    def random(self) -> float:
        return self._source.random()

    def randint(self, low: int, high: int) -> int:
        return self._source.randint(low, high)

    def choice(self, among: Sequence[T]) -> T:
        return self._source.choice(among)

    def choices(self, among: Sequence[T], weights: Sequence[float], count: int = 1) -> list[T]:
        return self._source.choices(among, weights, k=count)

    def sample(self, among: Sequence[T], count: int) -> list[T]:
        return self._source.sample(among, count)

    @contextmanager
    def seeded(self, seed: int) -> Iterator[None]:
        before = self._seeded.set(random.Random(seed))  # noqa: S311 -- never a secret, see `secret`
        try:
            yield
        finally:
            self._seeded.reset(before)


chance = Chance()


class Unreachable(Exception):
    """The other side did not answer in time or broke off: try again later. Not a refusal of ours."""


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Target:
    """One line of the operator's allow-list: `host:port`, or `host:port=network` for a private address."""

    host: str
    port: int
    network: Network | None

    def covers(self, address: Address) -> bool:
        """Whether the host may lie at this address.

        A name that turns to loopback, a private net or the cloud's metadata address is how rebinding gets
        in; the operator who means such an address writes it, or its network, in the list.
        """
        if self.network is not None:
            return address in self.network
        if self.host == "localhost":
            return address.is_loopback
        return address.is_global and not address.is_multicast


_TARGET = re.compile(r"(?P<host>\[[0-9a-f:.]+\]|[a-z0-9.-]+):(?P<port>[0-9]{1,5})(?:=(?P<network>[0-9a-f.:/]+))?")
# A whole URL, by what may stand in it. No userinfo, no escapes or capitals in the host, nothing but printable ASCII.
_URL = re.compile(
    r"(?P<scheme>https?)://(?P<host>\[[0-9a-f:.]+\]|[a-z0-9.-]+)(?::(?P<port>[0-9]{1,5}))?"
    r"(?P<path>/[A-Za-z0-9._~!$&'()*+,;=:@%/-]*)?(?P<query>\?[A-Za-z0-9._~!$&'()*+,;=:@%/?-]*)?",
    re.ASCII,
)
_HEADER_NAME = re.compile(r"[A-Za-z0-9-]{1,60}", re.ASCII)
_HEADER_TEXT = re.compile(r"[\x20-\x7e]{0,4000}", re.ASCII)
_OURS = frozenset({"host", "connection", "content-length", "transfer-encoding", "accept-encoding", "upgrade", "te"})
LONGEST_URL = 2000


@lru_cache(maxsize=16)
def targets(allowed: str) -> Mapping[tuple[str, int], Target]:
    """The allow-list as written in configuration: entries parted by commas or spaces."""
    found: dict[tuple[str, int], Target] = {}
    for line in allowed.replace(",", " ").split():
        parts = _TARGET.fullmatch(line)
        try:
            if parts is None:
                raise ValueError(line)
            host, port = _canonical(parts["host"]), int(parts["port"])
            written = ip_network(parts["network"]) if parts["network"] else None
            network = written or _own_network(host)
        except ValueError:
            raise Refused("bad_outbound_host", entry=line) from None
        found[host, port] = Target(host, port, network)
    return found


def _canonical(host: str) -> str:
    return f"[{IPv6Address(host[1:-1])}]" if host.startswith("[") else host


def _own_network(host: str) -> Network | None:
    """An address written out covers itself and nothing else. None for a name."""
    try:
        return ip_network(host.strip("[]"))
    except ValueError:
        return None


def outbound_hosts() -> str:
    return os.environ.get("OUTBOUND_HOSTS", "")


def _plain(address: Address) -> Address:
    """The IPv4 address that an IPv6 one wraps, or the address itself."""
    if isinstance(address, IPv4Address):
        return address
    return address.ipv4_mapped or address.sixtofour or (address.teredo[1] if address.teredo else None) or address


def _look_up(host: str, port: int) -> list[str]:
    return [str(found[4][0]) for found in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]


class Http:
    """The only way out (A14): to listed host:port pairs, looked up once, no redirects, short and small."""

    def __init__(
        self,
        allowed: Callable[[], str] = outbound_hosts,
        look_up: Callable[[str, int], list[str]] = _look_up,
        trusted: Callable[[], ssl.SSLContext] = ssl.create_default_context,
    ) -> None:
        self._allowed = allowed
        self._look_up = look_up
        self._trusted = trusted

    def get(self, url: str, headers: Mapping[str, str] | None = None, *, within: float = 10.0) -> Answer:
        return self.send("GET", url, headers=headers, within=within)

    def post(self, url: str, body: bytes, headers: Mapping[str, str] | None = None, *, within: float = 10.0) -> Answer:
        return self.send("POST", url, body=body, headers=headers, within=within)

    def send(
        self,
        method: str,
        url: str,
        *,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        within: float = 10.0,
        most: int = 5_000_000,
    ) -> Answer:
        """One request and its answer; Refused for what we will not do, Unreachable for what did not work."""
        if method not in {"GET", "POST", "PUT", "DELETE", "HEAD"}:
            raise Refused("outbound_refused", why="method")
        scheme, target, path = self._permit(url)
        said = _checked(headers or {})
        address = self._locate(target)

        line = _Line(scheme, target, address, within, self._trusted)
        # Each read has its own timeout, but a server may drip one byte at a time: this ends the whole call.
        watch = threading.Timer(within, line.cut)
        watch.daemon = True
        watch.start()
        try:
            line.request(method, path, body=body, headers=said)
            return _read(line.getresponse(), most)
        except (OSError, HTTPException, ValueError) as broken:
            raise Unreachable(f"{target.host}:{target.port}: {type(broken).__name__}") from broken
        finally:
            watch.cancel()
            line.close()

    def _permit(self, url: str) -> tuple[str, Target, str]:
        parts = _URL.fullmatch(url) if len(url) <= LONGEST_URL else None
        if parts is None:
            raise Refused("outbound_refused", why="url")
        port = int(parts["port"] or (443 if parts["scheme"] == "https" else 80))
        target = targets(self._allowed()).get((parts["host"], port))
        if target is None:
            raise Refused("outbound_refused", why="not_listed", host=parts["host"], port=port)
        return parts["scheme"], target, (parts["path"] or "/") + (parts["query"] or "")

    def _locate(self, target: Target) -> str:
        """Where the host lies, asked once; every address in the answer must be one it may have."""
        try:
            found = self._look_up(target.host.strip("[]"), target.port)
        except OSError as unknown:
            raise Unreachable(f"{target.host}: name not found") from unknown
        if not found:
            raise Unreachable(f"{target.host}: name not found")
        for text in found:
            address = ip_address(text)
            if not target.covers(_plain(address)):
                raise Refused("outbound_refused", why="address", host=target.host, address=text)
        return found[0]


class _Line(HTTPConnection):
    """A connection to the address that was checked, while the host's name stays in Host and in TLS."""

    def __init__(
        self, scheme: str, target: Target, address: str, within: float, trusted: Callable[[], ssl.SSLContext]
    ) -> None:
        super().__init__(target.host.strip("[]"), target.port, timeout=min(within, 5.0))
        self.default_port = 443 if scheme == "https" else 80
        self._address = (address, target.port)
        self._trusted = trusted if scheme == "https" else None
        self._is_cut = False
        self._wire: socket.socket | None = None

    def connect(self) -> None:
        self.sock = socket.create_connection(self._address, self.timeout)
        if self._trusted is not None:
            self.sock = self._trusted().wrap_socket(self.sock, server_hostname=self.host)
        # The library lets go of its socket with the headers of the answer, while the body is still to come.
        self._wire = self.sock
        if self._is_cut:
            raise TimeoutError

    def cut(self) -> None:
        self._is_cut = True
        try:
            if self._wire is not None:
                self._wire.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass  # it had ended by itself


def _checked(headers: Mapping[str, str]) -> dict[str, str]:
    for name, text in headers.items():
        if not _HEADER_NAME.fullmatch(name) or not _HEADER_TEXT.fullmatch(text) or name.lower() in _OURS:
            raise Refused("outbound_refused", why="header", header=name[:60])
    return {**headers, "Accept-Encoding": "identity", "Connection": "close"}


def _read(answer: HTTPResponse, most: int) -> Answer:
    if 300 <= answer.status < 400:
        raise Refused("outbound_refused", why="redirect", status=answer.status)
    body = answer.read(most + 1)
    if len(body) > most:
        raise Refused("outbound_refused", why="too_big", most=most)
    if answer.length:
        raise HTTPException("the answer broke off")
    return Answer(answer.status, {name.lower(): text for name, text in answer.getheaders()}, body)


http = Http()


@dataclass(frozen=True, slots=True)
class Delivery:
    """What became of a message: `sent`, `refused` by the gateway, or `not_configured`."""

    outcome: str
    reference: str = ""

    @property
    def sent(self) -> bool:
        return self.outcome == "sent"


class SmsGateway(Protocol):
    def send(self, phone: str, text: str) -> Delivery: ...


class NoSms:
    """No gateway is set: says so, and nobody believes a message has gone out."""

    def send(self, phone: str, text: str) -> Delivery:
        return Delivery("not_configured")


@dataclass(frozen=True, slots=True)
class Scan:
    """What the scanner said: `clean`, `infected` (with the name of what it found), `down` or `not_configured`."""

    outcome: str
    found: str = ""

    @property
    def infected(self) -> bool:
        return self.outcome == "infected"


class Scanner(Protocol):
    def scan(self, path: Path) -> Scan: ...


class NoScanner:
    """No scanner is set: the file stands on our own checks alone (A15)."""

    def scan(self, path: Path) -> Scan:
        return Scan("not_configured")


class Sms:
    """Text messages (短信) through whichever gateway the deployer plugged in."""

    def __init__(self) -> None:
        self.gateway: SmsGateway = NoSms()

    def send(self, phone: str, text: str) -> Delivery:
        """A gateway that cannot be reached is an outcome like any other: whoever sends goes on."""
        try:
            return self.gateway.send(phone, text)
        except Unreachable:
            return Delivery("unreachable")


class VirusScan:
    """The virus scan (病毒扫描): a clamd that `ANTIVIRUS` names, or whichever scanner the deployer plugged in."""

    def __init__(self) -> None:
        self.scanner: Scanner = NoScanner()

    def scan(self, path: Path) -> Scan:
        return self.scanner.scan(path)


sms = Sms()
virus_scan = VirusScan()


_armed: dict[str, Callable[[], None]] = {}


def fault(name: str) -> None:
    """A place where a test may make the world break; nothing in production, where none is armed."""
    if _armed and (strike := _armed.get(name)):
        strike()


@contextmanager
def armed(name: str, strike: Callable[[], None]) -> Iterator[None]:
    """For tests: inside, `fault(name)` calls `strike`."""
    _armed[name] = strike
    try:
        yield
    finally:
        del _armed[name]


def armed_faults() -> Iterable[str]:
    """The names armed now; `doctor` finds none."""
    return tuple(_armed)
