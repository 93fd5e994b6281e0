"""`hotline floor`: the live floor in the terminal. Events move it; between them only the clocks are drawn anew."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import TYPE_CHECKING

import click
from rich.console import Console, Group
from rich.live import Live as Screen
from rich.table import Table
from rich.text import Text

from cli import audit_marks
from cli.local import embedded
from cli.terminal import tables
from console.floor import breakdowns as divided
from console.floor import snapshot
from console.floor.live import LiveFloor
from console.floor.snapshot import FloorSnapshot, WaitingCaller
from console.web import formatting
from hotline import clock
from hotline.configuration.settings import Settings
from hotline.context import AppContext, open_context
from hotline.database.database import Database
from hotline.values.states.agent import AgentState, AgentStatus
from reports.service_level import figures as counts
from routing.estimates.wait import WaitError

if TYPE_CHECKING:
    from hotline.models import Agent

DRAW_SECONDS = 1.0
LATE = 3  # rings after which a caller has waited too long
COUNTED = ("asked", "answered", "gave up\n≤ 5 s", "later", "overflowed", "called\nback")
SHARED = ("in 3 rings\nof asking", "in 3 rings\nof ringing")
SHORT = ("3 rings:\nasking", "3 rings:\nringing")
STATES = {
    AgentState.IDLE: "green",
    AgentState.OFFERED: "yellow",
    AgentState.TALKING: "cyan",
    AgentState.WRAP_UP: "blue",
    AgentState.NOT_READY: "magenta",
}


@click.command()
@click.option("--once", is_flag=True, help="print the floor as it is, and leave")
@click.option(
    "--by", type=click.Choice([*divided.PARTS]), help="print today's figures by queue, half hour or agent, and leave"
)
@audit_marks.touches("view_floor", "floor", "floor", at_start=True)
def command(once: bool, by: str | None) -> None:
    """Show who waits, who answers, and today's figures; Ctrl-C ends it.

    Moved by the events of the hotline, as the staff pages are; the database is not asked on a timer, but for one look
    every ten seconds without an event.
    """
    console = Console()
    with open_context(embedded.load()) as context:
        if by is not None:
            console.print(parts(context.database, context.settings, by, clock.now()))
        elif once:
            console.print(
                picture(
                    snapshot.take(context.database, context.settings, clock.now()),
                    clock.now(),
                    context.settings.ring_seconds,
                )
            )
        else:
            _watch(context, console)


def _watch(context: AppContext, console: Console) -> None:
    live = LiveFloor(
        context.database, context.notifier, lambda: snapshot.take(context.database, context.settings, clock.now())
    )
    viewer = live.join()
    seen: FloorSnapshot | None = None
    try:
        with Screen(console=console, auto_refresh=False, screen=console.is_terminal) as screen:
            while True:
                seen = viewer.get(DRAW_SECONDS) or seen
                if seen is not None:
                    screen.update(picture(seen, clock.now(), context.settings.ring_seconds), refresh=True)
    except KeyboardInterrupt:
        console.print("The hotline goes on; only this view has ended.")
    finally:
        live.leave(viewer)
        live.close()


def picture(seen: FloorSnapshot, now: datetime, ring_seconds: float) -> Group:
    """Return the floor that was `seen`, drawn at `now`."""
    return Group(
        figures(seen), waiting(seen.waiting, now, ring_seconds), agents(seen.agents, now), Text(_talks(seen), "dim")
    )


def figures(seen: FloorSnapshot) -> tables.Fitting:
    """Today's figures, each share with its denominator."""
    return figures_of(seen.figures)


def figures_of(part: counts.ServiceFigures) -> tables.Fitting:
    """Return these figures."""
    named = (*zip(COUNTED, _counts(part), strict=True), *zip(SHARED, _shares(part), strict=True))
    narrow = tables.pairs("Today", [(name.replace("\n", " "), value) for name, value in named])
    return tables.Fitting(tables.of("Today", [name for name, _ in named], [[value for _, value in named]]), narrow)


def parts(database: Database, settings: Settings, by: str, now: datetime) -> tables.Fitting:
    """Today's figures by queue, half hour or agent; an agent's are those of the phone, nobody asks for an agent."""
    return divided_by(by, {part.name: part.figures for part in divided.take(database, settings, by, now)})


def divided_by(by: str, found: dict[str, counts.ServiceFigures]) -> tables.Fitting:
    """Return these figures, by the names of their parts."""
    if by == divided.AGENT:
        return _by_agent(found)
    first = by.replace("-", " ")
    wide = [(name, *_counts(part), *_shares(part)) for name, part in found.items()]
    narrow = [
        (name, *(cell.replace(" of ", "/") for cell in _counts(part)), *_parts_of(part)) for name, part in found.items()
    ]
    return tables.Fitting(
        tables.of("Today", (first, *COUNTED, *SHARED), wide, wraps=(first,), right=COUNTED),
        tables.of("Today", (first, *COUNTED, *SHORT), narrow, wraps=(first,), right=COUNTED, is_tight=True),
    )


