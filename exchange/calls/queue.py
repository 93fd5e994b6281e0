"""Waiting calls in the order they came. Their music and what happens after is the work of `verbs/enqueue.py`."""

from dataclasses import dataclass, field
from datetime import datetime

from exchange.calls.leg import CallLeg
from exchange.core.ids import new_sid
from exchange.media.clock import RecurringSignal, Signal, Ticker

DEFAULT_MAX_SIZE = 1000


@dataclass
class QueueMember:
    """One waiting call.

    `taken` is set when somebody dials the queue, `ready` when its music is off, `released` when that talk is over.
    """

    leg: CallLeg
    joined: datetime
    joined_seconds: float
    left_seconds: float | None = None
    taken: Signal = field(default_factory=Signal)
    ready: Signal = field(default_factory=Signal)
    released: Signal = field(default_factory=Signal)


@dataclass
class CallQueue:
    """A queue of members with its statistics."""

    sid: str
    name: str
    created: datetime
    updated: datetime
    max_size: int = DEFAULT_MAX_SIZE
    members: list[QueueMember] = field(default_factory=list)
    arrived: RecurringSignal = field(default_factory=RecurringSignal)

    @property
    def is_full(self) -> bool:
        return len(self.members) >= self.max_size

    def position(self, sid: str) -> int:
        """Return the place in the queue, from 1; 0 when the call does not wait here."""
        return next((at for at, member in enumerate(self.members, 1) if member.leg.sid == sid), 0)

    def member(self, sid: str) -> QueueMember | None:
        """Return the member with that call, or the first for `Front`."""
        if sid == "Front":
            return self.members[0] if self.members else None
        return next((member for member in self.members if member.leg.sid == sid), None)


class CallQueues:
    """All queues, by name and by id."""

    def __init__(self, ticker: Ticker) -> None:
        self._ticker = ticker
        self.by_sid: dict[str, CallQueue] = {}

    def named(self, name: str) -> CallQueue | None:
        return next((queue for queue in self.by_sid.values() if queue.name == name), None)

    def open(self, name: str, max_size: int = DEFAULT_MAX_SIZE) -> CallQueue:
        """Return the queue of that name; it is made when there is none."""
        queue = self.named(name)
        if not queue:
            now = self._ticker.now()
            queue = CallQueue(new_sid("QU"), name, created=now, updated=now, max_size=max_size)
            self.by_sid[queue.sid] = queue
        return queue

    def join(self, queue: CallQueue, leg: CallLeg) -> QueueMember:
        member = QueueMember(leg, self._ticker.now(), self._ticker.seconds)
        queue.members.append(member)
        queue.arrived.ring()
        return member

    def leave(self, queue: CallQueue, member: QueueMember) -> None:
        """Take a member out; idempotent."""
        if member in queue.members:
            queue.members.remove(member)
            member.left_seconds = self._ticker.seconds

    def waited(self, member: QueueMember) -> float:
        """Return the seconds in the queue, until it left or until now."""
        until = self._ticker.seconds if member.left_seconds is None else member.left_seconds
        return until - member.joined_seconds

    def average_wait(self, queue: CallQueue) -> int:
        """Return the mean seconds that present members have waited."""
        waits = [self.waited(member) for member in queue.members]
        return round(sum(waits) / len(waits)) if waits else 0

    async def next_member(self, queue: CallQueue) -> QueueMember:
        """Return the first member that is not yet taken; wait until there is one."""
        while True:
            for member in queue.members:
                if not member.taken.is_set:
                    member.taken.set()
                    self.leave(queue, member)
                    return member
            await queue.arrived.wait()
