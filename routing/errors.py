"""Errors of routing.

HotlineError
├── ConfigError
│   └── QueuesFault    a queue file has faults; each names file, line and field
└── UnknownQueue    a flow or call names a queue that the hospital does not have
"""

from collections.abc import Sequence

from hotline.errors import ConfigError, HotlineError


class QueuesFault(ConfigError):
    """A queue file cannot be used; `faults` lists everything that is wrong with it."""

    code = "queues_fault"

    def __init__(self, faults: Sequence[str]) -> None:
        """Each fault reads `file:line: field: what is wrong and what to do`."""
        super().__init__("\n".join(faults))
        self.faults = tuple(faults)


class UnknownQueue(HotlineError):
    """There is no queue of this name in the hospital's queue file."""

    code = "unknown_queue"
