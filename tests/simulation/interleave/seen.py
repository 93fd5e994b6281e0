"""The rows that are in motion, as the rules of the interleavings look at them: read past the product's layers."""

import json
from collections.abc import Iterator
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import bindparam, select

from hotline.database.database import Database
from hotline.models import Agent, Call, Callback, Offer, QueueEntry
from hotline.values.states.agent import AgentState, AgentStatus
from hotline.values.states.call import CallStatus
from hotline.values.states.callback import CallbackState
from hotline.values.states.offer import LIVE_OFFERS, OfferState
from hotline.values.states.queue_entry import QueueEntryKind, QueueEntryState

OPEN = (QueueEntryState.WAITING, QueueEntryState.WON)
OPEN_PROMISES = (CallbackState.WAITING, CallbackState.DIALLING, CallbackState.ACCEPTED)


class SeenCall(NamedTuple):
    """A call that goes on."""

    id: str
    status: CallStatus
    provider_sid: str
    is_held: bool
    caller_index: str | None
    started_at: Any


class SeenPlace(NamedTuple):
    """A place in line that is open, or was and whose call goes on. `asked_at` compares as the moments do."""

    id: str
    call_id: str
    kind: QueueEntryKind
    state: QueueEntryState
    winner_id: str | None
    required_skills: dict[str, int]
    priority: int
    asked_at: Any
    reason: str | None
    only_agent_id: str | None


class SeenPromise(NamedTuple):
    """A callback that is open; moments compare as they do. `caller_index` is that of the call that asked for it."""

    id: str
    call_id: str
    state: CallbackState
    tries: int
    outbound_call_id: str | None
    required_skills: dict[str, int]
    due_at: Any
    dialled_at: Any
    reserved_agent_id: str | None
    caller_index: str | None


class SeenOffer(NamedTuple):
    """An offer that is live, or answered by an agent who has not left."""

    id: str
    call_id: str
    queue_entry_id: str
    agent_id: str
    state: OfferState
    provider_sid: str | None


class SeenAgent(NamedTuple):
    """An agent. `state_until` is `None` or something else."""

    id: str
    state: AgentState
    status: AgentStatus
    offer_id: str | None
    state_until: Any
    is_present: bool


class NewOffer(NamedTuple):
    """An offer of any state; `is_last_resort`: of an agent who was not ready."""

    id: str
    queue_entry_id: str
    agent_id: str
    is_last_resort: bool


class Seen(NamedTuple):
    """All rows that are in motion."""

    calls: dict[str, SeenCall]
    waiting: list[SeenPlace]
    offers: dict[str, SeenOffer]
    agents: dict[str, SeenAgent]
    promises: list[SeenPromise]


_CALLS = select(Call.id, Call.status, Call.provider_sid, Call.is_held, Call.caller_index, Call.started_at).where(
    Call.status != CallStatus.ENDED
)
_PROMISES = (
    select(
        Callback.id,
        Callback.call_id,
        Callback.state,
        Callback.tries,
        Callback.outbound_call_id,
        Callback.required_skills,
        Callback.due_at,
        Callback.dialled_at,
        Callback.reserved_agent_id,
        Call.caller_index,
    )
    .join(Call, Call.id == Callback.call_id)
    .where(Callback.state.in_(OPEN_PROMISES))
)
_PLACES = (
    select(
        QueueEntry.id,
        QueueEntry.call_id,
        QueueEntry.kind,
        QueueEntry.state,
        QueueEntry.winner_id,
        QueueEntry.required_skills,
        QueueEntry.priority,
        QueueEntry.asked_at,
        QueueEntry.reason,
        QueueEntry.only_agent_id,
    )
    .join(Call, Call.id == QueueEntry.call_id)
    .where(QueueEntry.state.in_(OPEN) | (Call.status != CallStatus.ENDED))
)
_OFFERS = select(Offer.id, Offer.call_id, Offer.queue_entry_id, Offer.agent_id, Offer.state, Offer.provider_sid).where(
    Offer.state.in_(LIVE_OFFERS) | ((Offer.state == OfferState.ANSWERED) & Offer.ended_at.is_(None))
)
_AGENTS = select(Agent.id, Agent.state, Agent.status, Agent.offer_id, Agent.state_until, Agent.is_present)
_NEW = select(Offer.id, Offer.queue_entry_id, Offer.agent_id, Offer.is_last_resort).where(Offer.id > bindparam("last"))


class Eye:
    """A connection of its own that sees what is committed; statements are text once, rows are read as they come."""

    def __init__(self, database: Database) -> None:
        """Open the connection."""
        self._engine = database.engine
        connection: Any = self._engine.raw_connection()
        connection.detach()
        self._connection = connection.dbapi_connection
        if not database.is_sqlite:
            self._connection.autocommit = True
        self._sql = [self._text(query) for query in (_CALLS, _PLACES, _OFFERS, _AGENTS, _PROMISES)]
        self._new = str(_NEW.order_by(Offer.id).compile(self._engine))
        self._parameters = (lambda last: (last,)) if database.is_sqlite else (lambda last: {"last": last})

    def _text(self, query: Any) -> str:
        return str(query.compile(self._engine, compile_kwargs={"literal_binds": True}))

    def see(self) -> Seen:
        """Read what is in motion."""
        calls, places, offers, agents, promises = (self._connection.execute(sql).fetchall() for sql in self._sql)
        return Seen(
            calls={row[0]: SeenCall(row[0], CallStatus(row[1]), row[2], bool(row[3]), *row[4:]) for row in calls},
            waiting=[_place(row) for row in places],
            offers={row[0]: SeenOffer(row[0], row[1], row[2], row[3], OfferState(row[4]), row[5]) for row in offers},
            agents={row[0]: SeenAgent(row[0], AgentState(row[1]), AgentStatus(row[2]), *row[3:]) for row in agents},
            promises=[_promise(row) for row in promises],
        )

    def offers_after(self, last: str) -> list[NewOffer]:
        """The offers that began after the offer `last`, in their order."""
        rows = self._connection.execute(self._new, self._parameters(last)).fetchall()
        return [NewOffer(row[0], row[1], row[2], bool(row[3])) for row in rows]

    def close(self) -> None:
        """Give the connection back."""
        self._connection.close()


def _place(row: Any) -> SeenPlace:
    return SeenPlace(row[0], row[1], QueueEntryKind(row[2]), QueueEntryState(row[3]), row[4], _json(row[5]), *row[6:])


def _promise(row: Any) -> SeenPromise:
    return SeenPromise(row[0], row[1], CallbackState(row[2]), row[3], row[4], _json(row[5]), *row[6:])


def _json(value: Any) -> Any:
    return _parsed(value) if isinstance(value, str) else value


@lru_cache(maxsize=1_000)
def _parsed(text: str) -> Any:
    return json.loads(text)


def without_phone(seen: Seen) -> Iterator[SeenPlace]:
    """Callers in line for whom no phone rings."""
    rung = {offer.queue_entry_id for offer in seen.offers.values()}
    return (row for row in seen.waiting if row.state is QueueEntryState.WAITING and row.id not in rung)


def rank(row: SeenPlace) -> tuple[int, Any, str]:
    """Who is served first comes first."""
    return (-row.priority, row.asked_at, row.id)
