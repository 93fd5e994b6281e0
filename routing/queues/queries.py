"""What routing reads of one call: its rows with their locks, its place in line. Nothing here commits."""

from sqlalchemy import Select, and_, func, or_, select
from sqlalchemy.orm import Session

from hotline.models import Agent, Call, Callback, Offer, Queue, QueueEntry
from hotline.values.reason_codes import AgentStateReason
from hotline.values.states.agent import AgentState
from hotline.values.states.callback import CallbackState
from hotline.values.states.offer import LIVE_OFFERS
from hotline.values.states.queue_entry import QueueEntryKind, QueueEntryState
from routing.router import queries as statements

# In line, or just being connected.
IN_LINE = (QueueEntryState.WAITING, QueueEntryState.WON)
# Who let an offer ring out may all the same be asked where nobody else is free; who declined or hung up may not.
CAN_BE_RUNG = (
    Agent.state == AgentState.IDLE,
    and_(Agent.state == AgentState.NOT_READY, Agent.state_reason == AgentStateReason.RING_NO_ANSWER),
)


def locked_call(session: Session, call_id: str) -> Call | None:
    """Return the call, locked until the transaction ends.

    It is the one lock that changes of its line and offers take.
    """
    return _held(session, session.scalar(statements.LOCKED_CALL, {"call_id": call_id}))


def locked_offer(session: Session, offer_id: str) -> Offer | None:
    """Return the offer as it is once its call is locked; `None` when there is none."""
    call = _held(session, session.scalar(statements.CALL_OF_OFFER, {"offer_id": offer_id}))
    return None if call is None else session.scalar(statements.OFFER, {"offer_id": offer_id})


def _held(session: Session, call: Call | None) -> Call | None:
    """Return a session forgets rows that nobody refers to; who asks for the locked call again need not read it
    again.
    """
    session.info["locked"] = call
    return call


def open_entry(session: Session, call_id: str) -> QueueEntry | None:
    """Return the caller's place in line, `None` when they are not (or no longer) in one."""
    return session.scalar(statements.OPEN_PLACE, {"call_id": call_id})


def live_offers(session: Session, queue_entry_id: str) -> list[Offer]:
    """Phones that ring or are being dialled for this caller, always in the order of their agents."""
    return list(session.scalars(statements.LIVE_FOR, {"queue_entry_id": queue_entry_id}))


def position(session: Session, entry: QueueEntry) -> int:
    """Return how many callers of the same queue are served before this one, plus one."""
    earlier = or_(
        QueueEntry.priority > entry.priority,
        and_(QueueEntry.priority == entry.priority, QueueEntry.asked_at < entry.asked_at),
    )
    ahead = select(func.count()).where(
        QueueEntry.queue == entry.queue,
        QueueEntry.state == QueueEntryState.WAITING,
        QueueEntry.id != entry.id,
        earlier,
    )
    return (session.scalar(ahead) or 0) + (session.scalar(_called_before(entry)) or 0) + 1


def _called_before(entry: QueueEntry) -> Select[int]:
    """Return how many who are to be called back stand before this caller: they kept their place."""
    earlier = or_(
        Callback.priority > entry.priority,
        and_(Callback.priority == entry.priority, Callback.asked_at < entry.asked_at),
    )
    open_ = Callback.state.in_([CallbackState.WAITING, CallbackState.DIALLING])
    return select(func.count()).where(Callback.queue == entry.queue, open_, earlier)


def offer(session: Session, offer_id: str) -> Offer | None:
    """Return the offer with this id."""
    return session.get(Offer, offer_id)


def entry_of(session: Session, offer: Offer) -> QueueEntry | None:
    """Return the queue entry that was offered."""
    return session.get(QueueEntry, offer.queue_entry_id)


def latest_entry(session: Session, call_id: str) -> QueueEntry | None:
    """Return the caller's newest place in line, open or closed; consultations of agents are none."""
    return session.scalar(statements.LAST_PLACE, {"call_id": call_id})


def queues(session: Session) -> list[Queue]:
    """Return all queues by name."""
    return list(session.scalars(select(Queue).order_by(Queue.name)))


def waiting_callers(session: Session) -> int:
    """Return how many callers are in line."""
    entry = (QueueEntry.state == QueueEntryState.WAITING, QueueEntry.kind == QueueEntryKind.CALLER)
    return session.scalar(select(func.count()).select_from(QueueEntry).where(*entry)) or 0


def open_entries(session: Session) -> list[tuple[QueueEntry, Call]]:
    """Return the callers in line or just being connected, those served first first."""
    line = (
        select(QueueEntry, Call)
        .join(Call, Call.id == QueueEntry.call_id)
        .where(QueueEntry.state.in_(IN_LINE), QueueEntry.kind == QueueEntryKind.CALLER)
    )
    rows = session.execute(line.order_by(QueueEntry.priority.desc(), QueueEntry.asked_at, QueueEntry.id))
    return [(entry, call) for entry, call in rows]


def ringing(session: Session) -> list[Offer]:
    """Return the offers of which a phone rings or is being dialled, the oldest first."""
    return list(session.scalars(select(Offer).where(Offer.state.in_(LIVE_OFFERS)).order_by(Offer.started_at)))
