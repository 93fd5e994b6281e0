"""An act of the demo as values: who is on duty, who plays, when it is over, what is shown and told of it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from rich.console import Console, RenderableType

from cli.demo import queries, report, summary, watch
from hotline import clock
from hotline.context import AppContext
from hotline.database.database import Database
from hotline.outbox.notifier import Notifier
from hotline.values.states.agent import AgentStatus
from routing.agents import status_service as agent_status

HERE = Path(__file__).parent
HOSPITAL = HERE / "hospital.yaml"
DESK = frozenset({"1001", "1002", "1003", "1004", "1005", "2001"})
Rows = list[tuple[str, ...]]


@dataclass(frozen=True)
class Act:
    """One act. `begin` runs when everything is up, `is_over` says when nobody has anything left to do.

    What is shown and told of an act is what happened since its beginning: several are played in one house.
    """

    phones: Path
    environment: dict[str, str]
    begin: Callable[[AppContext], None]
    is_over: Callable[[AppContext], bool]
    rows: Callable[[AppContext, datetime, datetime], Rows]
    table: Callable[[Rows, float], RenderableType]
    as_json: Callable[[AppContext, datetime], dict[str, Any]]
    show: Callable[[Console, dict[str, Any]], None]
    # What was reached, from the JSON; 0 means that something is missing on this machine.
    success: Callable[[dict[str, Any]], int]
    hospital: Path = HOSPITAL
    # Whether the phones go on until they are told to stop: nobody of them dials.
    are_called: bool = False
    # Cells of a row that count on by themselves: where no table can be redrawn, they alone are no news.
    counting: frozenset[int] = field(default=frozenset())


def nobody_talks(context: AppContext) -> bool:
    """Return whether every call has ended."""
    with context.database.read() as session:
        return not queries.is_any_call_live(session)


def on_duty(database: Database, notifier: Notifier, staff_numbers: frozenset[str]) -> None:
    """Have these agents be available, whose telephones are there, and all others offline."""
    now = clock.now()
    with database.write() as session:
        for agent in queries.agents(session, is_locked=True):
            is_here = agent.staff_number in staff_numbers
            status = AgentStatus.AVAILABLE if is_here else AgentStatus.OFFLINE
            agent_status.choose_status(session, notifier, agent, status, now)


MORNING = Act(
    phones=HERE / "morning.yaml",
    environment={"QUEUES_FILE": str(HERE / "queues.yaml")},
    begin=lambda context: on_duty(context.database, context.notifier, DESK),
    is_over=nobody_talks,
    rows=watch.rows,
    table=watch.table,
    as_json=report.as_json,
    show=summary.show,
    success=lambda told: int(told["summary"]["answered"]),
    counting=frozenset({watch.RINGS}),
)
