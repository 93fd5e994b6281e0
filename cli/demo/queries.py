"""What the demo reads of its own hotline: rows that webhooks, router and workers have written. Nothing here commits."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from hotline.models import (
    Agent,
    Answer,
    Attempt,
    AutoScore,
    Call,
    Case,
    Job,
    Offer,
    Prompt,
    Recipient,
    Recording,
    Transcript,
)
from hotline.values.states.attempt import AttemptState
from hotline.values.states.call import CallStatus
from hotline.values.states.case import CaseKind
from hotline.values.states.job import JobState
from hotline.values.states.recipient import RecipientState
from hotline.values.states.recording import UNDER_WAY


@dataclass(frozen=True)
class CallRows:
    """One call with everything that belongs to it."""

    call: Call
    agent: Agent | None
    offers: Sequence[Offer]
    recording: Recording | None
    transcript: Transcript | None
    marks: Sequence[AutoScore]


def is_any_call_live(session: Session) -> bool:
    """Return whether a call has not ended."""
    return bool(session.scalar(select(func.count()).where(Call.status != CallStatus.ENDED)))


def agents(session: Session, *, is_locked: bool = False) -> list[Agent]:
    """Return every agent by staff number, their rows locked where that is asked for."""
    if is_locked:
        return list(session.scalars(select(Agent).order_by(Agent.id).with_for_update()))
    return list(session.scalars(select(Agent).order_by(Agent.staff_number)))


def calls_since(session: Session, since: datetime) -> list[CallRows]:
    """Return every call since then by the caller's number: the same order in each run."""
    calls = session.scalars(select(Call).where(Call.started_at >= since)).all()
    ordered = sorted(calls, key=lambda call: (call.caller_number or "", call.started_at))
    return [_rows_of(session, call) for call in ordered]


def _rows_of(session: Session, call: Call) -> CallRows:
    def rows(model: Any) -> Any:
        return session.scalars(select(model).where(model.call_id == call.id))

    return CallRows(
        call=call,
        agent=session.get(Agent, call.agent_id) if call.agent_id else None,
        offers=rows(Offer).all(),
        recording=rows(Recording).first(),
        transcript=rows(Transcript).first(),
        marks=rows(AutoScore).all(),
    )


def prompts(session: Session) -> tuple[int, int]:
    """Return how many prompts are rendered, of how many."""
    done = session.scalar(select(func.count()).where(Prompt.rendered_at.is_not(None))) or 0
    return done, session.scalar(select(func.count()).select_from(Prompt)) or 0


def work(session: Session) -> tuple[int, int]:
    """Return how many recordings and jobs have come to their end, of how many; prompts are not counted."""
    kinds = Job.kind != "render_prompt"
    jobs = session.scalar(select(func.count()).where(kinds)) or 0
    due = session.scalar(select(func.count()).where(kinds, Job.state == JobState.DUE)) or 0
    recordings = session.scalar(select(func.count()).select_from(Recording)) or 0
    coming = session.scalar(select(func.count()).where(Recording.state.in_(UNDER_WAY))) or 0
    return jobs - due + recordings - coming, jobs + recordings


def is_anybody_untried(session: Session) -> bool:
    """Return whether a recipient has had no attempt yet, or one is under way."""
    untried = select(Recipient.id).where(Recipient.tries == 0, Recipient.state == RecipientState.PLANNED)
    live = select(Attempt.id).where(Attempt.state != AttemptState.ENDED)
    return session.scalar(untried.limit(1)) is not None or session.scalar(live.limit(1)) is not None


def recipients(session: Session) -> list[Recipient]:
    """Return every recipient by number."""
    return sorted(session.scalars(select(Recipient)), key=lambda recipient: recipient.number)


def attempts(session: Session, recipient: Recipient) -> Sequence[Attempt]:
    """Return a recipient's attempts in their order."""
    query = select(Attempt).where(Attempt.recipient_id == recipient.id).order_by(Attempt.number)
    return session.scalars(query).all()


def answers(session: Session, recipient: Recipient) -> dict[str, str]:
    """Return what a recipient answered, by question."""
    rows = session.scalars(select(Answer).where(Answer.recipient_id == recipient.id).order_by(Answer.at, Answer.id))
    return {row.question: row.value or "told in words" for row in rows}


def nurse_seconds(session: Session, attempt: Attempt) -> float | None:
    """Return the time from the warning sign to the nurse's voice; `None` where either is missing."""
    call = session.get(Call, attempt.call_id) if attempt.call_id else None
    heard = attempt.agent_connected_at or (call.answered_at if call else None)
    if attempt.warning_at is None or heard is None:
        return None
    return round((heard - attempt.warning_at).total_seconds(), 1)


def cases_of_follow_up(session: Session) -> int:
    """Return how many cases the calls to patients have opened."""
    query = select(func.count()).where(Case.kind.in_([CaseKind.FOLLOW_UP, CaseKind.OPINION]))
    return session.scalar(query) or 0
