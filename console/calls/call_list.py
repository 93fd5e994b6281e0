"""The list of calls as the page shows it: each call with what routing, recordings and quality know of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hotline.values.paging import Listing
from qa.scoring import mark_queries
from recordings.storage import queries as recordings
from recordings.transcripts import queries as transcripts
from routing.calls import queries as calls

if TYPE_CHECKING:
    from sqlalchemy import Select
    from sqlalchemy.orm import Session

    from hotline.models import Agent, Call, Offer, Queue
    from routing.calls.queries import CallFilter


@dataclass(frozen=True)
class CallRow:
    """One call in the list. `has_greeting` is the machine's judgement of how it was answered, where it is sure."""

    call: Call
    agent: Agent | None
    queue: Queue | None
    offer: Offer | None
    is_recorded: bool
    is_transcribed: bool
    has_greeting: bool | None


def listing(session: Session, wanted: CallFilter, page: int, unmarked: Select[str]) -> Listing[CallRow]:
    """Return the calls wanted, newest first; of the calls of `unmarked` the machine's marks stay hidden."""
    found = calls.listing(session, wanted, page)
    ids = [row.call.id for row in found.rows]
    audible, transcribed = recordings.audible(session, ids), transcripts.transcribed(session, ids)
    greetings = mark_queries.greetings(session, ids, unmarked)
    rows = [
        CallRow(
            call=row.call,
            agent=row.agent,
            queue=row.queue,
            offer=row.offer,
            is_recorded=row.call.id in audible,
            is_transcribed=row.call.id in transcribed,
            has_greeting=greetings.get(row.call.id),
        )
        for row in found.rows
    ]
    return Listing(rows, found.total, found.page, found.size)
