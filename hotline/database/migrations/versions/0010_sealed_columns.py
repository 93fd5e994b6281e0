"""Sealed columns: what was answered, why somebody goes ahead, wards, diagnoses and visits lie plain no more.

Rows that are there are sealed with the keyring of the database. Where the tables are large this takes about a minute
for a million rows; killed in between, it begins anew.
"""

import json
from typing import Any, NamedTuple

import sqlalchemy as sa
from alembic import op

from hotline.errors import HotlineError


revision = '0010'
down_revision = '0008'

BATCH = 1000
BLOCK = 32
JSON, TEXT, BOOL = sa.JSON(), sa.String(), sa.Boolean()


class Column(NamedTuple):
    """A column as it was: its type, and whether it may be NULL."""

    kind: Any
    is_nullable: bool = False


TABLES: dict[str, dict[str, Column]] = {
    'waiting': {'reasons': Column(JSON)},
    'offers': {'reasons': Column(JSON)},
    'callbacks': {'reasons': Column(JSON)},
    'discharges': {'ward': Column(TEXT), 'condition': Column(TEXT), 'codes': Column(JSON), 'wishes': Column(JSON)},
    'recipients': {
        'ward': Column(TEXT), 'condition': Column(TEXT), 'script': Column(TEXT),
        'wishes': Column(JSON), 'about': Column(JSON), 'place': Column(JSON),
    },
    'attempts': {'place': Column(JSON), 'warning': Column(TEXT)},
    'answers': {'figure': Column(sa.Float(), True)},
    'patients': {name: Column(BOOL) for name in ('limited_mobility', 'cardiac', 'diabetic', 'flagged')},
    'persons': {'death': Column(JSON, True), 'refusal': Column(JSON, True), 'undone': Column(JSON)},
    'visits': {'tellings': Column(JSON)},
}
KEYS = {'persons': 'person_index'}


def upgrade() -> None:
    """Expand, seal, contract."""
    bind = op.get_bind()
    for table, columns in TABLES.items():
        _seal(bind, table, columns)
    _answers_of_calls(bind)
    _fill_up(bind)
    # The sign is the attempt's, and sealed there.
    events = sa.table('events', sa.column('kind'), sa.column('data', sa.JSON()))
    bind.execute(sa.update(events).where(events.c.kind == 'warning_sign').values(data={}))


def _seal(bind: sa.Connection, name: str, columns: dict[str, Column]) -> None:
    _expand(bind, name, columns)
    key = KEYS.get(name, 'id')
    table = sa.table(
        name, sa.column(key), *(sa.column(each, column.kind) for each, column in columns.items()),
        *(sa.column(f'{each}_', sa.LargeBinary()) for each in columns),
    )
    change = sa.update(table).where(table.c[key] == sa.bindparam('key'))
    change = change.values({f'{each}_': sa.bindparam(f'{each}_') for each in columns} | _emptied(bind, columns))
    for rows in _batches(bind, sa.select(table.c[key].label('key'), *(table.c[each] for each in columns)), table.c[key]):
        bind.execute(change, [
            {'key': row['key']} | {f'{each}_': _sealed(bind, (f'{name}.{each}', row['key']), row[each], column)
                                   for each, column in columns.items()}
            for row in rows
        ])
    _contract(bind, name, columns)


def _emptied(bind: sa.Connection, columns: dict[str, Column]) -> dict[str, Any]:
    """PostgreSQL keeps what a dropped column held until its row is written anew: so it is emptied before."""
    return dict.fromkeys(columns, sa.null()) if bind.dialect.name == 'postgresql' else {}


def _sealed(bind: sa.Connection, place: tuple[str, str], value: Any, column: Column) -> bytes | None:
    if value is None:
        return None if column.is_nullable else _encrypt(bind, place, 'null')
    is_text = isinstance(column.kind, sa.String)
    return _encrypt(bind, place, value if is_text else json.dumps(value, ensure_ascii=False, separators=(',', ':')))


def _encrypt(bind: sa.Connection, place: tuple[str, str], text: str) -> bytes:
    # Bound to its column and row.
    keyring: Any = bind.dialect.hotline_keyring  # type: ignore[attr-defined]
    filled: bytes = keyring.encrypt_in_row(_filled(text).encode(), *place)
    return filled


def _filled(text: str) -> str:
    return text + '\0' * (-len(text.encode()) % BLOCK)


def _expand(bind: sa.Connection, table: str, columns: dict[str, Column]) -> None:
    # Not as a batch: SQLite would copy and drop the table, to which others refer. Its defaults stay.
    is_sqlite = bind.dialect.name == 'sqlite'
    empty = sa.text("x''" if is_sqlite else r"'\x'::bytea")
    for name, column in columns.items():
        default = None if column.is_nullable else empty
        op.add_column(
            table, sa.Column(f'{name}_', sa.LargeBinary(), nullable=column.is_nullable, server_default=default)
        )
        if not is_sqlite and not column.is_nullable:
            op.alter_column(table, name, nullable=True)


def _contract(bind: sa.Connection, table: str, columns: dict[str, Column]) -> None:
    for name, column in columns.items():
        op.drop_column(table, name)
        op.execute(sa.text(f'ALTER TABLE {table} RENAME COLUMN "{name}_" TO "{name}"'))
        if bind.dialect.name != 'sqlite' and not column.is_nullable:
            op.alter_column(table, name, server_default=None)


def _batches(bind: sa.Connection, query: Any, key: Any) -> Any:
    last = ''
    while rows := bind.execute(query.where(key > last).order_by(key).limit(BATCH)).mappings().all():
        yield rows
        last = rows[-1]['key']


def _answers_of_calls(bind: sa.Connection) -> None:
    """The answer to a call's last turn is kept while the call goes on, and then no more."""
    op.add_column('calls', sa.Column('last_answer_', sa.LargeBinary(), nullable=True))
    calls = sa.table(
        'calls', sa.column('id'), sa.column('status'), sa.column('last_answer'),
        sa.column('last_answer_', sa.LargeBinary()),
    )
    live = sa.select(calls.c.id, calls.c.last_answer).where(calls.c.status != 'ended', calls.c.last_answer != '')
    for row in bind.execute(live).all():
        sealed = _encrypt(bind, ('calls.last_answer', row.id), row.last_answer)
        bind.execute(sa.update(calls).where(calls.c.id == row.id).values(last_answer_=sealed))
    if bind.dialect.name == 'postgresql':
        bind.execute(sa.update(calls).where(calls.c.last_answer != '').values(last_answer=''))
    op.drop_column('calls', 'last_answer')
    op.execute(sa.text('ALTER TABLE calls RENAME COLUMN last_answer_ TO last_answer'))


def _fill_up(bind: sa.Connection) -> None:
    """Answers were sealed before, but their lengths showed a yes from a no."""
    keyring: Any = bind.dialect.hotline_keyring  # type: ignore[attr-defined]
    answers = sa.table('answers', sa.column('id'), sa.column('value', sa.LargeBinary()))
    change = sa.update(answers).where(answers.c.id == sa.bindparam('key')).values(value=sa.bindparam('sealed'))
    for rows in _batches(bind, sa.select(answers.c.id.label('key'), answers.c.value), answers.c.id):
        filled = []
        for row in rows:
            try:
                text = keyring.decrypt_in_row(bytes(row['value']), 'answers.value', row['key']).decode()
            except HotlineError:
                continue  # sealed in another way, or its key is gone: it stays as it is
            filled.append({'key': row['key'], 'sealed': _encrypt(bind, ('answers.value', row['key']), text)})
        if filled:
            bind.execute(change, filled)
