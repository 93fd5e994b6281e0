"""What the callers of one queue, language and skill have in common, as the ladder takes it. Pure.

Said once for all of them, so that a decision knows them by their sameness.
"""

from collections import defaultdict
from collections.abc import Container, Mapping
from dataclasses import dataclass

from hotline.values.language import Language
from routing.ladder.floor_state import Rung
from routing.queues.queues import HELPERS, Queue, Rules, Step, Way

LANGUAGES = frozenset(language.value for language in Language)


@dataclass(frozen=True)
class Line:
    """A wish, the levels that are preferred, the ladder, and the queues that help with their wishes."""

    wish: Mapping[str, int]
    rings: int
    prefers: Mapping[str, int]
    ladder: tuple[Rung, ...]
    helpers: tuple[tuple[Way, Mapping[str, int]], ...]


class Lines:
    """The lines of one floor."""

    def __init__(self, rules: Rules) -> None:
        """By these rules."""
        self._rules = rules
        self._known: dict[tuple[str, tuple[tuple[str, int], ...]], Line] = {}

    def of(self, queue: str, wish: Mapping[str, int]) -> Line:
        """The line of callers of this queue who have this wish."""
        key = (queue, tuple(sorted(wish.items())))
        if key not in self._known:
            self._known[key] = self._line(self._rules.queue(queue), dict(key[1]))
        return self._known[key]

    def _line(self, queue: Queue, wish: Mapping[str, int]) -> Line:
        language = {name: level for name, level in wish.items() if name in LANGUAGES}
        helpers = [(way, self._rules.queue(way.to)) for way in queue.overflow if way.kind in HELPERS and way.to]
        return Line(
            wish,
            queue.rings,
            prefers=_prefers(queue, wish),
            ladder=tuple(_rung(step, wish, self._rules.skills) for step in queue.ladder),
            helpers=tuple((way, _levels(helper) | language) for way, helper in helpers),
        )


def asked(rules: Rules) -> dict[str, tuple[int, ...]]:
    """The least levels that queues ask for, by skill and language."""
    levels: dict[str, set[int]] = defaultdict(set)
    for queue in rules.queues.values():
        for language in Language:
            for name, least in queue.levels(language).items():
                levels[name].add(least)
    return {name: tuple(sorted(found)) for name, found in levels.items()}


def _levels(queue: Queue) -> dict[str, int]:
    return {name: need.least for name, need in queue.wish.items()}


def _prefers(queue: Queue, wish: Mapping[str, int]) -> dict[str, int]:
    needs = {**queue.wish, **{language.value: need for language, need in queue.languages.items()}}
    return {name: need.prefers for name, need in needs.items() if name in wish and need.prefers is not None}


def _rung(step: Step, wish: Mapping[str, int], skills: Container[str]) -> Rung:
    if step.least is None:
        return Rung(step.phones)
    least = step.least
    return Rung(step.phones, {name: least if name in skills else level for name, level in wish.items()})
