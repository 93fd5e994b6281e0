"""Accounts: one-time passwords, one account per agent; agents that are edited on the pages."""

import sqlalchemy as sa
from alembic import op


revision = '0004'
down_revision = '0003'

# Of several accounts of one agent the oldest that may sign in keeps the link.
SURPLUS = """
UPDATE users SET agent_id = NULL WHERE agent_id IS NOT NULL AND EXISTS (
    SELECT 1 FROM users AS other WHERE other.agent_id = users.agent_id AND (
        (other.is_active AND NOT users.is_active)
        OR (other.is_active = users.is_active AND other.id < users.id)))
"""


def upgrade() -> None:
    """Expand, and repair what the new rule forbids. An index, as SQLite would rebuild the table for a constraint."""
    op.add_column('users', sa.Column('one_time_until', sa.DateTime(timezone=True), nullable=True))
    op.add_column('agents', sa.Column('edited_at', sa.DateTime(timezone=True), nullable=True))
    op.execute(sa.text(SURPLUS))
    op.create_index(op.f('ix_users_agent_id'), 'users', ['agent_id'], unique=True)
