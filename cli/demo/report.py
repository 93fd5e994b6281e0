"""What happened, read from the database alone: the rows that webhooks, router and worker have written."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from cli.demo import queries
from hotline.configuration.settings import Settings
from hotline.context import AppContext
from hotline.encryption.keyring import Keyring
from hotline.object_store.store import ObjectStore
from hotline.values.scorecard import ItemAnswer
from hotline.values.states.offer import OfferState
from recordings.storage import sealed_sound_service
from reports.service_level import figures
from routing.estimates import estimated_wait_queries, wait

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from hotline.models import Offer, Recording, Transcript

# What is told of the machine's marks: the item of the scorecard, and the answer that is good.
CHECKS = {"greeting": ("greeting", ItemAnswer.YES), "courtesy": ("forbidden", ItemAnswer.NO)}
JUDGED = frozenset({ItemAnswer.YES, ItemAnswer.NO, ItemAnswer.UNSURE})


class PlayedCall(queries.CallRows):
    """A call with everything that belongs to it, and what is told of it."""

    @property
    def winner(self) -> Offer | None:
        """The offer that was answered."""
        return next((offer for offer in self.offers if offer.state is OfferState.ANSWERED), None)

    @property
    def checks(self) -> dict[str, bool]:
        """Greeting and courtesy: whether they passed; what the machine is unsure of is missing."""
        decided = {name: word for name, word in self.verdicts.items() if word != ItemAnswer.UNSURE}
        return {name: word == "passed" for name, word in decided.items()}

    @property
    def verdicts(self) -> dict[str, str]:
        """Greeting and courtesy: `passed`, `failed` or `unsure`; what was not checked is missing."""
        answers = {mark.item: mark.answer for mark in self.marks}
        given = {name: (answers.get(item), good) for name, (item, good) in CHECKS.items()}
        return {name: _verdict(answer, good) for name, (answer, good) in given.items() if answer in JUDGED}


def _verdict(answer: ItemAnswer | None, good: ItemAnswer) -> str:
    if answer is ItemAnswer.UNSURE:
        return ItemAnswer.UNSURE.value
    return "passed" if answer is good else "failed"


def played(session: Session, since: datetime) -> list[PlayedCall]:
    """Return every call since then, by the caller's number."""
    return [PlayedCall(**vars(rows)) for rows in queries.calls_since(session, since)]


def as_json(context: AppContext, since: datetime) -> dict[str, Any]:
    """All calls since then and their summary, as `hotline demo --json` writes them."""
    with context.database.read() as session:
        calls = played(session, since)
        return {
            "calls": [_call(context, call) for call in calls],
            "summary": _summary(context.settings, calls) | _waits(estimated_wait_queries.error_since(session, since)),
        }


def _call(context: AppContext, story: PlayedCall) -> dict[str, Any]:
    call, winner = story.call, story.winner
    ring = context.settings.ring_seconds
    return {
        "call_id": call.id,
        "caller": call.caller_number,
        "intent": call.intent,
        "outcome": call.outcome or call.status,
        "queue": call.queue,
        "agent": story.agent.staff_number if story.agent else None,
        "asked_at": _iso(call.asked_at),
        "answered_at": _iso(call.answered_at),
        "offer_rings": _round(figures.offer_rings(winner, ring) if winner else None),
        "caller_rings": _round(figures.caller_rings(call, ring)),
        "recording": _recording(context.objects, context.keyring, story.recording),
        "transcript": _transcript(story.transcript),
        "checks": story.checks,
        "verdicts": story.verdicts,
        "probabilities": {name: _probability(story, item) for name, (item, _) in CHECKS.items()},
    }


def _probability(story: PlayedCall, item: str) -> float | None:
    """Return how likely it is that the answer to the item is yes."""
    return next((mark.probability for mark in story.marks if mark.item == item), None)


def _recording(objects: ObjectStore, keyring: Keyring, recording: Recording | None) -> dict[str, Any] | None:
    if recording is None:
        return None
    return {
        "seconds": recording.seconds,
        "channels": recording.channels,
        "encrypted": recording.blob is not None and _is_sealed(objects, keyring, recording),
    }


def _is_sealed(objects: ObjectStore, keyring: Keyring, recording: Recording) -> bool:
    """Return whether what lies in the store is no WAV, and opens to one with the key of the recording's row."""
    opened = sealed_sound_service.read_all(objects, keyring, recording)
    return not objects.sealed(recording.blob or "").startswith(b"RIFF") and opened.startswith(b"RIFF")


def _transcript(transcript: Transcript | None) -> list[dict[str, Any]]:
    if transcript is None:
        return []
    return [
        {"speaker": u.speaker, "start": round(u.start, 2), "end": round(u.end, 2), "text": u.text}
        for u in transcript.utterances
    ]


def _summary(settings: Settings, calls: list[PlayedCall]) -> dict[str, Any]:
    offers = [offer for call in calls for offer in call.offers]
    rows = figures.CountedCalls([call.call for call in calls], offers)
    counted = figures.summary(rows, settings.ring_seconds)
    engines = sorted({call.transcript.engine for call in calls if call.transcript})
    return {
        "calls": counted.calls,
        "asked": counted.asked,
        "answered": counted.answered,
        "abandoned": counted.abandoned,
        "offers_answered": counted.offers_answered,
        "within_three_rings_offer": counted.within_offer,
        "within_three_rings_caller": counted.within_caller,
        "recordings": sum(call.recording is not None and call.recording.blob is not None for call in calls),
        "transcripts": sum(call.transcript is not None for call in calls),
        "engine": ", ".join(engines),
    }


def _waits(error: wait.WaitError | None) -> dict[str, Any]:
    """Return how true the waits were that callers were told; nothing where none of them met somebody."""
    if error is None:
        return {"waits_told": 0}
    return {
        "waits_told": error.count,
        "wait_error_seconds": round(error.median_seconds, 1),
        "waits_too_short": round(error.too_short, 2),
    }


def _iso(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()


def _round(rings: float | None) -> float | None:
    return None if rings is None else round(rings, 2)
