"""What happened, read from the database alone: the rows that webhooks, router and worker have written."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from hotline.context import AppContext
from hotline.models import Agent, Call, MachineMark, Offer, Recording, Transcript
from hotline.values.scorecard import ItemAnswer
from hotline.values.states.offer import OfferState
from recordings.storage import sealed_sound
from reports.service_level import figures
from routing.estimates import estimated_wait, wait

# What is told of the machine's marks: the item of the scorecard, and the answer that is good.
CHECKS = {"greeting": ("greeting", ItemAnswer.YES), "courtesy": ("forbidden", ItemAnswer.NO)}
JUDGED = frozenset({ItemAnswer.YES, ItemAnswer.NO, ItemAnswer.UNSURE})


@dataclass(frozen=True)
class Story:
    """One call with everything that belongs to it."""

    call: Call
    agent: Agent | None
    offers: Sequence[Offer]
    recording: Recording | None
    transcript: Transcript | None
    marks: Sequence[MachineMark]

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


def stories(session: Session, since: datetime) -> list[Story]:
    """Every call since then, by the caller's number: the same order in each run."""
    calls = session.scalars(select(Call).where(Call.started_at >= since)).all()
    ordered = sorted(calls, key=lambda call: (call.caller_number or "", call.started_at))
    return [_story(session, call) for call in ordered]


def _story(session: Session, call: Call) -> Story:
    def rows(model: Any) -> Any:
        return session.scalars(select(model).where(model.call_id == call.id))

    return Story(
        call=call,
        agent=session.get(Agent, call.agent_id) if call.agent_id else None,
        offers=rows(Offer).all(),
        recording=rows(Recording).first(),
        transcript=rows(Transcript).first(),
        marks=rows(MachineMark).all(),
    )


def as_json(context: AppContext, since: datetime) -> dict[str, Any]:
    """All calls since then and their summary, as `hotline demo --json` writes them."""
    with context.database.read() as session:
        told = stories(session, since)
        return {
            "calls": [_call(context, story) for story in told],
            "summary": _summary(context, told) | _waits(estimated_wait.error_since(session, since)),
        }


def _call(context: AppContext, story: Story) -> dict[str, Any]:
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
        "recording": _recording(context, story.recording),
        "transcript": _transcript(story.transcript),
        "checks": story.checks,
        "verdicts": story.verdicts,
        "probabilities": {name: _probability(story, item) for name, (item, _) in CHECKS.items()},
    }


def _probability(story: Story, item: str) -> float | None:
    """How likely it is that the answer to the item is yes."""
    return next((mark.probability for mark in story.marks if mark.item == item), None)


def _recording(context: AppContext, recording: Recording | None) -> dict[str, Any] | None:
    if recording is None:
        return None
    return {
        "seconds": recording.seconds,
        "channels": recording.channels,
        "encrypted": recording.blob is not None and _is_sealed(context, recording),
    }


def _is_sealed(context: AppContext, recording: Recording) -> bool:
    """Whether what lies in the store is no WAV, and opens to one with the key of the recording's row."""
    opened = sealed_sound.read_all(context, recording)
    return not context.objects.sealed(recording.blob or "").startswith(b"RIFF") and opened.startswith(b"RIFF")


def _transcript(transcript: Transcript | None) -> list[dict[str, Any]]:
    if transcript is None:
        return []
    return [
        {"speaker": u.speaker, "start": round(u.start, 2), "end": round(u.end, 2), "text": u.text}
        for u in transcript.utterances
    ]


def _summary(context: AppContext, told: list[Story]) -> dict[str, Any]:
    offers = [offer for story in told for offer in story.offers]
    rows = figures.Counted([story.call for story in told], offers)
    counted = figures.summary(rows, context.settings.ring_seconds)
    engines = sorted({story.transcript.engine for story in told if story.transcript})
    return {
        "calls": counted.calls,
        "asked": counted.asked,
        "answered": counted.answered,
        "abandoned": counted.abandoned,
        "offers_answered": counted.offers_answered,
        "within_three_rings_offer": counted.within_offer,
        "within_three_rings_caller": counted.within_caller,
        "recordings": sum(story.recording is not None and story.recording.blob is not None for story in told),
        "transcripts": sum(story.transcript is not None for story in told),
        "engine": ", ".join(engines),
    }


def _waits(error: wait.Error | None) -> dict[str, Any]:
    """How true the waits were that callers were told; nothing where none of them met somebody."""
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
