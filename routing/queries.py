"""What routing reads: the floor as the ladder sees it, rows with their locks. Nothing here commits."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Set
from datetime import datetime
from types import MappingProxyType

from sqlalchemy import Select, and_, func, or_, select
from sqlalchemy.orm import Session

from hotline.models import Agent, Call, Callback, Offer, Waiting
from hotline.values import (
    AgentState,
    AgentStatus,
    CallbackState,
    OfferState,
    WaitingState,
    WaitKind,
)
from routing import habits, ladder, statements
from routing.lines import Lines, asked
from routing.queues import HELPERS, Queue, Rules, Way

# Why an agent is set aside who may all the same be asked where nobody else is free (declined or broken: no).
DID_NOT_PICK_UP = "did not pick up"
# Before an agent's id: the skill of being this very agent, for callers who are handed on to them.
SELF, SELF_LEVEL = "@", 5
# Why an agent goes first for a caller who talked to somebody already, by `Waiting.again`.
AGAIN = {
    "transfer": "asked for by a colleague",
    "returned": "had handed the caller on",
    "line_lost": "talked to the caller when the line was lost",
}
CAN_BE_RUNG = (
    Agent.state == AgentState.IDLE,
    and_(Agent.state == AgentState.SET_ASIDE, Agent.state_reason == DID_NOT_PICK_UP),
)
# How many of the latest answers habits are learned from, over all agents.
ANSWERS_READ = 2000


def locked_call(session: Session, call_id: str) -> Call | None:
    """The call, locked until the transaction ends: it is the one lock that changes of its line and offers take."""
    return session.scalar(statements.LOCKED_CALL, {"call_id": call_id})


def open_waiting(session: Session, call_id: str) -> Waiting | None:
    """The caller's place in line, `None` when they are not (or no longer) in one."""
    return session.scalar(statements.OPEN_PLACE, {"call_id": call_id})


def live_offers(session: Session, waiting_id: str) -> list[Offer]:
    """Phones that ring or are being dialled for this caller, always in the order of their agents."""
    return list(session.scalars(statements.LIVE_FOR, {"waiting_id": waiting_id}))


def position(session: Session, waiting: Waiting) -> int:
    """How many callers of the same queue are served before this one, plus one."""
    earlier = or_(
        Waiting.priority > waiting.priority,
        and_(Waiting.priority == waiting.priority, Waiting.asked_at < waiting.asked_at),
    )
    ahead = select(func.count()).where(
        Waiting.queue == waiting.queue, Waiting.state == WaitingState.WAITING, Waiting.id != waiting.id, earlier
    )
    return (session.scalar(ahead) or 0) + (session.scalar(_called_before(waiting)) or 0) + 1


def _called_before(waiting: Waiting) -> Select[int]:
    """How many who are to be called back stand before this caller: they kept their place."""
    earlier = or_(
        Callback.priority > waiting.priority,
        and_(Callback.priority == waiting.priority, Callback.asked_at < waiting.asked_at),
    )
    open_ = Callback.state.in_([CallbackState.WAITING, CallbackState.DIALLING])
    return select(func.count()).where(Callback.queue == waiting.queue, open_, earlier)


def floor(session: Session, rules: Rules, answers_in: Mapping[str, float] = MappingProxyType({})) -> ladder.Floor:
    """The floor of this moment, as values; `answers_in` are the agents' habits, as `habits_of` learned them."""
    waiting = session.scalars(statements.IN_LINE).all()
    agents = {agent.id: agent for agent in session.scalars(statements.NOT_TALKING)}
    offers = _offers_for(session, [row.id for row in waiting])
    wished = frozenset(name for row in waiting for name in row.wish if name.startswith(SELF))
    lines = Lines(rules)
    return ladder.Floor(
        agents=tuple(_free(agents.values(), answers_in, wished)),
        callers=tuple(_caller(row, rules, lines, offers[row.id]) for row in waiting),
        offers=tuple(_ringing(session, agents, answers_in)),
        asked=asked(rules),
    )


def _offers_for(session: Session, waiting_ids: list[str]) -> Mapping[str, list[Offer]]:
    offers: dict[str, list[Offer]] = defaultdict(list)
    for offer in session.scalars(statements.OFFERS_FOR, {"waiting_ids": waiting_ids}) if waiting_ids else ():
        offers[offer.waiting_id].append(offer)
    return offers


def habits_of(session: Session) -> dict[str, float]:
    """Within how many seconds each agent answers nearly always, from the latest answers of all."""
    query = select(Offer.agent_id, Offer.ringing_at, Offer.answered_at).where(
        Offer.answered_at.is_not(None), Offer.ringing_at.is_not(None)
    )
    seconds: dict[str, list[float]] = defaultdict(list)
    for agent_id, ringing_at, answered_at in session.execute(query.order_by(Offer.id.desc()).limit(ANSWERS_READ)):
        if ringing_at is not None and answered_at is not None:
            seconds[agent_id].append((answered_at - ringing_at).total_seconds())
    learned = {agent_id: habits.answers_in(of_agent) for agent_id, of_agent in seconds.items()}
    return {agent_id: value for agent_id, value in learned.items() if value is not None}


