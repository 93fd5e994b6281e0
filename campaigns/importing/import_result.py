"""What became of the records of a source."""

from dataclasses import dataclass, fields


@dataclass
class ImportResult:
    """How many of each there were.

    Discharges added, visits corrected, events known before, other news; recipients stopped, and those who go on; names,
    numbers and birth dates that differ from what is known, which wait for staff.
    """

    added: int = 0
    corrected: int = 0
    known: int = 0
    stopped: int = 0
    resumed: int = 0
    noted: int = 0
    proposed: int = 0

    @property
    def is_news(self) -> bool:
        """Return whether campaigns that run have somebody to look at."""
        return bool(self.added or self.corrected or self.resumed)

    def add(self, other: "ImportResult") -> None:
        """Count what another transaction did as well."""
        for field in fields(self):
            setattr(self, field.name, getattr(self, field.name) + getattr(other, field.name))
