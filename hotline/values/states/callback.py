"""The life of a callback. Pure."""

from enum import StrEnum


class CallbackState(StrEnum):
    """The life of a call-back: in line by its place, being dialled, back on the line, over."""

    WAITING = "waiting"
    DIALLING = "dialling"
    BACK = "back"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"
