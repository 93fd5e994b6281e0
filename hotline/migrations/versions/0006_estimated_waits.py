"""The wait as it was estimated, before it was set right by how true earlier ones were."""

import sqlalchemy as sa
from alembic import op


revision = '0006'
down_revision = '0001'


def upgrade() -> None:
    """Expand."""
    with op.batch_alter_table('waiting', schema=None) as batch_op:
        batch_op.add_column(sa.Column('estimated_seconds', sa.Float(), nullable=True))
