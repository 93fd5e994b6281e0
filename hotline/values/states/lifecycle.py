"""How a stored status changes: named events with their sources, target and guard, and the events that change nothing.

A lifecycle is data. `hotline.outbox.transitions` is the one place that applies it to a row. Pure.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Generic, TypeVar

from hotline.errors import IllegalMove

S = TypeVar("S", bound=StrEnum)
# A predicate on the row whose status is to change; its name is what the documentation says of it.
Guard = Callable[[Any], bool]


@dataclass(frozen=True)
class Transition(Generic[S]):
    """In any of `sources`, and where `guard` holds, `event` leads to `target`."""

    event: StrEnum
    sources: tuple[S, ...]
    target: S
    guard: Guard | None = None

    def applies(self, source: S, row: Any) -> bool:
        """Tell whether it leads anywhere from `source`, for this row."""
        return source in self.sources and (self.guard is None or self.guard(row))


@dataclass(frozen=True)
class Ignored(Generic[S]):
    """In any of `sources`, `event` is a duplicate or comes too late, for this `reason`: it changes nothing."""

    event: StrEnum
    sources: tuple[S, ...]
    reason: str


@dataclass(frozen=True)
class Lifecycle(Generic[S]):
    """All that may happen to one status; what is in no row is illegal. `field` is the row's attribute that holds it."""

    status: type[S]
    events: type[StrEnum]
    transitions: tuple[Transition[S], ...]
    ignored: tuple[Ignored[S], ...] = ()
    field: str = "state"

    def targets(self, source: S) -> frozenset[S]:
        """Return the statuses that some event leads to from `source`."""
        return frozenset(row.target for row in self.transitions if source in row.sources) - {source}

    def allows(self, source: S, target: S) -> bool:
        """Tell whether some event leads from `source` to `target`; staying is always allowed."""
        return source == target or target in self.targets(source)

    def after(self, source: S, event: StrEnum, row: Any = None) -> S:
        """Return the status after `event`. Raises `IllegalMove` where no row of the table has it from `source`."""
        for transition in self.transitions:
            if transition.event == event and transition.applies(source, row):
                return transition.target
        if any(late.event == event and source in late.sources for late in self.ignored):
            return source
        raise IllegalMove(f"{self.status.__name__}: {event} is no event of {source}")

    def event_between(self, source: S, target: S, row: Any = None) -> StrEnum:
        """Return the event that leads from `source` to `target`. Raises `IllegalMove` where none does."""
        for transition in self.transitions:
            if transition.target == target and transition.applies(source, row):
                return transition.event
        raise IllegalMove(f"{self.status.__name__}: {source} does not lead to {target}")
