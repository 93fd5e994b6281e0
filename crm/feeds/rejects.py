"""Why a row of a hospital's file was not taken. Pure."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Reject:
    """Its line (from 1; the resource's or message's number), the field, the reason. What stood there is left out."""

    line: int
    field: str
    reason: str

    def __str__(self) -> str:
        """The report's line."""
        return f"line {self.line}, {self.field}: {self.reason}"
