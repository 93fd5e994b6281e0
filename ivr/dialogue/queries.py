"""What a turn reads and writes, as few statements as it can do with. Nothing here commits."""

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import CursorResult, Update, bindparam, func, select, update
from sqlalchemy.orm import Session

from hotline.models import Call, Leg
from hotline.models.sealed import InRow
from hotline.values.language import Language
from hotline.values.states.call import CallOutcome, CallStatus
from hotline.values.states.leg import LegStatus
from ivr.dialogue.decide import Place


@dataclass(frozen=True)
class Standing:
    """A call as one turn sees it. `turn` is the number of the turn that is expected next."""

    call_id: str
    sid: str
    place: Place
    status: CallStatus
    turn: int
    last_answer: str | None


_COLUMNS = (Call.id, Call.provider_sid, Call.place, Call.language, Call.status, Call.turn, Call.last_answer)
_BY_ID = select(*_COLUMNS).where(Call.id == bindparam("key"))
_BY_SID = select(*_COLUMNS).where(Call.provider_sid == bindparam("key"))


def standing(session: Session, call_id: str) -> Standing | None:
    """The call with this id of ours."""
    return _standing(session.execute(_BY_ID, {"key": call_id}).one_or_none())


def standing_of(session: Session, sid: str) -> Standing | None:
    """The call with this id of the exchange's."""
    return _standing(session.execute(_BY_SID, {"key": sid}).one_or_none())


def _standing(row: Any) -> Standing | None:
    if row is None:
        return None
    call_id, sid, place, language, status, turn, last_answer = row
    return Standing(call_id, sid, read_place(place, language), status, turn, last_answer)


def read_place(stored: dict[str, Any], language: Language) -> Place:
    """The place that `write_place` stored. One of an unknown form becomes nowhere, which the flow leads to a person."""
    try:
        return Place(language=language, **(stored | {"trail": tuple(stored["trail"])}))
    except (KeyError, TypeError):
        return Place("", language)


def write_place(place: Place) -> dict[str, Any]:
    """The place as the database keeps it; its language has a column of its own."""
    stored = asdict(place)
    del stored["language"]
    return stored | {"trail": list(place.trail)}


@dataclass(frozen=True)
class Step:
    """What a turn changes in the row of its call."""

    place: Place
    answer: str
    outcome: CallOutcome | None
    consent_at: datetime | None
    now: datetime


def take(session: Session, standing: Standing, step: Step) -> bool:
    """Take the call to its next turn, if it still stands where it was read; whether it did.

    The database decides: of two deliveries of one turn, or of a turn and the end of the call, one comes first.
    """
    statement = (
        update(Call)
        .where(Call.id == standing.call_id, Call.turn == standing.turn, Call.status == standing.status)
        .values(
            turn=standing.turn + 1,
            place=write_place(step.place),
            language=step.place.language,
            last_answer=InRow(standing.call_id, step.answer),
            outcome=step.outcome,
            consent_at=func.coalesce(Call.consent_at, step.consent_at) if step.consent_at else Call.consent_at,
            heard_at=step.now,
        )
    )
    return _changed(session, statement)


def consent(session: Session, call_id: str, place: Place, now: datetime) -> bool:
    """The notice of the recording was heard at this place; whether that is news."""
    return _changed(
        session,
        update(Call)
        .where(Call.id == call_id, Call.consent_at.is_(None))
        .values(place=write_place(place), consent_at=now),
    )


def alive(session: Session, call_id: str, now: datetime) -> None:
    """The exchange has spoken of this call."""
    _changed(session, update(Call).where(Call.id == call_id).values(heard_at=now))


def picked_up(session: Session, sid: str, now: datetime) -> None:
    """The caller's line is up: its first key or silence shows it, the exchange does not say so by itself."""
    early = Leg.status.in_([LegStatus.INITIATED, LegStatus.RINGING])
    up = {"status": LegStatus.ANSWERED, "answered_at": now}
    _changed(session, update(Leg).where(Leg.provider_sid == sid, early).values(up))


def _changed(session: Session, statement: Update) -> bool:
    result = session.execute(statement.execution_options(synchronize_session=False))
    return isinstance(result, CursorResult) and result.rowcount == 1
