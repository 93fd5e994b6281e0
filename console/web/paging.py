"""One page of a long list."""

from dataclasses import dataclass
from typing import Generic, TypeVar

_Line = TypeVar("_Line")


def within(page: int, total: int, size: int) -> int:
    """The number of a page that is there: from 1, the last one where there are fewer."""
    return min(max(1, page), max(1, -(-total // size)))


@dataclass(frozen=True)
class Listing(Generic[_Line]):
    """The lines of one page, and how many there are on all of them."""

    lines: list[_Line]
    total: int
    page: int
    size: int

    @property
    def pages(self) -> int:
        """How many pages there are, at least one."""
        return max(1, -(-self.total // self.size))
