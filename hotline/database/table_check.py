"""Whether the tables of a database are those of this program: columns, types, keys, indexes, constraints.

Tables that are none of ours are left out of it. A database that an identical description was found good of in this
process is not looked at again.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Index, Inspector, Table, UniqueConstraint, inspect, text
from sqlalchemy.types import TypeEngine

from hotline.database.database import Database
from hotline.errors import TablesDiffer
from hotline.models import Row

_VERSIONS = Path(__file__).parent / "migrations" / "versions"
# The first migration of 0.1.0.
_FIRST = "0100"
REMEDY = "run `hotline db upgrade`"
BY_HAND = "no migration of this version mends that: restore a backup, or alter the table by hand to what is named"
NAMED = 4
_good: set[str] = set()
# What one database calls otherwise, of the same meaning.
_SYNONYMS = {"FLOAT": "DOUBLE PRECISION"}
_DESCRIBED = {
    "sqlite": "SELECT name || ' ' || sql AS line FROM sqlite_master WHERE sql IS NOT NULL ORDER BY line",
    "postgresql": """
        SELECT format('%s.%s %s %s', c.relname, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull) AS line
        FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
        WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind = 'r' AND a.attnum > 0
              AND NOT a.attisdropped
        UNION ALL SELECT indexdef FROM pg_indexes WHERE schemaname = current_schema()
        UNION ALL SELECT conrelid::regclass || ' ' || conname || ' ' || pg_get_constraintdef(oid) FROM pg_constraint
        WHERE connamespace = current_schema()::regnamespace
        ORDER BY line""",
}


def check(database: Database) -> None:
    """Raise `TablesDiffer`, which says what is missing or too much and what to do, when they are not the models'."""
    refuse_newer(database)
    differing = found(database)
    if differing:
        raise TablesDiffer(f"{in_words(differing)}; {REMEDY}")


def refuse_newer(database: Database) -> None:
    """Raise `TablesDiffer` when the database is at a migration that this program does not have."""
    known = {path.name.partition("_")[0] for path in _VERSIONS.glob("*.py")}
    with database.engine.connect() as connection:
        if not inspect(connection).has_table("alembic_version"):
            return
        stands = set(connection.scalars(text("SELECT version_num FROM alembic_version")))
    if any(revision < _FIRST for revision in stands):
        raise TablesDiffer(
            "the database was made before 0.1.0 and cannot be upgraded; keep it aside and start with an empty one"
        )
    if stands - known:
        newer = ", ".join(sorted(stands - known))
        raise TablesDiffer(f"a newer version of the hotline has upgraded the database (to {newer}); start that version")


def found(database: Database) -> list[str]:
    """Return what differs, in words; nothing when the tables are the models'."""
    with database.engine.connect() as connection:
        described = "\n".join(connection.scalars(text(_DESCRIBED[connection.dialect.name])))
        differing = [] if described in _good else list(differences(connection))
    if not differing:
        _good.add(described)
    return differing


def in_words(differing: list[str]) -> str:
    """Return one line for people: the first few, and how many more there are."""
    more = f" and {len(differing) - NAMED} more" if len(differing) > NAMED else ""
    return f"the database's tables are not this version's: {'; '.join(differing[:NAMED])}{more}"


def differences(connection: Connection) -> Iterator[str]:
    """Yield what differs between the tables and the models, in words."""
    there = _There(inspect(connection))
    for table in Row.metadata.sorted_tables:
        if table.name not in there.columns:
            yield f"{table.name} is missing"
        else:
            yield from _columns(table, there, connection)
            yield from _keys(table, there)
            yield from _indexes(table, there)


class _There:
    """The tables as the database tells of them, by name."""

    def __init__(self, inspector: Inspector) -> None:
        self.columns = _by_table(inspector.get_multi_columns())
        self.indexes = _by_table(inspector.get_multi_indexes())
        self.unique = _by_table(inspector.get_multi_unique_constraints())
        self.foreign = _by_table(inspector.get_multi_foreign_keys())
        self.primary = _by_table(inspector.get_multi_pk_constraint())


def _by_table(found: dict[Any, Any]) -> dict[str, Any]:
    return {name: value for (_, name), value in found.items()}


def _columns(table: Table, there: _There, connection: Connection) -> Iterator[str]:
    stored = {column["name"]: column for column in there.columns[table.name]}
    for column in table.c:
        one = stored.pop(column.name, None)
        name = f"{table.name}.{column.name}"
        if one is None:
            yield f"{name} is missing"
            continue
        wanted, found = _kind(column.type, connection), _kind(one["type"], connection)
        if wanted != found:
            yield f"{name} is {found} instead of {wanted}"
        if bool(one["nullable"]) != bool(column.nullable) and not column.primary_key:
            yield f"{name} {'may' if one['nullable'] else 'may not'} be empty"
    yield from (f"{table.name}.{name} is too much" for name in stored)


def _kind(kind: TypeEngine[Any], connection: Connection) -> str:
    written = kind.compile(dialect=connection.dialect)
    return _SYNONYMS.get(written, written)


def _keys(table: Table, there: _There) -> Iterator[str]:
    primary = {column.name for column in table.primary_key}
    if primary != set(there.primary[table.name]["constrained_columns"]):
        yield f"the primary key of {table.name} is another"
    wanted = {_of_names(each.columns.keys()) for each in table.constraints if isinstance(each, UniqueConstraint)}
    found = {_of_names(each["column_names"]) for each in there.unique[table.name]}
    yield from _sets(f"the unique constraint of {table.name} on", wanted, found)
    refers = {f"{_of_names(each.column_keys)} to {each.referred_table.name}" for each in table.foreign_key_constraints}
    foreign = {
        f"{_of_names(each['constrained_columns'])} to {each['referred_table']}" for each in there.foreign[table.name]
    }
    yield from _sets(f"the foreign key of {table.name} on", refers, foreign)


def _indexes(table: Table, there: _There) -> Iterator[str]:
    wanted = {_index(index) for index in table.indexes}
    found = {
        _written(
            each["name"],
            each["column_names"],
            is_unique=each["unique"],
            is_partial=_is_partial(each.get("dialect_options") or {}),
        )
        for each in there.indexes[table.name]
        if not each.get("duplicates_constraint")
    }
    yield from _sets(f"the index of {table.name}", wanted, found)


def _index(index: Index) -> str:
    is_partial = index.dialect_options["sqlite"]["where"] is not None
    return _written(
        index.name, [column.name for column in index.columns], is_unique=index.unique, is_partial=is_partial
    )


def _written(name: str | None, columns: list[str | None], *, is_unique: bool, is_partial: bool) -> str:
    return f"{name} on {', '.join(map(str, columns))}{' unique' * bool(is_unique)}{' partial' * is_partial}"


def _is_partial(options: dict[str, Any]) -> bool:
    return any(name.endswith("_where") and value is not None for name, value in options.items())


def _of_names(names: Any) -> str:
    return ", ".join(sorted(map(str, names)))


def _sets(what: str, wanted: set[str], found: set[str]) -> Iterator[str]:
    yield from (f"{what} {each} is missing" for each in sorted(wanted - found))
    yield from (f"{what} {each} is too much" for each in sorted(found - wanted))
