"""A line between a browser and a server that can be held: bytes wait in it, connections stay open, nobody is told."""

import asyncio
import contextlib
import threading
from collections.abc import Iterator

# A connection that was taken is served after so long at most.
BEGINNING_SECONDS = 0.05


class Wire:
    """Passes on to 127.0.0.1:`port` whatever comes to its own `port`, while it is not held."""

    def __init__(self, port: int) -> None:
        """Open it."""
        self._to = port
        self._loop = asyncio.new_event_loop()
        self._flows = asyncio.Event()
        self._flows.set()
        self._tasks: set[asyncio.Task[None]] = set()
        # Whether nobody came in since this was last said.
        self._is_quiet = False
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._server = asyncio.run_coroutine_threadsafe(
            asyncio.start_server(self._serve, "127.0.0.1", 0), self._loop
        ).result(10)
        self.port: int = self._server.sockets[0].getsockname()[1]

    @contextlib.contextmanager
    def held(self) -> Iterator[None]:
        """Nothing passes, either way."""
        self._loop.call_soon_threadsafe(self._flows.clear)
        try:
            yield
        finally:
            self._loop.call_soon_threadsafe(self._flows.set)

    def close(self) -> None:
        """End every connection."""

        async def end() -> None:
            self._server.close()
            while self._tasks or not self._is_quiet:
                self._is_quiet = True
                for task in list(self._tasks):
                    task.cancel()
                await asyncio.gather(*self._tasks, return_exceptions=True)
                await asyncio.sleep(BEGINNING_SECONDS)  # who has just come in begins, and is ended like the others

        asyncio.run_coroutine_threadsafe(end(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        self._is_quiet = False
        task.add_done_callback(self._tasks.discard)
        ends = [writer]
        ways: list[asyncio.Task[None]] = []
        try:
            there, back = await asyncio.open_connection("127.0.0.1", self._to)
            ends.append(back)
            ways = [asyncio.ensure_future(self._pass(reader, back)), asyncio.ensure_future(self._pass(there, writer))]
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        except OSError:
            pass  # the server is gone: so is the browser's connection
        finally:
            for way in ways:
                way.cancel()
            for end in ends:
                end.transport.abort()
            for end in ends:
                with contextlib.suppress(OSError):
                    await end.wait_closed()

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while data := await reader.read(65536):
                await self._flows.wait()
                writer.write(data)
                await writer.drain()
