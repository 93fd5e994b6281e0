"""The life of an offer: an agent's phone rung for a queue entry. Pure."""

from enum import StrEnum


class OfferState(StrEnum):
    """The life of one offer: a lease on an agent for a waiting caller."""

    STARTED = "started"
    RINGING = "ringing"
    ANSWERED = "answered"
    CANCELLED = "cancelled"
    MISSED = "missed"
    REJECTED = "rejected"
    # The phone could not be rung, or vanished while it rang: nobody let it ring.
    UNREACHABLE = "unreachable"
    FAILED = "failed"


LIVE_OFFERS = frozenset({OfferState.STARTED, OfferState.RINGING})
