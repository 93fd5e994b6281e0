"""Visits: events of stays, whose numbers are one person's, what stopped calls and who undid it."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from alembic import op

from hotline import clock


revision = '0003'
down_revision = '0002'

UTC = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Expand, and tell the new tables what the old ones knew."""
    op.create_table('persons',
    sa.Column('person_index', sa.String(length=64), nullable=False),
    sa.Column('root', sa.String(length=64), nullable=False),
    sa.Column('death', sa.JSON(), nullable=True),
    sa.Column('refusal', sa.JSON(), nullable=True),
    sa.Column('undone', sa.JSON(), nullable=False),
    sa.PrimaryKeyConstraint('person_index', name=op.f('pk_persons'))
    )
    op.create_index(op.f('ix_persons_root'), 'persons', ['root'], unique=False)
    op.create_table('visits',
    sa.Column('key', sa.String(length=64), nullable=False),
    sa.Column('person_index', sa.String(length=64), nullable=False),
    sa.Column('tellings', sa.JSON(), nullable=False),
    sa.Column('facts', sa.LargeBinary(), nullable=True),
    sa.Column('state', sa.String(length=24), nullable=False),
    sa.Column('began_on', sa.Date(), nullable=True),
    sa.Column('ended_on', sa.Date(), nullable=True),
    sa.Column('changed_at', UTC, nullable=False),
    sa.Column('id', sa.String(length=32), nullable=False),
    sa.ForeignKeyConstraint(['person_index'], ['persons.person_index'], name=op.f('fk_visits_person_index')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_visits')),
    sa.UniqueConstraint('key', name=op.f('uq_visits_key'))
    )
    op.create_index(op.f('ix_visits_person_index'), 'visits', ['person_index'], unique=False)
    op.create_table('recipient_changes',
    sa.Column('recipient_id', sa.String(length=32), nullable=False),
    sa.Column('at', UTC, nullable=False),
    sa.Column('change', sa.String(length=12), nullable=False),
    sa.Column('reason', sa.String(length=40), nullable=False),
    sa.Column('source', sa.String(length=20), nullable=False),
    sa.Column('event', sa.String(length=24), nullable=False),
    sa.Column('told_at', UTC, nullable=True),
    sa.Column('user_id', sa.String(length=32), nullable=True),
    sa.Column('why', sa.LargeBinary(), nullable=False),
    sa.Column('id', sa.String(length=32), nullable=False),
    sa.ForeignKeyConstraint(['recipient_id'], ['recipients.id'], name=op.f('fk_recipient_changes_recipient_id')),
    sa.ForeignKeyConstraint(['user_id'], ['users.id'], name=op.f('fk_recipient_changes_user_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_recipient_changes'))
    )
    op.create_index(op.f('ix_recipient_changes_recipient_id'), 'recipient_changes', ['recipient_id'], unique=False)
    op.add_column('recipients', sa.Column('before', sa.JSON(), nullable=False, server_default='{}'))
    op.add_column('patients', sa.Column('deceased', sa.Boolean(), nullable=False, server_default=sa.false()))
    _tell()
    _go_on(op.get_bind(), clock.now())
    # Not by batch: SQLite would make the table anew, which the rows that refer to it forbid.
    for name in ('digest', 'died_on', 'readmitted_on'):
        op.drop_column('discharges', name)


def _tell() -> None:
    """Every discharge there is becomes a visit that was told of without a time, and its person's death with it.

    A later stay is another discharge; only a return that is known by its day alone is kept as such.
    """
    connection = op.get_bind()
    discharges = sa.table(
        'discharges', sa.column('id'), sa.column('key'), sa.column('person_index'), sa.column('digest'),
        sa.column('discharged_on', sa.Date()), sa.column('died_on', sa.Date()), sa.column('readmitted_on', sa.Date()),
        sa.column('do_not_call', sa.Boolean()), sa.column('source'), sa.column('added_at', UTC),
    )
    persons = sa.table(
        'persons', sa.column('person_index'), sa.column('root'), sa.column('death', sa.JSON(none_as_null=True)),
        sa.column('refusal', sa.JSON(none_as_null=True)), sa.column('undone', sa.JSON()),
    )
    visits = sa.table(
        'visits', sa.column('id'), sa.column('key'), sa.column('person_index'), sa.column('tellings', sa.JSON()),
        sa.column('state'), sa.column('ended_on', sa.Date()), sa.column('changed_at', UTC),
    )
    rows = connection.execute(sa.select(discharges).order_by(discharges.c.added_at, discharges.c.id)).mappings().all()
    people: dict[str, dict[str, Any]] = {}
    stays: list[dict[str, Any]] = []
    for row in rows:
        told = {
            'at': _aware(row['added_at']), 'timed': False, 'digest': row['digest'][:24], 'event': 'discharged',
            'source': row['source'], 'on': row['discharged_on'].isoformat(),
        }
        if row['readmitted_on'] is not None:
            told['readmitted_on'] = row['readmitted_on'].isoformat()
        person = people.setdefault(row['person_index'], {
            'person_index': row['person_index'], 'root': row['person_index'],
            'death': None, 'refusal': None, 'undone': [],
        })
        if row['died_on'] is not None:
            person['death'] = told | {'on': row['died_on'].isoformat()}
        if row['do_not_call']:
            person['refusal'] = told
        stays.append({
            'id': row['id'], 'key': row['key'], 'person_index': row['person_index'],
            'tellings': {'discharged': told, 'facts': told, 'care': told},
            'state': 'discharged', 'ended_on': row['discharged_on'], 'changed_at': row['added_at'],
        })
    for start in range(0, len(people), 500):
        connection.execute(persons.insert(), list(people.values())[start:start + 500])
    for start in range(0, len(stays), 500):
        connection.execute(visits.insert(), stays[start:start + 500])


def _go_on(connection: sa.Connection, now: datetime) -> None:
    """Whom an admission stopped that was no return, and whom nobody had tried yet, is called after all."""
    recipients = sa.table(
        'recipients', sa.column('discharge_id'), sa.column('state'), sa.column('reason'), sa.column('tries'),
        sa.column('due_at', UTC), sa.column('opens_at', UTC), sa.column('closes_at', UTC), sa.column('ended_at', UTC),
    )
    discharges = sa.table(
        'discharges', sa.column('id'), sa.column('person_index'), sa.column('discharged_on', sa.Date()),
        sa.column('died_on', sa.Date()), sa.column('readmitted_on', sa.Date()),
    )
    unstopped = sa.select(discharges.c.id).where(discharges.c.readmitted_on.is_(None), discharges.c.died_on.is_(None))
    connection.execute(
        recipients.update()
        .where(
            recipients.c.state == 'stopped', recipients.c.reason == 'readmitted', recipients.c.tries == 0,
            recipients.c.closes_at > now, recipients.c.discharge_id.in_(unstopped),
        )
        .values(state='planned', reason='', due_at=recipients.c.opens_at, ended_at=None)
    )


def _aware(moment: datetime) -> str:
    text = moment.isoformat()
    return text if '+' in text else f'{text}+00:00'
