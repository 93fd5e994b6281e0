"""The log of looks becomes the audit log: numbered, chained by digest, with outcome and counts; rows are protected."""

from datetime import UTC
from typing import Any

import sqlalchemy as sa
from alembic import op

from hotline.audit import chain


revision = '0014'
down_revision = '0013'

CHUNK = 1000
REFUSED = 'looks: rows of the audit log are never changed or deleted'
SQLITE = (
    f"CREATE TRIGGER looks_no_update BEFORE UPDATE ON looks BEGIN SELECT RAISE(ABORT, '{REFUSED}'); END",
    f"CREATE TRIGGER looks_no_delete BEFORE DELETE ON looks BEGIN SELECT RAISE(ABORT, '{REFUSED}'); END",
    'CREATE TRIGGER looks_no_replace BEFORE INSERT ON looks WHEN EXISTS '
    '(SELECT 1 FROM looks WHERE id = NEW.id OR number = NEW.number) '
    f"BEGIN SELECT RAISE(ABORT, '{REFUSED}'); END",
)
POSTGRESQL = (
    'CREATE OR REPLACE FUNCTION looks_are_kept() RETURNS trigger LANGUAGE plpgsql AS '
    f"$$ BEGIN RAISE EXCEPTION '{REFUSED}'; END $$",
    'CREATE TRIGGER looks_no_change BEFORE UPDATE OR DELETE ON looks '
    'FOR EACH ROW EXECUTE FUNCTION looks_are_kept()',
    'CREATE TRIGGER looks_no_truncate BEFORE TRUNCATE ON looks '
    'FOR EACH STATEMENT EXECUTE FUNCTION looks_are_kept()',
)
FACTS = ('id', 'user_id', 'action', 'subject', 'subject_id', 'address')


def upgrade() -> None:
    """Expand, number and chain the rows that are there, contract, protect."""
    with op.batch_alter_table('looks', schema=None) as batch_op:
        batch_op.drop_constraint('fk_looks_user_id', type_='foreignkey')
        batch_op.add_column(sa.Column('number', sa.BigInteger(), nullable=True))
        batch_op.add_column(sa.Column('outcome', sa.String(length=24), nullable=False, server_default='done'))
        batch_op.add_column(sa.Column('count', sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column('filter', sa.String(length=400), nullable=False, server_default=''))
        batch_op.add_column(sa.Column('digest', sa.String(length=64), nullable=True))
    op.create_table(
        'look_heads',
        sa.Column('id', sa.String(length=8), nullable=False),
        sa.Column('number', sa.BigInteger(), nullable=False),
        sa.Column('digest', sa.String(length=64), nullable=False),
        sa.Column('sealed', sa.LargeBinary(), nullable=False),
        sa.Column('checked_at', sa.DateTime(timezone=True), nullable=True),
        sa.Column('checked_number', sa.BigInteger(), nullable=True),
        sa.Column('broken_number', sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_look_heads')),
    )
    _chain(op.get_bind())
    with op.batch_alter_table('looks', schema=None) as batch_op:
        batch_op.alter_column('number', existing_type=sa.BigInteger(), nullable=False)
        batch_op.alter_column('digest', existing_type=sa.String(length=64), nullable=False)
        batch_op.alter_column('outcome', existing_type=sa.String(length=24), server_default=None)
        batch_op.alter_column('filter', existing_type=sa.String(length=400), server_default=None)
        batch_op.create_unique_constraint(op.f('uq_looks_number'), ['number'])
        batch_op.create_index(batch_op.f('ix_looks_user_id_at'), ['user_id', 'at'], unique=False)
    for statement in SQLITE if op.get_bind().dialect.name == 'sqlite' else POSTGRESQL:
        op.execute(statement)


def _chain(connection: sa.Connection) -> None:
    """Number the rows by their time and chain them, in pieces; seal the end."""
    looks = sa.table(
        'looks', sa.column('number', sa.BigInteger), sa.column('at', sa.DateTime(timezone=True)),
        sa.column('digest'), *(sa.column(name) for name in FACTS),
    )
    number, digest, order = 0, chain.GENESIS, (looks.c.at, looks.c.id)
    after: sa.ColumnElement[bool] = sa.true()
    fill = sa.update(looks).where(looks.c.id == sa.bindparam('row'))
    fill = fill.values(number=sa.bindparam('place'), digest=sa.bindparam('link'))
    while rows := connection.execute(sa.select(looks).where(after).order_by(*order).limit(CHUNK)).mappings().all():
        filled = []
        for row in rows:
            number += 1
            at = row['at'] if row['at'].tzinfo else row['at'].replace(tzinfo=UTC)
            more = {'number': number, 'at': at, 'outcome': 'done', 'count': None, 'filter': ''}
            digest = chain.digest(digest, {name: row[name] for name in FACTS} | more)
            filled.append({'row': row['id'], 'place': number, 'link': digest})
        connection.execute(fill, filled)
        last = rows[-1]
        after = sa.or_(looks.c.at > last['at'], sa.and_(looks.c.at == last['at'], looks.c.id > last['id']))
    if number:
        heads = sa.table('look_heads', *(sa.column(name) for name in ('id', 'number', 'digest', 'sealed')))
        keyring: Any = getattr(connection.dialect, 'hotline_keyring', None)
        sealed = keyring.encrypt_in_row(f'{number}:{digest}'.encode(), 'look_heads.sealed', 'looks')
        connection.execute(sa.insert(heads).values(id='looks', number=number, digest=digest, sealed=sealed))
