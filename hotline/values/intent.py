"""What a caller wants. Pure."""

from enum import StrEnum


class Intent(StrEnum):
    """What the caller wants (requirement A4)."""

    UNKNOWN = "unknown"
    BOOKING = "booking"
    ENQUIRY = "enquiry"
    COMPLAINT = "complaint"
    CONSULTATION = "consultation"
    OPINION = "opinion"
    EMERGENCY = "emergency"
