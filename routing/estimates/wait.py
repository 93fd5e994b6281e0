"""How long a caller will probably wait, and what they are told of it. Pure.

The line is walked through as it would be served: everyone ahead takes the first agent who fits and is free. What the
walk knows is the present floor and how long conversations took of late. Callers are told the median over many such
walks, see `routing.estimates.wait_estimate`.
"""

import heapq
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

# What is said, "about" so many minutes: the nearest, so that it is as often too long as too short.
SPOKEN_MINUTES = (1, 2, 3, 4, 5, 6, 8, 10, 15, 20, 30)
# Told as "less than a minute" up to this.
SOON_SECONDS = 45
# Fewer conversations than this say nothing; without any, this long is taken.
LEAST_SAMPLES = 5
USUAL_SECONDS = 180.0
# A conversation that has lasted longer than the mean goes on for this part of it.
REST = 0.35


@dataclass(frozen=True)
class AgentAvailability:
    """An agent who works now: what they can do, and in how many seconds they are free.

    `is_sure`: only time stands before it; who talks, or is being rung, may be free sooner or later. `talks`: for how
    many seconds they have talked; `None` for who does not.
    """

    id: str
    skills: Mapping[str, int]
    free_in: float
    is_sure: bool = True
    talks: float | None = None


@dataclass(frozen=True)
class OverflowHelp:
    """Whoever has these skills helps in so many seconds, when nobody else has answered by then."""

    in_seconds: float
    required_skills: Mapping[str, int]


@dataclass(frozen=True)
class WaitingEntry:
    """A place in line: a caller who waits, or one who is to be called back."""

    id: str
    required_skills: Mapping[str, int]
    priority: int
    asked_at: datetime
    preferred_agent_id: str | None = None
    queue: str = ""
    helps: tuple[OverflowHelp, ...] = ()
    # This agent and nobody else can serve it, whatever their skills.
    only_agent_id: str | None = None

    @property
    def rank(self) -> tuple[int, datetime]:
        """Lower is served first."""
        return (-self.priority, self.asked_at)


@dataclass(frozen=True)
class WaitError:
    """How true announcements were.

    `median_seconds`: of the absolute errors, over the `count` who were answered; `too_short`: the share, 0 to 1, who
    waited longer than they were told, those included who gave up.
    """

    count: int
    median_seconds: float
    too_short: float


def meets(required_skills: Mapping[str, int], hand: AgentAvailability) -> bool:
    """Return whether the agent can do what is wished."""
    return all(hand.skills.get(skill, 0) >= level for skill, level in required_skills.items())


def can_serve(place: WaitingEntry, hand: AgentAvailability) -> bool:
    """Return whether the agent can take this caller."""
    return meets(place.required_skills, hand) if place.only_agent_id is None else place.only_agent_id == hand.id


def served(
    line: Iterable[WaitingEntry], hands: Sequence[AgentAvailability], handle_seconds: float
) -> dict[str, tuple[AgentAvailability, float]]:
    """For each place, in the order of service: the agent who will take it, and in how many seconds.

    Who fits nobody is missing. An agent who has taken a caller is free again after `handle_seconds`.
    """
    free = [(hand.free_in, number) for number, hand in enumerate(hands)]
    heapq.heapify(free)
    taken: dict[str, tuple[AgentAvailability, float]] = {}
    for place in sorted(line, key=lambda each: each.rank):
        passed: list[tuple[float, int]] = []
        while free:
            seconds, number = heapq.heappop(free)
            if can_serve(place, hands[number]):
                taken[place.id] = (hands[number], seconds)
                passed.append((seconds + handle_seconds, number))
                break
            passed.append((seconds, number))
        for entry in passed:
            heapq.heappush(free, entry)
    return taken


def expected(
    place_id: str, line: Iterable[WaitingEntry], hands: Sequence[AgentAvailability], handle_seconds: float
) -> float | None:
    """In how many seconds this caller will probably be served; `None` when nobody at work could do it."""
    found = served(line, hands, handle_seconds).get(place_id)
    return None if found is None else found[1]


def handle_seconds(last_hour: Sequence[float], last_day: Sequence[float]) -> float:
    """Return how long an agent is taken by a caller.

    The mean of the last hour, else of the last day, else what is usual.
    """
    for samples in (last_hour, last_day):
        if len(samples) >= LEAST_SAMPLES:
            return sum(samples) / len(samples)
    return USUAL_SECONDS


def free_in(talking_seconds: float, mean_seconds: float) -> float:
    """In how many seconds an agent is probably free who has talked for so long."""
    return max(mean_seconds - talking_seconds, REST * mean_seconds)


def spoken_minutes(seconds: float) -> int | None:
    """Return what is said of a wait: 0 for less than a minute, whole minutes, `None` for longer than we name."""
    if seconds <= SOON_SECONDS:
        return 0
    if seconds > 60 * SPOKEN_MINUTES[-1]:
        return None
    return min(SPOKEN_MINUTES, key=lambda each: abs(60 * each - seconds))
