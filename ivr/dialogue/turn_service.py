"""The write of a plain turn: its call goes on and its history grows, and nothing else changes."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import JSON, Insert, bindparam, column, func, insert, select, true

from hotline.database.statements import Prepared, Statements
from hotline.models import Call, CallHistoryEvent
from hotline.models.column_types import Utc
from ivr.dialogue import queries
from ivr.dialogue.flow_state import CallSnapshot
from ivr.dialogue.queries import Step


def advance_with_events(connection: Statements, call: CallSnapshot, step: Step, rows: Sequence[dict[str, Any]]) -> bool:
    """Advance the call and add its events as one write of its own; return whether it still stood there.

    Most turns change nothing else. PostgreSQL takes both in one statement, which saves the round trips of a
    transaction; SQLite has no network between, and no such statement.
    """
    values = queries.step_values(call, step)
    if not connection.is_sqlite:
        told = [[row["id"], row["kind"], row["data"]] for row in rows]
        return connection.change_alone(_ADVANCE_AND_TELL, values | {"told": told}) == len(rows)
    with connection.transaction():
        if connection.change(_ADVANCE, values) != 1:
            return False
        for row in rows:
            connection.change(_EVENT, row)
    return True


def _advance_and_tell() -> Insert:
    """Return the one statement that advances a call and adds its events."""
    moved = queries.ADVANCE.returning(Call.id).cte("moved")
    events = func.json_array_elements(bindparam("told", type_=JSON)).table_valued(column("value", JSON), name="event")
    event = events.c.value
    moment = bindparam("moment", type_=Utc())
    rows = select(event[0].as_string(), moved.c.id, moment, event[1].as_string(), event[2].as_json())
    return insert(CallHistoryEvent).from_select(
        ["id", "call_id", "at", "kind", "data"], rows.select_from(moved.join(events, true()))
    )


_ADVANCE = Prepared(queries.ADVANCE)
_ADVANCE_AND_TELL = Prepared(_advance_and_tell())
_EVENT = Prepared(
    insert(CallHistoryEvent).values({name: bindparam(name) for name in ("id", "call_id", "at", "kind", "data")})
)
