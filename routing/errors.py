"""Errors of routing.

HotlineError
└── UnknownQueue    a flow or call names a queue that the hospital does not have
"""

from hotline.errors import HotlineError


class UnknownQueue(HotlineError):
    """There is no queue of this name; `routing` loads them with the hospital."""

    code = "unknown_queue"
