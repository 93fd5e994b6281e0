"""The figures of a day from the rows: everybody who asked is counted once, whoever called whom, everywhere alike."""

import re
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from flask import render_template
from rich.console import Console
from sqlalchemy.orm import Session

from cli.commands import floor
from console.floor import breakdowns, snapshot
from console.web.app import create
from hotline.clock import new_id
from hotline.context import AppContext
from hotline.models import Agent, Call, Callback, Offer, QueueEntry
from hotline.values.access import Role
from hotline.values.intent import Intent
from hotline.values.language import Language
from hotline.values.states.call import CallOutcome, CallStatus, Direction
from hotline.values.states.callback import CallbackState
from hotline.values.states.offer import OfferState
from hotline.values.states.queue_entry import QueueEntryState
from reports.service_level import figures, queries
from routing.queues import queues_file
from tests.support.factories import NOW, load_hospital
from tests.support.morning import morning
from tests.support.staff import signed_in

RING = 5.0
LATER = NOW + timedelta(hours=1)


def at(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


class Day:
    """A day's rows."""

    def __init__(self, session: Session, staff: dict[str, Agent]) -> None:
        """Write in this transaction."""
        self.session, self.staff = session, staff

    def call(self, outcome: CallOutcome, answered: float | None = None, ended: float = 60, **other: object) -> Call:
        """A call that asked at once and has ended."""
        fields: dict[str, object] = {"queue": "booking", "started_at": NOW, "asked_at": NOW, **other}
        row = Call(
            id=new_id(),
            provider_sid=f"CA{new_id()}",
            language=Language.ENGLISH,
            dialogue_state={},
            last_report_at=NOW,
            status=CallStatus.ENDED,
            outcome=outcome,
            answered_at=None if answered is None else at(answered),
            ended_at=at(ended),
            **fields,
        )
        self.session.add(row)
        self.session.flush()
        return row

    def place(self, call: Call, state: QueueEntryState, *overflowed: str) -> QueueEntry:
        """Where this call stood."""
        row = QueueEntry(
            call_id=call.id,
            queue=call.queue,
            required_skills={},
            asked_at=NOW,
            state=state,
            ended_at=NOW,
            overflowed=[*overflowed],
        )
        self.session.add(row)
        self.session.flush()
        return row

    def offer(self, place: QueueEntry, staff_number: str, state: OfferState, overflow_queue: str | None = None) -> None:
        """A phone that rang for this place, ten seconds."""
        self.session.add(
            Offer(
                id=new_id(),
                queue_entry_id=place.id,
                call_id=place.call_id,
                agent_id=self.staff[staff_number].id,
                state=state,
                ring=1,
                rings=3,
                reasons=[],
                overflow_queue=overflow_queue,
                started_at=NOW,
                ringing_at=NOW,
                answered_at=at(10) if state is OfferState.ANSWERED else None,
                ended_at=at(10),
            )
        )

    def call_back(self, call: Call, state: CallbackState, back: Call | None = None) -> None:
        """What this caller left the line for."""
        self.session.add(
            Callback(
                call_id=call.id,
                number="+8613900000001",
                language=call.language,
                intent=Intent.UNKNOWN,
                queue=call.queue,
                required_skills={},
                asked_at=NOW,
                state=state,
                tries=1,
                due_at=NOW,
                requested_at=NOW,
                outbound_call_id=None if back is None else back.id,
            )
        )


@pytest.fixture
def staff(context: AppContext) -> dict[str, Agent]:
    """The sample hospital, and nine calls in both directions."""
    agents = load_hospital(context)
    with context.database.write() as session:
        day = Day(session, agents)
        met = day.place(day.call(CallOutcome.ANSWERED, 12), QueueEntryState.CONNECTED)
        day.offer(met, "1001", OfferState.MISSED)
        day.offer(met, "1002", OfferState.ANSWERED, "nurse")
        day.place(day.call(CallOutcome.ABANDONED, ended=4), QueueEntryState.ABANDONED)
        day.place(day.call(CallOutcome.ABANDONED, ended=40), QueueEntryState.ABANDONED)
        day.place(day.call(CallOutcome.MESSAGE, queue="nurse"), QueueEntryState.LEFT, "voicemail")
        day.call(CallOutcome.LEFT_IN_MENU, asked_at=None, queue=None)
        _call_backs(day)
        day.call(CallOutcome.ABANDONED, direction=Direction.OUTBOUND)  # of a campaign, and wanted a person
    return agents


def _call_backs(day: Day) -> None:
    """One caller was called back, one waits for it, one stayed in line and was answered."""
    first, second = day.call(CallOutcome.CALL_BACK), day.call(CallOutcome.CALL_BACK)
    back = day.call(CallOutcome.ANSWERED, 10, direction=Direction.OUTBOUND)
    day.offer(day.place(back, QueueEntryState.CONNECTED), "1001", OfferState.ANSWERED)
    day.place(first, QueueEntryState.LEFT)
    day.place(second, QueueEntryState.LEFT, "call_back")
    day.call_back(first, CallbackState.DONE, back)
    day.call_back(second, CallbackState.WAITING)
    stayed = day.call(CallOutcome.ANSWERED, 20)
    day.place(stayed, QueueEntryState.CONNECTED)
    day.call_back(stayed, CallbackState.CANCELLED)


def counted(context: AppContext) -> figures.CountedCalls:
    with context.database.read() as session:
        return queries.between(session, NOW)


def test_everybody_who_asked_is_counted_once(context: AppContext, staff: dict[str, Agent]) -> None:  # noqa: ARG001 (its rows)
    whole = figures.summary(counted(context), RING)
    assert (whole.calls, whole.asked, whole.answered) == (8, 7, 2)
    assert (whole.abandoned_early, whole.abandoned_late, whole.abandoned) == (1, 1, 2)
    assert (whole.call_backs, whole.called_back, whole.overflowed) == (2, 1, 3)
    assert (whole.waiting, whole.other, whole.outbound) == (0, 1, 2)
    assert (whole.within_caller, whole.caller_share) == (1, 1 / 7)
    assert (whole.offers, whole.offers_answered, whole.within_offer, whole.missed) == (3, 2, 2, 1)


def test_queues_half_hours_and_agents_tell_the_same(context: AppContext, staff: dict[str, Agent]) -> None:
    rows = counted(context)
    queues = figures.by_queue(rows, RING)
    assert (queues["booking"].asked, queues["booking"].called_back, queues["nurse"].overflowed) == (6, 1, 1)
    hours = figures.by_half_hour(rows, RING, ZoneInfo("Asia/Shanghai"))
    assert list(hours) == ["2026-03-02 16:30"]
    assert hours["2026-03-02 16:30"].asked == 7
    agents = figures.by_agent(rows, RING)
    first, second = agents[staff["1001"].id], agents[staff["1002"].id]
    assert (first.offers, first.missed, first.called_back, first.overflowed) == (2, 1, 1, 0)
    assert (second.offers, second.offers_answered, second.called_back, second.overflowed) == (1, 1, 0, 1)


def test_the_floor_page_and_the_terminal_show_these_figures(context: AppContext, staff: dict[str, Agent]) -> None:  # noqa: ARG001
    seen = snapshot.take(context.database, context.settings, LATER)
    assert seen.figures == figures.summary(counted(context), context.settings.ring_seconds)
    console = Console(width=140)
    with console.capture() as text:
        console.print(floor.figures(seen))
    assert "1 of 2" in text.get()
    pages = create(context)
    with pages.test_request_context():
        page = render_template("floor/figures.html", floor=seen)
    pages.extensions["live"].close()
    assert "1 within 5 s of asking, 1 later" in page or "要求人工后 5 秒内 1 通，之后 1 通" in page
    assert "of 2 who chose a callback" in page or "共 2 人选择回呼" in page


def test_the_terminal_divides_today_s_figures(context: AppContext, staff: dict[str, Agent]) -> None:  # noqa: ARG001
    console = Console(width=140)
    with console.capture() as text:
        for by in breakdowns.PARTS:
            console.print(floor.parts(context.database, context.settings, by, LATER))
    shown = " ".join(text.get().split())
    assert "booking 6 2 1 1 2 1 of 2 16% of 6" in shown
    assert "2026-03-02 16:30 7 2 1 1 3 1 of 2 14% of 7" in shown
    assert "1001 李静 Li Jing 2 1 1 0 0 1 100% of 1" in shown


@pytest.mark.parametrize(
    ("by", "name", "numbers"),
    [
        ("queue", "预约与服务台", ["6", "2", "1", "1", "2", "1 / 2", "16% / 6"]),
        ("half-hour", "16:30", ["7", "2", "1", "1", "3", "1 / 2", "14% / 7"]),
        ("agent", "1001 李静 Li Jing", ["2", "1", "1", "0", "0", "1", "100% / 1"]),
    ],
)
def test_the_floor_page_divides_today_s_figures_as_the_terminal_does(
    context: AppContext,
    staff: dict[str, Agent],  # noqa: ARG001
    by: str,
    name: str,
    numbers: list[str],
) -> None:
    pages = create(context)
    found = breakdowns.take(context.database, context.settings, by, LATER)
    kept = (
        {queue.name: queue.label for queue in queues_file.of(context.settings).queues.values()} if by == "queue" else {}
    )
    with pages.test_request_context(headers={"Accept-Language": "zh"}):
        page = render_template("floor/breakdown.html", parts=found, by=by, labels=kept)
    pages.extensions["live"].close()
    row = next(row for row in page.split("<tr>") if f'<th scope="row">{name}</th>' in row)
    assert re.findall(r"<td data-head=[^>]*>([^<]*)</td>", row) == numbers
    bar = next(
        part.bar for part in found if part.name.endswith(name) or kept.get(part.name, {}).get(Language.MANDARIN) == name
    )
    assert [(piece.left >= 0, piece.left + piece.width <= 100.01) for piece in bar] == [(True, True)] * len(bar)
    assert row.count("<rect") == len(bar)


def test_only_who_sees_all_calls_is_shown_the_divided_figures(context: AppContext) -> None:
    morning(context, LATER)
    pages = create(context)
    supervisor, agent = signed_in(pages, Role.SUPERVISOR), signed_in(pages, Role.AGENT)
    assert 'id="title-parts"' in supervisor.open("/?by=agent").text
    assert supervisor.open("/floor/figures?by=week").status_code == 400
    assert 'id="title-parts"' not in agent.open("/").text
    assert agent.open("/floor/figures").status_code == 403
    pages.extensions["live"].close()
