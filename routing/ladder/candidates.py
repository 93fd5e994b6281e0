"""Who can be rung, whom a caller wants, and who was chosen with what reasons. Values only."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import NamedTuple

from hotline.values.reason import Reason
from hotline.values.reason_codes import OfferReason
from routing.ladder.answer_curve import AnswerCurve

NOTHING: Mapping[str, int] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Candidate:
    """Someone who can be rung: skills with levels 1 to 5, and since when they are idle."""

    id: str
    skills: Mapping[str, int]
    idle_since: datetime
    # Seconds within which they have answered nearly all the offers they answered; None where too few are known.
    answers_in: float | None = None
    # They let a phone ring out a moment ago: rung only where nobody else is free.
    is_not_ready: bool = False
    # How soon and how often they answer; None where too little is known.
    curve: AnswerCurve | None = None


class AgentRequest(NamedTuple):
    """Whom a caller wants, from the levels in `prefers` on with pleasure.

    Agents in `tried` come last; `last_resort` allows for those set aside by others.
    """

    required_skills: Mapping[str, int]
    prefers: Mapping[str, int] = NOTHING
    preferred_agent_id: str | None = None
    tried: frozenset[str] = frozenset()
    last_resort: bool = True
    # Someone in `tried` who has been set aside later than this is left in peace for a while.
    rested_since: datetime | None = None
    # Only someone who is no harder to replace than this, see `routing.ladder.agent_choice`.
    spare: float | None = None
    # This agent and nobody else, whatever their skills.
    only_agent_id: str | None = None


class AgentChoice(NamedTuple):
    """Someone who was chosen for required skills; `single` are the skills that only one of all who were free had."""

    agent: Candidate
    required_skills: Mapping[str, int]
    single: frozenset[str]

    def reasons(self) -> Iterator[Reason]:
        """Yield why this agent was chosen, for supervisors."""
        agent = self.agent
        levels = {name: agent.skills.get(name, 0) for name in self.required_skills}
        last = sorted(name for name in self.single.intersection(agent.skills) if name not in self.required_skills)
        if levels:
            yield Reason(OfferReason.SKILLS, {"levels": levels})
        if last:
            yield Reason(OfferReason.ONLY_ONE_FREE, {"skills": last})
        if agent.is_not_ready:
            yield Reason(OfferReason.LAST_RESORT)
        if agent.answers_in is not None:
            yield Reason(OfferReason.ANSWERS_WITHIN, {"seconds": round(agent.answers_in)})
        yield Reason(OfferReason.IDLE_SINCE, {"at": f"{agent.idle_since:%Y-%m-%dT%H:%M:%S}Z"})


def meets(skills: Mapping[str, int], required_skills: Mapping[str, int]) -> bool:
    """Return whether these skills suffice: every required skill is there at its level or above."""
    return all(skills.get(name, 0) >= max(1, least) for name, least in required_skills.items())
