"""Who can be rung, and who is rung first: the choice of an agent for required skills. Pure.

Scarce people are kept for those who need them: whoever is the only free one, or one of few, for a skill that is not
asked for now is rung after those who can be replaced. Who is set aside after a missed offer is a last resort.
"""

import math
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property
from itertools import chain
from operator import itemgetter
from types import MappingProxyType

from routing.ladder.candidates import AgentChoice, AgentRequest, Candidate, meets

# Each further free holder of a skill makes a person this much easier to replace.
EASIER = 0.5
# Differences in replaceability below this do not count: then the better level goes first.
GRAIN = 0.5
# Who counts less than this for skills that are not asked for is spare.
SPARE = 0.25
ANYONE = math.inf
MOST_LEVEL = 5
# A rank is one number; each of these is more than all that stands below it: levels, whole rings until they answer,
# grains of being hard to replace, levels missing to what is preferred, and before all whether they are set aside.
SLOW, HARD, MISSING, ASIDE = 10**4, 10**8, 10**12, 10**16
MOST_SLOW = 1_000
# For so many rings somebody is waited for.
RINGS = 3
# The levels at which a skill counts that no queue is known to ask for.
ANY_LEVEL = (1,)

Levels = tuple[tuple[str, int], ...]


class AgentPool:
    """The agents of one decision. Each is taken once; a line per set of skills is sorted once, best last."""

    def __init__(
        self,
        agents: Sequence[Candidate],
        asked: Mapping[str, Sequence[int]] = MappingProxyType({}),
        ring_seconds: float = 5.0,
    ) -> None:
        """All of these can be taken. `asked` are the least levels that queues ask for, by skill."""
        self._agents, self._asked, self._ring_seconds = agents, asked, ring_seconds
        self._free = {agent.id: agent for agent in agents}
        self._lines: dict[tuple[Levels, Levels], list[Candidate]] = {}
        self._orders: dict[tuple[tuple[str, ...], Levels], list[Candidate]] = {}

    # Worked out where they are wanted: at most moments everyone in line has the phones that they are due.

    @cached_property
    def _longest_idle(self) -> list[Candidate]:
        return sorted(self._agents, key=lambda agent: (agent.idle_since, agent.id))

    @cached_property
    def _holders(self) -> dict[str, list[Candidate]]:
        holders: dict[str, list[Candidate]] = defaultdict(list)
        for agent in self._longest_idle:
            for name in agent.skills:
                holders[name].append(agent)
        return holders

    @cached_property
    def _present(self) -> dict[str, dict[int, int]]:
        """Count who holds each skill at each level; who is set aside does not count."""
        present: dict[str, dict[int, int]] = defaultdict(dict)
        here = chain.from_iterable(agent.skills.items() for agent in self._agents if not agent.is_not_ready)
        for (name, level), count in Counter(here).items():
            present[name][level] = count
        return present

    @cached_property
    def _single(self) -> frozenset[str]:
        return frozenset(name for name, levels in self._present.items() if sum(levels.values()) == 1)

    @cached_property
    def _grains(self) -> dict[str, float]:
        """Return how hard to replace everyone is, in grains."""
        held = set(chain.from_iterable(agent.skills.items() for agent in self._agents))
        worth = {skill: self._worth_of(*skill) / GRAIN for skill in held}
        return {agent.id: sum(map(worth.__getitem__, agent.skills.items())) for agent in self._agents}

    @cached_property
    def _own_rank(self) -> dict[str, int]:
        return {agent.id: _own_rank(agent, self._ring_seconds) for agent in self._agents}

    def __bool__(self) -> bool:
        """Return whether anybody is left."""
        return bool(self._free)

    def has(self, agent_id: str) -> bool:
        """Return whether this agent is left."""
        return agent_id in self._free

    def is_out(self, required_skills: Mapping[str, int]) -> bool:
        """Return whether nobody is left for these skills."""
        line = self._line(required_skills, {})
        while line and line[-1].id not in self._free:
            line.pop()
        return not line

    def take(self, wanted: AgentRequest) -> Candidate | None:
        """Return the best agent for these skills, who is then no longer in the pool; `None` when nobody fits."""
        if wanted.only_agent_id is not None:
            best = self._free.get(wanted.only_agent_id)
        else:
            best = self._preferred(wanted) or self._best(wanted)
        if best is None or (best.is_not_ready and not wanted.last_resort):
            return None
        if wanted.spare is not None and not self._is_spare(best, wanted, wanted.spare):
            return None
        return self._free.pop(best.id)

    def _worth_of(self, name: str, level: int) -> float:
        """Return how hard it is to replace one who has this skill at this level, by all who reach the level asked
        for.
        """
        least = max((asked for asked in self._asked.get(name, ANY_LEVEL) if asked <= level), default=None)
        if least is None:
            return 0.0  # nobody asks for so little
        reach = sum(count for have, count in self._present[name].items() if have >= least)
        return EASIER ** (reach - 1)

    def _worth_here(self, required_skills: Iterable[tuple[str, int]]) -> float:
        """Return how much of being hard to replace is for these very skills; a level above it is not."""
        return sum(self._worth_of(name, least) for name, least in required_skills)

    def _is_spare(self, agent: Candidate, wanted: AgentRequest, most: float) -> bool:
        """Return whether others can take the place of this agent for every skill and level that is not asked for
        here.
        """
        is_needed = self._grains[agent.id] * GRAIN - self._worth_here(wanted.required_skills.items()) > most
        return not (is_needed or agent.is_not_ready or agent.id in wanted.tried)

    def _preferred(self, wanted: AgentRequest) -> Candidate | None:
        """Return the owner of the caller's case, where they are there, fit, and have not let this caller ring
        already.
        """
        agent = self._free.get(wanted.preferred_agent_id or "")
        if (
            agent is None
            or agent.is_not_ready
            or agent.id in wanted.tried
            or not meets(agent.skills, wanted.required_skills)
        ):
            return None
        return agent

    def _best(self, wanted: AgentRequest) -> Candidate | None:
        line = self._line(wanted.required_skills, wanted.prefers)
        while line and line[-1].id not in self._free:
            line.pop()
        if not line:
            return None
        if line[-1].id not in wanted.tried and not line[-1].is_not_ready:
            return line[-1]
        left = (agent for agent in reversed(line) if agent.id in self._free and _is_rested(agent, wanted))
        return min(left, key=lambda agent: _personal(agent, wanted), default=None)

    def chosen(self, agent: Candidate, required_skills: Mapping[str, int]) -> AgentChoice:
        """Return this agent for these skills, with what the reasons need to know."""
        return AgentChoice(agent, required_skills, self._single)

    def _line(self, required_skills: Mapping[str, int], prefers: Mapping[str, int]) -> list[Candidate]:
        """Return who fits, the best last; taken ones are dropped as they come to the end."""
        key = (tuple(required_skills.items()), tuple(prefers.items()))
        line = self._lines.get(key)
        if line is None:
            line = [agent for agent in self._order(tuple(required_skills), key[1]) if agent.id in self._free]
            for name, least in key[0]:
                if least > 1:
                    line = [agent for agent in line if agent.skills[name] >= least]
            self._lines[key] = line
        return line

    def _order(self, names: tuple[str, ...], prefers: Levels) -> list[Candidate]:
        """Return all who hold these skills at any level, the best last: least levels only leave people out."""
        order = self._orders.get((names, prefers))
        if order is None:
            # The holders of the rarest skill are the fewest to look at, and come in the order of their idling.
            rarest = min(names, key=lambda name: len(self._holders[name]), default=None)
            few = self._longest_idle if rarest is None else self._holders[rarest]
            others = [name for name in names if name != rarest and len(self._holders[name]) < len(self._agents)]
            held = few if not others else [agent for agent in few if all(map(agent.skills.__contains__, others))]
            order = self._orders[names, prefers] = [held[place] for place in self._ranked(held, names, prefers)]
        return order

    def _ranked(self, held: Sequence[Candidate], names: tuple[str, ...], prefers: Levels) -> list[int]:
        """Return the places in `held`, the best last, by: not set aside, levels missing to what is preferred, how hard
        to replace, how late they answer, level (no more than is preferred), longest idle.
        """
        enough = dict(prefers)
        caps = [(enough.get(name, MOST_LEVEL), name in enough) for name in names]
        least = ((name, min(self._asked.get(name, ANY_LEVEL), default=1)) for name in names)
        worth = self._worth_here(least) / GRAIN
        levels_of = _getter(names)
        by_levels: dict[tuple[int, ...], int] = {}
        ranks = []
        # A plain loop, and each rank as one number: this is where a decision spends its time.
        for agent in held:
            levels = levels_of(agent.skills)
            rank = by_levels.get(levels)
            if rank is None:
                rank = by_levels[levels] = _level_rank(levels, caps)
            ranks.append(rank + self._own_rank[agent.id] + round(self._grains[agent.id] - worth) * HARD)
        order = sorted(range(len(held)), key=ranks.__getitem__)
        order.reverse()
        return order


