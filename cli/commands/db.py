"""`hotline db`: the tables, the hospital's own data, and the people who sign in."""

from pathlib import Path

import click

from accounts.users import service
from cli import audit_marks
from cli.commands.users import note
from cli.local import embedded
from cli.local import upgrade as local_upgrade
from hotline import clock
from hotline.context import open_context, open_unchecked
from hotline.outbox import jobs
from hotline.values.access import Role
from routing.agents import hospital_file, hospital_service
from routing.queues import queues_file


@click.group()
def command() -> None:
    """The database: bring its tables up to date, load a hospital, add users."""


@command.command()
@audit_marks.touches_nothing("tables, none of their rows")
def upgrade() -> None:
    """Bring the tables up to date; run it after every new version, before the processes start."""
    with open_unchecked(embedded.load()) as context:
        local_upgrade.upgrade(context.database, context.keyring)
    click.echo("The database is up to date.")


@command.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--overwrite", is_flag=True, help="also agents that were edited on the pages or by `hotline agents`")
@audit_marks.touches_nothing("agents and queues")
def load(file: Path, overwrite: bool) -> None:
    """Load departments and agents from FILE, and the queue file; again after each change of them.

    Agents that were edited on the pages or by `hotline agents` stay as they are, and are named.
    """
    with open_context(embedded.load()) as context:
        data = hospital_file.read(file, queues_file.of(context.settings))
        with context.database.write() as session:
            left_alone = hospital_service.store(session, data, clock.now(), overwrites=overwrite)
    click.echo(f"{file}: {len(data.rules.queues)} queues and {len(data.agents)} agents are in the database.")
    if left_alone:
        click.echo(edited_since(left_alone))


def edited_since(staff_numbers: list[str]) -> str:
    """Say whom the file was not allowed to change, and the remedy."""
    return (
        f"Edited here since, and left as they are: {', '.join(staff_numbers)}. "
        "`hotline db load FILE --overwrite` makes them as the file says."
    )


@command.command()
@click.argument("login")
@click.option("--name", required=True, help="the person's name, as pages show it")
@click.option("--role", required=True, type=click.Choice([role.value for role in Role]))
@click.option("--agent", "staff_number", help="staff number of the agent who signs in with this login")
@click.password_option(help="asked for when not given; at least 10 characters")
@audit_marks.touches_nothing("accounts of staff; the change is logged by itself")
def user(login: str, name: str, role: str, staff_number: str | None, password: str) -> None:
    """Add someone who signs in to the staff pages."""
    with open_context(embedded.load()) as context:
        agent_id = None if staff_number is None else hospital_service.agent_id(context.database, staff_number)
        made = service.create(context.database, login, password, name, Role(role), agent_id)
        with context.database.write() as session:
            note(session, "create_user", made.id)
    click.echo(f"{login} can sign in.")


@command.command()
@audit_marks.touches_nothing("jobs by their number")
def retry() -> None:
    """Do failed work again, once the cause that `hotline doctor` and the worker's log name is removed."""
    with open_context(embedded.load()) as context, context.database.write() as session:
        count = len(jobs.again(session, context.notifier))
    click.echo(f"{count} jobs are due again.")
