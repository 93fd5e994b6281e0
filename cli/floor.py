"""`hotline floor`: the live floor in the terminal. Events move it; between them only the clocks are drawn anew."""

from collections.abc import Iterable
from datetime import datetime

import click
from rich.console import Console, Group
from rich.live import Live as Screen
from rich.table import Table
from rich.text import Text

from cli import embedded
from console import parts as divided
from console import show, snapshot
from console.live import Live
from console.snapshot import Snapshot, Waiter
from hotline import clock
from hotline.ground import Ground, stand
from hotline.models import Agent
from hotline.values import AgentState, AgentStatus
from routing import figures as counts
from routing.wait import Error

DRAW_SECONDS = 1.0
STATES = {
    AgentState.IDLE: "green",
    AgentState.OFFERED: "yellow",
    AgentState.TALKING: "cyan",
    AgentState.WRAP_UP: "blue",
    AgentState.SET_ASIDE: "magenta",
}


@click.command()
@click.option("--once", is_flag=True, help="print the floor as it is, and leave")
@click.option(
    "--by", type=click.Choice([*divided.PARTS]), help="print today's figures by queue, half hour or agent, and leave"
)
def command(once: bool, by: str | None) -> None:
    """Show who waits, who answers, and today's figures; Ctrl-C ends it.

    Moved by the events of the hotline, as the staff pages are; the database is not asked on a timer, but for one look
    every ten seconds without an event.
    """
    console = Console()
    with stand(embedded.load()) as ground:
        if by is not None:
            console.print(parts(ground, by, clock.now()))
        elif once:
            console.print(picture(snapshot.take(ground, clock.now()), clock.now(), ground.settings.ring_seconds))
        else:
            _watch(ground, console)


def _watch(ground: Ground, console: Console) -> None:
    live = Live(ground, lambda: snapshot.take(ground, clock.now()))
    viewer = live.join()
    seen: Snapshot | None = None
    try:
        with Screen(console=console, auto_refresh=False, screen=console.is_terminal) as screen:
            while True:
                seen = viewer.get(DRAW_SECONDS) or seen
                if seen is not None:
                    screen.update(picture(seen, clock.now(), ground.settings.ring_seconds), refresh=True)
    except KeyboardInterrupt:
        console.print("The hotline goes on; only this view has ended.")
    finally:
        live.leave(viewer)
        live.close()


def picture(seen: Snapshot, now: datetime, ring_seconds: float) -> Group:
    """The floor that was `seen`, drawn at `now`."""
    return Group(
        figures(seen), waiting(seen.waiting, now, ring_seconds), agents(seen.agents, now), Text(_talks(seen), "dim")
    )


def figures(seen: Snapshot) -> Table:
    """Today's figures, each share with its denominator."""
    table = _figures_table("Today")
    table.add_row(*_figures_row(seen.figures))
    return table


def parts(ground: Ground, by: str, now: datetime) -> Table:
    """Today's figures by queue, half hour or agent; an agent's are those of the phone, nobody asks for an agent."""
    found = {part.name: part.figures for part in divided.take(ground, by, now)}
    if by == divided.AGENT:
        return _by_agent(found)
    table = _figures_table("Today", by.replace("-", " "))
    for name, part in found.items():
        table.add_row(name, *_figures_row(part))
    return table


def _by_agent(found: dict[str, counts.Summary]) -> Table:
    table = _table("Today", "agent", "rang", "answered", "missed", "rejected", "as help", "call-backs", "in 3 rings")
    for name, part in found.items():
        numbers = (part.offers, part.offers_answered, part.missed, part.rejected, part.overflowed, part.called_back)
        share = f"{show.percent(part.offer_share)} of {part.offers_answered}"
        table.add_row(name, *(str(number) for number in numbers), share)
    return table


def _figures_table(title: str, *first: str) -> Table:
    table = _table(title, *first, "asked", "answered", "gave up ≤ 5 s", "later", "overflowed", "called back")
    table.add_column("in 3 rings of asking", justify="right")
    table.add_column("in 3 rings of ringing", justify="right")
    return table


def _figures_row(part: counts.Summary) -> list[str]:
    numbers = (part.asked, part.answered, part.abandoned_early, part.abandoned_late, part.overflowed)
    return [
        *(str(number) for number in numbers),
        f"{part.called_back} of {part.call_backs}",
        f"{show.percent(part.caller_share)} of {part.asked}",
        f"{show.percent(part.offer_share)} of {part.offers_answered}",
    ]


def waiting(waiters: Iterable[Waiter], now: datetime, ring_seconds: float) -> Table:
    """Callers in line: place, rings waited on the caller clock, who is rung for them. Numbers are masked."""
    table = _table("In line", "place", "caller", "queue", "priority", "rings waited", "ringing")
    for waiter in waiters:
        rings = (now - waiter.asked_at).total_seconds() / ring_seconds
        table.add_row(
            str(waiter.position or "→ agent"),
            show.number(waiter.call.caller_number) or "withheld",
            waiter.queue.label_en,
            str(waiter.priority),
            Text(show.rings(max(0.0, rings)), style="bold red" if rings > 3 else "yellow" if rings > 2 else ""),
            ", ".join(phone.agent.name for phone in waiter.ringing) or "–",
        )
    return table


def agents(rows: Iterable[Agent], now: datetime) -> Table:
    """Agents: what they chose, what they are doing, why, and for how long."""
    table = _table("Agents", "number", "name", "status", "state", "reason", "for")
    for agent in rows:
        is_here = agent.status is AgentStatus.AVAILABLE or agent.state is not AgentState.IDLE
        table.add_row(
            agent.staff_number,
            agent.name,
            agent.status,
            Text(agent.state.replace("_", " "), style=STATES[agent.state] if is_here else "dim"),
            agent.state_reason or "–",
            show.length((now - agent.state_since).total_seconds()),
            style="" if is_here else "dim",
        )
    return table


def _talks(seen: Snapshot) -> str:
    talking = sum(talk.agent is not None for talk in seen.talks)
    told = f"{talking} in conversation, {len(seen.talks) - talking} in the menu"
    return told if seen.wait_error is None else f"{told} · {_waits(seen.wait_error)}"


def _waits(error: Error) -> str:
    """How true the waits were that callers were told today."""
    short = round(100 * error.too_short)
    shares = f"{short}% too short, {100 - short}% too long"
    return f"announced waits: off by {error.median_seconds:.0f} s in the median, {shares}, {error.count} callers"


def _table(title: str, *columns: str) -> Table:
    table = Table(title=title, title_justify="left", expand=True)
    for column in columns:
        table.add_column(column, overflow="fold")
    return table
