"""What the callers of one queue, language and skill have in common, as the ladder takes it. Pure.

Said once for all of them, so that a decision knows them by their sameness.
"""

from collections import defaultdict
from collections.abc import Container, Mapping
from dataclasses import dataclass

from hotline.values.language import Language
from routing.ladder.floor_state import LadderRing
from routing.queues.queues import HELPERS, HelpingQueue, LadderStep, Queue, QueueRules

LANGUAGES = frozenset(language.value for language in Language)


@dataclass(frozen=True)
class QueueGroup:
    """Required skills, the levels that are preferred, the ladder, and the queues that help with theirs."""

    required_skills: Mapping[str, int]
    rings: int
    prefers: Mapping[str, int]
    ladder: tuple[LadderRing, ...]
    helpers: tuple[HelpingQueue, ...]


class QueueGroups:
    """The lines of one floor."""

    def __init__(self, rules: QueueRules) -> None:
        """By these rules."""
        self._rules = rules
        self._known: dict[tuple[str, tuple[tuple[str, int], ...]], QueueGroup] = {}

    def of(self, queue: str, required_skills: Mapping[str, int]) -> QueueGroup:
        """Return the line of callers of this queue with these required skills."""
        key = (queue, tuple(sorted(required_skills.items())))
        if key not in self._known:
            self._known[key] = self._line(self._rules.queue(queue), dict(key[1]))
        return self._known[key]

    def _line(self, queue: Queue, required_skills: Mapping[str, int]) -> QueueGroup:
        language = {name: level for name, level in required_skills.items() if name in LANGUAGES}
        helpers = [(way, self._rules.queue(way.to)) for way in queue.overflow if way.kind in HELPERS and way.to]
        return QueueGroup(
            required_skills,
            queue.rings,
            prefers=_prefers(queue, required_skills),
            ladder=tuple(_rung(step, required_skills, self._rules.skills) for step in queue.ladder),
            helpers=tuple(HelpingQueue(way, _levels(helper) | language) for way, helper in helpers),
        )


def levels_asked(rules: QueueRules) -> dict[str, tuple[int, ...]]:
    """Return the least levels that queues ask for, by skill and language."""
    levels: dict[str, set[int]] = defaultdict(set)
    for queue in rules.queues.values():
        for language in Language:
            for name, least in queue.levels(language).items():
                levels[name].add(least)
    return {name: tuple(sorted(found)) for name, found in levels.items()}


def _levels(queue: Queue) -> dict[str, int]:
    return {name: need.least for name, need in queue.required_skills.items()}


def _prefers(queue: Queue, required_skills: Mapping[str, int]) -> dict[str, int]:
    needs = {**queue.required_skills, **{language.value: need for language, need in queue.languages.items()}}
    return {name: need.prefers for name, need in needs.items() if name in required_skills and need.prefers is not None}


def _rung(step: LadderStep, required_skills: Mapping[str, int], skills: Container[str]) -> LadderRing:
    if step.least is None:
        return LadderRing(step.phones)
    least = step.least
    return LadderRing(
        step.phones, {name: least if name in skills else level for name, level in required_skills.items()}
    )
