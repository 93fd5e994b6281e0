"""Work is fenced by a token and counts what failed apart; chores have times; leases a beat; loose blobs are known."""

import sqlalchemy as sa
from alembic import op


revision = '0006'
down_revision = '0005'


def upgrade() -> None:
    """Expand."""
    for name in ('token', 'deaths', 'outages'):
        op.add_column('jobs', sa.Column(name, sa.Integer(), nullable=False, server_default='0'))
    op.add_column('jobs', sa.Column('troubled_at', sa.DateTime(timezone=True), nullable=True))
    op.add_column('leases', sa.Column('beat', sa.Integer(), nullable=False, server_default='0'))
    op.create_table(
        'chores',
        sa.Column('name', sa.String(length=40), nullable=False),
        sa.Column('due_at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('last_started', sa.DateTime(timezone=True), nullable=True),
        sa.Column('last_ended', sa.DateTime(timezone=True), nullable=True),
        sa.Column('last_error', sa.String(length=60), nullable=False),
        sa.Column('late', sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint('name', name=op.f('pk_chores')),
    )
    op.create_table(
        'loose_blobs',
        sa.Column('name', sa.String(length=200), nullable=False),
        sa.Column('made_at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('is_going', sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint('name', name=op.f('pk_loose_blobs')),
    )
    op.create_index(op.f('ix_loose_blobs_made_at'), 'loose_blobs', ['made_at'])
    # What was a count of takings is now one of failures, and reasons are codes; what is under way starts afresh.
    op.execute(sa.text("UPDATE jobs SET tries = 0 WHERE state = 'due'"))
    op.execute(sa.text("UPDATE jobs SET reason = 'unexpected' WHERE reason <> ''"))
