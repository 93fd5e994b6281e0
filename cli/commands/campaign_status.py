"""`hotline campaign status`: the funnel of campaigns, once, as JSON or live, and what bounds their pace."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click
from rich.console import Console, Group
from rich.live import Live as Screen
from rich.table import Table
from rich.text import Text

from campaigns.results import figure_queries
from campaigns.results.figure_queries import Funnel
from cli import audit_marks
from cli.local import embedded
from console.floor.live import LiveFloor
from hotline.context import open_context
from hotline.database.database import Database
from hotline.outbox.notifier import Notifier
from hotline.values.states.campaign import CampaignState
from hotline.values.states.recipient import RecipientState

if TYPE_CHECKING:
    from hotline.models import Campaign

DRAW_SECONDS = 1.0
COLUMNS = ("name", "state", "planned", "reached", "verified", "done", "signs", "opinions", "open")


@click.command()
@click.argument("name", required=False)
@click.option("--live", is_flag=True, help="go on showing it; Ctrl-C ends that")
@click.option("--json", "as_json", is_flag=True, help="as JSON")
@audit_marks.touches_nothing("counts, nobody in particular")
def status(name: str | None, live: bool, as_json: bool) -> None:
    """The funnel of NAME, or of every campaign."""
    console = Console()
    with open_context(embedded.load()) as context:
        if as_json:
            click.echo(
                json.dumps([_plain(campaign, funnel) for campaign, funnel in _seen(context.database, name)], indent=2)
            )
        elif live:
            _watch(context.database, context.notifier, console, name)
        else:
            console.print(picture(_seen(context.database, name)))


def _seen(database: Database, name: str | None) -> list[tuple[Campaign, Funnel]]:
    with database.read() as session:
        found = [one for one in figure_queries.campaigns(session) if name in (None, one.name, one.id)]
        return [(one, figure_queries.funnel(session, one.id)) for one in found]


def _watch(database: Database, notifier: Notifier, console: Console, name: str | None) -> None:
    live = LiveFloor(database, notifier, lambda: _seen(database, name))
    viewer = live.join()
    try:
        with Screen(console=console, auto_refresh=False, screen=console.is_terminal) as screen:
            while True:
                seen = viewer.get(DRAW_SECONDS)
                if seen is not None:
                    screen.update(picture(seen), refresh=True)
    except KeyboardInterrupt:
        console.print("The campaign goes on; only this view has ended.")
    finally:
        live.leave(viewer)
        live.close()


def picture(seen: list[tuple[Campaign, Funnel]]) -> Group:
    """Return the campaigns as a table, each with its funnel, and below it what bounds the pace of each."""
    table = Table(title="Campaigns", title_justify="left", expand=True, padding=(0, 0))
    for column in COLUMNS:
        table.add_column(column, justify="left" if column in {"name", "state"} else "right", overflow="fold")
    for campaign, funnel in seen:
        shares = (funnel.reached, funnel.verified, funnel.completed)
        table.add_row(
            campaign.name,
            campaign.state.value,
            str(funnel.planned),
            *(_share(count, funnel.planned) for count in shares),
            str(funnel.warnings),
            str(funnel.opinions),
            str(funnel.planned - funnel.over),
        )
    return Group(table, *(Text(f"{campaign.name}: {_told(campaign)}") for campaign, _ in seen))


def _told(campaign: Campaign) -> str:
    if campaign.state is CampaignState.RUNNING:
        return explain(campaign)
    return f"{campaign.state.value}{f', {campaign.reason}' if campaign.reason else ''}"


def _share(count: int, whole: int) -> str:
    return f"{count}\n{count / whole:.0%}" if whole else str(count)


WHY = {
    "hotline_busy": "the hotline's own callers wait",
    "no_nurse": "no nurse is free",
    "nurses": "as many as nurses can catch",
    "provider": "as fast as the provider allows",
    "nobody_due": "nobody is due now",
    "all_due": "everyone due is being called",
    "limit": "more care after calls that found nobody",
}


def explain(campaign: Campaign) -> str:
    """Return the pace in words: `12 lines: 3 nurses free, 4 % hand-overs; as many as nurses can catch`."""
    pace = campaign.pace
    if not pace:
        return "starting"
    facts = pace.get("facts", {})
    lines, free = pace.get("lines", 0), int(facts.get("free", 0))
    figures_ = f"{lines} line{'s' * (lines != 1)}: {free} nurse{'s' * (free != 1)} free"
    return f"{figures_}, {facts.get('handover', 0):.0%} hand-overs; {WHY.get(pace.get('why', ''), '')}"


def _plain(campaign: Campaign, funnel: Funnel) -> dict[str, object]:
    return {
        "name": campaign.name,
        "state": campaign.state.value,
        "pace": explain(campaign) if campaign.state is CampaignState.RUNNING else None,
        "planned": funnel.planned,
        "reached": funnel.reached,
        "verified": funnel.verified,
        "completed": funnel.completed,
        "warning_signs": funnel.warnings,
        "opinions": funnel.opinions,
        "tries": funnel.tries,
        "states": {state.value: funnel.states.get(state, 0) for state in RecipientState},
        "left_out": dict(funnel.without),
        "outcomes": dict(funnel.outcomes),
        "nurse_seconds": funnel.nurse_seconds,
    }
