"""Ports (端口): a seeded chance, and a way out that leads nowhere but where the operator said (G27)."""

import socket
import threading
import time
from contextlib import contextmanager

import pytest

from jiedao.kit import ports
from jiedao.kit.ports import Delivery, Http, Scan, Unreachable, armed, chance, fault, targets
from jiedao.kit.refusal import Refused

HELLO = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX-Seen: yes\r\n\r\nhello"


class Server:
    """Answers every connection with the same bytes and keeps what it was sent."""

    def __init__(self, answer=HELLO, drip=0.0, hold=0.0):
        self.requests = []
        self._answer, self._drip, self._hold = answer, drip, hold
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        while True:
            try:
                line, _ = self._socket.accept()
            except OSError:
                return
            self.requests.append(b"")
            threading.Thread(target=self._answer_one, args=(line,), daemon=True).start()

    def _answer_one(self, line):
        with line:
            self.requests[-1] = line.recv(65536)
            time.sleep(self._hold)
            try:
                for piece in [self._answer] if not self._drip else [bytes([b]) for b in self._answer]:
                    line.sendall(piece)
                    time.sleep(self._drip)
            except OSError:
                pass

    def stop(self):
        self._socket.shutdown(socket.SHUT_RDWR)  # closing alone leaves the accept of the other thread waiting
        self._socket.close()


@contextmanager
def serving(**how):
    server = Server(**how)
    try:
        yield server
    finally:
        server.stop()


def out_to(server, *, addresses=("127.0.0.1",), network="127.0.0.1", seen=None):
    """The way out, with only `good.example` on the list."""

    def look_up(host, port):
        if seen is not None:
            seen.append(host)
        return list(addresses)

    return Http(lambda: f"good.example:{server.port}" + (f"={network}" if network else ""), look_up)


def test_a_listed_host_is_asked_by_its_name_and_looked_up_once():
    seen = []
    with serving() as server:
        answer = out_to(server, seen=seen).post(f"http://good.example:{server.port}/a?b=1", b"body", {"X-Key": "1"})

    assert (answer.status, answer.body, answer.headers["x-seen"]) == (200, b"hello", "yes")
    assert seen == ["good.example"]
    assert server.requests[0].startswith(b"POST /a?b=1 HTTP/1.1\r\nHost: good.example:%d\r\n" % server.port)


TRICKS = [
    "http://127.0.0.1:{port}/",
    "http://evil.example:{port}/",
    "http://good.example:{other}/",
    "http://good.example/",
    "https://good.example/",
    "http://good.example@evil.example:{port}/",
    "http://evil.example:{port}@good.example:{port}/",
    "http://good.example:{port}@127.0.0.1:{port}/",
    "http://user:word@good.example:{port}/",
    "http://good.example:{port}\\@evil.example/",
    "http://good.example:{port}#@evil.example/",
    "http:\\\\good.example:{port}/",
    "http:good.example:{port}/",
    "http:///good.example:{port}/",
    "//good.example:{port}/",
    "good.example:{port}",
    "/etc/passwd",
    "file:///etc/passwd",
    "ftp://good.example:{port}/",
    "gopher://good.example:{port}/_x",
    "javascript:alert(1)",
    "data:text/plain,x",
    "http://2130706433:{port}/",
    "http://0x7f000001:{port}/",
    "http://0177.0.0.1:{port}/",
    "http://127.1:{port}/",
    "http://0:{port}/",
    "http://0.0.0.0:{port}/",
    "http://[::1]:{port}/",
    "http://[::ffff:127.0.0.1]:{port}/",
    "http://[::ffff:7f00:1]:{port}/",
    "http://[fe80::1%25lo]:{port}/",
    "http://[::]:{port}/",
    "http://good.example.:{port}/",
    "http://good.example.evil.example:{port}/",
    "http://evil-good.example:{port}/",
    "http://ｇｏｏｄ.example:{port}/",
    "http://good。example:{port}/",
    "http://gооd.example:{port}/",  # Cyrillic о
    "http://good.example%2eevil.example:{port}/",
    "http://%67ood.example:{port}/",
    "http://GOOD.example:{port}/",
    "HTTP://good.example:{port}/",
    "http://good.example:{port}/\r\nHost: evil.example",
    "http://good.example:{port}/a b",
    "http://good.example:{port}/\tx",
    " http://good.example:{port}/",
    "http://good.example:{port}/\x00",
    "http://good.example:{port}:80/",
    "http://good.example:0{port}0/",
    "http://good.example:+{port}/",
    "http://good.example:{port}/" + "a" * 2000,
    "http://good.example\n:{port}/",
    "http://169.254.169.254/latest/meta-data/",
    "http://localhost:{port}/",
]


