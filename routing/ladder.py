"""The three-ring ladder: given the floor and the moment, whose phone starts and whose stops ringing. Pure.

The budget of a caller is counted in rings from the first phone that rang for them. At ring 1 the best agent rings; with
every ring that passes unanswered one more joins, so that one person who does not pick up cannot cost the caller the
target; after the last ring the queue's overflow helps. Whom to ring is `routing.pool`'s choice. Requirements
A1, A8, A9.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from math import ceil

from routing.pool import SET_ASIDE, Agent, Pool, Wanted, fits

__all__ = [
    "SET_ASIDE",
    "Agent",
    "Caller",
    "Decision",
    "Floor",
    "Miss",
    "Ringing",
    "Start",
    "Unreachable",
    "Yield",
    "decide",
    "fits",
]

# A phone that was dialled and never began to ring within this time cannot be reached.
DIAL_SECONDS = 8.0
# An urgent caller takes a phone that rings for someone whose priority is this much lower.
URGENT_GAP = 50
# Nobody gets to a phone within one ring for certain.
LEAST_RINGS = 2
# After the caller's last ring, who let them ring out is not rung for them again before so many rings have passed.
REST_RINGS = 2


@dataclass(frozen=True)
class Caller:
    """Someone in line. `wish` and `overflow` are skills with the least level; `overflow` counts after the last ring."""

    id: str
    wish: Mapping[str, int]
    priority: int
    asked_at: datetime
    rings: int = 3
    overflow: Mapping[str, int] | None = None
    preferred_agent_id: str | None = None
    # When the first phone rang for them, and who let it ring out or declined (they are asked last).
    first_rung_at: datetime | None = None
    tried: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Ringing:
    """A live offer: a phone that rings (`ringing_at`) or is being dialled, for whom and with how many rings."""

    id: str
    caller_id: str
    agent_id: str
    started_at: datetime
    ringing_at: datetime | None
    rings: int
    priority: int = 0
    skills: Mapping[str, int] = field(default_factory=dict)
    # As of the agent: who is set aside may well not be there, and who answers late is helped early.
    is_set_aside: bool = False
    answers_in: float | None = None


@dataclass(frozen=True)
class Floor:
    """Everything a decision needs: agents who can be rung, callers in line, live offers."""

    agents: tuple[Agent, ...]
    callers: tuple[Caller, ...]
    offers: tuple[Ringing, ...]


@dataclass(frozen=True)
class Start:
    """Ring this agent for this caller, at the caller's ring `ring` (from 1), for at most `rings`."""

    caller_id: str
    agent_id: str
    ring: int
    rings: int
    reasons: tuple[str, ...]


@dataclass(frozen=True)
class Miss:
    """The phone rang all its rings, nobody answered."""

    offer_id: str


@dataclass(frozen=True)
class Unreachable:
    """The phone never rang."""

    offer_id: str


@dataclass(frozen=True)
class Yield:
    """The phone stops ringing for this caller, because a much more urgent one needs the agent."""

    offer_id: str


Decision = Start | Miss | Unreachable | Yield


def decide(floor: Floor, now: datetime, ring_seconds: float) -> tuple[Decision, ...]:
    """What is to be done now: first the offers that end, then those that start, in the order of their doing."""
    ring = timedelta(seconds=ring_seconds)
    ended = tuple(_end(offer, now, ring) for offer in floor.offers)
    live = [offer for offer, end in zip(floor.offers, ended, strict=True) if end is None]
    phones: dict[str, list[Ringing]] = defaultdict(list)
    for offer in live:
        phones[offer.caller_id].append(offer)
    callers = sorted(floor.callers, key=lambda caller: (-caller.priority, caller.asked_at, caller.id))
    pool = Pool(floor.agents)
    starts = [*_first_phones(callers, phones, pool, now, ring), *_more_phones(callers, phones, pool, now, ring)]
    yields = _yields(callers, live, {start.caller_id for start in starts})
    return (*(end for end in ended if end is not None), *yields, *starts)


def ring_of(caller: Caller, now: datetime, ring: timedelta) -> int:
    """The caller's present ring, from 1: how many cadence cycles since the first phone rang for them."""
    if caller.first_rung_at is None:
        return 1
    return int((now - caller.first_rung_at) / ring) + 1


def due(caller: Caller, now: datetime, ring: timedelta) -> int:
    """How many phones the caller is due: one for each ring, those counted that passed before anybody was free."""
    waited = (caller.first_rung_at or now) - caller.asked_at
    return ring_of(caller, now, ring) + int(waited / ring)


