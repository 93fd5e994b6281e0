"""The second act of the demo: twelve patients are called after discharge, and whoever is worse reaches a nurse."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from rich.console import Console
from rich.table import Table
from rich.text import Text

from campaigns.importing import file_service
from campaigns.planning import enrolment_service, plan, service
from cli.demo import act, queries, report, summary
from cli.demo.act import Act
from cli.demo.watch import NONE
from cli.terminal import tables
from hotline import clock
from hotline.context import AppContext
from hotline.values.states.call import CallOutcome
from hotline.values.states.recipient import RecipientState

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from hotline.models import Recipient

HERE = Path(__file__).parent
NAME = "demo"
NURSES = frozenset({"2001", "2002", "2003"})
COLUMNS = ("patient", "language", "state", "the call", "answers", "warning sign", "nurse\nafter")
RINGS = 3
ANSWERS = COLUMNS.index("answers")
SIGN = COLUMNS.index("warning sign")
COLOURS = {
    RecipientState.PLANNED: "yellow",
    RecipientState.CALLING: "cyan",
    RecipientState.DONE: "green",
    RecipientState.REFUSED: "magenta",
    RecipientState.WITH_PERSON: "red",
}


def begin(context: AppContext) -> None:
    """The nurses are at their telephones, the discharge list comes in, the campaign is planned and started."""
    now = clock.now()
    act.on_duty(context.database, context.notifier, NURSES)
    yesterday = f"{now.astimezone(ZoneInfo(context.settings.timezone)) - timedelta(days=1):%Y-%m-%d}"
    with TemporaryDirectory() as folder:
        file = Path(folder) / "patients.csv"
        file.write_text((HERE / "patients.csv").read_text("utf-8").replace("{yesterday}", yesterday), "utf-8")
        file_service.take(context, file, file_service.ImportOptions(), now)
    service.make(context.database, NAME, plan.Scope(), now)
    enrolment_service.enrol(context, NAME, now)
    service.start(context.database, context.notifier, NAME, now)


def is_over(context: AppContext) -> bool:
    """Return whether everybody was tried once and nobody is on the line."""
    with context.database.read() as session:
        if queries.is_anybody_untried(session):
            return False
    return act.nobody_talks(context)


def rows(context: AppContext, _since: datetime, now: datetime) -> list[tuple[str, ...]]:
    """Return one row of words per recipient; their state comes last."""
    with context.database.read() as session:
        return [_row(session, recipient, now) for recipient in queries.recipients(session)]


def _row(session: Session, recipient: Recipient, now: datetime) -> tuple[str, ...]:
    attempt = next(reversed(queries.attempts(session, recipient)), None)
    seconds = queries.nurse_seconds(session, attempt) if attempt else None
    answers = queries.answers(session, recipient)
    return (
        tables.last_digits(recipient.number),
        recipient.language.value,
        _state(recipient, now),
        NONE if attempt is None else str(attempt.outcome or attempt.state).replace("_", " "),
        ", ".join(f"{name} {value}" for name, value in answers.items()) or NONE,
        (attempt.warning.replace("_", " ") if attempt else "") or NONE,
        NONE if seconds is None else f"{seconds} s",
        recipient.state.value,
    )


def _state(recipient: Recipient, now: datetime) -> str:
    if recipient.state is RecipientState.PLANNED and recipient.tries and recipient.due_at is not None:
        hours = (recipient.due_at - now).total_seconds() / 3600
        return f"again in {hours:.0f} h" if hours >= 1 else f"again in {hours * 60:.0f} min"
    return recipient.state.value.replace("_", " ")


def table(lines: list[tuple[str, ...]], seconds: float) -> tables.Fitting:
    """Return the rows as a table with a clock; where there is little room, answers are counted."""
    title = f"Calls after discharge, {seconds:.0f} s"
    counted = [(*line[:ANSWERS], _count(line[ANSWERS]), *line[ANSWERS + 1 :]) for line in lines]
    return tables.Fitting(_drawn(title, lines), _drawn(title, counted, is_tight=True))


def _count(answers: str) -> str:
    return answers if answers == NONE else str(answers.count(",") + 1)


def _drawn(title: str, lines: list[tuple[str, ...]], *, is_tight: bool = False) -> Table:
    cells = [
        [Text(cell, "bold red" if at == SIGN and cell != NONE else _style(line)) for at, cell in enumerate(line[:-1])]
        for line in lines
    ]
    return tables.of(title, COLUMNS, cells, wraps=("answers",), is_tight=is_tight)


def _style(line: tuple[str, ...]) -> str:
    return COLOURS.get(RecipientState(line[-1]), "dim")


def as_json(context: AppContext, since: datetime) -> dict[str, Any]:
    """All calls since then and their summary as in the first act, and every recipient."""
    with context.database.read() as session:
        told = [_told(session, recipient) for recipient in queries.recipients(session)]
        cases = queries.cases_of_follow_up(session)
    made = report.as_json(context, since)
    made["summary"] |= _ours(made["calls"]) | {"recipients": len(told), "cases": cases}
    return made | {"recipients": told}


def _ours(calls: list[dict[str, Any]]) -> dict[str, int]:
    """The figures of the first act for calls that we have dialled, which the hotline's own figures leave out."""
    asked = [call for call in calls if call["asked_at"] is not None]
    return {
        "calls": len(calls),
        "asked": len(asked),
        "answered": sum(call["answered_at"] is not None for call in asked),
        "abandoned": sum(call["outcome"] == CallOutcome.ABANDONED for call in calls),
        "within_three_rings_caller": sum((call["caller_rings"] or RINGS + 1) <= RINGS for call in asked),
    }


def _told(session: Session, recipient: Recipient) -> dict[str, Any]:
    attempts = queries.attempts(session, recipient)
    seconds = [each for each in (queries.nurse_seconds(session, attempt) for attempt in attempts) if each is not None]
    return {
        "id": recipient.id,
        "number": recipient.number,
        "state": recipient.state,
        "attempts": [{"outcome": attempt.outcome, "state": attempt.state} for attempt in attempts],
        "answers": queries.answers(session, recipient),
        "warning_signs": [attempt.warning for attempt in attempts if attempt.warning],
        "nurse_seconds": seconds[0] if seconds else None,
    }


def show(console: Console, told: dict[str, Any]) -> None:
    """Print the summary."""
    summary.show(console, told)
    columns = ("patient", "state", "calls", "answers", "warning sign", "nurse\nafter")
    rows = [
        (
            tables.last_digits(one["number"]),
            _words(one["state"]),
            ", ".join(_words(attempt["outcome"]) for attempt in one["attempts"]) or NONE,
            str(len(one["answers"])),
            ", ".join(_words(sign) for sign in one["warning_signs"]) or NONE,
            NONE if one["nurse_seconds"] is None else f"{one['nurse_seconds']} s",
        )
        for one in told["recipients"]
    ]
    console.print()
    console.print(tables.of("Patients", columns, rows, wraps=("calls",)))


def _words(code: object) -> str:
    return str(code).replace("_", " ")


ACT = Act(
    phones=HERE / "phones.yaml",
    environment={
        "QUEUES_FILE": str(HERE.parent / "queues.yaml"),
        "CAMPAIGN_PLANS": str(HERE / "plans"),
        "DIALLING_LIMITS_FILE": str(HERE / "dialling_limits.yaml"),
        "CAMPAIGN_LAW": "DEMO",
    },
    begin=begin,
    is_over=is_over,
    rows=rows,
    table=table,
    as_json=as_json,
    show=show,
    success=lambda told: sum(one["state"] == RecipientState.DONE for one in told["recipients"]),
    are_called=True,
)
