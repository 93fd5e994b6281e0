"""The statements of routing that run at every pass and at every webhook, built once: building one costs more than it.

Named parameters stand where a value differs; `routing.queues.queries` runs them.
"""

from typing import Any

from sqlalchemy import Select, and_, bindparam, literal, not_, or_, select, union_all

from hotline.models import Agent, Call, Offer, QueueEntry, Recording, Transfer
from hotline.values.states.call import CallStatus
from hotline.values.states.offer import LIVE_OFFERS, OfferState
from hotline.values.states.queue_entry import QueueEntryKind, QueueEntryState
from hotline.values.states.recording import RecordingKind
from hotline.values.states.transfer import OPEN_TRANSFERS, TransferState

OVER_OFFERS = frozenset(OfferState) - LIVE_OFFERS - {OfferState.ANSWERED}
OPEN = (QueueEntryState.WAITING, QueueEntryState.WON)
_UP = and_(Offer.state == OfferState.ANSWERED, Offer.ended_at.is_(None))
# The conference is as it ought to be.
_IS_ARRANGED = and_(
    Call.conference_is_held == Call.conference_applied_held,
    Call.conference_ender_id.is_not_distinct_from(Call.conference_applied_ender_id),
)

# One call and its queue entry.
LOCKED_CALL = select(Call).where(Call.id == bindparam("call_id")).with_for_update()
CALL_OF_OFFER = (
    select(Call)
    .where(Call.id == select(Offer.call_id).where(Offer.id == bindparam("offer_id")).scalar_subquery())
    .with_for_update()
)
OFFER = select(Offer).where(Offer.id == bindparam("offer_id")).execution_options(populate_existing=True)
OPEN_PLACE = select(QueueEntry).where(QueueEntry.call_id == bindparam("call_id"), QueueEntry.state.in_(OPEN))
LAST_PLACE = (
    select(QueueEntry)
    .where(QueueEntry.call_id == bindparam("call_id"), QueueEntry.kind == QueueEntryKind.CALLER)
    .order_by(QueueEntry.id.desc())
    .limit(1)
)
LIVE_FOR = (
    select(Offer)
    .where(Offer.queue_entry_id == bindparam("queue_entry_id"), Offer.state.in_(LIVE_OFFERS))
    .order_by(Offer.agent_id)
)
OPEN_TRANSFER = select(Transfer).where(Transfer.call_id == bindparam("call_id"), Transfer.state.in_(OPEN_TRANSFERS))
PRESENT = (
    select(Offer)
    .join(QueueEntry, QueueEntry.id == Offer.queue_entry_id)
    .where(
        Offer.call_id == bindparam("call_id"),
        _UP,
        Offer.released_at.is_(None),
        QueueEntry.state == QueueEntryState.CONNECTED,
    )
    .order_by(Offer.answered_at, Offer.id)
)

# What the router still has to ask of the exchange.
# Each part finds its rows by an index: what is over stays in the table for ever.
_TO_STOP = select(Offer.id).where(Offer.state.in_(OVER_OFFERS), Offer.hung_up_at.is_(None))
_TO_LEAVE = (
    select(Offer.id)
    .join(Call, Call.id == Offer.call_id)
    .where(
        _UP,
        or_(
            # Ghosts: lines that outlived their call.
            and_(Call.status == CallStatus.ENDED, Call.ended_at < bindparam("ghosts")),
            # Who is told to leave does so once the room no longer depends on them.
            and_(
                Offer.released_at.is_not(None),
                or_(Call.status != CallStatus.TALKING, _IS_ARRANGED),
            ),
        ),
    )
)
TO_HANG_UP = select(Offer).where(
    Offer.id.in_(union_all(_TO_STOP, _TO_LEAVE)), Offer.provider_sid.is_not(None), Offer.hung_up_at.is_(None)
)
TO_DIAL = (
    select(Offer, Agent, Call)
    .join(Agent, Agent.id == Offer.agent_id)
    .join(Call, Call.id == Offer.call_id)
    .where(Offer.state == OfferState.STARTED, Offer.dialled_at.is_(None))
)
TO_MOVE = (
    select(QueueEntry, Call)
    .join(Call, Call.id == QueueEntry.call_id)
    .where(
        or_(
            and_(QueueEntry.state == QueueEntryState.WON, QueueEntry.sent_to_conference_at.is_(None)),
            and_(QueueEntry.state == QueueEntryState.WAITING, QueueEntry.sent_to_conference_at.is_not(None)),
        )
    )
)
TO_ARRANGE = select(Call).where(Call.status == CallStatus.TALKING, not_(_IS_ARRANGED))
TO_RECORD = select(Call).where(
    Call.status == CallStatus.TALKING,
    Call.consent_at.is_not(None),
    ~select(Recording.call_id)
    .where(Recording.call_id == Call.id, Recording.kind == RecordingKind.CONVERSATION)
    .exists(),
)

# What is over, or must be looked after.
DUE_BACK = select(Agent).where(Agent.state_until <= bindparam("now"))
UNCONNECTED = (
    select(Call, QueueEntry.winner_id)
    .join(QueueEntry, QueueEntry.call_id == Call.id)
    .where(QueueEntry.state == QueueEntryState.WON, QueueEntry.sent_to_conference_at < bindparam("met"))
)
_WINNER_LEFT = (
    select(QueueEntry.id)
    .join(Offer, Offer.id == QueueEntry.winner_id)
    .where(
        QueueEntry.call_id == Call.id, QueueEntry.state == QueueEntryState.CONNECTED, Offer.ended_at < bindparam("left")
    )
    .correlate(Call)
    .exists()
)
_WITH_THEM = select(Offer.id).where(Offer.call_id == Call.id, Offer.state == OfferState.ANSWERED).correlate(Call)
ALONE = select(Call).where(
    Call.status == CallStatus.TALKING,
    _WINNER_LEFT,
    ~_WITH_THEM.where(Offer.ended_at.is_(None)).exists(),
    ~_WITH_THEM.where(Offer.ended_at >= bindparam("left")).exists(),
)
TRANSFERS_RINGING = select(Transfer).where(Transfer.state == TransferState.ASKED)


def _any(**named: Select[*tuple[Any, ...]]) -> Select[*tuple[Any, ...]]:
    """Return which of these have rows, in one statement: most passes of a router find nothing to do."""
    return select(*(query.with_only_columns(literal(1)).exists().label(name) for name, query in named.items()))


ANY_TO_ASK = _any(hang_up=TO_HANG_UP, dial=TO_DIAL, move=TO_MOVE, arrange=TO_ARRANGE, record=TO_RECORD)
ANY_OVER = _any(back=DUE_BACK, unconnected=UNCONNECTED, ringing=TRANSFERS_RINGING, alone=ALONE)
