"""The life of a recording. Pure."""

from enum import StrEnum


class RecordingKind(StrEnum):
    """What was recorded: a conversation of two, or a message that a caller left."""

    CONVERSATION = "conversation"
    MESSAGE = "message"


class RecordingState(StrEnum):
    """The life of a recording, from the provider's machine to a transcript in ours."""

    STARTED = "started"
    READY = "ready"
    STORED = "stored"
    TRANSCRIBED = "transcribed"
    PURGED = "purged"
    ABSENT = "absent"
    FAILED = "failed"
