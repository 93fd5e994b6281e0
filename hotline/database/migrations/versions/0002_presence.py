"""Who is there: pages that agents have open, what is known of their telephones; offers to nobody are told from missed."""

import json
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from alembic import op


revision = '0002'
down_revision = '0001'

# A phone that was never reported to ring was given up after 8 s at the latest; so long after its dialling an end
# without a ring is a report that was lost, and nothing is known.
DIAL_SECONDS = 8
# The exchange itself ended no ringing line sooner than this (at least 5 s, and 10 s more than all its rings).
RANG_SECONDS = 10
# The exchange's number of the report that a line rings: a later one says that it rang, also where that one was lost.
RINGING_SEQUENCE = 1
BATCH = 500


def upgrade() -> None:
    """Expand, then repair."""
    op.create_table('agent_pages',
    sa.Column('id', sa.String(length=32), nullable=False),
    sa.Column('agent_id', sa.String(length=32), nullable=False),
    sa.Column('user_id', sa.String(length=32), nullable=False),
    sa.Column('browser', sa.String(length=32), nullable=False),
    sa.Column('opened_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('seen_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('phone', sa.String(length=24), nullable=False),
    sa.Column('phone_since', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['agent_id'], ['agents.id'], name=op.f('fk_agent_pages_agent_id_agents')),
    sa.ForeignKeyConstraint(['user_id'], ['users.id'], name=op.f('fk_agent_pages_user_id_users')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_agent_pages'))
    )
    with op.batch_alter_table('agent_pages', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_agent_pages_agent_id'), ['agent_id'], unique=False)

    # Not as a batch: SQLite would copy and drop the table, to which calls and offers refer. The defaults stay.
    op.add_column('agents', sa.Column('signs_in', sa.String(length=24), nullable=True))
    op.add_column('agents', sa.Column('registered', sa.Boolean(), nullable=True))
    op.add_column('agents', sa.Column('registration', sa.String(length=40), nullable=True))
    op.add_column('agents', sa.Column('registered_page', sa.String(length=40), nullable=True))
    op.add_column('agents', sa.Column('dial_failures', sa.Integer(), server_default='0', nullable=False))
    op.add_column('agents', sa.Column('dial_after', sa.DateTime(timezone=True), nullable=True))
    op.add_column('agents', sa.Column('is_present', sa.Boolean(), server_default=sa.true(), nullable=False))
    op.add_column('agents', sa.Column('absent_why', sa.String(length=24), nullable=True))
    op.add_column('agents', sa.Column('presence_since', sa.DateTime(timezone=True), nullable=True))
    _repair(op.get_bind())


OFFERS = sa.table(
    'offers',
    sa.column('id', sa.String()), sa.column('call_id', sa.String()), sa.column('agent_id', sa.String()),
    sa.column('state', sa.String()), sa.column('reason', sa.String()),
    sa.column('started_at', sa.DateTime(timezone=True)), sa.column('ringing_at', sa.DateTime(timezone=True)),
    sa.column('ended_at', sa.DateTime(timezone=True)),
)
LEGS = sa.table('legs', sa.column('offer_id', sa.String()), sa.column('status', sa.String()), sa.column('sequence', sa.Integer()))
AGENTS = sa.table('agents', sa.column('id', sa.String()), sa.column('address', sa.String()))
EVENTS = sa.table(
    'events', sa.column('id', sa.String()), sa.column('call_id', sa.String()), sa.column('kind', sa.String()),
    sa.column('data', sa.JSON()),
)


def _repair(bind: sa.Connection) -> None:
    """Offers that rang at no phone are `unreachable`, not missed and not failed; so do the stories of their calls say.

    Recognisable: a missed offer whose phone was never reported to ring and whose line ended at once; one to a telephone
    in a page whose line ended by itself before any time-out (`no_answer`: the page was closed in mid-ring); a failed one
    whose phone was not reachable. Not recognisable, and left as they are: phones that rang out in an empty room.
    """
    found = [(*row, 'not_reached') for row in bind.execute(_never_rang())]
    found += [(*row, 'not_connected') for row in bind.execute(_vanished())]
    for start in range(0, len(found), BATCH):
        part = found[start:start + BATCH]
        for reason in {row[2] for row in part}:
            ids = [row[0] for row in part if row[2] == reason]
            bind.execute(sa.update(OFFERS).where(OFFERS.c.id.in_(ids)).values(state='unreachable', reason=reason))
        _retell(bind, {row[1] for row in part}, {row[0]: row[2] for row in part})


def _never_rang() -> Any:
    dialled = sa.select(OFFERS.c.id, OFFERS.c.call_id).where(OFFERS.c.ringing_at.is_(None))
    at_once = sa.and_(OFFERS.c.state == 'missed', _lasted(OFFERS.c.started_at, DIAL_SECONDS))
    rang = sa.select(LEGS.c.offer_id).where(LEGS.c.offer_id.is_not(None), LEGS.c.sequence > RINGING_SEQUENCE)
    at_once = sa.and_(at_once, OFFERS.c.id.not_in(rang))
    refused = sa.and_(OFFERS.c.state == 'failed', OFFERS.c.reason == 'phone not reachable')
    return dialled.where(sa.or_(at_once, refused))


def _vanished() -> Any:
    by_itself = sa.select(LEGS.c.offer_id).where(LEGS.c.status == 'no_answer')
    in_pages = sa.select(AGENTS.c.id).where(AGENTS.c.address.like('client:%'))
    return sa.select(OFFERS.c.id, OFFERS.c.call_id).where(
        OFFERS.c.state == 'missed',
        OFFERS.c.ringing_at.is_not(None),
        _lasted(OFFERS.c.ringing_at, RANG_SECONDS),
        OFFERS.c.id.in_(by_itself),
        OFFERS.c.agent_id.in_(in_pages),
    )


def _lasted(since: Any, seconds: int) -> Any:
    """Whether the offer ended less than so many seconds after `since`."""
    if op.get_bind().dialect.name == 'sqlite':
        return (sa.func.julianday(OFFERS.c.ended_at) - sa.func.julianday(since)) * 86400.0 < float(seconds)
    return OFFERS.c.ended_at - since < timedelta(seconds=seconds)


def _retell(bind: sa.Connection, calls: set[str], reasons: dict[str, str]) -> None:
    told = sa.select(EVENTS).where(EVENTS.c.call_id.in_(calls), EVENTS.c.kind.in_(['offer_missed', 'offer_failed']))
    for event in bind.execute(told).all():
        data = event.data if isinstance(event.data, dict) else json.loads(event.data)
        reason = reasons.get(str(data.get('offer_id')))
        if reason is not None:
            changed = sa.update(EVENTS).where(EVENTS.c.id == event.id)
            bind.execute(changed.values(kind='offer_unreachable', data={**data, 'reason': reason}))
