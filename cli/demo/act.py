"""An act of the demo as values: who is in the house, who plays, when it is over, what is shown and told of it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table
from sqlalchemy import func, select

from cli.demo import report, summary, watch
from hotline.ground import Ground
from hotline.models import Call
from hotline.values import CallStatus

HERE = Path(__file__).parent
Rows = list[tuple[str, ...]]


@dataclass(frozen=True)
class Act:
    """One act. `begin` runs when everything is up, `is_over` says when nobody has anything left to do."""

    hospital: Path
    phones: Path
    environment: dict[str, str]
    begin: Callable[[Ground], None]
    is_over: Callable[[Ground], bool]
    rows: Callable[[Ground, datetime], Rows]
    table: Callable[[Rows, float], Table]
    as_json: Callable[[Ground], dict[str, Any]]
    show: Callable[[Console, dict[str, Any]], None]
    # What was reached, from the JSON; 0 means that something is missing on this machine.
    success: Callable[[dict[str, Any]], int]
    # Whether the phones go on until they are told to stop: nobody of them dials.
    are_called: bool = False
    # Cells of a row that count on by themselves: where no table can be redrawn, they alone are no news.
    counting: frozenset[int] = field(default=frozenset())


def nobody_talks(ground: Ground) -> bool:
    """Whether every call has ended."""
    with ground.database.read() as session:
        return not session.scalar(select(func.count()).where(Call.status != CallStatus.ENDED))


MORNING = Act(
    hospital=HERE / "hospital.yaml",
    phones=HERE / "morning.yaml",
    environment={"QUEUES_FILE": str(HERE / "queues.yaml")},
    begin=lambda _ground: None,
    is_over=nobody_talks,
    rows=watch.rows,
    table=watch.table,
    as_json=report.as_json,
    show=summary.show,
    success=lambda told: int(told["summary"]["answered"]),
    counting=frozenset({5}),
)
