"""Promises are kept in the interleavings: callbacks are never lost, messages become cases."""

from collections.abc import Iterator, Mapping

from sqlalchemy import select
from sqlalchemy.orm import Session

from hotline.models import Call, Callback, Case, QueueEntry, Recording
from hotline.values.reason_codes import CallbackReason
from hotline.values.states.call import CallOutcome
from hotline.values.states.callback import CallbackState
from hotline.values.states.case import CaseKind
from hotline.values.states.queue_entry import QueueEntryState
from routing.callbacks.due import MOST_TRIES
from tests.simulation.interleave.seen import Seen


def promises(seen: Seen) -> Iterator[str]:
    """After each step: an open callback goes on somewhere, and nobody is dialled who is on the line themselves."""
    began = {(call.caller_index, call.id): call.started_at for call in seen.calls.values() if call.caller_index}
    for promise in seen.promises:
        if promise.tries > MOST_TRIES:
            yield f"dialled {promise.tries} times: {promise.call_id}"
        if promise.state is CallbackState.ACCEPTED and promise.outbound_call_id is None:
            yield f"callback came back without a call: {promise.call_id}"
        is_back = promise.outbound_call_id is not None and promise.state is not CallbackState.WAITING
        if is_back and promise.outbound_call_id not in seen.calls:
            yield f"callback lost with its line: {promise.call_id}"
        if promise.state is CallbackState.DIALLING and promise.outbound_call_id is None:
            for (index, call_id), started_at in began.items():
                if index == promise.caller_index and started_at < promise.dialled_at:
                    yield f"dialled while on the line: {promise.call_id} in {call_id}"


def kept(session: Session, messages: Mapping[str, str]) -> Iterator[str]:
    """At rest: how every callback ended, whose place it kept, and what became of every message."""
    rows = session.scalars(select(Callback)).all()
    asked = {row.call_id for row in rows}
    cases = {(call_id, kind) for call_id, kind in session.execute(select(Case.call_id, Case.kind))}
    for row in rows:
        yield from _ended(session, row, (row.call_id, CaseKind.CALL_BACK) in cases)
        yield from _place_kept(session, row)
    for call_id in session.scalars(select(Call.id).where(Call.outcome == CallOutcome.CALL_BACK)):
        if call_id not in asked:
            yield f"promised a callback, and none is there: {call_id}"
    known = set(session.scalars(select(Recording.provider_sid)))
    for sid, call_sid in messages.items():
        left_in = session.scalar(select(Call.id).where(Call.provider_sid == call_sid))
        if not any(call == left_in for call, _ in cases):
            yield f"message without a case: {sid} {'' if sid in known else 'not even known'} of {left_in}"


def _ended(session: Session, row: Callback, has_case: bool) -> Iterator[str]:
    if row.state is CallbackState.FAILED:
        if not has_case:
            yield f"callback failed and nobody sees to it: {row.call_id}"
        if row.tries < MOST_TRIES and row.reason is not CallbackReason.TOO_LATE:
            yield f"callback failed after {row.tries} tries: {row.call_id}"
    if row.state is CallbackState.DONE:
        back = session.get(Call, row.outbound_call_id or "")
        if back is None or back.answered_at is None:
            yield f"callback done, and nobody talked to them: {row.call_id}"


def _place_kept(session: Session, row: Callback) -> Iterator[str]:
    left = select(QueueEntry.asked_at).where(
        QueueEntry.call_id == row.call_id, QueueEntry.state == QueueEntryState.LEFT
    )
    if row.asked_at not in session.scalars(left).all():
        yield f"callback stands where its caller never stood: {row.call_id}"
    if row.outbound_call_id is not None:
        came = session.scalars(
            select(QueueEntry).where(QueueEntry.call_id == row.outbound_call_id).order_by(QueueEntry.id)
        ).first()
        if came is not None and (came.asked_at, came.queue) != (row.asked_at, row.queue):
            yield f"callback lost its place: {row.call_id}"
