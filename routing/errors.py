"""Errors of routing.

HotlineError
├── UnknownQueue            a flow or call names a queue that the hospital does not have
├── CannotTransfer          a conversation cannot be handed on as asked; `why` is a word of the catalogue
└── AgentRefused            an agent cannot be changed so; `code` names the message, `field` the field
"""

from hotline.errors import HotlineError


class UnknownQueue(HotlineError):
    """There is no queue of this name in the hospital's queue file."""

    code = "unknown_queue"


class CannotTransfer(HotlineError):
    """A conversation cannot be handed on as the agent asks."""

    code = "cannot_transfer"

    def __init__(self, why: str) -> None:
        """`why`: not_talking, goes_on, no_such_queue, no_such_agent, not_free."""
        super().__init__(why)
        self.why = why


class AgentRefused(HotlineError):
    """An agent cannot be changed as asked."""

    def __init__(self, code: str, field: str, message: str) -> None:
        """`code` as in the catalogue of words under `agent_fault`."""
        super().__init__(message)
        self.code, self.field = code, field  # type: ignore[misc] # one class for many reasons of one form
