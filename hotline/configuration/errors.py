"""Errors of configuration files.

ConfigError
└── FileFault       a file of the hospital's has faults; each names file, line and field
"""

from collections.abc import Sequence

from hotline.errors import ConfigError


class FileFault(ConfigError):
    """A file cannot be used; `faults` lists everything that is wrong with it."""

    code = "file_fault"

    def __init__(self, faults: Sequence[str]) -> None:
        """Take faults that each read `file:line: field: what is wrong and what to do`."""
        super().__init__("\n".join(faults))
        self.faults = tuple(faults)
