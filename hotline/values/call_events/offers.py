"""Events of offers. Pure."""

from dataclasses import dataclass

from hotline.values.call_events.history_event import HistoryEvent
from hotline.values.reason_codes import OfferEndReason


@dataclass(frozen=True, kw_only=True)
class OfferHistoryEvent(HistoryEvent, is_kind=False):
    """Something that happened to an offer."""

    offer_id: str
    agent_id: str


@dataclass(frozen=True, kw_only=True)
class OfferStarted(OfferHistoryEvent):
    """An agent's phone is to ring, at the caller's ring `ring`, from 1."""

    ring: int


@dataclass(frozen=True, kw_only=True)
class OfferRinging(OfferHistoryEvent):
    """The phone rings."""

    ring: int


@dataclass(frozen=True, kw_only=True)
class OfferAnswered(OfferHistoryEvent):
    """The agent answered and won the caller."""

    ring: int


@dataclass(frozen=True, kw_only=True)
class OfferEnded(OfferHistoryEvent, is_kind=False):
    """The offer ended without an answer."""

    reason: OfferEndReason


@dataclass(frozen=True, kw_only=True)
class OfferCancelled(OfferEnded):
    """The phone was told to stop."""


@dataclass(frozen=True, kw_only=True)
class OfferMissed(OfferEnded):
    """The agent let the phone ring out."""


@dataclass(frozen=True, kw_only=True)
class OfferRejected(OfferEnded):
    """The agent declined, or was busy."""


@dataclass(frozen=True, kw_only=True)
class OfferUnreachable(OfferEnded):
    """The phone did not ring, or vanished while it rang."""


@dataclass(frozen=True, kw_only=True)
class OfferFailed(OfferEnded):
    """The agent hung up between answering and being told whom they had won."""


@dataclass(frozen=True, kw_only=True)
class AgentLost(OfferHistoryEvent):
    """The agent's line broke before they met the caller."""


@dataclass(frozen=True, kw_only=True)
class LineLost(OfferHistoryEvent):
    """The agent's line was lost in the conversation."""


@dataclass(frozen=True, kw_only=True)
class AgentLeft(OfferHistoryEvent):
    """The agent hung up."""
