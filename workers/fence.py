"""What a job works with: the same database and provider, open only as long as its worker holds the job."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, cast

from hotline.database.database import Database
from telephony.provider import Provider
from workers.job_lease import JobLease

if TYPE_CHECKING:
    from sqlalchemy.orm import Session


class FencedDatabase(Database):
    """A database whose every transaction is committed only while the job is held."""

    def __init__(self, real: Database, hold: JobLease) -> None:
        """Write through `real`."""
        self.__dict__.update(real.__dict__)
        self._real, self._hold = real, hold

    @contextmanager
    def read(self) -> Iterator[Session]:
        """See `Database.read`."""
        with self._real.read() as session:
            yield session

    @contextmanager
    def write(self) -> Iterator[Session]:
        """See `Database.write`. Raises `LeaseLost`, and nothing is committed.

        The job's row is looked at last, so that it is locked after every other row, as whoever asks for a job does.
        """
        with self._real.write() as session:
            yield session
            self._hold.check(session)


class _FencedProvider:
    def __init__(self, real: Provider, hold: JobLease) -> None:
        self._real, self._hold = real, hold

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._real, name)
        if not callable(found):
            return found

        def ask(*arguments: Any, **named: Any) -> Any:
            self._hold.renew()
            return found(*arguments, **named)

        return ask


def fenced_provider(provider: Provider, hold: JobLease) -> Provider:
    """Return a provider that is asked for nothing once the job is lost; each request begins with a new lease."""
    return cast(Provider, _FencedProvider(provider, hold))
