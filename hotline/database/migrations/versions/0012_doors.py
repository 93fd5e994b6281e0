"""Sessions as rows, and what guessing of passwords has used up."""

import sqlalchemy as sa
from alembic import op


revision = '0012'
down_revision = '0010'


def upgrade() -> None:
    """Expand. Whoever is signed in signs in once more."""
    op.create_table('guesses',
    sa.Column('key', sa.String(length=64), nullable=False),
    sa.Column('name_index', sa.String(length=64), nullable=False),
    sa.Column('spent', sa.Integer(), nullable=False),
    sa.Column('ends_at', sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('key', name=op.f('pk_guesses'))
    )
    with op.batch_alter_table('guesses', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_guesses_name_index'), ['name_index'], unique=False)
        batch_op.create_index(batch_op.f('ix_guesses_ends_at'), ['ends_at'], unique=False)
    op.create_table('sign_ins',
    sa.Column('id', sa.String(length=32), nullable=False),
    sa.Column('digest', sa.String(length=64), nullable=False),
    sa.Column('user_id', sa.String(length=32), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('made_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('seen_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('ends_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('ended_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('phone_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('revoked_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('browser', sa.String(length=60), nullable=False),
    sa.Column('address', sa.String(length=45), nullable=False),
    sa.ForeignKeyConstraint(['user_id'], ['users.id'], name=op.f('fk_sign_ins_user_id_users')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_sign_ins')),
    sa.UniqueConstraint('digest', name=op.f('uq_sign_ins_digest'))
    )
    with op.batch_alter_table('sign_ins', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_sign_ins_user_id'), ['user_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_sign_ins_ends_at'), ['ends_at'], unique=False)
    op.add_column('agent_pages', sa.Column('sign_in_id', sa.String(length=32), nullable=True))
