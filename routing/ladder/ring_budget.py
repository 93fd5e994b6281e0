"""The place and the rings of a caller: who is served first, how many rings they are due, whom they may have. Pure."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from operator import attrgetter

from routing.ladder.floor_state import QueuedCaller

# More phones than there are: everyone who fits.
EVERYONE = 1_000_000


def in_order(callers: Iterable[QueuedCaller]) -> list[QueuedCaller]:
    """Return the callers in the order in which they are served: by priority, then by when they asked."""
    # Sorts by single fields, the last the strongest, compare faster than one by all three.
    found = sorted(callers, key=attrgetter("id"))
    found.sort(key=attrgetter("asked_at"))
    found.sort(key=attrgetter("priority"), reverse=True)
    return found


def ring_of(caller: QueuedCaller, now: datetime, ring: timedelta) -> int:
    """The caller's present ring, from 1: how many cadence cycles since the first phone rang for them."""
    return 1 if caller.first_rung_at is None else (now - caller.first_rung_at) // ring + 1


def due_ring(caller: QueuedCaller, now: datetime, ring: timedelta) -> int:
    """The ring that the caller is due, from 1: those count, too, that passed before anybody was free."""
    waited = (caller.first_rung_at or now) - caller.asked_at
    return ring_of(caller, now, ring) + waited // ring


def phones_due(caller: QueuedCaller, now: datetime, ring: timedelta) -> int:
    """Return how many phones the caller is due: as their ladder says, and beyond its end one more for each ring."""
    number = due_ring(caller, now, ring)
    if not caller.ladder:
        return number
    rung = caller.ladder[min(number, len(caller.ladder)) - 1]
    return EVERYONE if rung.phones is None else rung.phones + max(0, number - len(caller.ladder))


def skill_options(caller: QueuedCaller, number: int, now: datetime) -> Iterable[tuple[Mapping[str, int], str | None]]:
    """Yield the skills that may serve the caller at this ring, each with the queue that helps, `None` for their own."""
    own = caller.ladder[min(number, len(caller.ladder)) - 1].required_skills if caller.ladder else None
    yield own or caller.required_skills, None
    for way, required_skills in caller.overflow_queues:
        if way.is_due(number, now - caller.asked_at):
            yield required_skills, way.to


def group_of(caller: QueuedCaller) -> tuple[object, ...]:
    """Return what callers of one queue and language share.

    It is the same object in all of them where a floor says so once.
    """
    return id(caller.required_skills), id(caller.overflow_queues), caller.only_agent_id
