"""What the commands draw on a terminal: at eighty columns and at more no word is cut and no line is longer."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from rich.cells import cell_len
from rich.console import Console, RenderableType

from cli.commands import floor
from cli.demo import follow_up, sign_ins, watch
from cli.demo.sign_ins import SignIn
from cli.terminal import tables
from console.floor.snapshot import RingingPhone, WaitingCaller
from hotline.models import Agent, Call, Queue
from hotline.values.access import Role
from hotline.values.intent import Intent
from hotline.values.reason_codes import AgentStateReason
from hotline.values.states.agent import AgentState, AgentStatus
from hotline.values.states.call import CallOutcome, CallStatus
from hotline.values.states.recipient import RecipientState
from reports.service_level.figures import ServiceFigures

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
WIDTHS = (80, 100, tables.WIDE, 120, 200)
# What the tables of the demo hold at most: the longest words of each column at once.
RINGING = "李静 ring 1, 王芳 ring 2, Alexandra ring 3"
KEPT = "171 s sealed"
CALLS: list[tuple[str, ...]] = [
    ("…0007", "consultation", "menu: complaint message", "–", "–", "–", "–", "–", "–", "in_menu"),
    ("…0001", "emergency", "in line: booking", RINGING, "12.4", "–", "–", "–", "–", "waiting"),
    ("…0006", "complaint", "done", "赵强 Zhao Qiang", "0.5", KEPT, "12 lines", "FAILED", "unsure", "ended"),
    ("hidden", "–", "left in menu", "–", "–", "–", "–", "passed", "passed", "ended"),
]  # fmt: skip
ANSWERS = (
    "recovery better, pain 10, fever none, medication yes, appointment wanted, satisfaction 5, remark told in words"
)
PATIENTS: list[tuple[str, ...]] = [
    ("…0003", "en-US", "again in 30 min", "wrong person", ANSWERS, "shortness of breath", "12.7 s", "planned"),
    ("…0009", "zh-CN", "with person", "half way", "pain 8", "strong pain", "–", "with_person"),
]


def drawn(width: int, *parts: RenderableType) -> str:
    console = Console(width=width, force_terminal=False, color_system=None)
    with console.capture() as captured:
        for part in parts:
            console.print(part)
    return captured.get()


def check(text: str, width: int, cells: list[str]) -> None:
    """No line is longer, and every word of every cell stands there as a whole."""
    assert max(cell_len(line) for line in text.splitlines()) <= width
    there = set(text.split())
    for cell in cells:
        assert set(cell.split()) <= there, f"{cell!r} is cut at {width}:\n{text}"


@pytest.mark.parametrize("width", WIDTHS)
def test_the_morning_fits(width: int) -> None:
    table = watch.table(CALLS, 71.0)
    cells = [cell for line in CALLS for cell in line[:3]] + [RINGING, "赵强 Zhao Qiang", "FAILED", "12 lines"]
    check(drawn(width, table), width, cells)
    if width >= tables.WIDE:
        check(drawn(width, table), width, [cell for line in CALLS for cell in line[:-1]])


@pytest.mark.parametrize("width", WIDTHS)
def test_the_calls_after_discharge_fit(width: int) -> None:
    table = follow_up.table(PATIENTS, 50.0)
    at = follow_up.ANSWERS
    cells = [cell for line in PATIENTS for cell in (*line[:at], *line[at + 1 : -1])]
    text = drawn(width, table)
    check(text, width, cells + ([ANSWERS] if width >= tables.WIDE else ["7"]))
    assert "phone" not in text


SAID = "I waited three hours in the outpatient clinic yesterday, and nobody helped me."


def told_call(number: int, **other: Any) -> dict[str, Any]:
    return {
        "caller": f"+861380000000{number}",
        "intent": Intent.CONSULTATION,
        "outcome": CallOutcome.LEFT_IN_MENU,
        "queue": "booking",
        "agent": "1005",
        "offer_rings": 10.25,
        "caller_rings": 12.25,
        "recording": {"seconds": 171.76, "channels": 2, "encrypted": True},
        "transcript": [
            {"speaker": "caller", "start": 131.2, "end": 136.9, "text": SAID},
            {"speaker": "agent", "start": 140.2, "end": 148.0, "text": "您好，" * 40},
        ],
        "checks": {"greeting": False},
        "verdicts": {"greeting": "failed", "courtesy": "unsure"},
    } | other  # fmt: skip


@pytest.mark.parametrize("width", WIDTHS)
def test_the_summary_fits(width: int) -> None:
    figures = dict.fromkeys(
        ("calls", "asked", "answered", "abandoned", "offers_answered", "recordings", "transcripts"), 12
    )
    more = {
        "within_three_rings_offer": 12,
        "within_three_rings_caller": 11,
        "waits_told": 12,
        "wait_error_seconds": 41.6,
        "engine": "whisper-base",
    }
    calls = [told_call(1), told_call(2, outcome=CallOutcome.CALL_BACK, verdicts={}, recording=None)]
    patient = {
        "number": "+8613900000003",
        "state": RecipientState.WITH_PERSON,
        "attempts": [{"outcome": "wrong_person"}, {"outcome": "call_later"}],
        "answers": {"pain": "3"},
        "warning_signs": ["shortness_of_breath"],
        "nurse_seconds": 12.7,
    }
    console = Console(width=width, force_terminal=False, color_system=None)
    with console.capture() as captured:
        follow_up.show(console, {"calls": calls, "summary": figures | more, "recipients": [patient]})
    cells = ["…0001", "consultation", "left in menu", "call back", "booking", "1005", "10.25", "FAILED"]
    cells += [
        "with person",
        "wrong person, call later",
        "shortness of breath",
        "12.7 s",
        "nobody helped",
    ]
    cells += ["greeting FAILED", "courtesy unsure", "12 of 12 answered offers"]
    check(captured.get(), width, cells)


def test_a_number_is_shortened_to_its_last_digits_on_purpose() -> None:
    assert tables.last_digits("+8613800000006") == "…0006"
    assert tables.last_digits(None) == "hidden"
    assert "+86" not in drawn(80, watch.table(CALLS, 1.0))


@pytest.mark.parametrize("width", WIDTHS)
def test_the_sign_ins_fit(width: int) -> None:
    made = [
        SignIn("supervisor", "欧阳明月 Ouyang", Role.ADMINISTRATOR),
        SignIn("1001", "李静", Role.AGENT, "1001"),
    ]
    text = drawn(width, sign_ins.table(made, "abcd-efgh-jkmn"))
    check(text, width, ["supervisor", "abcd-efgh-jkmn", "administrator", "1001"])


FIGURES = ServiceFigures(
    rings=3,
    calls=1234,
    asked=1234,
    answered=1200,
    abandoned=34,
    offers_answered=1200,
    within_offer=1100,
    within_caller=1111,
)


def an_agent(number: str, name: str, **other: Any) -> Agent:
    values = {
        "status": AgentStatus.AVAILABLE,
        "state": AgentState.IDLE,
        "state_reason": None,
        "state_since": NOW,
        "is_present": True,
        "dial_failures": 0,
    }
    return Agent(id=number, staff_number=number, name=name, address=f"client:{number}", **(values | other))


AGENTS = [
    an_agent("1001", "李静 Li Jing", state=AgentState.NOT_READY, state_reason=AgentStateReason.RING_NO_ANSWER),
    an_agent("100200", "Alexandra Featherstonehaugh", status=AgentStatus.OFFLINE, state_since=NOW - timedelta(hours=9)),
]  # fmt: skip


def a_waiter(place: int, **call: Any) -> WaitingCaller:
    queue = Queue(name="booking", label_zh="预约与服务台", label_en="Booking and service desk")
    made = Call(id=str(place), status=CallStatus.WAITING, caller_number="+8613800000006", **call)
    ringing = [RingingPhone(agent, []) for agent in AGENTS]
    return WaitingCaller(made, queue, place, 100, NOW - timedelta(seconds=62), ringing, [], None, False)


@pytest.mark.parametrize("width", WIDTHS)
def test_the_floor_fits(width: int) -> None:
    text = drawn(width, floor.waiting([a_waiter(0), a_waiter(12)], NOW, 5.0), floor.agents(AGENTS, NOW))
    number = "+86138****0006" if width >= tables.WIDE else "…0006"
    cells = ["→ agent", number, "Booking and service desk", "12.4", "李静 Li Jing, Alexandra Featherstonehaugh"]
    cells += ["1001", "100200", "available", "offline", "not ready", "540:00"]
    check(text, width, [*cells, "ring no answer"])


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("by", ["queue", "half-hour", "agent"])
def test_figures_of_parts_fit(width: int, by: str) -> None:
    names = {"queue": "Booking and service desk", "half-hour": "08:30", "agent": "1001 李静 Li Jing"}
    text = drawn(width, floor.divided_by(by, {names[by]: FIGURES}))
    check(text, width, [names[by], "1200"])
    assert re.search(r"1100/1200|91% of 1200", text)


@pytest.mark.parametrize("width", WIDTHS)
def test_figures_of_the_day_fit(width: int) -> None:
    check(drawn(width, floor.figures_of(FIGURES)), width, ["1234", "in 3 rings", "of asking", "90% of 1234", "0 of 0"])
