"""Columns that are sealed with the keyring of their engine, each value bound to its row.

Reading needs no care: whatever selects a sealed column gets the row's id with it (`column_expression`), so that a value
copied to another row or column does not open. Writing through the mapper needs none either. A statement on a table
itself is given `in_row` values; anything else is refused, so that nothing is sealed without its row.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Connection, Dialect, LargeBinary, Table, event
from sqlalchemy.exc import CompileError
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import InstanceState, Mapper, attributes
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.sql.schema import CallableColumnDefault, ScalarElementColumnDefault
from sqlalchemy.types import TypeDecorator, TypeEngine

from hotline.clock import new_id
from hotline.models.row import Row

# An id is printable ASCII; what is sealed begins with a byte that is not (`hotline.encryption.keyring.head`).
_SEALED = re.compile(rb"[^\x20-\x7e]")


@dataclass(frozen=True)
class InRow:
    """A value on its way into one row."""

    row: str
    value: Any = field(repr=False)


class Sealed(TypeDecorator[Any]):
    """What is sealed; `about` names its place (`table.column`) and must be unique to the column."""

    impl = LargeBinary
    cache_ok = True

    def __init__(self, about: str) -> None:
        """Seal for the column `about`."""
        super().__init__()
        self.about = about

    def column_expression(self, column: ColumnElement[Any]) -> ColumnElement[Any]:
        """Return what is selected in place of the column: the row's id, and then the column."""
        keys = list(getattr(getattr(column, "table", None), "primary_key", ()))
        if len(keys) != 1:
            raise CompileError(f"{self.about} is selected from what has no id of its row: select the id with it")
        return _WithRow(keys[0], column, self)

    def process_bind_param(self, value: InRow | None, dialect: Dialect) -> bytes | None:
        """To the database, sealed. Raises `TypeError` when it does not say of which row it is."""
        if value is None:
            return None
        if not isinstance(value, InRow):
            raise TypeError(f"{self.about} was about to be sealed without its row; see hotline.models.sealed.in_row")
        if value.value is None:
            return None
        keyring: Any = dialect.hotline_keyring  # type: ignore[attr-defined] # set by `hotline.database.database`
        sealed: bytes = keyring.encrypt_in_row(self.to_bytes(value.value), self.about, value.row)
        return sealed

    def process_result_value(self, value: bytes | None, dialect: Dialect) -> Any:
        """From the database, opened for the row that it was found in."""
        if value is None:
            return None
        keyring: Any = dialect.hotline_keyring  # type: ignore[attr-defined] # as above
        row, sealed = apart(bytes(value))
        return self.from_bytes(keyring.decrypt_in_row(sealed, self.about, row))

    def to_bytes(self, value: Any) -> bytes:
        """Return the value as bytes."""
        raise NotImplementedError

    def from_bytes(self, plain: bytes) -> Any:
        """Return the value again."""
        raise NotImplementedError


class EncryptedText(Sealed):
    """Text that is sealed."""

    cache_ok = True

    def to_bytes(self, value: str) -> bytes:
        """As UTF-8."""
        return value.encode()

    def from_bytes(self, plain: bytes) -> str:
        """From UTF-8."""
        return plain.decode()


class EncryptedJson(Sealed):
    """A value of JSON that is sealed; lists and dicts are replaced, never changed in place."""

    cache_ok = True

    def to_bytes(self, value: Any) -> bytes:
        """As compact JSON."""
        return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()

    def from_bytes(self, plain: bytes) -> Any:
        """From JSON."""
        return json.loads(plain)


class _WithRow(FunctionElement[Any]):
    """A row's id and a sealed column of it, as one string of bytes."""

    inherit_cache = True

    def __init__(self, row: ColumnElement[Any], column: ColumnElement[Any], kind: TypeEngine[Any]) -> None:
        super().__init__(row, column)
        self.type = kind


@compiles(_WithRow, "sqlite")
def _on_sqlite(element: _WithRow, compiler: SQLCompiler, **options: Any) -> str:
    row, column = (compiler.process(part, **options) for part in element.clauses)
    return f"CAST({row} || {column} AS BLOB)"


@compiles(_WithRow, "postgresql")
def _on_postgresql(element: _WithRow, compiler: SQLCompiler, **options: Any) -> str:
    row, column = (compiler.process(part, **options) for part in element.clauses)
    return f"(convert_to({row}, 'UTF8') || {column})"


def apart(found: bytes) -> tuple[str, bytes]:
    """Return the id of the row, and what is sealed in it."""
    start = _SEALED.search(found)
    end = start.start() if start else len(found)
    return found[:end].decode(), found[end:]


@cache
def names_of(table: Table) -> frozenset[str]:
    """Return the sealed columns of a table."""
    return frozenset(column.key for column in table.c if isinstance(column.type, Sealed))


def key_of(table: Any) -> str:
    """Return the name of the column that is the id of a table's rows."""
    (column,) = table.primary_key
    return str(column.key)


def in_row(model: type[Row], values: Mapping[str, Any], row: str | None = None) -> dict[str, Any]:
    """Return the values of one row of `model` for a statement on its table; `row` is its id where they hold none."""
    names, row = names_of(model.__table__), row or values[key_of(model.__table__)]
    return {key: InRow(row, value) if key in names else value for key, value in values.items()}


@event.listens_for(Row, "before_insert", propagate=True)
def _place_new(mapper: Mapper[Any], _connection: Connection, row: Any) -> None:
    names = names_of(mapper.local_table)
    if names:
        key = key_of(mapper.local_table)
        if key == "id":
            row.id = row.id or new_id()
        state = attributes.instance_state(row)
        for name in names:
            default = mapper.columns[name].default
            if state.dict.get(name) is None and isinstance(default, ScalarElementColumnDefault):
                state.dict[name] = default.arg
            elif state.dict.get(name) is None and isinstance(default, CallableColumnDefault):
                state.dict[name] = default.arg(None)  # type: ignore[arg-type] # ours take none
        _place(state, getattr(row, key), names)


@event.listens_for(Row, "before_update", propagate=True)
def _place_changed(mapper: Mapper[Any], _connection: Connection, row: Any) -> None:
    names = names_of(mapper.local_table)
    if names:
        state = attributes.instance_state(row)
        before = state.committed_state
        changed = {name for name in names if name in before and before[name] != state.dict.get(name)}
        _place(state, getattr(row, key_of(mapper.local_table)), changed)


@event.listens_for(Row, "after_insert", propagate=True)
@event.listens_for(Row, "after_update", propagate=True)
def _plain_again(mapper: Mapper[Any], _connection: Connection, row: Any) -> None:
    values = attributes.instance_state(row).dict
    for name in names_of(mapper.local_table):
        if isinstance(values.get(name), InRow):
            values[name] = values[name].value


def _place(state: InstanceState[Any], row: str, names: frozenset[str] | set[str]) -> None:
    """Have the statement that follows seal these for the row; past the attributes, which saw no change."""
    for name in names:
        value = _plain(state.dict.get(name))
        if value is not None:
            state.dict[name] = InRow(row, value)


def _plain(value: Any) -> Any:
    return value.value if isinstance(value, InRow) else value
