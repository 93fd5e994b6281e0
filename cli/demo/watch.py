"""The live table of the demo: who calls, where in the menu, who rings at which ring, who talks, what is kept."""

from datetime import datetime

from rich.table import Table
from rich.text import Text

from cli.demo.report import Story, stories
from hotline.ground import Ground
from hotline.models import Agent, Call, Offer
from hotline.values import LIVE_OFFERS, CallStatus, Outcome, PhoneNumber

COLUMNS = ("caller", "wants", "where", "ringing", "talks with", "rings", "recording", "transcript", "greeting")
COLOURS = {
    CallStatus.IN_MENU: "cyan",
    CallStatus.WAITING: "yellow",
    CallStatus.TALKING: "green",
    CallStatus.ENDED: "dim",
}


def rows(ground: Ground, now: datetime) -> list[tuple[str, ...]]:
    """One row of words per call, as the database has it at `now`; the call's status comes last."""
    with ground.database.read() as session:
        agents = {agent.id: agent for agent in session.query(Agent)}
        return [_row(ground, story, agents, now) for story in stories(session)]


def _row(ground: Ground, story: Story, agents: dict[str, Agent], now: datetime) -> tuple[str, ...]:
    call = story.call
    number = PhoneNumber.of_line(call.caller_number or "")
    return (
        number.masked if number else "hidden",
        str(call.intent).replace("unknown", "–"),
        _where(call),
        _ringing(ground, story.offers, agents, now),
        story.agent.name if story.agent and call.answered_at else "–",
        _rings(ground, call, now),
        _kept(story),
        f"{len(story.transcript.utterances)} lines" if story.transcript else "–",
        {True: "passed", False: "FAILED"}[story.checks["greeting"]] if "greeting" in story.checks else "–",
        call.status.value,
    )


def _where(call: Call) -> str:
    if call.status is CallStatus.IN_MENU:
        return f"menu: {call.place.get('node', '…')}"
    if call.status is CallStatus.WAITING:
        return f"waits for {call.queue}"
    if call.status is CallStatus.TALKING:
        return "talking"
    return {Outcome.ANSWERED: "done", None: "ended"}.get(call.outcome, str(call.outcome))


def _ringing(ground: Ground, offers: object, agents: dict[str, Agent], now: datetime) -> str:
    live = [offer for offer in offers if isinstance(offer, Offer) and offer.state in LIVE_OFFERS]  # type: ignore[attr-defined]
    parts = [f"{agents[offer.agent_id].name.split()[0]} ring {_ring(ground, offer, now)}" for offer in live]
    return ", ".join(parts) or "–"


def _ring(ground: Ground, offer: Offer, now: datetime) -> int:
    since = offer.ringing_at or now
    return int((now - since).total_seconds() / ground.settings.ring_seconds) + 1


def _rings(ground: Ground, call: Call, now: datetime) -> str:
    if call.asked_at is None:
        return "–"
    end = call.answered_at or call.ended_at or now
    return f"{(end - call.asked_at).total_seconds() / ground.settings.ring_seconds:.1f}"


def _kept(story: Story) -> str:
    recording = story.recording
    if recording is None:
        return "–"
    if recording.blob is None:
        return str(recording.state)
    return f"{recording.seconds:.0f} s, {recording.channels} ch, sealed"


def table(lines: list[tuple[str, ...]], seconds: float) -> Table:
    """The rows as a table with a clock."""
    made = Table(title=f"The hotline, {seconds:5.0f} s into the morning", expand=True, title_justify="left")
    for column in COLUMNS:
        made.add_column(column, overflow="fold")
    for line in lines:
        style = COLOURS[CallStatus(line[-1])]
        made.add_row(*(Text(cell, style=_style(cell, style)) for cell in line[:-1]))
    return made


def _style(cell: str, style: str) -> str:
    return {"FAILED": "bold red", "passed": "green", "abandoned": "magenta"}.get(cell, style)
