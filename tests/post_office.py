"""A post office (测试用收信处): a web server and a mail server on this machine that keep what they are sent."""

import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class Received:
    """What arrived, and what the next sender is answered."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.bodies: list[str] = []
        self.headers: list[dict[str, str]] = []
        self.status, self.answer = 200, b"{}"


@contextmanager
def web_server() -> Iterator[Received]:
    """Takes every POST."""

    class Door(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            office.bodies.append(body.decode())
            office.headers.append(dict(self.headers))
            self.send_response(office.status)
            if 300 <= office.status < 400:
                self.send_header("Location", "http://169.254.169.254/")
            self.send_header("Content-Length", str(len(office.answer)))
            self.end_headers()
            self.wfile.write(office.answer)

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Door)
    office = Received(server.server_address[1])
    with _serving(server):
        yield office


@contextmanager
def mail_server() -> Iterator[Received]:
    """Speaks as much SMTP as a sender needs; `status` 5xx refuses the addressee."""

    class Door(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            self.say("220 here")
            while line := self.rfile.readline().decode().strip():
                word = line[:4].upper()
                if word == "DATA":
                    self.say("354 go on")
                    office.bodies.append(self.letter())
                    self.say("250 taken")
                elif word == "RCPT" and office.status >= 400:
                    self.say(f"{office.status} no such box")
                elif word == "QUIT":
                    self.say("221 bye")
                    return
                else:
                    self.say("250 well")

        def say(self, text: str) -> None:
            self.wfile.write(f"{text}\r\n".encode())

        def letter(self) -> str:
            lines = []
            while (line := self.rfile.readline().decode().rstrip("\r\n")) != ".":
                lines.append(line)
            return "\n".join(lines)

    server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Door)
    server.daemon_threads = True
    office = Received(server.server_address[1])
    with _serving(server):
        yield office


@contextmanager
def _serving(server: Any) -> Iterator[None]:
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
