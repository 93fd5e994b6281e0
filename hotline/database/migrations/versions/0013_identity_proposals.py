"""What messages tell otherwise of a person than they are checked by waits for staff."""

import sqlalchemy as sa
from alembic import op


revision = '0013'
down_revision = '0012'


def upgrade() -> None:
    """Expand."""
    op.create_table('identity_proposals',
    sa.Column('id', sa.String(length=32), nullable=False),
    sa.Column('person_index', sa.String(length=64), nullable=False),
    sa.Column('proposed', sa.LargeBinary(), nullable=False),
    sa.Column('digest', sa.String(length=64), nullable=False),
    sa.Column('source', sa.String(length=20), nullable=False),
    sa.Column('told_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('made_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('decided_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('is_accepted', sa.Boolean(), nullable=True),
    sa.Column('user_id', sa.String(length=32), nullable=True),
    sa.ForeignKeyConstraint(['person_index'], ['persons.person_index'], name=op.f('fk_identity_proposals_person_index_persons')),
    sa.ForeignKeyConstraint(['user_id'], ['users.id'], name=op.f('fk_identity_proposals_user_id_users')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_identity_proposals'))
    )
    with op.batch_alter_table('identity_proposals', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_identity_proposals_person_index'), ['person_index'], unique=False)
        batch_op.create_index(batch_op.f('ix_identity_proposals_decided_at'), ['decided_at'], unique=False)
