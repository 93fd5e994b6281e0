"""A turn is saved once: the database decides between two deliveries, and tells who was first."""

from dataclasses import replace

from sqlalchemy import select

from hotline import clock
from hotline.context import AppContext
from hotline.models import Call, CallHistoryEvent
from hotline.values import call_events
from hotline.values.language import Language
from ivr.dialogue import queries, turn_service
from ivr.dialogue.flow_state import FlowState
from ivr.dialogue.queries import Step


def test_of_two_deliveries_of_a_turn_the_first_is_saved_with_its_events(context: AppContext) -> None:
    now, state = clock.now(), FlowState("menu", Language.ENGLISH, trail=("language",))
    with context.database.write() as session:
        session.add(
            Call(
                id="c", provider_sid="CA1", language=Language.ENGLISH, turn=2,
                dialogue_state=queries.write_state(state), started_at=now, last_report_at=now,
            )
        )  # fmt: skip
    moved = replace(state, failures=1)
    step = Step(moved, "<Response/>", None, now, now)
    events = (call_events.TimedOut(node="menu"), call_events.MenuShown(node="menu"))
    saved = []
    with context.database.statements() as connection:
        call = queries.snapshot_for_turn(connection, "c")
        assert call is not None
        for _ in range(2):
            rows = queries.event_rows("c", events, now)
            saved.append(turn_service.advance_with_events(connection, call, step, rows))
        after = queries.snapshot_for_turn(connection, "c")
    assert saved == [True, False]
    assert after == replace(call, state=moved, turn=3)
    with context.database.read() as session:
        answer = queries.last_answer(session, "c")
        told = session.execute(
            select(CallHistoryEvent.kind, CallHistoryEvent.data, CallHistoryEvent.at).order_by(CallHistoryEvent.id)
        ).all()
        assert [tuple(row) for row in told] == [(event.kind, event.data, now) for event in events]
        assert answer == "<Response/>"
        assert session.get_one(Call, "c").consent_at == now
