"""Who can be rung, and who is rung first: the choice of an agent for a wish. Pure.

Scarce people are kept for those who need them: whoever is the only free one, or one of few, for a skill that is not
asked for now is rung after those who can be replaced. Who is set aside after a missed offer is a last resort.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

# Each further free holder of a skill makes a person this much easier to replace.
EASIER = 0.5
# Differences in replaceability below this do not count: then the better level goes first.
GRAIN = 0.5

# The reason that stands at an offer to someone who is set aside.
SET_ASIDE = "set aside, but nobody else is free"

Wish = tuple[tuple[str, int], ...]


@dataclass(frozen=True)
class Agent:
    """Someone who can be rung: skills with levels 1 to 5, and since when they are idle."""

    id: str
    skills: Mapping[str, int]
    idle_since: datetime
    # Seconds within which they have answered nearly all the offers they answered; None where too few are known.
    answers_in: float | None = None
    # They let a phone ring out a moment ago: rung only where nobody else is free.
    is_set_aside: bool = False


@dataclass(frozen=True)
class Wanted:
    """Whom a caller wants; agents in `tried` come last; `last_resort` allows for those set aside by others."""

    wish: Mapping[str, int]
    preferred_agent_id: str | None = None
    tried: frozenset[str] = frozenset()
    last_resort: bool = True


class Pool:
    """The agents of one decision. Each is taken once; a line per wish is sorted once, best last."""

    def __init__(self, agents: Sequence[Agent]) -> None:
        """All of these can be taken."""
        self._free = {agent.id: agent for agent in agents}
        self._holders = Counter(name for agent in agents if not agent.is_set_aside for name in agent.skills)
        self._worth = {name: EASIER ** (count - 1) for name, count in self._holders.items()}
        self._needed = {agent.id: sum(self._worth.get(name, 1) for name in agent.skills) for agent in agents}
        self._lines: dict[Wish, list[Agent]] = {}

    def __bool__(self) -> bool:
        """Whether anybody is left."""
        return bool(self._free)

    def take(self, wanted: Wanted) -> Agent | None:
        """The best agent for this wish, who is then no longer in the pool; `None` when nobody fits."""
        line = self._line(wanted.wish)
        while line and line[-1].id not in self._free:
            line.pop()
        if not line or (line[-1].is_set_aside and not wanted.last_resort):
            return None
        best = line[-1]
        if wanted.tried or wanted.preferred_agent_id is not None:
            left = (agent for agent in reversed(line) if agent.id in self._free)
            best = min(left, key=lambda agent: _personal(agent, wanted))
            if best.is_set_aside and best.id in wanted.tried:
                return None  # they have just let this very caller ring
        return self._free.pop(best.id)

    def reasons(self, agent: Agent, wish: Mapping[str, int]) -> tuple[str, ...]:
        """Why this agent, for supervisors."""
        levels = ", ".join(f"{name} {agent.skills.get(name, 0)}" for name in wish)
        last = sorted(name for name in agent.skills if name not in wish and self._holders[name] == 1)
        return (
            f"skills {levels}",
            *([f"although the only one free for {', '.join(last)}"] if last else []),
            *([SET_ASIDE] if agent.is_set_aside else []),
            *([] if agent.answers_in is None else [f"answers within {agent.answers_in:.0f} s"]),
            f"idle since {agent.idle_since:%H:%M:%S}Z",
        )

    def _line(self, wish: Mapping[str, int]) -> list[Agent]:
        key = tuple(wish.items())
        if key not in self._lines:
            fit = [agent for agent in self._free.values() if fits(agent.skills, wish)]
            self._lines[key] = sorted(fit, key=lambda agent: self._order(agent, wish), reverse=True)
        return self._lines[key]

    def _order(self, agent: Agent, wish: Mapping[str, int]) -> tuple[bool, int, int, datetime, str]:
        elsewhere = self._needed[agent.id] - sum(self._worth.get(name, 1) for name in wish)
        levels = sum(agent.skills.get(name, 0) for name in wish)
        return (agent.is_set_aside, round(elsewhere / GRAIN), -levels, agent.idle_since, agent.id)


def fits(skills: Mapping[str, int], wish: Mapping[str, int]) -> bool:
    """Whether these skills satisfy the wish: every wished skill is there at its level or above."""
    return all(skills.get(name, 0) >= level for name, level in wish.items())


def _personal(agent: Agent, wanted: Wanted) -> tuple[bool, bool, bool]:
    return (agent.is_set_aside, agent.id in wanted.tried, agent.id != wanted.preferred_agent_id)
