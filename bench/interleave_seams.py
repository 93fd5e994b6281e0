"""Where the interleavings reach into the product: the database and executor of a router, and the bell."""

from collections.abc import Callable, Iterator
from concurrent.futures import Executor
from contextlib import contextmanager
from typing import Any

from sqlalchemy.orm import Session

from hotline.bell import Bell
from hotline.database import Database


class Killed(BaseException):
    """The router's process dies here."""


class Watched(Database):
    """The database as a router uses it: something may happen before each of its transactions."""

    def __init__(self, real: Database, between: Callable[[], None]) -> None:
        """Share everything with `real`."""
        self.__dict__.update(real.__dict__)
        self._between = between

    @contextmanager
    def read(self) -> Iterator[Session]:
        """See `Database.read`."""
        self._between()
        with super().read() as session:
            yield session

    @contextmanager
    def write(self) -> Iterator[Session]:
        """See `Database.write`."""
        self._between()
        with super().write() as session:
            yield session
        self._between()


class InTurn(Executor):
    """An executor of one thread, this one: the same seed, the same order."""

    def map(self, fn: Callable[..., Any], *iterables: Any, **_options: Any) -> Iterator[Any]:
        """See `concurrent.futures.Executor.map`."""
        return map(fn, *iterables)


class Unheard(Bell):
    """A bell that is always lost: routers and sweeps look by themselves, whenever chance has them look."""

    def ring(self, topic: str, text: str = "") -> None:
        """Nobody hears it."""
