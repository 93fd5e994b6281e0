"""The live table of the demo: who calls, where in the menu, who rings at which ring, who talks, what is kept."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

from cli.demo.report import CHECKS, PlayedCall, played
from cli.terminal import tables
from hotline.configuration.settings import Settings
from hotline.context import AppContext
from hotline.values.scorecard import ItemAnswer
from hotline.values.states.call import CallOutcome, CallStatus
from hotline.values.states.offer import LIVE_OFFERS
from routing.agents import queries as agent_queries

if TYPE_CHECKING:
    from hotline.models import Agent, Call, Offer

COLUMNS = ("caller", "wants", "where", "agent", "rings", "recording", "transcript", "greeting", "courtesy")
NARROW = ("caller", "wants", "where", "agent", "rings", "kept", "checks")
RINGS = COLUMNS.index("rings")
NONE = "–"
UNSURE, PASSED, FAILED = "unsure", "passed", "FAILED"
COLOURS = {
    CallStatus.IN_MENU: "cyan",
    CallStatus.WAITING: "yellow",
    CallStatus.TALKING: "green",
    CallStatus.ENDED: "dim",
}


def rows(context: AppContext, since: datetime, now: datetime) -> list[tuple[str, ...]]:
    """Return one row of words per call since then, as the database has it at `now`; the call's status comes last."""
    with context.database.read() as session:
        agents = agent_queries.by_id(session)
        return [_row(context.settings, played_call, agents, now) for played_call in played(session, since)]


def _row(settings: Settings, played_call: PlayedCall, agents: dict[str, Agent], now: datetime) -> tuple[str, ...]:
    call = played_call.call
    return (
        tables.last_digits(call.caller_number),
        str(call.intent).replace("unknown", NONE),
        _where(call),
        _agent(settings, played_call, agents, now),
        _rings(settings, call, now),
        _kept(played_call),
        f"{len(played_call.transcript.utterances)} lines" if played_call.transcript else NONE,
        *(verdict(played_call.verdicts.get(name)) for name in CHECKS),
        call.status.value,
    )


def verdict(check: str | None) -> str:
    """Return what a check came to, in a word."""
    return {"passed": PASSED, "failed": FAILED, ItemAnswer.UNSURE.value: UNSURE}.get(check or "", NONE)


def _where(call: Call) -> str:
    if call.status is CallStatus.IN_MENU:
        return f"menu: {call.dialogue_state.get('node', '…')}".replace("_", " ")
    if call.status is CallStatus.WAITING:
        return f"in line: {call.queue}"
    if call.status is CallStatus.TALKING:
        return "talking"
    return {CallOutcome.ANSWERED: "done", None: "ended"}.get(call.outcome, str(call.outcome)).replace("_", " ")


def _agent(settings: Settings, played_call: PlayedCall, agents: dict[str, Agent], now: datetime) -> str:
    """Return whose telephones ring, at which ring; then who talks, or has talked, with the caller."""
    live = [offer for offer in played_call.offers if offer.state in LIVE_OFFERS]
    parts = [f"{agents[offer.agent_id].name.split()[0]} ring {_ring(settings, offer, now)}" for offer in live]
    if parts:
        return ", ".join(parts)
    return played_call.agent.name if played_call.agent and played_call.call.answered_at else NONE


def _ring(settings: Settings, offer: Offer, now: datetime) -> int:
    since = offer.ringing_at or now
    return int((now - since).total_seconds() / settings.ring_seconds) + 1


def _rings(settings: Settings, call: Call, now: datetime) -> str:
    if call.asked_at is None:
        return NONE
    end = call.answered_at or call.ended_at or now
    return f"{(end - call.asked_at).total_seconds() / settings.ring_seconds:.1f}"


def _kept(played_call: PlayedCall) -> str:
    recording = played_call.recording
    if recording is None:
        return NONE
    if recording.blob is None:
        return str(recording.state)
    return f"{recording.seconds:.0f} s sealed"


def table(lines: list[tuple[str, ...]], seconds: float) -> tables.Fitting:
    """Return the rows as a table with a clock."""
    title = f"The hotline, {seconds:.0f} s into the morning"
    narrow = [(*_narrow(line[:-1]), line[-1]) for line in lines]
    wraps = ("where", "agent")
    return tables.Fitting(_drawn(title, COLUMNS, lines, wraps), _drawn(title, NARROW, narrow, wraps, is_tight=True))


def _narrow(cells: Sequence[str]) -> tuple[str, ...]:
    """Return the same with what is newest, or worst, where several columns share one."""
    *first, recording, transcript, greeting, courtesy = cells
    kept = recording.removesuffix(" sealed") if transcript == NONE else transcript
    worst = next((word for word in (FAILED, UNSURE, PASSED) if word in (greeting, courtesy)), NONE)
    return *first, kept, worst


def _drawn(
    title: str,
    columns: Sequence[str],
    lines: Sequence[tuple[str, ...]],
    wraps: Sequence[str],
    *,
    is_tight: bool = False,
) -> Table:
    cells = [[Text(cell, _style(cell, COLOURS[CallStatus(line[-1])])) for cell in line[:-1]] for line in lines]
    return tables.of(title, columns, cells, wraps=wraps, right=("rings",), is_tight=is_tight)


def _style(cell: str, style: str) -> str:
    return {FAILED: "bold red", UNSURE: "yellow", PASSED: "green", "abandoned": "magenta"}.get(cell, style)
