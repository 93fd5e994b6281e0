"""Several stretches of speech as one piece of sound, and the way back. Pure.

Whisper hears a syllable better with more speech around it: whole turns of one speaker, without the other's pauses
between them, had a third fewer errors than each turn by itself, at the same cost.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from recordings.speech.voice_activity import SpeechSegment
from recordings.storage.audio import Pcm

ENDING_SECONDS = 0.12


@dataclass(frozen=True)
class Pack:
    """Stretches one behind the other; `starts` says at which second of the pack each begins."""

    stretches: tuple[SpeechSegment, ...]
    starts: tuple[float, ...]

    @property
    def seconds(self) -> float:
        """Return how long the pack is."""
        last = self.stretches[-1]
        return self.starts[-1] + last.cut_end - last.cut_start

    def sound(self, pcm: Pcm) -> Pcm:
        """Return the pack's sound, from the sound of the channel."""
        return np.concatenate([stretch.cut(pcm) for stretch in self.stretches])

    def piece_of(self, start: float, end: float) -> int:
        """Return in which stretch a word of the pack was said. Alignment adds a pause to the word after it: its end
        counts.
        """
        moment = max((start + end) / 2, end - ENDING_SECONDS)
        return max(0, int(np.searchsorted(self.starts, moment, side="right")) - 1)

    def in_channel(self, second: float, piece: int) -> float:
        """Return the moment of the channel for a `second` of the pack in stretch `piece`; within its speech."""
        stretch = self.stretches[piece]
        return min(stretch.end, max(stretch.start, stretch.cut_start + second - self.starts[piece]))

    def singles(self) -> Iterator["Pack"]:
        """Yield each stretch as a pack of its own."""
        return (Pack((stretch,), (0.0,)) for stretch in self.stretches)


def packs(stretches: Sequence[SpeechSegment], longest_seconds: float) -> list[Pack]:
    """Return all stretches in order, in as few packs of at most `longest_seconds` as that allows."""
    groups: list[list[SpeechSegment]] = []
    length = longest_seconds
    for stretch in stretches:
        more = stretch.cut_end - stretch.cut_start
        if length + more > longest_seconds:
            groups.append([])
            length = 0.0
        groups[-1].append(stretch)
        length += more
    return [_pack(group) for group in groups]


def _pack(group: list[SpeechSegment]) -> Pack:
    lengths = [stretch.cut_end - stretch.cut_start for stretch in group]
    return Pack(tuple(group), tuple(float(sum(lengths[:index])) for index in range(len(group))))
