"""The proof that a process may write: this program's tables, and the keys that the database was sealed with."""

import threading
from datetime import datetime, timedelta

from hotline import clock
from hotline.database import table_check, time_limits
from hotline.database.database import Busy, Database
from hotline.database.time_limits import LONGEST_LOCK_SECONDS
from hotline.encryption import known_keys
from hotline.encryption.keyring import Keyring

# How long after `hotline keys rotate` a process may still seal with the key before.
RENEWED_EVERY = timedelta(seconds=20)


class Proof:
    """Proves once, and from then on follows the choice of the key that seals."""

    def __init__(self, database: Database, keyring: Keyring) -> None:
        """Of this database, for this ring."""
        self._database, self._keyring = database, keyring
        self._at: datetime | None = None
        self._proving = threading.RLock()
        self._is_at_it = False

    def renew(self) -> None:
        """Before each transaction that writes: prove what was not proven, look at what may have changed.

        Raises `ConfigError`, `TablesDiffer`.
        """
        now = clock.now()
        if self._at is not None and abs(now - self._at) < RENEWED_EVERY:
            return
        # Who is proven already waits for nobody: another thread is looking.
        if not self._proving.acquire(timeout=time_limits.left(LONGEST_LOCK_SECONDS) if self._at is None else 0):
            if self._at is None:
                raise Busy("another thread of this process proves the database for too long")
            return
        try:
            self._renew(now)
        finally:
            self._proving.release()

    def _renew(self, now: datetime) -> None:
        if self._is_at_it:
            return  # proving itself writes
        self._is_at_it = True
        try:
            self._look(now)
        finally:
            self._is_at_it = False
        self._at = now

    def _look(self, now: datetime) -> None:
        if self._at is None:
            table_check.check(self._database)
            known_keys.prove(self._database, self._keyring, now)
        else:
            known_keys.follow(self._database, self._keyring)
