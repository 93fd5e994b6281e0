"""Databases that stay open from test to test: each test finds fresh tables, and its statements compiled already."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import insert, select

from hotline.configuration.settings import Settings
from hotline.context import AppContext, open_context
from hotline.database.database import Database
from hotline.encryption.keyring import Keyring
from hotline.models import KnownKey, Row, StoredSecret
from hotline.object_store.store import ObjectStore
from hotline.outbox.notifier import Notifier


@dataclass(frozen=True)
class _Proven:
    """A database whose keys were proven once, the rows that say so, and the key of its index."""

    database: Database
    keyring: Keyring
    key_rows: Sequence[tuple[type[Row], dict[str, Any]]]
    index_key: bytes | None
    keys: frozenset[str]

    @classmethod
    def of(cls, context: AppContext) -> "_Proven":
        keyring = context.keyring
        tables = (KnownKey, StoredSecret)
        with context.database.engine.connect() as connection:
            rows = [
                (model, dict(row)) for model in tables for row in connection.execute(select(model.__table__)).mappings()
            ]
        return cls(context.database, keyring, rows, keyring.index_key, frozenset(keyring.keys))

    def is_unchanged(self) -> bool:
        """Whether its keys are those that were proven."""
        ring = self.keyring
        return (
            ring.keys.keys() == self.keys and ring.current == next(iter(ring.keys)) and ring.index_key == self.index_key
        )

    def write_keys(self) -> None:
        """Write the proven keys into the fresh tables."""
        with self.database.engine.begin() as connection:
            for model, row in self.key_rows:
                connection.execute(insert(model), row)


@dataclass
class OpenDatabases:
    """The open databases of one worker, by address and keys."""

    _proven: dict[tuple[str, str], _Proven] = field(default_factory=dict)

    @contextmanager
    def context(self, settings: Settings) -> Iterator[AppContext]:
        """Open resources on the fresh tables at `settings.database`: its database as it was left, all else anew."""
        place = (settings.database, settings.hotline_keys.get_secret_value())
        proven = self._proven.pop(place, None)
        context = open_context(settings) if proven is None else _again(settings, proven)
        proven = proven or _Proven.of(context)
        try:
            yield context
        finally:
            context.database.end_background()
            context.notifier.close()
        if context.database.is_sqlite or not proven.is_unchanged():
            context.database.close()  # the next test has another file
        if proven.is_unchanged():
            context.database.closing.clear()
            self._proven[place] = proven

    def give_back(self) -> None:
        """Give the connections of all back; the databases are opened anew when they are asked for."""
        while self._proven:
            self._proven.popitem()[1].database.close()


def _again(settings: Settings, proven: _Proven) -> AppContext:
    proven.write_keys()
    settings.hotline_home.mkdir(mode=0o700, parents=True, exist_ok=True)
    return AppContext(
        settings=settings,
        keyring=proven.keyring,
        database=proven.database,
        notifier=Notifier(settings.redis_url or ""),
        objects=ObjectStore(settings.objects, proven.keyring),
    )
