"""How far the reading of a large file is, for whoever shows it."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Progress:
    """Whom to tell: `begin(what, total)` (`None`: not known), then `step(count)` again and again."""

    begin: Callable[[str, int | None], object] = lambda _what, _total: None
    step: Callable[[int], object] = lambda _count: None
