"""The life of a review, and the ruling on an appeal. Pure."""

from enum import StrEnum


class ReviewState(StrEnum):
    """The life of a review; `finished` is the end of one in a calibration, which nobody publishes."""

    DUE = "due"
    DRAFT = "draft"
    PUBLISHED = "published"
    ACKNOWLEDGED = "acknowledged"
    APPEALED = "appealed"
    UPHELD = "upheld"
    CHANGED = "changed"
    FINISHED = "finished"
    DROPPED = "dropped"


class Ruling(StrEnum):
    """What another supervisor ruled on an appeal."""

    UPHELD = "upheld"
    CHANGED = "changed"
