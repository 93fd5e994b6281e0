"""A field of a hospital's file that was rejected, with the reason. Pure."""

from dataclasses import dataclass


@dataclass(frozen=True)
class RejectedField:
    """The line (from 1; the number of the resource or message), the field and the reason; never the content."""

    line: int
    field: str
    reason: str

    def __str__(self) -> str:
        """Return the line of the report."""
        return f"line {self.line}, {self.field}: {self.reason}"
