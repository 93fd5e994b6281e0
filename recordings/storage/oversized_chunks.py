"""Chunks of a WAV file that claim to be longer than the file: FFmpeg would take as much memory as they say."""

import io

from recordings.storage.seekable import Seekable
from recordings.storage.wav_lengths import GREEDY, Source

SKIPPED_NAME = b"JUNK"
CHUNK_HEAD_BYTES = 12  # of a WAV file; parts follow it


class OversizedChunks:
    """Finds such chunks in a file that goes by in pieces."""

    def __init__(self) -> None:
        """Begin at the beginning of a file."""
        self.size = 0
        self._order: str | None = None
        self._tail = b""
        self._claimed: list[tuple[int, int]] = []

    def feed(self, piece: bytes) -> None:
        """Take the next bytes of the file."""
        data, start = self._tail + piece, self.size - len(self._tail)
        if self._order is None and len(data) >= 4:
            self._order = "big" if data[:4] == b"RIFX" else "little"
        for name in GREEDY:
            at = data.find(name)
            while 0 <= at <= len(data) - 8:
                if start + at >= CHUNK_HEAD_BYTES:
                    length = int.from_bytes(data[at + 4 : at + 8], "big" if self._order == "big" else "little")
                    self._claimed.append((start + at, length))
                at = data.find(name, at + 1)
        self.size += len(piece)
        self._tail = data[-7:]

    def offsets(self) -> tuple[int, ...]:
        """Return where chunks stand that end behind the file, once all of it has gone by."""
        return tuple(sorted({at for at, length in self._claimed if length > self.size - at - 8}))


class MaskedChunks(Seekable):
    """The file `source` with another name at `offsets`, so that what stands there is skipped."""

    def __init__(self, source: Source, offsets: tuple[int, ...]) -> None:
        """Read `source` only as far as this file is read."""
        super().__init__(source.seek(0, io.SEEK_END))
        self._source, self._spots = source, offsets

    def read(self, size: int | None = -1) -> bytes:
        """Return the next bytes, all of the rest by default."""
        begin = self._at
        self._source.seek(begin)
        data = bytearray(self._source.read(-1 if size is None or size < 0 else size) or b"")
        self._at += len(data)
        for spot in self._spots:
            for offset, sign in enumerate(SKIPPED_NAME, spot - begin):
                if 0 <= offset < len(data):
                    data[offset] = sign
        return bytes(data)
