"""Sending out (发出): one message by `apprise`, whose plug-ins reach the network through our port and no other way.

`apprise` knows how each service wants its message; which hosts may be called, once looked up and without redirects, is
the port's to say (A14). A service that answers 200 and means no (WeCom's `errcode`) has not taken the message.
"""

import json
import logging
import re
import threading
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import apprise
from apprise.plugins import custom_json, dingtalk, feishu, wecombot

from jiedao.doors.notify import addresses
from jiedao.kit import ports
from jiedao.kit.refusal import Refused

WITHIN = 4.0
_problem: ContextVar[str] = ContextVar("why_it_was_not_sent", default="")
_key: ContextVar[str] = ContextVar("key_of_the_message", default="")


@dataclass(frozen=True)
class Outcome:
    """What became of a message. `problem` is a short code, never an address: `http 404`, `service 93000`, `mail 535`."""

    sent: bool
    problem: str = ""


@dataclass(frozen=True)
class _Answer:
    status_code: int
    content: bytes


class _Broken(Exception):
    """What a plug-in takes for a lost connection."""


class _Codes:
    ok = 200


class _Requests:
    """What stands in for the library `requests` in the plug-ins: the port, with the few words they use."""

    codes = _Codes
    RequestException = _Broken

    def post(self, url: str, **more: Any) -> _Answer:
        return self.request("POST", url, **more)

    def request(
        self, method: str, url: str, data: Any = b"", params: Any = None, headers: Any = None, **_: Any
    ) -> _Answer:
        body = data.encode() if isinstance(data, str) else data
        whole = f"{url}{'&' if '?' in url else '?'}{urlencode(params)}" if params else url
        said = dict(headers or {}) | {"Idempotency-Key": _key.get()}
        try:
            answer = ports.http.send(method, whole, body=body, headers=said, within=WITHIN)
        except (Refused, ports.Unreachable) as broken:
            why = broken.facts.get("why", "") if isinstance(broken, Refused) else "unreachable"
            _problem.set(str(why))
            raise _Broken(why) from broken
        if not 200 <= answer.status < 300:
            _problem.set(f"http {answer.status}")
        elif code := _declined(answer.body):
            _problem.set(f"service {code}")
            raise _Broken(code)
        return _Answer(answer.status, answer.body)


def _declined(body: bytes) -> str:
    """The service's own code where it answers 200 and means no; empty where it took the message."""
    try:
        told = json.loads(body or b"{}")
    except ValueError:
        return ""
    if not isinstance(told, dict):
        return ""
    code = next((told[name] for name in ("errcode", "code", "StatusCode") if name in told), 0)
    return "" if code in (0, "0", None) else str(code)[:20]


for _plugin in (wecombot, dingtalk, feishu, custom_json):
    _plugin.requests = _Requests()  # type: ignore[attr-defined]


class _MailTrouble(logging.Handler):
    """Takes from what `apprise` logs of a mail that failed the server's code, and leaves the rest."""

    def emit(self, record: logging.LogRecord) -> None:
        said = record.getMessage()
        if "Socket Exception" in said and not _problem.get():
            code = re.search(r"\b([45]\d\d)\b", said)
            _problem.set(f"mail {code[1]}" if code else "mail unreachable")


_trouble = _MailTrouble(logging.DEBUG)
_mailing = threading.Lock()


def send(kind: str, address: str, title: str, body: str, key: str) -> Outcome:
    """Hands one message over. Does not raise: a channel that cannot be reached is an outcome."""
    _problem.set("")
    _key.set(key)
    target = apprise.Apprise.instantiate(addresses.url(kind, address), suppress_exceptions=True)
    if target is None:
        return Outcome(False, "bad address")
    if kind == "email":
        target.headers |= {"X-Jiedao-Key": key}
        target.notify_format = apprise.NotifyFormat.TEXT
    logger = logging.getLogger("apprise")
    with _mailing:  # the library logs for every thread alike: what it says is of the message in hand
        before, logger.propagate = logger.propagate, False
        level = logger.level
        logger.setLevel(logging.DEBUG)
        logger.addHandler(_trouble)
        try:
            sent = bool(target.notify(body=body, title=title, body_format=apprise.NotifyFormat.TEXT))
        finally:
            logger.removeHandler(_trouble)
            logger.setLevel(level)
            logger.propagate = before
    return Outcome(sent, "" if sent else _problem.get() or "not taken")
