"""The line between till and switch on a training day, which can be cut and mended.

Apart from the switch, which knows nothing of it: to the till a cut line is what it is in a shop,
a refused connection and one that breaks off.
"""

import asyncio
import threading
from collections.abc import Coroutine
from concurrent.futures import Future
from contextlib import suppress
from typing import Self
from urllib.parse import urlsplit

HOST = "127.0.0.1"
CHUNK_BYTES = 65_536
ANSWER_S_MAX = 10.0


class Line:
    """Passes bytes on to the switch at `target` (its URL). Use as a context manager.

    `url` is where the till finds it; it stays the same when the line is cut and mended.
    """

    def __init__(self, target: str) -> None:
        parts = urlsplit(target)
        self._target = parts.hostname or HOST, parts.port or 80
        self._loop = asyncio.new_event_loop()
        self._server: asyncio.Server | None = None
        self._port = 0
        self._open: set[asyncio.StreamWriter] = set()
        self._pumps: set[asyncio.Task[None]] = set()
        self._thread = threading.Thread(target=self._loop.run_forever, name="line", daemon=True)

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://{HOST}:{self._port}"

    def mend(self) -> None:
        """Let everything through; may be called twice."""
        self._have(self._listen())

    def cut(self) -> None:
        """Break what is under way off and refuse what comes; may be called twice."""
        self._have(self._hang_up())

    def __enter__(self) -> Self:
        self._thread.start()
        self.mend()
        return self

    def __exit__(self, *_: object) -> None:
        self._have(self._end())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(ANSWER_S_MAX)
        self._loop.close()

    def _have(self, work: Coroutine[None, None, None]) -> None:
        done: Future[None] = asyncio.run_coroutine_threadsafe(work, self._loop)
        done.result(ANSWER_S_MAX)

    async def _listen(self) -> None:
        if self._server is None:
            self._server = await asyncio.start_server(self._pass_on, HOST, self._port)
            self._port = self._server.sockets[0].getsockname()[1]

    async def _hang_up(self) -> None:
        server, self._server = self._server, None
        if server is not None:
            server.close()
        for writer in list(self._open):
            writer.transport.abort()

    async def _end(self) -> None:
        await self._hang_up()
        if self._pumps:
            await asyncio.wait(list(self._pumps), timeout=ANSWER_S_MAX)

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None  # noqa: S101 - a connection is served in a task
        self._pumps.add(task)
        self._open.add(writer)
        try:
            there = await asyncio.open_connection(*self._target)
            self._open.add(there[1])
            await asyncio.gather(_pump(reader, there[1]), _pump(there[0], writer))
            self._open.discard(there[1])
        except OSError:
            writer.transport.abort()
        finally:
            self._open.discard(writer)
            self._pumps.discard(task)


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """All bytes of one direction, then its end."""
    with suppress(OSError):
        while chunk := await reader.read(CHUNK_BYTES):
            writer.write(chunk)
            await writer.drain()
    writer.close()
