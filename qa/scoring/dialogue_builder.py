"""From a recording and its words to the dialogue that is scored, with the audio at hand to judge texts by."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from hotline.values.language import Language
from qa.scorecards.phrase_lists_file import Lists
from qa.scoring.dialogue import AGENT, CALLER, Dialogue
from qa.scoring.phrase_match import AcousticScorer, ScoreTexts
from qa.scoring.tokens import SpokenUtterance, dialogue_turns
from qa.scoring.wording import wording
from recordings.speech.dialogue import TranscriptLine
from recordings.speech.voice_activity import speech_segments
from recordings.storage.audio import Sound

if TYPE_CHECKING:
    from recordings.speech.engines.closed_set import ClosedSetScorer

# The list to which the hospital's own name belongs.
NAMES = "names"
# What the model can hear at once, less the margins.
LONGEST_SECONDS = 28.0
LONGEST_STRETCH = 29.0


@dataclass(frozen=True)
class ScorableAudio:
    """The sound of a recording and what scores texts against it; `sound`'s first channel is the caller."""

    sound: Sound
    scorer: ClosedSetScorer


def spoken_utterances(lines: Sequence[TranscriptLine]) -> list[SpokenUtterance]:
    """Return the lines of a transcription as the search reads them."""
    return [
        SpokenUtterance(line.speaker, line.start, line.end, line.text, line.words, line.confidence) for line in lines
    ]


def build_dialogue(
    lines: Sequence[SpokenUtterance], audio: ScorableAudio | None, lists: Lists, language: Language
) -> Dialogue:
    """Return what is to be scored. Without the sound, phrases are judged by their text alone."""
    sides = dict(zip((CALLER, AGENT), audio.sound.channels, strict=True)) if audio else {}
    speech = {
        side: [(one.start, one.end) for one in speech_segments(pcm, LONGEST_STRETCH)] for side, pcm in sides.items()
    }
    seconds = audio.sound.seconds if audio else max((one.end for one in lines), default=0.0)
    scorer = AcousticScorer(language, _by_sound(audio, language) if audio else _by_text)
    return Dialogue(tuple(dialogue_turns(lines, language)), speech, seconds, scorer, lists)


def with_facts(dialogue: Dialogue, facts: Mapping[str, bool]) -> Dialogue:
    """Return the dialogue with what the hospital's records know."""
    return replace(dialogue, facts=facts)


def with_name(lists: Lists, name: str, language: Language) -> Lists:
    """Return the lists, in which the hospital's own name counts as naming it."""
    if not name.strip() or NAMES not in lists:
        return lists
    names = lists[NAMES]
    return {**lists, NAMES: replace(names, say=(wording(name, language), *names.say))}


def _by_text(_said: Sequence[SpokenUtterance], _texts: Sequence[str]) -> None:
    return None


def _by_sound(audio: ScorableAudio, language: Language) -> ScoreTexts:
    """Return a function that scores by the audio, each place and text asked for once."""
    sides = dict(zip((CALLER, AGENT), audio.sound.channels, strict=True))
    cache: dict[tuple[str, float, float, str], float] = {}

    def score(lines: Sequence[SpokenUtterance], texts: Sequence[str]) -> list[float]:
        side, start = lines[0].speaker, lines[0].start
        end = min(lines[-1].end, start + LONGEST_SECONDS)
        missing = [text for text in dict.fromkeys(texts) if (side, start, end, text) not in cache]
        if missing:
            scores = audio.scorer.scores(sides[side], start, end, language, missing)
            cache.update({(side, start, end, text): score for text, (score, _) in zip(missing, scores, strict=True)})
        return [cache[side, start, end, text] for text in texts]

    return score
