"""`hotline review`: a two-channel recording from anywhere, marked by a scorecard. No database, no settings."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from hotline.errors import HotlineError
from hotline.values.language import Language
from qa.scorecards import Scorecard
from qa.scorecards import phrase_lists_file as scorecards_phrase_lists
from qa.scoring import auto_scoring, dialogue_builder
from qa.scoring.dialogue import AGENT, CALLER
from qa.scoring.score import ItemResult, Score, score
from recordings.errors import UnreadableAudio
from recordings.speech import dialogue, recognition
from recordings.storage.audio import Sound
from recordings.storage.audio_file import read_file

if TYPE_CHECKING:
    from recordings.speech.engines.closed_set import ClosedSetScorer

SIDES = (CALLER, AGENT)


class NotReviewable(HotlineError):
    """A file that cannot be marked; the message says what to do about it."""

    code = "not_reviewable"


@dataclass(frozen=True)
class ReviewTask:
    """The task: scorecard, language and lists. `order` says who is on which channel."""

    card: Scorecard
    language: Language
    order: tuple[str, ...] = SIDES
    folder: Path | None = None
    hospital: str = ""


@dataclass(frozen=True)
class RecordingReview:
    """The machine's marks of one file."""

    results: tuple[ItemResult, ...]
    score: Score
    engine: str


def read(file: Path, order: tuple[str, ...]) -> Sound:
    """Return the file's sound, the caller's channel first. Raises `NotReviewable`."""
    if file.stat().st_size == 0:
        raise NotReviewable(f"{file}: the file is empty; export the recording again")
    try:
        sound = read_file(file)
    except UnreadableAudio as error:
        raise NotReviewable(str(error)) from error
    count = len(sound.channels)
    if count != len(SIDES):
        raise NotReviewable(
            f"{file}: it has {count} channel{'s' if count > 1 else ''}, and two are needed, caller and agent apart; "
            "export it as a stereo WAV file (most systems call it dual channel or split recording)"
        )
    if sound.seconds < 1.0:
        raise NotReviewable(f"{file}: it lasts {sound.seconds:.1f} seconds; nothing can be marked in so little")
    return sound if order == SIDES else replace(sound, channels=(sound.channels[1], sound.channels[0]))


def review(
    sound: Sound,
    task: ReviewTask,
    engine: recognition.Engine,
    scorer: ClosedSetScorer,
    progress: Callable[[float], None] | None = None,
) -> RecordingReview:
    """Transcribe and score. `progress` is told each time how many more seconds of channel are worked through."""
    lines = dialogue.transcribe(sound, task.language, engine, progress)
    phrase_lists = dialogue_builder.with_name(
        scorecards_phrase_lists.load(task.folder, task.language), task.hospital, task.language
    )
    dialogue_ = dialogue_builder.build_dialogue(
        dialogue_builder.spoken_utterances(lines),
        dialogue_builder.ScorableAudio(sound, scorer),
        phrase_lists,
        task.language,
    )
    results = tuple(auto_scoring.auto_score(task.card, dialogue_))
    return RecordingReview(results, score(task.card, results), engine.name)


def document(review: RecordingReview) -> dict[str, object]:
    """Return the review as `--json` writes it."""
    return {
        "score": review.score.score,
        "fatal": review.score.fatal,
        "items": [
            {
                "id": result.item_id,
                "answer": result.answer.value,
                "probability": result.probability,
                "evidence": [
                    {"start": place.start, "end": place.end, "speaker": place.speaker, "text": place.text}
                    for place in result.evidence
                ],
            }
            for result in review.results
        ],
    }
