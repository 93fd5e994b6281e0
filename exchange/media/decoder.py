"""Decodes what applications send in processes of its own, with limits of time and memory, small files and large apart.

What is certain to take no work is decoded at once, for a process takes a second to begin.
"""

import os
import resource
import struct
from pathlib import Path

from exchange.media import decode
from exchange.media.sound_file import UnreadableSound
from exchange.media.worker_process import WorkerDied, WorkerProcess, WorkerSlow, WorkFailed

SECONDS, MEMORY_BYTES = 30.0, 1 << 30
SMALL_BYTES, LIGHT_BYTES = 1 << 20, 100_000
LIGHT_CODINGS = frozenset({1, 6, 7})  # PCM, A-law, mu-law
LIGHT_RATES = range(8_000, 48_001)


class Decoder:
    """Two processes, each with its queue, so that nobody's prompt waits behind somebody else's hour of music."""

    def __init__(self) -> None:
        self._small = WorkerProcess(_prepare, _decode, SECONDS)
        self._large = WorkerProcess(_prepare, _decode, SECONDS)

    async def warm_up(self) -> None:
        """Start the process for small files before the first caller needs it."""
        try:
            await self._small.start()
        except WorkerDied:
            return  # The first file tries it again, and says what is wrong.

    async def sound(self, data: bytes, kind: str = "", name: str = "") -> bytes:
        """Decode as `decode.decode` does; raise `UnreadableSound` also where it takes more time or memory than is
        given.
        """
        if is_light(data, kind, name):
            return decode.decode(data, kind, name)
        worker = self._small if len(data) <= SMALL_BYTES else self._large
        try:
            return bytes(await self._tried(worker, data, kind, name))
        except WorkFailed as error:
            raise UnreadableSound(str(error).removeprefix(f"{UnreadableSound.__name__}: ")) from error
        except WorkerDied as error:
            raise UnreadableSound(f"it takes more time or memory than a sound may ({error})") from error

    async def _tried(self, worker: WorkerProcess, *job: object) -> bytes:
        """Decode, and once more where the process was killed, which need not be this file's fault."""
        try:
            return bytes(await worker.do(*job))
        except WorkerSlow:
            raise
        except WorkerDied:
            return bytes(await worker.do(*job))

    @property
    def pid(self) -> int | None:
        """Return the process for small files, for tests and for people who look."""
        return self._small.pid

    def close(self) -> None:
        """End at once."""
        for worker in (self._small, self._large):
            worker.close()


def is_light(data: bytes, kind: str = "", name: str = "") -> bool:
    """Return whether its size tells how little work it is: bare mu-law, or a WAV file of the plainest form."""
    if len(data) > LIGHT_BYTES:
        return False
    if data[:4] == b"RIFF" and data[8:16] == b"WAVEfmt " and len(data) >= 44:
        length, coding, channels, rate = struct.unpack_from("<IHHI", data, 16)
        is_plain = length in (16, 18) and data[20 + length : 24 + length] == b"data"
        return is_plain and coding in LIGHT_CODINGS and channels in (1, 2) and rate in LIGHT_RATES
    return decode.is_bare_ulaw(data, kind, name)


def _prepare() -> None:
    """Give way to the media clock, and limit the memory that a file may claim; runs in the process."""
    os.nice(5)
    pages = int(Path("/proc/self/statm").read_text("ascii").split()[0]) if Path("/proc/self/statm").exists() else 0
    most = pages * resource.getpagesize() + MEMORY_BYTES
    resource.setrlimit(resource.RLIMIT_AS, (most, most))


def _decode(data: bytes, kind: str, name: str) -> bytes:
    return decode.decode(data, kind, name)
