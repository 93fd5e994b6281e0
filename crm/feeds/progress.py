"""Progress of an import."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class ImportProgress:
    """Callbacks of an import: `begin(phase, total)`, `None` for an unknown total, then `step(count)` repeatedly."""

    begin: Callable[[str, int | None], object] = lambda _phase, _total: None
    step: Callable[[int], object] = lambda _count: None
