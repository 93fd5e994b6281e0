"""Pages of a long list: which one is there, and what it holds. Pure."""

from dataclasses import dataclass
from typing import Generic, TypeVar

Row = TypeVar("Row")


def within(page: int, total: int, size: int) -> int:
    """Return `page` where it is there, counted from 1; else the last one."""
    return min(max(1, page), max(1, -(-total // size)))


@dataclass(frozen=True)
class Listing(Generic[Row]):
    """The rows of one page, and how many there are on all of them."""

    rows: list[Row]
    total: int
    page: int
    size: int

    @property
    def pages(self) -> int:
        """Return how many pages there are, at least one."""
        return max(1, -(-self.total // self.size))
