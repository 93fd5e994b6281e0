"""The machine's marks of a stored call: what the hospital's records know of it, on both databases."""

from datetime import timedelta

import pytest

from hotline import clock
from hotline.context import AppContext
from hotline.models import AutoScore, Case, Recording
from hotline.values.intent import Intent
from hotline.values.scorecard import ItemAnswer
from hotline.values.states.case import CaseKind, CaseState
from hotline.values.states.recording import RecordingState
from qa.scoring import service
from tests.integration.transcripts_house import recorded

NOW = clock.now()
HOUR = timedelta(hours=1)


def marks(
    context: AppContext, text: str | None, closed: timedelta | None, intent: Intent = Intent.ENQUIRY
) -> dict[str, ItemAnswer]:
    """The marks of a call of which a case came with this text, closed so long after its deadline."""
    made = recorded(context, NOW - timedelta(days=3), intent=intent)
    due = NOW - timedelta(days=1)
    with context.database.write() as session:
        case = Case(number=1, kind=CaseKind.ENQUIRY, call_id=made.call.id, text=text)
        case.opened_at, case.due_at = NOW - timedelta(days=3), due
        if closed is not None:
            case.state, case.closed_at = CaseState.CLOSED, due + closed
        session.add(case)
        session.get_one(Recording, made.recording.id).state = RecordingState.PURGED  # its words alone are marked
    service.score_call(context, made.call.id, NOW)
    with context.database.read() as session:
        rows = session.query(AutoScore).filter_by(call_id=made.call.id)
        return {row.item: row.answer for row in rows}


@pytest.mark.parametrize(
    ("text", "closed", "records", "deadline"),
    [
        ("挂号时间", -HOUR, ItemAnswer.YES, ItemAnswer.YES),
        ("  ", HOUR, ItemAnswer.NO, ItemAnswer.NO),
        (None, None, ItemAnswer.NO, ItemAnswer.NA),
    ],
)
def test_records_and_deadlines_are_marked_from_the_cases_of_the_call(
    context: AppContext, text: str | None, closed: timedelta | None, records: ItemAnswer, deadline: ItemAnswer
) -> None:
    found = marks(context, text, closed)
    assert (found["records"], found["deadline"], found["apology"]) == (records, deadline, ItemAnswer.NA)


def test_only_who_complains_is_owed_an_apology(context: AppContext) -> None:
    assert marks(context, "等候过久", None, Intent.COMPLAINT)["apology"] is ItemAnswer.NO


def test_where_our_script_led_the_call_its_part_is_not_marked(
    context: AppContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("qa.scoring.queries.is_follow_up", lambda *_of: True)
    found = marks(context, "伤口", None)
    assert found["identity"] is found["greeting"] is ItemAnswer.NA
    assert found["red_flag"] is ItemAnswer.NO
