"""Scoring of calls by the machine. One transaction per function."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy.orm import Session

from hotline import log
from hotline.context import AppContext
from hotline.errors import Discard, HotlineError
from hotline.models import AutoScore, Call, Recording, Transcript, Utterance
from hotline.outbox import call_log
from hotline.outbox.job_kinds import job
from hotline.values.call_events import CallChecked
from hotline.values.intent import Intent
from hotline.values.language import Language
from hotline.values.scorecard import ItemAnswer
from hotline.values.states.case import CaseKind
from hotline.values.states.recording import HELD
from qa import scorecards
from qa.scorecards import Scorecard, phrase_lists_file
from qa.scoring import auto_scoring, dialogue_builder, queries
from qa.scoring.merge import merge
from qa.scoring.score import Evidence, ItemResult, is_fault
from qa.scoring.tokens import SpokenUtterance
from recordings.speech.engines import choice as engine_choice
from recordings.speech.engines.closed_set import ClosedSetScorer
from recordings.storage import service as recordings
from recordings.storage.audio import read_wav

SERVICE, FOLLOW_UP = "service", "follow-up"
# A longer recording is marked by its words alone: its sound would fill the memory of a worker.
LONGEST_SECONDS = 3600.0
SIDES = 2


@job("check_call", queue="speech")
def score_call(context: AppContext, call_id: str, now: datetime) -> None:
    """Score the call by its scorecard and store one row per item; done again, the rows are made anew.

    Raises `Discard` when there is no transcript to mark.
    """
    with context.database.read() as session:
        call = session.get(Call, call_id)
        pieces = queries.scorable_recordings(session, call_id)
        name = FOLLOW_UP if queries.is_follow_up(session, call_id) else SERVICE
        facts = _facts(session, call) | {"scripted": name == FOLLOW_UP} if call else {}
    if call is None or not pieces:
        raise Discard("the call has no transcript")
    card = scorecards.load(context.settings.scorecards_folder)[name]
    marked = [_marks(context, card, call.language, *piece, facts) for piece in pieces]
    results = merge(card, marked)
    with context.database.write() as session:
        queries.locked_call(session, call_id)
        queries.forget_marks(session, call_id)
        session.add_all(_row(call_id, card.name, result, now) for result in results)
        faults = [result.item_id for result in results if is_fault(card.item(result.item_id), result)]
        unsure = [result.item_id for result in results if result.answer is ItemAnswer.UNSURE]
        checked = CallChecked(scorecard=card.name, faults=faults, unsure=unsure)
        call_log.record(session, context.notifier, call_id, checked, now)


def _marks(
    context: AppContext,
    card: Scorecard,
    language: Language,
    recording: Recording,
    transcript: Transcript,
    facts: Mapping[str, bool],
) -> list[ItemResult]:
    """Return the marks of one recording."""
    settings = context.settings
    name = settings.hospital_name_zh if language is Language.MANDARIN else settings.hospital_name_en
    phrases = dialogue_builder.with_name(phrase_lists_file.load(settings.scorecards_folder, language), name, language)
    utterances = [_said(row) for row in transcript.utterances]
    dialogue = dialogue_builder.build_dialogue(utterances, _sound(context, recording), phrases, language)
    results = auto_scoring.auto_score(card, dialogue_builder.with_facts(dialogue, facts))
    return [
        replace(result, evidence=tuple(replace(place, recording_id=recording.id) for place in result.evidence))
        for result in results
    ]


def _sound(context: AppContext, recording: Recording) -> dialogue_builder.ScorableAudio | None:
    """Return the sound, where it is still there and small enough; without it phrases are judged by the words alone."""
    if recording.state not in HELD or (recording.seconds or 0.0) > LONGEST_SECONDS:
        return None
    try:
        sound = read_wav(recordings.decrypted_wav(context.objects, context.keyring, recording))
        scorer = ClosedSetScorer(engine_choice.models_of(context.settings))
    except HotlineError as error:
        # Words are there, so a mark can be given; whoever plays the recording learns of its damage there.
        log.get().warning("call_scored_without_sound", recording_id=recording.id, reason=error.code)
        return None
    return dialogue_builder.ScorableAudio(sound, scorer) if len(sound.channels) == SIDES else None


def _said(row: Utterance) -> SpokenUtterance:
    """Return what was said, as a person corrected it where one did."""
    if row.corrections:
        return SpokenUtterance(row.speaker, row.start, row.end, row.corrections[-1].text, id=row.id)
    words = tuple((float(word[0]), float(word[1]), str(word[2]), float(word[3])) for word in row.words or [])
    return SpokenUtterance(row.speaker, row.start, row.end, row.text, words, row.confidence, row.id)


def _facts(session: Session, call: Call) -> dict[str, bool]:
    """Return what the records know of the call; what they cannot tell is left away."""
    cases = queries.cases(session, call.id)
    facts = {"is_complaint": call.intent is Intent.COMPLAINT or any(m.kind is CaseKind.COMPLAINT for m in cases)}
    if cases:
        facts["records_complete"] = all((case.text or "").strip() for case in cases)
    closed = [case.closed_at <= case.due_at for case in cases if case.closed_at is not None]
    if closed:
        facts["deadline_kept"] = all(closed)
    return facts


def _row(call_id: str, scorecard: str, result: ItemResult, now: datetime) -> AutoScore:
    return AutoScore(
        call_id=call_id,
        scorecard=scorecard,
        item=result.item_id,
        answer=result.answer,
        probability=result.probability,
        evidence=_places(result.evidence),
        made_at=now,
    )


def _places(evidence: Sequence[Evidence]) -> list[dict[str, object]]:
    """Return where to listen; never the words, which stand encrypted in the transcript."""
    return [
        {
            "recording_id": place.recording_id,
            "start": place.start,
            "end": place.end,
            "speaker": place.speaker,
            "utterances": list(place.utterances),
        }
        for place in evidence
    ]
