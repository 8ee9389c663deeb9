"""The live server (实时服务): ASGI, one address, `GET /live/`. A stream holds a queue and no database connection."""

import asyncio
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from http.cookies import CookieError, SimpleCookie
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.db import Error

from jiedao.doors.live.hub import Stream, hub
from jiedao.doors.live.viewers import Viewer, viewer_of
from jiedao.doors.web.middleware import hosts
from jiedao.ground.districts.models import District

Message = dict[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

PATH = "/live/"
PROBES = frozenset({"/livez", "/readyz"})
ASK_AGAIN = 60
END = b"event: end\ndata: 1\n\n"
# Sign-in is asked through Django's ORM, which blocks: a few threads, as many connections.
_asking = ThreadPoolExecutor(4, thread_name_prefix="sign-in")


async def application(scope: Message, receive: Receive, send: Send) -> None:
    """Answers a stream, or says plainly that there is nothing else here."""
    if scope["type"] == "lifespan":
        await _lifespan(receive, send)
        return
    if scope["type"] != "http":
        return
    if scope["path"] in PROBES:
        await _probe(send)
        return
    hub.start()
    headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
    origin = headers.get("origin", "")
    if scope["path"] != PATH or scope["method"] != "GET":
        await _plainly(send, 404 if scope["path"] != PATH else 405)
    elif origin and not is_ours(origin, headers.get("host", "")):
        await _plainly(send, 403)
    else:
        await _stream(headers, origin, receive, send)


async def _probe(send: Send) -> None:
    """That this process answers; it is as ready as it is alive, for it serves its streams without the database."""
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/plain")]})
    await send({"type": "http.response.body", "body": b"live\n"})


def is_ours(origin: str, host: str) -> bool:
    """Whether a page of this very district may listen: same host name, on our port or the one we are called by."""
    told, called = urlsplit(origin), urlsplit(f"//{host}")
    if origin in settings.CSRF_TRUSTED_ORIGINS:
        return True
    if told.hostname is None or told.hostname != called.hostname:
        return False
    usual = {"http": 80, "https": 443}.get(told.scheme)
    return (told.port or usual) in {settings.SERVER_PORT, called.port or usual}


async def _stream(headers: dict[str, str], origin: str, receive: Receive, send: Send) -> None:
    session = _cookie(headers.get("cookie", ""))
    try:
        place = await _ask(_district, headers.get("host", ""))
        viewer = await _ask(viewer_of, place, session) if place and session else None
    except Error:
        await _plainly(send, 503)
        return
    await send({"type": "http.response.start", "status": 200, "headers": _headers(origin)})
    if place is None or viewer is None:
        await send({"type": "http.response.body", "body": END})
        return
    stream = Stream(viewer)
    hub.streams.add(stream)
    tasks = [asyncio.create_task(_watch(stream, receive)), asyncio.create_task(_keep_asking(stream, place, session))]
    try:
        await _pass_on(stream, send)
    finally:
        hub.streams.discard(stream)
        for task in tasks:
            task.cancel()


async def _pass_on(stream: Stream, send: Send) -> None:
    event: bytes | None = b"retry: 2000\nevent: beat\ndata: 1\n\n"
    while event is not None:
        await send({"type": "http.response.body", "body": event, "more_body": True})
        event = await stream.waiting.get()
    await send({"type": "http.response.body", "body": b""})


async def _watch(stream: Stream, receive: Receive) -> None:
    """Until the page has gone."""
    while (await receive())["type"] != "http.disconnect":
        pass
    stream.close()


async def _keep_asking(stream: Stream, place: District, session: str) -> None:
    """Every minute: still signed in, still with the same sight. A silent database ends nobody."""
    while True:
        await asyncio.sleep(ASK_AGAIN)
        try:
            viewer: Viewer | None = await _ask(viewer_of, place, session)
        except Error:
            continue
        if viewer is None:
            stream.close(END)
            return
        stream.viewer = viewer


async def _ask(question: Callable[..., Any], *given: Any) -> Any:
    return await asyncio.get_running_loop().run_in_executor(_asking, question, *given)


def _district(host: str) -> District | None:
    return hosts.find(host) or hosts.named(settings.DEFAULT_DISTRICT or "")


def _cookie(header: str) -> str:
    try:
        found = SimpleCookie(header).get(settings.SESSION_COOKIE_NAME)
    except CookieError:
        return ""
    return found.value if found and found.value.isalnum() else ""


def _headers(origin: str) -> list[tuple[bytes, bytes]]:
    found = [
        (b"content-type", b"text/event-stream; charset=utf-8"),
        (b"cache-control", b"no-store"),
        (b"x-accel-buffering", b"no"),
        (b"x-content-type-options", b"nosniff"),
        (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
        (b"vary", b"Origin, Cookie"),
    ]
    if origin:
        found += [
            (b"access-control-allow-origin", origin.encode("latin-1")),
            (b"access-control-allow-credentials", b"true"),
        ]
    return found


async def _plainly(send: Send, status: int) -> None:
    headers = [
        (b"content-type", b"text/plain"),
        (b"cache-control", b"no-store"),
        (b"x-content-type-options", b"nosniff"),
    ]
    if status == 503:
        headers.append((b"retry-after", b"10"))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": b""})


async def _lifespan(receive: Receive, send: Send) -> None:
    while True:
        message = await receive()
        if message["type"] == "lifespan.startup":
            hub.start()
            await send({"type": "lifespan.startup.complete"})
        else:
            await hub.stop()
            await send({"type": "lifespan.shutdown.complete"})
            return
