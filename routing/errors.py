"""Errors of routing.

HotlineError
├── ConfigError
│   └── FileFault           faults of a file of the hospital's; each names file, line and field
│       ├── HospitalFault   of the file with departments and agents
│       └── QueuesFault     of the queue file
├── UnknownQueue            a flow or call names a queue that the hospital does not have
├── CannotTransfer          a conversation cannot be handed on as asked; `why` is a word of the catalogue
└── AgentRefused            an agent cannot be changed so; `code` names the message, `field` the field
"""

from collections.abc import Sequence

from hotline.errors import ConfigError, HotlineError


class FileFault(ConfigError):
    """A file cannot be used; `faults` lists everything that is wrong with it."""

    code = "file_fault"

    def __init__(self, faults: Sequence[str]) -> None:
        """Each fault reads `file:line: field: what is wrong and what to do`."""
        super().__init__("\n".join(faults))
        self.faults = tuple(faults)


class HospitalFault(FileFault):
    """The file with departments and agents cannot be used."""

    code = "hospital_fault"


class QueuesFault(FileFault):
    """The queue file cannot be used."""

    code = "queues_fault"


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
