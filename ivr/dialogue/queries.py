"""What a turn reads and writes of its call, in as few statements as it can do with."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    CursorResult,
    Update,
    bindparam,
    func,
    insert,
    select,
    update,
)
from sqlalchemy.orm import Session

from hotline import clock
from hotline.database.statements import Prepared, Statements
from hotline.models import Call, CallHistoryEvent, Leg
from hotline.models.column_types import Utc
from hotline.models.sealed import InRow
from hotline.values.call_events import HistoryEvent
from hotline.values.language import Language
from hotline.values.states.call import CallOutcome
from hotline.values.states.leg import LegStatus
from ivr.dialogue.flow_state import CallSnapshot, FlowState

_COLUMNS = (Call.id, Call.provider_sid, Call.dialogue_state, Call.language, Call.status, Call.turn)
_BY_ID = Prepared(select(*_COLUMNS).where(Call.id == bindparam("key")))
_BY_SID = Prepared(select(*_COLUMNS).where(Call.provider_sid == bindparam("key")))
_LAST_ANSWER = select(Call.id, Call.last_answer).where(Call.id == bindparam("key"))


def snapshot(session: Session, call_id: str) -> CallSnapshot | None:
    """Return the call with this id of ours."""
    return _snapshot(session.execute(_BY_ID.statement, {"key": call_id}).one_or_none())


def snapshot_of_line(session: Session, sid: str) -> CallSnapshot | None:
    """Return the call with this id of the provider's."""
    return _snapshot(session.execute(_BY_SID.statement, {"key": sid}).one_or_none())


def snapshot_for_turn(connection: Statements, call_id: str) -> CallSnapshot | None:
    """Return the call with this id of ours, read by itself: a turn's first statement."""
    return _snapshot(connection.one(_BY_ID, {"key": call_id}))


def is_known(connection: Statements, sid: str) -> bool:
    """Return whether there is a call with this id of the provider's."""
    return connection.one(_BY_SID, {"key": sid}) is not None


def last_answer(session: Session, call_id: str) -> str | None:
    """Return the document that answered the call's last turn; `None` when the call has ended."""
    row = session.execute(_LAST_ANSWER, {"key": call_id}).one_or_none()
    return None if row is None else row.last_answer


def _snapshot(row: Any) -> CallSnapshot | None:
    if row is None:
        return None
    call_id, sid, state, language, status, turn = row
    return CallSnapshot(call_id, sid, read_state(state, language), status, turn)


def read_state(stored: dict[str, Any], language: Language) -> FlowState:
    """Return what `write_state` stored. An unknown form becomes nowhere, which the flow leads to a person."""
    try:
        return FlowState(language=language, **(stored | {"trail": tuple(stored["trail"])}))
    except (KeyError, TypeError):
        return FlowState("", language)


def write_state(state: FlowState) -> dict[str, Any]:
    """Return the state as the database keeps it; its language has a column of its own."""
    return {
        "node": state.node,
        "failures": state.failures,
        "trail": list(state.trail),
        "consent": state.consent,
        "is_telling": state.is_telling,
    }


@dataclass(frozen=True)
class Step:
    """What a turn changes in the row of its call."""

    state: FlowState
    answer: str
    outcome: CallOutcome | None
    consent_at: datetime | None
    now: datetime


# Takes a call to its next turn, if it still stands where it was read.
ADVANCE: Update = (
    update(Call)
    .where(Call.id == bindparam("key"), Call.turn == bindparam("expected"), Call.status == bindparam("stood"))
    .values(
        turn=Call.turn + 1,
        dialogue_state=bindparam("state"),
        language=bindparam("spoken"),
        last_answer=bindparam("answer"),
        outcome=bindparam("reached"),
        consent_at=func.coalesce(Call.consent_at, bindparam("consented", type_=Utc())),
        last_report_at=bindparam("moment"),
    )
    .execution_options(synchronize_session=False)
)


def advance(session: Session, call: CallSnapshot, step: Step) -> bool:
    """Take the call to its next turn, if it still stands where it was read; return whether it did.

    The database decides: of two deliveries of one turn, or of a turn and the end of the call, one comes first.
    """
    return _changed(session.execute(ADVANCE, step_values(call, step)))


def step_values(call: CallSnapshot, step: Step) -> dict[str, Any]:
    """Return the parameters of `ADVANCE`."""
    return {
        "key": call.call_id,
        "expected": call.turn,
        "stood": call.status,
        "state": write_state(step.state),
        "spoken": step.state.language,
        "answer": InRow(call.call_id, step.answer),
        "reached": step.outcome,
        "consented": step.consent_at,
        "moment": step.now,
    }


def event_rows(call_id: str, events: Sequence[HistoryEvent], now: datetime) -> list[dict[str, Any]]:
    """Return the events of a turn as rows of their table."""
    return [
        {"id": clock.new_id(), "call_id": call_id, "at": now, "kind": event.kind, "data": event.data}
        for event in events
    ]


def add_events(session: Session, rows: Sequence[dict[str, Any]]) -> None:
    """Add events to the call's history, in one statement."""
    if rows:
        session.execute(insert(CallHistoryEvent), rows)


def hear(session: Session, call: CallSnapshot, state: FlowState, consent_at: datetime | None, now: datetime) -> bool:
    """Note that the provider has spoken of this call, and what was heard; return whether it still stands there."""
    statement = (
        update(Call)
        .where(Call.id == call.call_id, Call.turn == call.turn, Call.status == call.status)
        .values(
            dialogue_state=write_state(state),
            consent_at=func.coalesce(Call.consent_at, consent_at) if consent_at else Call.consent_at,
            last_report_at=now,
        )
        .execution_options(synchronize_session=False)
    )
    return _changed(session.execute(statement))


def answered(session: Session, sid: str, now: datetime) -> None:
    """Note that the caller's line is up: its first key or silence shows it, the provider does not say so by itself."""
    early = Leg.status.in_([LegStatus.INITIATED, LegStatus.RINGING])
    up = {"status": LegStatus.ANSWERED, "answered_at": now}
    statement = update(Leg).where(Leg.provider_sid == sid, early).values(up)
    session.execute(statement.execution_options(synchronize_session=False))


def _changed(result: Any) -> bool:
    return isinstance(result, CursorResult) and result.rowcount == 1