def _free(agents: Iterable[Agent], answers_in: Mapping[str, float], wished: Set[str]) -> Iterable[ladder.Agent]:
    """Who can be rung; of `wished` agents, the skill of being themselves is among their skills."""
    for agent in agents:
        aside = agent.state is AgentState.SET_ASIDE and agent.state_reason == DID_NOT_PICK_UP
        if agent.status is AgentStatus.AVAILABLE and (aside or agent.state is AgentState.IDLE):
            skills = {s.skill: s.level for s in agent.skills}
            if SELF + agent.id in wished:
                skills[SELF + agent.id] = SELF_LEVEL
            yield ladder.Agent(agent.id, skills, agent.state_since, answers_in.get(agent.id), aside)


def _caller(row: Waiting, rules: Rules, lines: Lines, offers: list[Offer]) -> ladder.Caller:
    queue = rules.queue(row.queue)
    if any(name.startswith(SELF) for name in row.wish):
        return _for_one(row, queue, offers)
    line = lines.of(row.queue, row.wish)
    return ladder.Caller(
        id=row.id,
        wish=line.wish,
        priority=row.priority,
        asked_at=row.asked_at,
        rings=line.rings,
        prefers=line.prefers,
        ladder=line.ladder,
        helpers=line.helpers,
        exits=() if row.kind is WaitKind.CONSULT else tuple(_exits(row, queue)),
        preferred_agent_id=row.preferred_agent_id,
        because=AGAIN.get(row.again) or next((t for t in row.reasons if t.startswith("owner")), ladder.OWNER),
        first_rung_at=min((offer.ringing_at or offer.started_at for offer in offers), default=None),
        tried=frozenset(o.agent_id for o in offers if o.state in {OfferState.MISSED, OfferState.REJECTED}),
    )


def _exits(row: Waiting, queue: Queue) -> Iterable[Way]:
    return (way for way in queue.overflow if way.kind not in HELPERS and way.kind not in row.overflowed)


def _for_one(row: Waiting, queue: Queue, offers: list[Offer]) -> ladder.Caller:
    """A caller for one certain agent: nobody else is rung, nothing else follows."""
    return ladder.Caller(
        id=row.id,
        wish=row.wish,
        priority=row.priority,
        asked_at=row.asked_at,
        rings=queue.rings,
        preferred_agent_id=row.preferred_agent_id,
        because=AGAIN["transfer"],
        first_rung_at=min((offer.ringing_at or offer.started_at for offer in offers), default=None),
    )


def _ringing(
    session: Session, agents: Mapping[str, Agent], answers_in: Mapping[str, float]
) -> Iterable[ladder.Ringing]:
    for offer, priority in session.execute(statements.RINGING):
        skills = {s.skill: s.level for s in agents[offer.agent_id].skills} if offer.agent_id in agents else {}
        yield ladder.Ringing(
            offer.id,
            offer.waiting_id,
            offer.agent_id,
            offer.started_at,
            offer.ringing_at,
            offer.rings,
            priority,
            skills,
            ladder.SET_ASIDE in offer.reasons,
            answers_in.get(offer.agent_id),
        )


# What the router still has to ask of the exchange: each is a fact in the database that the exchange does not know yet.


def to_hang_up(session: Session, stale: datetime) -> list[Offer]:
    """Phones that must stop ringing, and agents' lines that outlived their call by more than a moment (`stale`)."""
    return list(session.scalars(statements.TO_HANG_UP, {"stale": stale}))


def to_dial(session: Session) -> list[tuple[Offer, Agent, Call]]:
    """Offers whose agent has not been dialled yet."""
    return [(offer, agent, call) for offer, agent, call in session.execute(statements.TO_DIAL)]


def to_move(session: Session) -> list[tuple[Waiting, Call]]:
    """Callers who are to be sent to the conference with their agent, or back into line when the agent was lost."""
    return [(waiting, call) for waiting, call in session.execute(statements.TO_MOVE)]


def to_arrange(session: Session) -> list[tuple[Call, list[Offer]]]:
    """Rooms that are not as they ought to be, with the agents' lines in them."""
    calls = session.scalars(statements.TO_ARRANGE).all()
    inside = (Offer.state == OfferState.ANSWERED, Offer.ended_at.is_(None), Offer.provider_sid.is_not(None))
    lines: dict[str, list[Offer]] = defaultdict(list)
    if calls:
        for offer in session.scalars(select(Offer).where(Offer.call_id.in_([call.id for call in calls]), *inside)):
            lines[offer.call_id].append(offer)
    return [(call, lines[call.id]) for call in calls]


def to_record(session: Session) -> list[Call]:
    """Conversations without a recording, where the caller has heard the notice (requirement G3)."""
    return list(session.scalars(statements.TO_RECORD))


def offer(session: Session, offer_id: str) -> Offer | None:
    """The offer with this id."""
    return session.get(Offer, offer_id)


def last_waiting(session: Session, call_id: str) -> Waiting | None:
    """The caller's newest place in line, open or closed; consultations of agents are none."""
    return session.scalar(statements.LAST_PLACE, {"call_id": call_id})


def due_back(session: Session, now: datetime) -> list[Agent]:
    """Agents whose wrap-up or set-aside is over."""
    return list(session.scalars(statements.DUE_BACK, {"now": now}))


def unconnected(session: Session, stale: datetime) -> list[tuple[Call, str | None]]:
    """Callers, with the offer they were sent to before `stale`, of whom the exchange never said that they have met."""
    rows = session.execute(statements.UNCONNECTED, {"stale": stale})
    return [(call, winner_id) for call, winner_id in rows]


def alone(session: Session, stale: datetime) -> list[Call]:
    """Callers who are still on the line though their agent left before `stale`."""
    return list(session.scalars(statements.ALONE, {"stale": stale}))
