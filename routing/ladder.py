"""The three-ring ladder: given the floor and the moment, whose phone starts and whose stops ringing. Pure.

The budget of a caller is counted in rings from the first phone that rang for them. At ring 1 the best agent rings; with
every ring that passes unanswered one more joins, so that one person who does not pick up cannot cost the caller the
target; after the last ring the queue's overflow helps. Requirements A1, A8, A9.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

# A phone that was dialled and never began to ring within this time cannot be reached.
DIAL_SECONDS = 8.0
# An urgent caller takes a phone that rings for someone whose priority is this much lower.
URGENT_GAP = 50


@dataclass(frozen=True)
class Agent:
    """Someone who is free: skills with levels 1 to 5, and since when they are idle."""

    id: str
    skills: Mapping[str, int]
    idle_since: datetime


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


@dataclass(frozen=True)
class Floor:
    """Everything a decision needs: free agents, callers in line, live offers."""

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
    free = {agent.id: agent for agent in floor.agents}
    callers = sorted(floor.callers, key=lambda caller: (-caller.priority, caller.asked_at, caller.id))
    starts = [*_first_phones(callers, live, free, now, ring), *_more_phones(callers, live, free, now, ring)]
    yields = _yields(callers, live, {start.caller_id for start in starts})
    return (*(end for end in ended if end is not None), *yields, *starts)


def ring_of(caller: Caller, now: datetime, ring: timedelta) -> int:
    """The caller's present ring, from 1: how many cadence cycles since the first phone rang for them."""
    if caller.first_rung_at is None:
        return 1
    return int((now - caller.first_rung_at) / ring) + 1


def fits(skills: Mapping[str, int], wish: Mapping[str, int]) -> bool:
    """Whether these skills satisfy the wish: every wished skill is there at its level or above."""
    return all(skills.get(name, 0) >= level for name, level in wish.items())


def _end(offer: Ringing, now: datetime, ring: timedelta) -> Miss | Unreachable | None:
    if offer.ringing_at is None:
        return Unreachable(offer.id) if now - offer.started_at >= timedelta(seconds=DIAL_SECONDS) else None
    return Miss(offer.id) if now - offer.ringing_at >= offer.rings * ring else None


def _first_phones(
    callers: list[Caller], live: list[Ringing], free: dict[str, Agent], now: datetime, ring: timedelta
) -> Iterable[Start]:
    rung = {offer.caller_id for offer in live}
    for caller in callers:
        if caller.id not in rung:
            yield from _start(caller, free, ring_of(caller, now, ring))


def _more_phones(
    callers: list[Caller], live: list[Ringing], free: dict[str, Agent], now: datetime, ring: timedelta
) -> Iterable[Start]:
    for caller in callers:
        at = ring_of(caller, now, ring)
        phones = sum(offer.caller_id == caller.id for offer in live)
        while 0 < phones < at and (more := _start(caller, free, at)):
            yield from more
            phones += 1


def _start(caller: Caller, free: dict[str, Agent], at: int) -> list[Start]:
    """Ring the best free agent, if any, and take them out of `free`."""
    wishes = [caller.wish, *([caller.overflow] if caller.overflow is not None and at > caller.rings else [])]
    for wish in wishes:
        fit = [agent for agent in free.values() if fits(agent.skills, wish)]
        if fit:
            best = min(fit, key=lambda agent: _order(agent, caller, wish))
            del free[best.id]
            return [Start(caller.id, best.id, at, caller.rings, _reasons(best, caller, wish, at))]
    return []


def _order(agent: Agent, caller: Caller, wish: Mapping[str, int]) -> tuple[bool, bool, int, datetime, str]:
    levels = sum(agent.skills.get(name, 0) for name in wish)
    was_tried = agent.id in caller.tried
    return (was_tried, agent.id != caller.preferred_agent_id, -levels, agent.idle_since, agent.id)


def _reasons(agent: Agent, caller: Caller, wish: Mapping[str, int], at: int) -> tuple[str, ...]:
    levels = ", ".join(f"{name} {agent.skills.get(name, 0)}" for name in wish)
    return (
        "rung first" if at == 1 else f"joined at ring {at}",
        *(["owner of the open matter"] if agent.id == caller.preferred_agent_id else []),
        *(["overflow"] if wish is not caller.wish else []),
        f"skills {levels}",
        f"idle since {agent.idle_since:%H:%M:%S}Z",
    )


def _yields(callers: list[Caller], live: list[Ringing], started: set[str]) -> list[Yield]:
    """Phones that ring for someone much less urgent, one for each urgent caller who has no phone at all."""
    rung = {offer.caller_id for offer in live} | started
    left = list(live)
    given = []
    for caller in callers:
        if caller.id in rung:
            continue
        weaker = [o for o in left if caller.priority - o.priority >= URGENT_GAP and fits(o.skills, caller.wish)]
        if weaker:
            offer = min(weaker, key=lambda o: (o.priority, o.started_at))
            left.remove(offer)
            given.append(Yield(offer.id))
    return given