@pytest.mark.parametrize("trick", TRICKS)
def test_a_url_trick_opens_no_connection(trick):
    with serving() as server, pytest.raises(Refused, match="outbound_refused"):
        out_to(server).get(trick.replace("{port}", str(server.port)).replace("{other}", str(server.port + 1)))

    assert server.requests == []


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "::1",
        "::ffff:127.0.0.1",
        "10.0.0.5",
        "192.168.1.1",
        "172.16.0.1",
        "169.254.169.254",
        "fe80::1%lo",
        "0.0.0.0",
        "::",
        "224.0.0.1",
        "100.64.0.1",
        "fd00::1",
        "2002:7f00:1::",
        "255.255.255.255",
    ],
)
def test_a_name_that_comes_to_point_inside_is_not_followed(address):
    with serving() as server, pytest.raises(Refused) as refused:
        out_to(server, addresses=["8.8.8.8", address], network="").get(f"http://good.example:{server.port}/")

    assert refused.value.facts == {"why": "address", "host": "good.example", "address": address}
    assert server.requests == []


def test_a_name_leaving_the_network_the_operator_wrote_is_not_followed():
    with serving() as server, pytest.raises(Refused, match="address"):
        out_to(server, addresses=["127.0.0.1"], network="10.1.0.0/16").get(f"http://good.example:{server.port}/")


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308, 300, 304])
def test_a_redirect_is_not_followed(status):
    with serving() as elsewhere:
        answer = f"HTTP/1.1 {status} X\r\nLocation: http://127.0.0.1:{elsewhere.port}/\r\nContent-Length: 0\r\n\r\n"
        with serving(answer=answer.encode()) as server, pytest.raises(Refused, match="redirect"):
            out_to(server).get(f"http://good.example:{server.port}/")

    assert elsewhere.requests == []


@pytest.mark.parametrize(
    "headers",
    [
        {"X-A": "1\r\nX-B: 2"},
        {"X-A\r\n": "1"},
        {"Host": "evil.example"},
        {"Content-Length": "0"},
        {"X-A": "甲"},
        {"": "1"},
    ],
)
def test_a_header_that_would_change_the_request_is_refused(headers):
    with serving() as server, pytest.raises(Refused, match="header"):
        out_to(server).get(f"http://good.example:{server.port}/", headers)

    assert server.requests == []


def test_an_answer_above_the_cap_is_refused():
    big = b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * 3000
    with serving(answer=big) as server, pytest.raises(Refused, match="too_big"):
        out_to(server).send("GET", f"http://good.example:{server.port}/", most=2999)


@pytest.mark.parametrize(
    "how",
    [
        {"hold": 5.0},
        {"drip": 0.05},
        {"answer": b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nshort"},
        {"answer": b""},
        {"answer": b"not http at all\r\n\r\n"},
    ],
    ids=["silent", "dripping", "cut", "empty", "garbage"],
)
def test_a_sick_server_is_given_up_in_time(how):
    began = time.monotonic()

    with serving(**how) as server, pytest.raises(Unreachable):
        out_to(server).send("GET", f"http://good.example:{server.port}/", within=0.5)

    assert time.monotonic() - began < 2


def test_a_closed_port_and_an_unknown_name_are_unreachable():
    with serving() as server:
        pass

    def unknown(host, port):
        raise OSError("no such name")

    with pytest.raises(Unreachable):
        out_to(server).get(f"http://good.example:{server.port}/")
    with pytest.raises(Unreachable):
        Http(lambda: "good.example:80", unknown).get("http://good.example/")


@pytest.mark.parametrize(
    "entry",
    ["good.example", "http://good.example:80", "*:80", "good.example:http", "[::1", "甲.example:80", "a:80=nowhere"],
)
def test_a_line_of_the_allow_list_that_cannot_be_read_is_named(entry):
    with pytest.raises(Refused) as refused:
        targets(entry)

    assert refused.value.facts == {"entry": entry}


def test_an_empty_list_lets_nothing_out(monkeypatch):
    monkeypatch.delenv("OUTBOUND_HOSTS", raising=False)

    with pytest.raises(Refused, match="not_listed"):
        ports.http.get("http://good.example/")


def draw():
    return chance.bytes(8), chance.random(), chance.randint(1, 10**9), chance.choice(range(10**9))


def test_the_same_seed_draws_the_same_and_ends_with_its_block():
    with chance.seeded(7):
        first = draw()
    with chance.seeded(7):
        second = draw()

    assert first == second
    assert draw() != draw()


def test_a_seed_holds_for_its_own_thread_only():
    drawn = []
    with chance.seeded(7):
        beside = threading.Thread(target=lambda: drawn.append(draw()))
        beside.start()
        beside.join()
        mine = draw()

    assert drawn != [mine]


def test_secrets_ignore_the_seed():
    with chance.seeded(7):
        first = chance.secret(16)
    with chance.seeded(7):
        second = chance.secret(16)

    assert first != second


def test_ports_nobody_plugged_in_say_so(tmp_path):
    assert ports.sms.send("13812341234", "您好") == Delivery("not_configured")
    assert ports.virus_scan.scan(tmp_path) == Scan("not_configured")


def test_a_fault_strikes_only_while_a_test_arms_it():
    struck = []

    fault("after_defer")
    with armed("after_defer", lambda: struck.append("after_defer")):
        fault("after_defer")
        fault("elsewhere")
    fault("after_defer")

    assert struck == ["after_defer"]
    assert ports.armed_faults() == ()
