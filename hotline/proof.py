"""The proof that a process may write: this program's tables, and the keys that the database was sealed with."""

import threading
from datetime import datetime, timedelta

from hotline import clock, known_keys, tables
from hotline.crypt import Keyring
from hotline.database import Database

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
        with self._proving:
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
            tables.check(self._database)
            known_keys.prove(self._database, self._keyring, now)
        else:
            known_keys.follow(self._database, self._keyring)
