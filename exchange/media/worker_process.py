"""A process beside the exchange: one job after the other, each within a time; one that dies is replaced.

What is spoken and decoded there can neither hold up the media clock nor take the exchange down with it.
"""

import asyncio
import multiprocessing
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from typing import Any

from exchange.media.child_process import end_with_parent

START_SECONDS = 60.0


class WorkerDied(RuntimeError):
    """The process is gone: it crashed, was killed, or took too long and was ended. The next job finds a new one."""


class WorkerSlow(WorkerDied):
    """It took too long, and would do so again."""


class WorkFailed(RuntimeError):
    """The job raised an error there; the message names it."""


class WorkerProcess:
    """One process and its queue. `prepare(*given)` runs there once, then `work` for each job; both are of a module."""

    def __init__(
        self, prepare: Callable[..., None], work: Callable[..., Any], seconds: float, given: tuple[Any, ...] = ()
    ) -> None:
        self._main = (prepare, given, work)
        self._seconds = seconds
        self._turn = asyncio.Lock()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="exchange-worker")
        self._process: BaseProcess | None = None
        self._pipe: Connection | None = None
        self._is_closed = False
        self._jobs: set[asyncio.Task[Any]] = set()

    async def do(self, *job: Any) -> Any:
        """Return what `work(*job)` gives. Raises `WorkFailed` or `WorkerDied`. Who gives up waiting does not stop the
        job.
        """
        task = asyncio.get_running_loop().create_task(self._in_turn(job))
        self._jobs.add(task)
        task.add_done_callback(self._forget)
        return await asyncio.shield(task)

    async def start(self) -> None:
        """Start before the first job comes. Raises `WorkerDied` when that cannot be."""
        async with self._turn:
            await self._limited(START_SECONDS, self._begin)

    def close(self) -> None:
        """End the process at once, whatever it does."""
        self._is_closed = True
        self._kill()
        self._thread.shutdown(wait=False, cancel_futures=True)

    @property
    def pid(self) -> int | None:
        """Return the running process, for tests and for people who look."""
        return self._process.pid if self._process else None

    async def _in_turn(self, job: tuple[Any, ...]) -> Any:
        async with self._turn:
            await self._limited(START_SECONDS, self._begin)
            is_good, answer = await self._limited(self._seconds, self._ask, job)
        if not is_good:
            raise WorkFailed(answer)
        return answer

    async def _limited(self, seconds: float, step: Callable[..., Any], *given: Any) -> Any:
        """Wait for the process in the thread; one that is too slow is killed, which ends the wait."""
        if self._is_closed:
            raise WorkerDied("the exchange is ending")
        running = asyncio.get_running_loop().run_in_executor(self._thread, step, *given)
        running.add_done_callback(_look_at)
        done, _ = await asyncio.wait({running}, timeout=seconds)
        if not done:
            self._kill()
            await asyncio.wait({running})
        try:
            return running.result()
        except (EOFError, OSError, asyncio.CancelledError) as error:
            self._kill()
            if not done:
                raise WorkerSlow(f"not ready within {seconds:g} s") from error
            raise WorkerDied("its process ended") from error

    def _begin(self) -> None:
        """Start a process and wait until it is ready; runs in the thread."""
        if self._process and self._process.is_alive():
            return
        self._kill()
        context = multiprocessing.get_context("spawn")
        self._pipe, theirs = context.Pipe()
        process = context.Process(target=_serve, args=(theirs, *self._main), daemon=True)
        process.start()
        self._process = process
        if self._is_closed:
            self._kill()
        theirs.close()
        self._pipe.recv()

    def _ask(self, job: tuple[Any, ...]) -> Any:
        """Give one job and return its answer; runs in the thread."""
        if self._pipe is None:
            raise EOFError
        self._pipe.send(job)
        return self._pipe.recv()

    def _kill(self) -> None:
        process, self._process = self._process, None
        if process:
            process.kill()

    def _forget(self, task: asyncio.Task[Any]) -> None:
        self._jobs.discard(task)
        _look_at(task)


def _look_at(done: "asyncio.Future[Any]") -> None:
    """Read the outcome: whoever waited for it may be gone, and then nobody else would."""
    if not done.cancelled():
        done.exception()


def _serve(pipe: Connection, prepare: Callable[..., None], given: tuple[Any, ...], work: Callable[..., Any]) -> None:
    """Do job after job until the exchange is gone; runs in the process."""
    end_with_parent()
    prepare(*given)
    pipe.send(None)
    while True:
        try:
            job = pipe.recv()
        except EOFError:
            return
        try:
            answer = (True, work(*job))
        except Exception as error:
            answer = (False, f"{type(error).__name__}: {error}")
        pipe.send(answer)
