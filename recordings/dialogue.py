"""From the channels of a recording to a dialogue: who said what when. The product's one path from sound to text."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from hotline.values import Language
from recordings.audio import Pcm, Sound
from recordings.recognise import Engine, Segment
from recordings.speech import Stretch, stretches

# Channel 1 is what the recorded line said, channel 2 what it heard; we record the caller's line.
SPEAKERS = {1: ("both",), 2: ("caller", "agent")}


@dataclass(frozen=True)
class Line:
    """One utterance of a dialogue; times in seconds from the start of the recording, confidence 0 to 1."""

    speaker: str
    start: float
    end: float
    text: str
    confidence: float


def speakers(channels: int) -> tuple[str, ...]:
    """Who is on which channel."""
    return SPEAKERS.get(channels) or tuple(f"channel {number}" for number in range(1, channels + 1))


def transcribe(
    sound: Sound, language: Language, engine: Engine, heard: Callable[[float], None] | None = None
) -> list[Line]:
    """The dialogue, by time. `heard` is told each time how many more seconds of channel are worked through."""
    lines: list[Line] = []
    for speaker, pcm in zip(speakers(len(sound.channels)), sound.channels, strict=True):
        done = 0.0
        for stretch in stretches(pcm, engine.longest_seconds):
            lines.extend(_lines(speaker, pcm, stretch, engine, language))
            if heard:
                heard(stretch.end - done)
            done = stretch.end
        if heard:
            heard(sound.seconds - done)
    return sorted(lines, key=lambda line: (line.start, line.speaker))


def _lines(speaker: str, pcm: Pcm, stretch: Stretch, engine: Engine, language: Language) -> Iterator[Line]:
    for segment in engine.recognise(stretch.cut(pcm), language):
        start, end = _placed(segment, stretch)
        yield Line(speaker, start, end, segment.text, round(segment.confidence, 3))


def _placed(segment: Segment, stretch: Stretch) -> tuple[float, float]:
    """The segment's times in the recording, within what voice activity found."""
    start = max(stretch.start, stretch.cut_start + segment.start)
    end = min(stretch.end, stretch.cut_start + segment.end)
    return round(start, 2), round(max(end, start + 0.05), 2)
