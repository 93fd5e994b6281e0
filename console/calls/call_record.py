"""One call as its page shows it: its history, its recordings with their words, and the machine's marks."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from qa.scoring import mark_queries
from recordings.storage import queries as recordings
from recordings.transcripts import queries as transcripts
from routing.calls import queries as calls

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from hotline.models import Agent, AutoScore, Call, CallHistoryEvent, Offer, Queue, QueueEntry, Recording, Transcript


@dataclass(frozen=True)
class CallRecord:
    """One call and everything that belongs to it; transcripts by the id of their recording."""

    call: Call
    queue: Queue | None
    agents: dict[str, Agent]
    events: list[CallHistoryEvent]
    offers: list[Offer]
    entries: list[QueueEntry]
    answered_offer: Offer | None
    recordings: list[Recording]
    transcripts: dict[str, Transcript] = field(default_factory=dict)
    marks: list[AutoScore] = field(default_factory=list)


def find(session: Session, call_id: str) -> CallRecord | None:
    """Return one call with all that belongs to it, or `None`."""
    history = calls.history(session, call_id)
    if history is None:
        return None
    return CallRecord(
        call=history.call,
        queue=history.queue,
        agents=history.agents,
        events=history.events,
        offers=history.offers,
        entries=history.entries,
        answered_offer=history.answered_offer,
        recordings=recordings.of_call(session, call_id),
        transcripts=transcripts.of_call(session, call_id),
        marks=mark_queries.of_call(session, call_id),
    )


def recording(session: Session, recording_id: str) -> tuple[Recording, Call] | None:
    """Return a recording and its call, or `None`."""
    found = recordings.find(session, recording_id)
    call = calls.find(session, found.call_id) if found else None
    return (found, call) if found and call else None
