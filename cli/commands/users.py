"""`hotline users`: who signs in to the staff pages. What is done here is in the audit log, as from the pages."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import click
from rich.console import Console

from accounts.passwords import throttle_queries
from accounts.users import queries as user_queries
from accounts.users import service
from accounts.users.rules import UserDetails
from cli import audit_marks
from cli.local import embedded
from cli.terminal import tables
from hotline import clock
from hotline.audit import service as audit_service
from hotline.context import open_context
from hotline.encryption.keyring import Keyring
from hotline.values.access import Role
from hotline.values.language import Language
from routing.agents import queries, roster_service

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from hotline.models import User

ROLE = click.Choice([role.value for role in Role])
LANGUAGE = click.Choice([language.value for language in Language])


@click.group()
def command() -> None:
    """Who signs in to the staff pages: list, add, edit, disable, unlock, give a new password."""


@command.command("list")
@audit_marks.touches_nothing("accounts of staff; changes are logged by themselves")
def listing() -> None:
    """Everyone, with role, agent and whether they can sign in."""
    with open_context(embedded.load()) as context, context.database.read() as session:
        numbers = {agent.id: agent.staff_number for agent in queries.everyone(session)}
        locked = {
            user.id for user in user_queries.all_users(session) if _is_locked(session, context.keyring, user.login)
        }
        rows = [_row(user, numbers, is_locked=user.id in locked) for user in user_queries.all_users(session)]
    columns = ("login", "name", "role", "language", "agent", "sign-in")
    Console().print(tables.of("Users", columns, rows, wraps="name"))


def _is_locked(session: Session, keyring: Keyring, login: str) -> bool:
    return throttle_queries.locked_until(session, keyring, login, clock.now()) is not None


def _row(user: User, numbers: dict[str, str], *, is_locked: bool) -> tuple[str, ...]:
    access = "locked" if is_locked else "one-time password" if user.one_time_until else "yes"
    agent = numbers.get(user.agent_id or "", "–")
    return user.login, user.name, user.role, user.language, agent, access if user.is_active else "disabled"


@command.command()
@click.argument("login")
@click.option("--name", required=True, help="the person's name, as pages show it")
@click.option("--role", required=True, type=ROLE)
@click.option("--agent", "staff_number", help="staff number of the agent who signs in with this login")
@click.option("--language", type=LANGUAGE, default=Language.MANDARIN.value, help="of the pages")
@audit_marks.touches_nothing("accounts of staff; changes are logged by themselves")
def add(login: str, name: str, role: str, staff_number: str | None, language: str) -> None:
    """Add LOGIN with a one-time password, which is printed once."""
    now, password = clock.now(), clock.new_password()
    with open_context(embedded.load()) as context, context.database.write() as session:
        agent_id = roster_service.numbered(session, staff_number).id if staff_number else None
        details = UserDetails(name, Role(role), Language(language), agent_id)
        user = service.invite(session, login, password, details, now)
        note(session, "create_user", user.id)
    _show(user.login, password)


@command.command()
@click.argument("login")
@click.option("--name", help="the person's name, as pages show it")
@click.option("--role", type=ROLE)
@click.option("--agent", "staff_number", help="staff number of the agent who signs in with this login")
@click.option("--no-agent", is_flag=True, help="signs in for no agent any more")
@click.option("--language", type=LANGUAGE, help="of the pages")
@audit_marks.touches_nothing("accounts of staff; changes are logged by themselves")
def edit(
    login: str, name: str | None, role: str | None, staff_number: str | None, no_agent: bool, language: str | None
) -> None:
    """Change LOGIN: what is not given stays. A role counts from the next page on."""
    if no_agent and staff_number:
        raise click.UsageError("--agent and --no-agent exclude each other")
    with open_context(embedded.load()) as context, context.database.write() as session:
        user = user_queries.by_login(session, login)
        wanted = UserDetails(
            name or user.name, Role(role or user.role), Language(language or user.language), user.agent_id
        )
        if staff_number or no_agent:
            agent_id = roster_service.numbered(session, staff_number).id if staff_number else None
            wanted = replace(wanted, agent_id=agent_id)
        actions = service.edit(session, user.id, wanted)
        for action in actions:
            note(session, action, user.id)
    click.echo(f"{login}: {', '.join(actions) if actions else 'nothing to change'}.")


@command.command("reset-password")
@click.argument("login")
@audit_marks.touches_nothing("accounts of staff; changes are logged by themselves")
def reset_password(login: str) -> None:
    """Give LOGIN a one-time password, which is printed once; all their sessions end."""
    with open_context(embedded.load()) as context, context.database.write() as session:
        user = user_queries.by_login(session, login)
        password = service.reset_password(session, user.id, clock.now(), is_rescue=True)
        note(session, "reset_password", user.id)
    _show(user.login, password)


@command.command()
@click.argument("login")
@audit_marks.touches_nothing("accounts of staff; changes are logged by themselves")
def disable(login: str) -> None:
    """Take the right to sign in from LOGIN; all their sessions end at once."""
    _set(login, service.deactivate, "shut_out_user")
    click.echo(f"{login} can no longer sign in.")


@command.command()
@click.argument("login")
@audit_marks.touches_nothing("accounts of staff; changes are logged by themselves")
def enable(login: str) -> None:
    """Let LOGIN sign in again."""
    _set(login, service.activate, "let_in_user")
    click.echo(f"{login} can sign in.")


@command.command()
@click.argument("login")
@audit_marks.touches_nothing("accounts of staff; changes are logged by themselves")
def unlock(login: str) -> None:
    """Let LOGIN sign in again after too many wrong passwords, without waiting."""
    with open_context(embedded.load()) as context, context.database.write() as session:
        user = user_queries.by_login(session, login)
        throttle_queries.unlock(session, context.keyring, user.login)
        note(session, "unlock_user", user.id)
    click.echo(f"{login} can sign in from anywhere again.")


def _set(login: str, change: Callable[[Session, str], Any], action: str) -> None:
    with open_context(embedded.load()) as context, context.database.write() as session:
        user = user_queries.by_login(session, login)
        change(session, user.id)
        note(session, action, user.id)


def note(session: Session, action: str, subject_id: str, subject: str = "user") -> None:
    """Log what a command did: nobody is signed in, so the log says which account of this machine it was."""
    made = audit_service.entry(
        user_id=None, action=action, subject=subject, subject_id=subject_id, at=clock.now(), address=audit_marks.who()
    )
    audit_service.add(session, made)


def _show(login: str, password: str) -> None:
    click.echo(f"{login} signs in with this one-time password, which is not shown again:\n\n    {password}\n")
    click.echo("It is good for 24 hours, and must be changed at the first sign-in.")
