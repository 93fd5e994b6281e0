"""`hotline agents`: who answers calls. The hospital's file leaves alone who was edited here (`hotline db load`)."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import click
from rich.console import Console

from cli import audit_marks
from cli.commands.users import note
from cli.local import embedded
from cli.terminal import tables
from hotline import clock
from hotline.context import open_context
from hotline.errors import HotlineError
from routing.agents import queries, roster_service

if TYPE_CHECKING:
    from hotline.models import Agent


@click.group()
def command() -> None:
    """Who answers calls: list, edit."""


@command.command("list")
@audit_marks.touches_nothing("agents; changes are logged by themselves")
def listing() -> None:
    """Everyone, with department, telephone, skills and languages."""
    with open_context(embedded.load()) as context, context.database.read() as session:
        rows = [_row(agent) for agent in queries.everyone(session)]
    columns = ("number", "name", "department", "telephone", "skills and languages")
    Console().print(tables.of("Agents", columns, rows, wraps="skills and languages"))


def _row(agent: Agent) -> tuple[str, ...]:
    levels = " ".join(f"{name}={level}" for name, level in sorted(roster_service.of(agent).levels.items()))
    return agent.staff_number, agent.name, agent.department or "–", agent.address, levels or "–"


@command.command()
@click.argument("number")
@click.option("--name")
@click.option("--department", help="its name in the hospital's file; empty for none")
@click.option("--address", help="the telephone: client:NAME for a browser, or a number like +861012345678")
@click.option(
    "--skill", "skills", multiple=True, help="skill or language and level, like booking=3 or en-US=4; 0 removes"
)
@audit_marks.touches_nothing("agents; changes are logged by themselves")
def edit(number: str, name: str | None, department: str | None, address: str | None, skills: tuple[str, ...]) -> None:
    """Change the agent with staff number NUMBER: what is not given stays."""
    now = clock.now()
    with open_context(embedded.load()) as context, context.database.write() as session:
        agent = roster_service.numbered(session, number)
        wanted = roster_service.of(agent)
        levels = dict(wanted.levels) | dict(_level(text) for text in skills)
        wanted = replace(wanted, levels={skill: level for skill, level in levels.items() if level})
        if department is not None:
            wanted = replace(wanted, department=department or None)
        wanted = replace(wanted, name=(name or wanted.name).strip(), address=address or wanted.address)
        actions = roster_service.edit(session, context.notifier, agent.id, wanted, now)
        for action in actions:
            note(session, action, agent.id, "agent")
    click.echo(f"{number}: {', '.join(actions) if actions else 'nothing to change'}.")


def _level(text: str) -> tuple[str, int]:
    name, is_there, level = text.partition("=")
    if not is_there or not level.isdecimal():
        raise HotlineError(f"--skill {text}: write a skill or language and its level, like booking=3")
    return name, int(level)
