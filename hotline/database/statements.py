"""The few statements that every turn of a caller runs: compiled once, run on the driver, committing by themselves.

SQLAlchemy says what they are and how values are stored; only its way from a statement to the driver is walked once
instead of for each turn ([decision 38](docs/decisions/0038-a-turns-statements-are-compiled-once.md)).
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import Any, Protocol, cast
from weakref import WeakKeyDictionary

from sqlalchemy import Dialect, Engine, Executable, Select
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import PoolProxiedConnection

Values = Mapping[str, Any]
_Convert = Callable[[Any], Any] | None


class Prepared:
    """A statement whose parameters are `bindparam`s, and what it compiles to for each database that is open.

    Every column that it writes is named in it, those with defaults too. What it reads, a `select` names; sealed columns
    and decimal numbers are not read.
    """

    def __init__(self, statement: Executable) -> None:
        """Prepare `statement`; it is compiled when it first runs."""
        self.statement = statement
        self._compiled: WeakKeyDictionary[Dialect, _Compiled] = WeakKeyDictionary()

    def compiled(self, dialect: Dialect) -> "_Compiled":
        """Return what this is for a database."""
        found = self._compiled.get(dialect)
        if found is None:
            found = self._compiled[dialect] = _compile(self.statement, dialect)
        return found


@dataclass(frozen=True)
class _Compiled:
    text: str
    # Each parameter with its value where the statement itself gives it, and how a value becomes the driver's.
    parameters: tuple[tuple[str, Any, _Convert], ...]
    order: tuple[str, ...] | None
    columns: tuple[_Convert, ...]

    def given(self, values: Values) -> Any:
        """Return the values as the driver takes them."""
        named = {}
        for name, own, convert in self.parameters:
            value = values.get(name, own)
            named[name] = value if convert is None else convert(value)
        return named if self.order is None else [named[name] for name in self.order]

    def row(self, found: Sequence[Any]) -> tuple[Any, ...]:
        """Return a row as the statement's types read it."""
        pairs = zip(found, self.columns, strict=True)
        return tuple(value if convert is None else convert(value) for value, convert in pairs)


def _compile(statement: Executable, dialect: Dialect) -> _Compiled:
    compiled: Any = statement.compile(dialect=dialect)  # type: ignore[attr-defined] # every statement of ours has it
    if compiled.insert_prefetch or compiled.update_prefetch:
        raise TypeError(f"columns with defaults are given their values: {compiled}")
    own = compiled.params
    binds = {name: bind.type.dialect_impl(dialect) for bind, name in compiled.bind_names.items() if name in own}
    columns = statement.selected_columns if isinstance(statement, Select) else ()
    return _Compiled(
        str(compiled),
        tuple((name, own[name], kind.bind_processor(dialect)) for name, kind in binds.items()),
        None if compiled.positiontup is None else tuple(compiled.positiontup),
        tuple(column.type.dialect_impl(dialect).result_processor(dialect, None) for column in columns),
    )


class WriteGuard(Protocol):
    """What stands before a write: the database that is open."""

    before_write: Callable[[], object]

    def transaction_on(self, driver: Any) -> AbstractContextManager[None]:
        """Begin a transaction that writes, and end it with the block."""


class Statements:
    """One connection for statements that commit by themselves."""

    def __init__(self, dialect: Dialect, connection: PoolProxiedConnection, guard: WriteGuard) -> None:
        """Use a connection of the pool; `guard` is asked before it writes."""
        self.is_sqlite = dialect.name == "sqlite"
        self._dialect, self._connection, self._guard = dialect, connection, guard
        self._driver: Any = connection.driver_connection

    def one(self, prepared: Prepared, values: Values) -> tuple[Any, ...] | None:
        """Return the first row of a result. Raises `DBAPIError`, as everything here."""
        compiled = prepared.compiled(self._dialect)
        found = self._run(compiled, values).fetchone()
        return None if found is None else compiled.row(found)

    def change_alone(self, prepared: Prepared, values: Values) -> int:
        """Run a statement that is a transaction of its own; return how many rows it changed. Not on SQLite, where who
        writes takes the lock first.
        """
        self._guard.before_write()
        return self.change(prepared, values)

    def change(self, prepared: Prepared, values: Values) -> int:
        """Run a statement of a `transaction`; return how many rows it changed."""
        changed: int = self._run(prepared.compiled(self._dialect), values).rowcount
        return changed

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Make the statements of the block one transaction: committed at its end, undone by an exception."""
        with library_faults(self._dialect), self._guard.transaction_on(self._driver):
            yield

    def _run(self, compiled: _Compiled, values: Values) -> Any:
        try:
            return self._driver.execute(compiled.text, compiled.given(values))
        except self._dialect.loaded_dbapi.Error as error:
            raise self._fault(error, compiled.text) from error

    def _fault(self, error: Any, text: str) -> DBAPIError:
        """Return the library's error for one of the driver; a connection that is lost leaves the pool."""
        driver: DBAPIConnection = self._connection.dbapi_connection or self._driver
        is_lost = self._dialect.is_disconnect(error, driver, None)
        if is_lost:
            self._connection.invalidate(error)
        return _library_fault(self._dialect, error, text, is_lost=is_lost)


@contextmanager
def library_faults(dialect: Dialect) -> Iterator[None]:
    """Raise the library's error where the driver itself is asked and fails, so that everybody knows one kind."""
    try:
        yield
    except dialect.loaded_dbapi.Error as error:
        raise _library_fault(dialect, error, "a transaction or connection", is_lost=False) from error


def _library_fault(dialect: Dialect, error: Any, text: str, *, is_lost: bool) -> DBAPIError:
    base = dialect.loaded_dbapi.Error
    fault = DBAPIError.instance(
        text, None, error, base, hide_parameters=True, connection_invalidated=is_lost, dialect=dialect
    )
    return cast(DBAPIError, fault)


@contextmanager
def connected(engine: Engine, guard: WriteGuard) -> Iterator[Statements]:
    """Yield a connection of the engine's pool for such statements."""
    with library_faults(engine.dialect):
        connection = engine.raw_connection()
    try:
        yield Statements(engine.dialect, connection, guard)
    finally:
        connection.close()
