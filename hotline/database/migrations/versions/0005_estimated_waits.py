"""The wait as it was estimated, before it was set right by how true earlier ones were."""

import sqlalchemy as sa
from alembic import op


revision = '0005'
down_revision = '0004'


def upgrade() -> None:
    """Expand."""
    op.add_column('waiting', sa.Column('estimated_seconds', sa.Float(), nullable=True))
