"""The hub (广播): one listening connection for the process, one bounded queue for every stream.

The connection heals by itself; hints sent meanwhile are lost, so every stream is closed then and its page starts over.
"""

import asyncio
import contextlib
import json
import logging
from dataclasses import dataclass, field
from typing import Any

import psycopg

from jiedao.doors.live.viewers import Viewer
from jiedao.ground.db.roles import parameters
from jiedao.kit.ports import chance
from jiedao.record.hints import CHANNEL

BEAT = 3.5
"""Seconds between signs of life; pages take nine of silence for a lost connection."""
MOST_WAITING = 64
"""Hints a slow client may owe before it is told to start over."""
SPREAD_FROM = 20
"""From how many listeners on a hint their reloads are scattered, and 5 ms more for each."""
LONGEST_SPREAD = 2000
GATHERS = 1.2
"""Seconds that hints of positions are gathered before a stream hears of them once; longer than `patrol.moving.EVERY`."""

log = logging.getLogger(__name__)


@dataclass(eq=False)
class Stream:
    """One open page. `None` in the queue closes it."""

    viewer: Viewer
    waiting: asyncio.Queue[bytes | None] = field(default_factory=lambda: asyncio.Queue(MOST_WAITING))

    def give(self, event: bytes) -> None:
        """Puts an event into the queue; where it is full, the stream is closed and the page starts over."""
        try:
            self.waiting.put_nowait(event)
        except asyncio.QueueFull:
            self.close()

    def close(self, last: bytes = b"") -> None:
        """Empties what waits and ends the stream, with a last word if there is one."""
        while not self.waiting.empty():
            self.waiting.get_nowait()
        if last:
            self.waiting.put_nowait(last)
        self.waiting.put_nowait(None)


class Hub:
    """Every stream of this process, and the two tasks that feed them."""

    def __init__(self) -> None:
        self.streams: set[Stream] = set()
        self._moved: set[Stream] = set()
        self._tasks: list[asyncio.Task[None]] = []

    def start(self) -> None:
        """Begins to listen, once."""
        if not self._tasks:
            self._tasks = [asyncio.create_task(self._listen()), asyncio.create_task(self._beat())]

    async def stop(self) -> None:
        for task in self._tasks:
            task.cancel()
        for task in self._tasks:
            with contextlib.suppress(asyncio.CancelledError):
                await task
        self._tasks = []
        self.start_over()

    def start_over(self) -> None:
        """Closes every stream; the pages come back scattered over three seconds and read everything afresh."""
        for stream in list(self.streams):
            stream.close(b"retry: %d\n\n" % chance.randint(500, 3500))

    def spread(self, hint: dict[str, Any]) -> None:
        """Passes a hint to whom it concerns; where those are many, they reload one after another."""
        if "positions" in hint:
            self._gather(hint)
            return
        heard = [stream for stream in self.streams if stream.viewer.sees(hint)]
        wait = min(LONGEST_SPREAD, len(heard) * 5) if len(heard) >= SPREAD_FROM else 0
        told = {"case": hint["case"], "verb": hint["verb"], "spread": wait}
        event = f"event: hint\ndata: {json.dumps(told, separators=(',', ':'))}\n\n".encode()
        for stream in heard:
            stream.give(event)

    def _gather(self, hint: dict[str, Any]) -> None:
        """Notes whose map has moved; they hear it together, once."""
        moved = {stream for stream in self.streams if stream.viewer.watches(hint)}
        if moved and not self._moved:
            asyncio.get_running_loop().call_later(GATHERS, self._tell_moved)
        self._moved |= moved

    def _tell_moved(self) -> None:
        moved, self._moved = self._moved & self.streams, set()
        for stream in moved:
            stream.give(b"event: positions\ndata: 1\n\n")

    async def _beat(self) -> None:
        while True:
            await asyncio.sleep(BEAT)
            for stream in list(self.streams):
                if stream.waiting.empty():
                    stream.give(b"event: beat\ndata: 1\n\n")

    async def _listen(self) -> None:
        patience = 0.2
        while True:
            try:
                async with await psycopg.AsyncConnection.connect(**parameters("live"), autocommit=True) as connection:
                    await connection.execute(f"LISTEN {CHANNEL}")
                    patience = 0.2
                    await self._hear(connection)
            except (psycopg.Error, OSError) as broken:
                log.warning("not listening, trying again: %s", broken)
            self.start_over()
            await asyncio.sleep(patience)
            patience = min(patience * 2, 5)

    async def _hear(self, connection: psycopg.AsyncConnection) -> None:
        """Until the connection breaks. Asked every 20 s, because a broken network says nothing by itself."""
        while True:
            async for notice in connection.notifies(timeout=20):
                with contextlib.suppress(ValueError, KeyError):
                    self.spread(json.loads(notice.payload))
            await asyncio.wait_for(connection.execute("SELECT 1"), 5)


hub = Hub()
