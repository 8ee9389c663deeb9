"""Addresses of channels (送达地址): which forms are taken, what of them is kept, and how they are shown masked.

An address is read whole and written anew from its parts: no parameter, no file, no host that the operator has not
listed gets through (A14). What `apprise` reads of a pasted robot address is its key and nothing else.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import quote

from django.conf import settings

from jiedao.kit import ports
from jiedao.kit.refusal import Refused

LONGEST = 400
_MAIL = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+-]{0,62}@(?:[A-Za-z0-9-]{1,63}\.)+[A-Za-z]{2,24}")
_WECOM = re.compile(
    r"(?:wecombot://|https://qyapi\.weixin\.qq\.com/cgi-bin/webhook/send/?\?key=)([A-Za-z0-9_-]{8,80})/?"
)
_DINGTALK = re.compile(
    r"(?:dingtalk://(?:(SEC[A-Za-z0-9]{20,90})@)?|https://oapi\.dingtalk\.com/robot/send\?access_token=)"
    r"([A-Za-z0-9]{8,90})/?"
)
_FEISHU = re.compile(
    r"(?:feishu://|https://open\.feishu\.cn/open-apis/bot/v2/hook/)([A-Za-z0-9-]{8,80})/?",
)
_JSON = re.compile(r"(jsons?)://([a-z0-9.-]{1,200}):([0-9]{1,5})(/[A-Za-z0-9._~/-]{0,200})?")


@dataclass(frozen=True)
class Way:
    """One kind of channel: how it reads an address, which host it needs, how the address is shown."""

    code: str
    read: Callable[[str], str | None]
    mask: Callable[[str], str]
    host: tuple[str, int] | None = None

    @property
    def is_set_up(self) -> bool:
        """Whether this installation can send so: a mail server is set, the robot's host is on the operator's list."""
        if self.code == "email":
            return bool(settings.MAIL_URL)
        listed = ports.targets(ports.outbound_hosts())
        return self.host in listed if self.host else bool(listed)


def _mail(given: str) -> str | None:
    found = _MAIL.fullmatch(given)
    return given if found and ".." not in given else None


def _wecom(given: str) -> str | None:
    found = _WECOM.fullmatch(given)
    return f"wecombot://{found[1]}" if found else None


def _dingtalk(given: str) -> str | None:
    found = _DINGTALK.fullmatch(given)
    return f"dingtalk://{found[1] + '@' if found[1] else ''}{found[2]}" if found else None


def _feishu(given: str) -> str | None:
    found = _FEISHU.fullmatch(given)
    return f"feishu://{found[1]}" if found else None


def _json(given: str) -> str | None:
    found = _JSON.fullmatch(given)
    if not found:
        return None
    if (found[2], int(found[3])) not in ports.targets(ports.outbound_hosts()):
        raise Refused("outbound_refused", why="not_listed", host=found[2], port=int(found[3]))
    return f"{found[1]}://{found[2]}:{found[3]}{found[4] or '/'}"


def _mask_mail(address: str) -> str:
    name, _, host = address.partition("@")
    return f"{name[0]}***@{host}"


def _mask_key(address: str) -> str:
    return f"…{address.rstrip('/')[-4:]}"


WAYS = {
    way.code: way
    for way in (
        Way("email", _mail, _mask_mail),
        Way("wecombot", _wecom, _mask_key, ("qyapi.weixin.qq.com", 443)),
        Way("dingtalk", _dingtalk, _mask_key, ("oapi.dingtalk.com", 443)),
        Way("feishu", _feishu, _mask_key, ("open.feishu.cn", 443)),
        Way("json", _json, lambda address: address.split("://")[1].split("/")[0]),
    )
}


def read(kind: str, given: str) -> str:
    """The address in the one form that is kept. Refuses `bad_channel` for whatever else was typed."""
    way = WAYS.get(kind)
    address = way.read(given.strip()) if way and len(given) <= LONGEST and given.isascii() else None
    if address is None:
        raise Refused("bad_channel", kind=kind)
    return address


def mask(kind: str, address: str) -> str:
    return WAYS[kind].mask(address)


def url(kind: str, address: str) -> str:
    """What `apprise` is handed. A mail goes by the operator's own server; only the addressee is the person's."""
    if kind != "email":
        return address
    server = str(settings.MAIL_URL)
    return f"{server}{'&' if '?' in server else '/?' if server.count('/') == 2 else '?'}to={quote(address)}"
