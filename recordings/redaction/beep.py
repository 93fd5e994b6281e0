"""A recording with a tone over its redacted spans, readable from anywhere like the original. No database here."""

import io
from collections.abc import Sequence

import numpy as np

from recordings.redaction.redacted_spans import RedactedSpan
from recordings.speech.audio_chunks import PcmLayout
from recordings.storage.seekable import Seekable
from recordings.storage.wav_lengths import Source

PITCH, LOUDNESS = 1000.0, 0.15  # Hz; part of full scale


class BeepedFile(Seekable):
    """The WAV file `source` of layout `layout` with a tone in `spans` of each channel, (start, end) in seconds."""

    def __init__(self, source: Source, layout: PcmLayout, spans: Sequence[Sequence[tuple[float, float]]]) -> None:
        """Read `source` only as far as this file is read."""
        super().__init__(source.seek(0, io.SEEK_END))
        self._source, self._layout = source, layout
        self._spans = [[(round(a * layout.rate), round(b * layout.rate)) for a, b in one] for one in spans]

    def read(self, size: int | None = -1) -> bytes:
        """Return the next bytes, with the tone where it belongs."""
        begin, end = self._at, self.size if size is None or size < 0 else min(self.size, self._at + size)
        if begin >= end:
            return b""
        # Whole frames around what is wanted, so that samples are never cut.
        frame, start = self._layout.frame, self._layout.start
        low = begin if begin < start else start + (begin - start) // frame * frame
        high = end if end <= start else min(self.size, start + -(-(end - start) // frame) * frame)
        self._source.seek(low)
        data = bytearray(self._source.read(high - low) or b"")
        self._cover(data, low)
        self._at = end
        return bytes(data[begin - low : end - low])

    def _cover(self, data: bytearray, low: int) -> None:
        layout = self._layout
        skip = max(0, layout.start - low)  # bytes of the header
        sound_end = min(len(data), layout.start + layout.length - low)
        whole = max(0, sound_end - skip) // layout.frame * layout.frame
        if not whole:
            return
        samples = np.frombuffer(data, dtype="<i2", count=whole // 2, offset=skip).reshape(-1, layout.channels)
        first = max(0, low - layout.start) // layout.frame
        for channel, spans in enumerate(self._spans[: layout.channels]):
            for start, end in spans:
                a, b = max(start, first) - first, min(end, first + len(samples)) - first
                if a < b:
                    moments = np.arange(a + first, b + first) / layout.rate
                    samples[a:b, channel] = (LOUDNESS * 32767 * np.sin(2 * np.pi * PITCH * moments)).astype("<i2")


def by_channel(spans: Sequence[RedactedSpan], speakers: Sequence[str]) -> list[list[tuple[float, float]]]:
    """Return the spans of each channel; of a speaker who is on no channel they count for all of them."""
    return [
        [(start, end) for who, start, end in spans if who == speaker or who not in speakers] for speaker in speakers
    ]
