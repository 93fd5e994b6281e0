"""The errors of the voice menu.

HotlineError
├── ConfigError
│   └── FlowFault      a flow file has faults; each names file, line and field
└── NotFound
    └── PromptMissing  no prompt has this digest, or it is not rendered yet
"""

from collections.abc import Sequence

from hotline.errors import ConfigError, NotFound


class FlowFault(ConfigError):
    """A flow file cannot be used; `faults` lists everything that is wrong with it."""

    code = "flow_fault"

    def __init__(self, faults: Sequence[str]) -> None:
        """Each fault reads `file:line: field: what is wrong and what to do`."""
        super().__init__("\n".join(faults))
        self.faults = tuple(faults)


class PromptMissing(NotFound):
    """No audio for this prompt."""

    code = "prompt_missing"
    is_permanent = True
