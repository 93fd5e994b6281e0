"""From the channels of a recording to a dialogue: the product's one path from sound to text."""

from collections.abc import Callable
from dataclasses import dataclass

from hotline.values.language import Language
from recordings.speech.recognition import Engine, RecognisedSegment
from recordings.speech.voice_activity import speech_segments
from recordings.storage.audio import Sound

# Channel 1 is what the recorded line said, channel 2 what it heard; we record the caller's line.
SPEAKERS = {1: ("both",), 2: ("caller", "agent")}


@dataclass(frozen=True)
class TranscriptLine:
    """One utterance of a dialogue; times in seconds from the start of the recording, confidence 0 to 1."""

    speaker: str
    start: float
    end: float
    text: str
    confidence: float
    # (start, end, text, confidence) of each word, where the engine tells.
    words: tuple[tuple[float, float, str, float], ...] = ()


def speakers(channels: int) -> tuple[str, ...]:
    """Return who is on which channel."""
    return SPEAKERS.get(channels) or tuple(f"channel {number}" for number in range(1, channels + 1))


def transcribe(
    sound: Sound, language: Language, engine: Engine, progress: Callable[[float], None] | None = None, prompt: str = ""
) -> list[TranscriptLine]:
    """Return the dialogue, by time; `prompt` holds words that may come.

    `progress` is told each time how many more seconds of channel are worked through.
    """
    lines: list[TranscriptLine] = []
    for speaker, pcm in zip(speakers(len(sound.channels)), sound.channels, strict=True):
        done = 0.0
        for segment in engine.recognise(pcm, speech_segments(pcm, engine.longest_seconds), language, prompt):
            lines.append(_line(speaker, segment))
            if progress:
                progress(segment.end - done)
            done = segment.end
        if progress:
            progress(sound.seconds - done)
    return sorted(lines, key=lambda line: (line.start, line.speaker))


def _line(speaker: str, segment: RecognisedSegment) -> TranscriptLine:
    start, end = round(segment.start, 2), round(segment.end, 2)
    words = tuple((round(w.start, 2), round(w.end, 2), w.text, round(w.confidence, 3)) for w in segment.words)
    return TranscriptLine(speaker, start, max(end, start + 0.05), segment.text, round(segment.confidence, 3), words)
