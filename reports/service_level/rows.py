"""What the figures count: the columns that they need of calls, offers and callbacks, and these of a time together."""

from collections.abc import Sequence, Set
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from hotline.values.states.call import CallOutcome, Direction
from hotline.values.states.callback import CallbackState
from hotline.values.states.offer import OfferState


class CallTimes(Protocol):
    """What the figures need of a call: the row itself, or a few columns of it."""

    @property
    def id(self) -> str:
        """Our id."""

    @property
    def direction(self) -> Direction:
        """Who dialled."""

    @property
    def queue(self) -> str | None:
        """The queue they asked for last; `None` before."""

    @property
    def outcome(self) -> CallOutcome | None:
        """How it ended; `None` while it goes on."""

    @property
    def asked_at(self) -> datetime | None:
        """When the caller asked for a person."""

    @property
    def answered_at(self) -> datetime | None:
        """When the caller heard one."""

    @property
    def ended_at(self) -> datetime | None:
        """When the line ended."""


class OfferTimes(Protocol):
    """What the figures need of an offer."""

    @property
    def call_id(self) -> str:
        """The call it was made for."""

    @property
    def agent_id(self) -> str:
        """Whose phone it was."""

    @property
    def overflow_queue(self) -> str | None:
        """The queue whose overflow rang this agent; `None`: the caller's own."""

    @property
    def state(self) -> OfferState:
        """How it stands."""

    @property
    def started_at(self) -> datetime:
        """When the agent's phone was asked to ring."""

    @property
    def ringing_at(self) -> datetime | None:
        """When it began to ring; `None` when the exchange never said so."""

    @property
    def answered_at(self) -> datetime | None:
        """When the agent answered."""


class CallbackTimes(Protocol):
    """What the figures need of a callback."""

    @property
    def call_id(self) -> str:
        """The call in which it was asked for."""

    @property
    def outbound_call_id(self) -> str | None:
        """The call by which we reached them; `None` before."""

    @property
    def state(self) -> CallbackState:
        """How it stands."""


@dataclass(frozen=True)
class CountedCalls:
    """What every function here counts: the calls of a time, both ways, and what was done for them."""

    calls: Sequence[CallTimes]
    offers: Sequence[OfferTimes]
    callbacks: Sequence[CallbackTimes] = ()
    # The calls that a queue's overflow led out of its line.
    led_out: Set[str] = frozenset()

    def of(self, call_ids: Set[str]) -> "CountedCalls":
        """The part about these calls."""
        return CountedCalls(
            [call for call in self.calls if call.id in call_ids],
            [offer for offer in self.offers if offer.call_id in call_ids],
            [callback for callback in self.callbacks if callback.call_id in call_ids],
            self.led_out & call_ids,
        )
