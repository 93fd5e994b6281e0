"""A WAV file that grows during a call, written beside the media clock so that a slow disk delays no sound."""

import contextlib
import threading
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import BinaryIO

import numpy as np

from exchange.media.audio import FRAME_BYTES, RATE, mix
from exchange.media.wav_file import HEADER_BYTES, wav_header

Block = tuple[list[bytes], list[bytes]]
Later = Callable[[Callable[[], None]], object]


def at_once(work: Callable[[], None]) -> None:
    """Write in the caller's own thread."""
    work()


class DiskWriter:
    """One thread that writes for all files."""

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="exchange-disk")

    def later(self, work: Callable[[], None]) -> None:
        self._thread.submit(work)

    def close(self) -> None:
        self._thread.shutdown()


class GrowingWav:
    """One file. `is_broken` says that the disk refused; what was written until then stays."""

    def __init__(self, path: Path, channels: int, track: str, later: Later = at_once) -> None:
        self.is_broken = False
        self._path = path
        self._channels = channels
        self._track = track
        self._later = later
        self._waiting: deque[Block] = deque()
        self._lock = threading.Lock()
        self._file: BinaryIO = path.open("wb")
        self._file.write(wav_header(channels, 0))
        self._file.flush()

    def write(self, inbound: list[bytes], outbound: list[bytes]) -> None:
        """Queue frames of the same ticks; they reach the disk soon."""
        self._waiting.append((inbound, outbound))
        self._later(self._drain)

    def close(self, keep_frames: int | None = None) -> float:
        """Write what still waits, keep only so many frames if asked, and return the seconds."""
        self._drain()
        with self._lock, contextlib.suppress(OSError):
            # What a full disk refused is lost already; the length written below is that of what is there.
            self._file.close()
        if keep_frames is not None:
            size = HEADER_BYTES + max(0, keep_frames) * FRAME_BYTES * self._channels
            with self._path.open("r+b") as file:
                file.truncate(min(size, self._path.stat().st_size))
        return finish(self._path, self._channels)

    def _drain(self) -> None:
        """Write everything in order; the disk's thread or the one that closes comes first."""
        with self._lock:
            try:
                while self._waiting and not self.is_broken:
                    self._file.write(self._block(*self._waiting.popleft()))
                    self._file.flush()
            except (OSError, ValueError):
                # A full disk costs the recording, not the call; the recorder sees the mark with the next frame.
                self.is_broken = True

    def _block(self, inbound: Sequence[bytes], outbound: Sequence[bytes]) -> bytes:
        if self._channels == 2:
            pair = [np.frombuffer(b"".join(each), dtype="<i2") for each in (inbound, outbound)]
            return np.stack(pair, axis=1).tobytes()
        if self._track == "inbound":
            return b"".join(inbound)
        if self._track == "outbound":
            return b"".join(outbound)
        return mix([b"".join(inbound), b"".join(outbound)])


def finish(path: Path, channels: int) -> float:
    """Write the true length into the header, whatever the file's size is now; return the seconds."""
    size = max(0, path.stat().st_size - HEADER_BYTES)
    size -= size % (2 * channels)
    with path.open("r+b") as file:
        file.write(wav_header(channels, size))
        file.truncate(HEADER_BYTES + size)
    return size / (2 * channels * RATE)
