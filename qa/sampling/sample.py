"""Selection of the calls that people hear: spot checks at random, stratified, and targeted checks by rule, never mixed.
Pure.

Chance is a seed that is passed in: every call gets the number that SHA-256 makes of seed and id, so that a draw does
not depend on the order of its input, and anyone who has the seed can draw it again.
"""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from math import ceil


@dataclass(frozen=True)
class Candidate:
    """A call that could be heard. `traits` names the rules that point at it (`complaint`, `low_rating`, …)."""

    call_id: str
    agent_id: str
    queue: str
    hour: int
    traits: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Quota:
    """The number of calls of an agent's day that are drawn: a share of them, but at least and at most so many."""

    share: float = 0.05
    least: int = 1
    most: int = 3

    def of(self, calls: int) -> int:
        """Return the number drawn of so many calls; never more than there are."""
        return min(calls, max(self.least, min(self.most, ceil(self.share * calls - 1e-9))))


@dataclass(frozen=True)
class TargetRule:
    """A rule of targeted checks: its trait, and how many calls per agent and day it may send (`None`: every one)."""

    trait: str
    most: int | None = None


@dataclass(frozen=True)
class SampledCall:
    """One call of a draw; `reasons` is empty where chance alone chose it."""

    call_id: str
    agent_id: str
    is_random: bool
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True)
class DrawnSample:
    """A draw: the calls picked, and how many calls each rule pointed at but its limit left out."""

    drawn: tuple[SampledCall, ...]
    excluded: dict[str, int] = field(default_factory=dict)


def draw(calls: Iterable[Candidate], quota: Quota, rules: Sequence[TargetRule], seed: str) -> DrawnSample:
    """Return the day's sample. Chance looks at no trait; a call that a rule also names counts as random, its reasons
    kept.
    """
    picked: list[SampledCall] = []
    left_out: dict[str, int] = defaultdict(int)
    for agent_id, own in sorted(_by_agent(calls).items()):
        chosen = spot_checks(own, quota.of(len(own)), f"{seed}:{agent_id}")
        aimed, missed = _targeted(own, rules, frozenset(one.call_id for one in chosen), seed)
        for one in chosen:
            picked.append(SampledCall(one.call_id, agent_id, True, _reasons(one, rules)))
        picked.extend(SampledCall(one.call_id, agent_id, False, _reasons(one, rules)) for one in aimed)
        for trait, count in missed.items():
            left_out[trait] += count
    return DrawnSample(tuple(picked), dict(left_out))


def spot_checks(calls: Sequence[Candidate], count: int, seed: str) -> list[Candidate]:
    """Return `count` calls at random, each with the same chance, spread over the strata of queue and hour.

    Systematic sampling (Cochran 1977, chapter 8) along the strata: queues in random order, hours in order within, calls
    in random order within an hour. A stratum with the share s of the calls gets s·count of them, rounded up or down by
    chance.
    """
    if count <= 0:
        return []
    line = sorted(
        calls, key=lambda one: (chance(seed, "queue", one.queue), one.hour, chance(seed, "call", one.call_id))
    )
    step = len(line) / count
    start = chance(seed, "start", "") * step
    places = [min(int(start + step * number), len(line) - 1) for number in range(count)]
    return [line[place] for place in places]


def chance(seed: str, purpose: str, name: str) -> float:
    """Return a number from 0 to 1 (excluded) that seed, purpose and name decide, uniform over names."""
    digest = hashlib.sha256(f"{seed}|{purpose}|{name}".encode()).digest()
    return int.from_bytes(digest[:7], "big") / 2**56


def _by_agent(calls: Iterable[Candidate]) -> dict[str, list[Candidate]]:
    groups: dict[str, list[Candidate]] = defaultdict(list)
    for one in calls:
        groups[one.agent_id].append(one)
    return groups


def _targeted(
    calls: Sequence[Candidate], rules: Sequence[TargetRule], taken: frozenset[str], seed: str
) -> tuple[list[Candidate], dict[str, int]]:
    aimed: dict[str, Candidate] = {}
    missed: dict[str, int] = {}
    for rule in rules:
        fit = [one for one in calls if rule.trait in one.traits and one.call_id not in taken]
        fit.sort(key=lambda one: chance(seed, rule.trait, one.call_id))
        room = len(fit) if rule.most is None else rule.most
        aimed.update((one.call_id, one) for one in fit[:room])
        missed[rule.trait] = sum(one.call_id not in aimed for one in fit[room:])
    return list(aimed.values()), {trait: count for trait, count in missed.items() if count}


def _reasons(one: Candidate, rules: Sequence[TargetRule]) -> tuple[str, ...]:
    return tuple(rule.trait for rule in rules if rule.trait in one.traits)
