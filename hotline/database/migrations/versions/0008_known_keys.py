"""The keys that the database was sealed with, and the key of the index; the first start fills both in."""

import sqlalchemy as sa
from alembic import op


revision = '0008'
down_revision = '0006'


def upgrade() -> None:
    """Expand."""
    op.create_table('known_keys',
    sa.Column('id', sa.String(length=16), nullable=False),
    sa.Column('canary', sa.LargeBinary(), nullable=False),
    sa.Column('known_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('chosen_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('retired_at', sa.DateTime(timezone=True), nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_known_keys'))
    )
    op.create_table('kept_secrets',
    sa.Column('name', sa.String(length=20), nullable=False),
    sa.Column('sealed', sa.LargeBinary(), nullable=False),
    sa.PrimaryKeyConstraint('name', name=op.f('pk_kept_secrets'))
    )