def _end(offer: Ringing, now: datetime, ring: timedelta) -> Miss | Unreachable | None:
    if offer.ringing_at is None:
        return Unreachable(offer.id) if now - offer.started_at >= timedelta(seconds=DIAL_SECONDS) else None
    return Miss(offer.id) if now - offer.ringing_at >= offer.rings * ring else None


def _first_phones(
    callers: list[Caller], phones: Mapping[str, list[Ringing]], pool: Pool, now: datetime, ring: timedelta
) -> Iterable[Start]:
    """A phone for everyone who has none, and for those whose only phone is that of someone set aside."""
    for caller in callers:
        if not pool:
            return
        rung = phones.get(caller.id, ())
        if all(offer.is_set_aside for offer in rung):
            yield from _start(caller, pool, (now, ring), last_resort=not rung)


def _more_phones(
    callers: list[Caller], phones: Mapping[str, list[Ringing]], pool: Pool, now: datetime, ring: timedelta
) -> Iterable[Start]:
    for caller in callers:
        if not pool:
            return
        rung = phones.get(caller.id)
        if not rung:
            continue
        # Beside someone who is known to answer late the next phone joins half a ring early.
        early = ring / 2 if all(_is_late(offer, caller, ring) for offer in rung) else timedelta()
        for _ in range(due(caller, now + early, ring) - len(rung)):
            yield from _start(caller, pool, (now, ring))


def _is_late(offer: Ringing, caller: Caller, ring: timedelta) -> bool:
    return offer.answers_in is not None and offer.answers_in > caller.rings * ring.total_seconds()


def _start(caller: Caller, pool: Pool, at: tuple[datetime, timedelta], last_resort: bool = True) -> list[Start]:
    """Ring the best agent there is, if any, and take them out of the pool."""
    number, phones_due = ring_of(caller, *at), due(caller, *at)
    wishes = [caller.wish]
    if caller.overflow is not None and phones_due > caller.rings:
        wishes.append(caller.overflow)
    # While the caller's rings last, even one who has just missed them is a chance; later they are left in peace.
    rested_since = at[0] if phones_due <= caller.rings else at[0] - REST_RINGS * at[1]
    for wish in wishes:
        agent = pool.take(Wanted(wish, caller.preferred_agent_id, caller.tried, last_resort, rested_since))
        if agent is not None:
            why = (*_when(number, phones_due), *_why(caller, agent, wish), *pool.reasons(agent, wish))
            return [Start(caller.id, agent.id, number, _rings(agent, caller, at[1]), why)]
    return []


def _rings(agent: Agent, caller: Caller, ring: timedelta) -> int:
    """For how long their phone is worth ringing: no longer than this agent takes when they answer at all."""
    if agent.answers_in is None:
        return caller.rings
    return min(caller.rings, max(LEAST_RINGS, ceil(agent.answers_in / ring.total_seconds())))


def _when(number: int, phones_due: int) -> tuple[str, ...]:
    first = "rung first" if number == 1 else f"joined at ring {number}"
    waited = phones_due - number
    return (first, f"the caller had waited {waited} rings") if waited else (first,)


def _why(caller: Caller, agent: Agent, wish: Mapping[str, int]) -> tuple[str, ...]:
    return (
        *(["owner of the open matter"] if agent.id == caller.preferred_agent_id else []),
        *(["overflow"] if wish is not caller.wish else []),
    )


def _yields(callers: list[Caller], live: list[Ringing], started: set[str]) -> list[Yield]:
    """Phones that ring for someone much less urgent, one for each urgent caller who has no phone at all."""
    rung = {offer.caller_id for offer in live} | started
    left = sorted(live, key=lambda offer: (offer.priority, offer.started_at, offer.id))
    given = []
    hopeless: set[tuple[tuple[str, int], ...]] = set()  # wishes that nobody less urgent can meet
    for caller in callers:
        if not left or caller.priority - left[0].priority < URGENT_GAP:
            break  # nor can those after: they are no more urgent
        wish = tuple(sorted(caller.wish.items()))
        if caller.id in rung or wish in hopeless:
            continue
        weaker = (o for o in left if caller.priority - o.priority >= URGENT_GAP and fits(o.skills, caller.wish))
        offer = next(weaker, None)
        if offer is None:
            hopeless.add(wish)
        else:
            left.remove(offer)
            given.append(Yield(offer.id))
    return given
