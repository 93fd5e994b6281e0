"""The open resources of a process: settings, database, notifier, object store and keyring, opened once at its start."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Self

from hotline import log
from hotline.configuration.settings import Settings
from hotline.database.database import Database
from hotline.database.outage import is_away
from hotline.database.start_check import Proof
from hotline.encryption.keyring import Keyring
from hotline.errors import ConfigError, HotlineError
from hotline.object_store.store import ObjectStore
from hotline.outbox.notifier import Notifier

# What gunicorn takes for "this cannot start": it ends, and says so, instead of trying again and again.
CANNOT_START = 3


@dataclass(frozen=True)
class AppContext:
    """The open resources of one process; in a `with` they are given back at its end."""

    settings: Settings
    keyring: Keyring
    database: Database
    notifier: Notifier
    objects: ObjectStore

    def __enter__(self) -> Self:
        """Return these, open."""
        return self

    def __exit__(self, *_fault: object) -> None:
        """Give everything back."""
        self.close()

    def close(self) -> None:
        """Give everything back."""
        self.database.close()
        self.notifier.close()


def open_unchecked(settings: Settings) -> AppContext:
    """Open what `settings` names, whatever lies there. Raises `ConfigError` when keys or addresses are unfit."""
    keyring = Keyring.parse(settings.hotline_keys.get_secret_value())
    if not settings.redis_url:
        raise ConfigError("REDIS_URL: missing. `hotline up` starts an embedded server; elsewhere name yours.")
    settings.hotline_home.mkdir(mode=0o700, parents=True, exist_ok=True)
    return AppContext(
        settings=settings,
        keyring=keyring,
        database=Database(settings.database, keyring),
        notifier=Notifier(settings.redis_url),
        objects=ObjectStore(settings.objects, keyring),
    )


def open_context(settings: Settings) -> AppContext:
    """Open what `settings` names, its tables and keys proven.

    Raises `ConfigError` when keys or addresses are unfit, `TablesDiffer` when the database needs an upgrade. Where the
    database is away it is proven before the first transaction that writes; meanwhile callers are kept.
    """
    context = open_unchecked(settings)
    try:
        prove(context.database, context.keyring)
    except Exception as error:
        if not is_away(error):
            context.close()
            raise
        log.get().warning("database_unproven", error=type(error).__name__)
    return context


def prove(database: Database, keyring: Keyring) -> None:
    """See that the database has this program's tables and was sealed with these keys, now and while it is used.

    Raises `ConfigError`, `TablesDiffer`.
    """
    proof = Proof(database, keyring)
    database.before_write = proof.renew
    proof.renew()


@contextmanager
def refusing_in_one_line() -> Iterator[None]:
    """Turn a fault of settings, keys or tables into one clear line and the end of the process."""
    try:
        yield
    except HotlineError as error:
        sys.stderr.write(f"hotline: {error}\n")
        raise SystemExit(CANNOT_START) from error
