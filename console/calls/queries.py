"""What the staff pages read of calls: the list with its filters, and one call with everything that belongs to it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.orm import Session

from console.web.paging import Listing, within
from hotline.models import Agent, Call, Event, MachineMark, Offer, Queue, QueueEntry, Recording, Transcript
from hotline.values.scorecard import ItemAnswer
from hotline.values.states.call import CallOutcome, CallStatus
from hotline.values.states.offer import OfferState
from hotline.values.states.recording import RecordingState

PAGE = 25
HEARD = (RecordingState.STORED, RecordingState.TRANSCRIBED)
PASSED = {ItemAnswer.YES: True, ItemAnswer.NO: False}


@dataclass(frozen=True)
class Wanted:
    """Which calls to list; `None` means all. `is_live` asks for those that go on."""

    since: datetime | None = None
    outcome: CallOutcome | None = None
    is_live: bool = False
    queue: str | None = None
    agent_id: str | None = None

    def claims(self) -> list[ColumnElement[bool]]:
        """As conditions on calls."""
        claims: list[ColumnElement[bool]] = []
        if self.since is not None:
            claims.append(Call.started_at >= self.since)
        if self.outcome is not None:
            claims.append(Call.outcome == self.outcome)
        if self.is_live:
            claims.append(Call.status != CallStatus.ENDED)
        if self.queue is not None:
            claims.append(Call.queue == self.queue)
        if self.agent_id is not None:
            claims.append(Call.agent_id == self.agent_id)
        return claims


@dataclass(frozen=True)
class Line:
    """One call in the list, with what belongs to it."""

    call: Call
    agent: Agent | None
    queue: Queue | None
    offer: Offer | None
    is_recorded: bool
    is_transcribed: bool
    greeting: bool | None


@dataclass(frozen=True)
class Story:
    """One call and everything that belongs to it."""

    call: Call
    queue: Queue | None
    agents: dict[str, Agent]
    events: list[Event]
    offers: list[Offer]
    waits: list[QueueEntry]
    recordings: list[Recording]
    transcripts: dict[str, Transcript] = field(default_factory=dict)
    marks: list[MachineMark] = field(default_factory=list)

    @property
    def won(self) -> Offer | None:
        """The offer that was answered."""
        return next((offer for offer in self.offers if offer.state is OfferState.ANSWERED), None)


def listing(session: Session, wanted: Wanted, page: int, unmarked: Select[str]) -> Listing[Line]:
    """The calls wanted, newest first; `page` from 1, the last one where there are fewer. `unmarked`: calls of which the
    machine's marks stay hidden.
    """
    claims = wanted.claims()
    total = session.scalar(select(func.count()).select_from(Call).where(*claims)) or 0
    page = within(page, total, PAGE)
    newest = select(Call).where(*claims).order_by(Call.started_at.desc(), Call.id.desc())
    calls = session.scalars(newest.limit(PAGE).offset((page - 1) * PAGE)).all()
    return Listing(_lines(session, calls, unmarked), total, page, PAGE)


def queues(session: Session) -> list[Queue]:
    """All queues, by name."""
    return list(session.scalars(select(Queue).order_by(Queue.name)))


def agents(session: Session) -> list[Agent]:
    """All agents, by staff number."""
    return list(session.scalars(select(Agent).order_by(Agent.staff_number)))


def story(session: Session, call_id: str) -> Story | None:
    """One call with all that belongs to it, or `None`."""
    call = session.get(Call, call_id)
    if call is None:
        return None
    offers = session.scalars(select(Offer).where(Offer.call_id == call_id).order_by(Offer.started_at)).all()
    ids = {offer.agent_id for offer in offers} | {call.agent_id}
    transcripts = session.scalars(select(Transcript).where(Transcript.call_id == call_id))
    events = session.scalars(select(Event).where(Event.call_id == call_id).order_by(Event.at, Event.id))
    return Story(
        call=call,
        queue=session.get(Queue, call.queue) if call.queue else None,
        agents={agent.id: agent for agent in session.scalars(select(Agent).where(Agent.id.in_(ids)))},
        events=list(events),
        offers=list(offers),
        waits=list(
            session.scalars(select(QueueEntry).where(QueueEntry.call_id == call_id).order_by(QueueEntry.asked_at))
        ),
        recordings=_recordings(session, call_id),
        transcripts={transcript.recording_id: transcript for transcript in transcripts},
        marks=list(session.scalars(select(MachineMark).where(MachineMark.call_id == call_id))),
    )


def recording(session: Session, recording_id: str) -> tuple[Recording, Call] | None:
    """A recording and its call, or `None`."""
    found = session.get(Recording, recording_id)
    if found is None:
        return None
    return found, session.get_one(Call, found.call_id)


def _recordings(session: Session, call_id: str) -> list[Recording]:
    return list(session.scalars(select(Recording).where(Recording.call_id == call_id).order_by(Recording.started_at)))


def _lines(session: Session, calls: Sequence[Call], unmarked: Select[str]) -> list[Line]:
    ids = [call.id for call in calls]
    wanted = (Offer.call_id.in_(ids), Offer.state == OfferState.ANSWERED)
    offers = {
        offer.call_id: offer for offer in session.scalars(select(Offer).where(*wanted).order_by(Offer.started_at))
    }
    recorded = select(Recording.call_id).where(Recording.call_id.in_(ids), Recording.state.in_(HEARD))
    wanted_marks = (MachineMark.call_id.in_(ids), MachineMark.item == "greeting", MachineMark.call_id.not_in(unmarked))
    greeted = select(MachineMark.call_id, MachineMark.answer).where(*wanted_marks)
    greetings = {row.call_id: PASSED.get(row.answer) for row in session.execute(greeted)}
    with_sound = set(session.scalars(recorded))
    with_text = set(session.scalars(select(Transcript.call_id).where(Transcript.call_id.in_(ids))))
    people = _agents(session, {call.agent_id for call in calls if call.agent_id})
    lines = {queue.name: queue for queue in queues(session)}
    return [
        Line(
            call=call,
            agent=people.get(call.agent_id or ""),
            queue=lines.get(call.queue or ""),
            offer=offers.get(call.id),
            is_recorded=call.id in with_sound,
            is_transcribed=call.id in with_text,
            greeting=greetings.get(call.id),
        )
        for call in calls
    ]


def _agents(session: Session, ids: Iterable[str]) -> dict[str, Agent]:
    return {agent.id: agent for agent in session.scalars(select(Agent).where(Agent.id.in_(ids)))}
