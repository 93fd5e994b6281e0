"""Sources of what a leg hears: each returns one frame a tick. Knows no call."""

from typing import Protocol

from exchange.media.audio import FRAME_BYTES, SILENCE


class AudioSource(Protocol):
    """A source of sound."""

    def next_frame(self) -> bytes | None:
        """Return the next 20 ms, or None when there is no more."""
        ...


class PcmSource:
    """A piece of sound, played so many times; `times=0` never ends."""

    def __init__(self, pcm: bytes, times: int = 1) -> None:
        self._pcm = pcm
        self._left = times
        self._endless = times == 0
        self._at = 0

    def next_frame(self) -> bytes | None:
        if self._at >= len(self._pcm):
            self._at = 0
            self._left -= 1
            if not self._pcm or (self._left <= 0 and not self._endless):
                return None
        frame = self._pcm[self._at : self._at + FRAME_BYTES]
        self._at += FRAME_BYTES
        return frame if len(frame) == FRAME_BYTES else frame.ljust(FRAME_BYTES, b"\0")


class SilenceSource:
    """Silence without end."""

    def next_frame(self) -> bytes | None:
        return SILENCE