def _getter(names: tuple[str, ...]) -> Callable[[Mapping[str, int]], tuple[int, ...]]:
    """Return what takes these levels from someone's skills."""
    if len(names) > 1:
        return itemgetter(*names)
    return lambda skills: tuple([skills[name] for name in names])


def _level_rank(levels: tuple[int, ...], caps: list[tuple[int, bool]]) -> int:
    """Return what levels add to a rank: those missing to what is preferred, and the sum, no more than is preferred."""
    pairs = list(zip(levels, caps, strict=True))
    missing = sum(max(0, cap - have) for have, (cap, is_preferred) in pairs if is_preferred)
    return missing * MISSING - sum(min(have, cap) for have, (cap, _) in pairs)


def _own_rank(agent: Candidate, ring_seconds: float) -> int:
    """Return what someone adds to a rank whatever is required: whether they are set aside, how long they may be waited
    for.

    Half rings of the mean wait for them, where a call that they let ring out counts as `RINGS`; where that is not
    known, whole rings within which they answer.
    """
    late = (agent.answers_in or 0.0) / ring_seconds
    if agent.curve is not None:
        late = 2 * agent.curve.expected(RINGS * ring_seconds) / ring_seconds
    return agent.is_not_ready * ASIDE + min(MOST_SLOW, int(late)) * SLOW


def _is_rested(agent: Candidate, wanted: AgentRequest) -> bool:
    just_missed = agent.is_not_ready and agent.id in wanted.tried
    return not just_missed or (wanted.rested_since is not None and agent.idle_since <= wanted.rested_since)


def _personal(agent: Candidate, wanted: AgentRequest) -> tuple[bool, bool, bool]:
    """The order among equals is that of the line: `min` takes the first."""
    return (agent.is_not_ready, agent.id in wanted.tried, agent.id != wanted.preferred_agent_id)
