"""When a caller who left the line is called back, and which agent is kept free for it. Pure.

A callback stands in line where it always stood. Its patient is dialled as soon as an agent who fits and whom nobody
ahead takes is free, or as good as free: within the time that dialling and greeting take.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from routing.estimates import wait
from routing.estimates.wait import AgentAvailability, WaitingEntry

MOST_TRIES = 2
# How long until a patient is on the line and has heard who calls.
DIAL_SECONDS = 15.0
# The patient's telephone rings so long at most; with the greeting, no agent is kept free for longer.
RING_SECONDS = 30
HELD_SECONDS = 60.0
# Nothing heard of a dialled line for so long: the try is over, whatever became of it.
SILENT_SECONDS = 75.0
# Between two tries.
PAUSE = timedelta(minutes=5)


@dataclass(frozen=True)
class PendingCallback:
    """A callback as the decision sees it; `dialled_at` and `reserved_agent_id` while its telephone rings.

    `is_calling`: the patient is on the line themselves, for something else.
    """

    place: WaitingEntry
    due_at: datetime
    dialled_at: datetime | None = None
    reserved_agent_id: str | None = None
    is_calling: bool = False


@dataclass(frozen=True)
class CallbackDial:
    """Dial this patient now; the agent is kept free meanwhile."""

    callback_id: str
    agent_id: str


def due(
    waiting: Iterable[WaitingEntry],
    promises: Sequence[PendingCallback],
    floor: Sequence[AgentAvailability],
    now: datetime,
) -> list[CallbackDial]:
    """Return who is dialled now, in the order of the line.

    `floor` are the agents who are free or will be by themselves.
    """
    open_ = {promise.place.id: promise for promise in promises}
    kept = {promise.reserved_agent_id for promise in promises if promise.dialled_at is not None}
    near = [hand for hand in floor if hand.is_sure and hand.free_in <= DIAL_SECONDS and hand.id not in kept]
    # Whoever is served once has their agent for long: nobody is promised twice.
    taken = wait.served([*waiting, *ready(promises, now)], near, wait.USUAL_SECONDS * 1000)
    return [
        CallbackDial(place_id, hand.id)
        for place_id, (hand, seconds) in taken.items()
        if place_id in open_ and seconds <= DIAL_SECONDS
    ]


def ready(promises: Iterable[PendingCallback], now: datetime) -> list[WaitingEntry]:
    """Return the places of those who may be dialled, as far as the patient and the last try go."""
    return [p.place for p in promises if p.dialled_at is None and p.due_at <= now and not p.is_calling]


def kept_free(promises: Iterable[PendingCallback], waiting: Sequence[WaitingEntry], now: datetime) -> frozenset[str]:
    """Agents who are not rung for others: their callback is being dialled, and nobody ahead of it waits."""
    first = min((place.rank for place in waiting), default=None)
    return frozenset(
        promise.reserved_agent_id
        for promise in promises
        if promise.reserved_agent_id is not None
        and promise.dialled_at is not None
        and (now - promise.dialled_at).total_seconds() <= HELD_SECONDS
        and (first is None or promise.place.rank <= first)
    )


def may_try_again(tries: int) -> bool:
    """Return whether a callback that did not come about is tried once more."""
    return tries < MOST_TRIES
