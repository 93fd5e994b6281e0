"""What a rival does in the middle of somebody's transaction: between what it has read and what it changes."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from sqlalchemy import Update, event, text

from hotline.context import AppContext
from hotline.models import Row

T = TypeVar("T")
WAITING = "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"


@contextmanager
def halfway(context: AppContext, row: type[Row], rival: Callable[[], T]) -> Iterator[list[T]]:
    """Before the first change of a `row`, `rival` has been through on a connection of its own, or stands at a lock.

    What came of the rival is in the list at the end of the block. On SQLite it waits for whoever writes already.
    """
    came: list[T] = []
    thread = threading.Thread(target=lambda: came.append(rival()))

    def begin() -> None:
        thread.start()
        while thread.is_alive() and not _stands(context):
            thread.join(0.01)

    with _before(context, row, lambda _connection: begin()):
        yield came
    thread.join()


@contextmanager
def changed(context: AppContext, row: type[Row], change: Update) -> Iterator[None]:
    """Before the first change of a `row`, it is as a rival's `change` has left it, whatever was locked."""
    with _before(context, row, lambda connection: connection.execute(change)):
        yield


@contextmanager
def _before(context: AppContext, row: type[Row], do: Callable[[Any], object]) -> Iterator[None]:
    left = [do]

    def look(connection: Any, _cursor: object, statement: str, *_: object) -> None:
        if left and statement.startswith(f"UPDATE {row.__tablename__} "):
            left.pop()(connection)

    event.listen(context.database.engine, "before_cursor_execute", look)
    try:
        yield
    finally:
        event.remove(context.database.engine, "before_cursor_execute", look)
    assert not left, f"no {row.__tablename__} was changed"


def _stands(context: AppContext) -> bool:
    """Whether somebody waits for a lock."""
    if context.database.is_sqlite:
        return True
    with context.database.engine.connect() as connection:
        return connection.execute(text(WAITING)).first() is not None