def _by_agent(found: dict[str, counts.ServiceFigures]) -> tables.Fitting:
    columns = ("agent", "rang", "answered", "missed", "rejected", "as\nhelp", "call\nbacks", "in 3\nrings")

    def drawn(shares: Callable[[counts.ServiceFigures], list[str]]) -> Table:
        rows = [(name, *_of_phone(part), shares(part)[1]) for name, part in found.items()]
        return tables.of("Today", columns, rows, wraps=columns[:1], right=columns[1:])

    return tables.Fitting(drawn(_shares), drawn(_parts_of))


def _of_phone(part: counts.ServiceFigures) -> list[str]:
    numbers = (part.offers, part.offers_answered, part.missed, part.rejected, part.overflowed, part.called_back)
    return [str(number) for number in numbers]


def _counts(part: counts.ServiceFigures) -> list[str]:
    numbers = (part.asked, part.answered, part.abandoned_early, part.abandoned_late, part.overflowed)
    return [*(str(number) for number in numbers), f"{part.called_back} of {part.call_backs}"]


def _shares(part: counts.ServiceFigures) -> list[str]:
    return [
        f"{formatting.percent(part.caller_share)} of {part.asked}",
        f"{formatting.percent(part.offer_share)} of {part.offers_answered}",
    ]


def _parts_of(part: counts.ServiceFigures) -> list[str]:
    """Return the shares as the counts that they are made of: shorter than per cent with a denominator."""
    return [f"{part.within_caller}/{part.asked}", f"{part.within_offer}/{part.offers_answered}"]


def waiting(waiters: Iterable[WaitingCaller], now: datetime, ring_seconds: float) -> tables.Fitting:
    """Callers in line: place, rings waited on the caller clock, who is rung for them. Numbers are masked."""
    columns = ("place", "caller", "queue", "priority", "rings\nwaited", "ringing")
    lines = [(waiter, _waited((now - waiter.asked_at).total_seconds() / ring_seconds)) for waiter in waiters]

    def drawn(caller: Callable[[str | None], str]) -> Table:
        rows = [
            (
                str(waiter.position or "→ agent"),
                caller(waiter.call.caller_number),
                waiter.queue.label_en,
                str(waiter.priority),
                waited,
                ", ".join(phone.agent.name for phone in waiter.ringing) or "–",
            )
            for waiter, waited in lines
        ]
        return tables.of("In line", columns, rows, wraps=("queue", "ringing"), right=columns[3:5])

    return tables.Fitting(
        drawn(lambda number: formatting.number(number) or "withheld"),
        drawn(lambda number: tables.last_digits(number) if number else "withheld"),
    )


def _waited(rings: float) -> Text:
    style = "bold red" if rings > LATE else "yellow" if rings > LATE - 1 else ""
    return Text(formatting.rings(max(0.0, rings)), style=style)


def agents(rows: Iterable[Agent], now: datetime) -> Table:
    """Agents: what they chose, what they are doing, why, and for how long."""
    here = [(agent, agent.status is AgentStatus.AVAILABLE or agent.state is not AgentState.IDLE) for agent in rows]
    cells = [
        (
            agent.staff_number,
            agent.name,
            agent.status,
            _state(agent, is_here=is_here),
            (agent.absence_reason or "not_reached").replace("_", " ")
            if formatting.absent(agent)
            else (agent.state_reason or "–").replace("_", " "),
            formatting.length((now - _since(agent)).total_seconds()),
        )
        for agent, is_here in here
    ]
    columns = ("number", "name", "status", "state", "reason", "for")
    return tables.of("Agents", columns, cells, wraps=("name", "reason"), is_dim=[not is_here for _, is_here in here])


def _state(agent: Agent, *, is_here: bool) -> Text:
    if formatting.absent(agent):
        return Text("phone not connected", style="bold red")
    return Text(agent.state.replace("_", " "), style=STATES[agent.state] if is_here else "dim")


def _since(agent: Agent) -> datetime:
    return (formatting.absent(agent) and agent.presence_since) or agent.state_since


def _talks(seen: FloorSnapshot) -> str:
    talking = sum(talk.agent is not None for talk in seen.talks)
    told = f"{talking} in conversation, {len(seen.talks) - talking} in the menu"
    return told if seen.wait_error is None else f"{told} · {_waits(seen.wait_error)}"


def _waits(error: WaitError) -> str:
    """Return how true the waits were that callers were told today."""
    short = round(100 * error.too_short)
    shares = f"{short}% too short, {100 - short}% too long"
    return f"announced waits: off by {error.median_seconds:.0f} s in the median, {shares}, {error.count} callers"
