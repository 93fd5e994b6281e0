"""`hotline keys`: the keys of data at rest: list, add, rotate, retire."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from cli import audit_marks
from cli.local import embedded, secrets_file
from cli.local.sealed_data import counted, reseal
from hotline import clock
from hotline.context import open_context
from hotline.database.database import Database
from hotline.database.start_check import RENEWED_EVERY
from hotline.encryption import keyring as encryption_keyring
from hotline.encryption import known_keys, resealing
from hotline.encryption.keyring import Keyring
from hotline.errors import ConfigError, HotlineError

if TYPE_CHECKING:
    from hotline.models import KnownKey

SETTLED = max(timedelta(minutes=1), 3 * RENEWED_EVERY)


@click.group()
def command() -> None:
    """The keys of data at rest. To replace one: add, restart every process, rotate, and a minute later retire."""


@command.command("list")
@audit_marks.touches_nothing("keys and counts, nothing of what is sealed")
def list_() -> None:
    """Every key: whether it seals, since when, and how much is sealed with it; never a key itself."""
    with open_context(embedded.load()) as context:
        known = _known(context.database)
        counts = counted(context.database, context.objects, [row.id for row in known])
        table = Table(title="keys", title_justify="left")
        for column in ("key", "state", "since", "values", "of them not bound to a row", "files"):
            table.add_column(column, overflow="fold")
        for row in reversed(known):
            if row.retired_at is None or counts.of(row.id):
                state, since = _state(context.keyring, row)
                values = counts.values[row.id]
                more = (str(values.values), str(values.unbound), str(counts.files[row.id]))
                table.add_row(row.id, state, f"{since:%Y-%m-%d %H:%M} UTC", *more)
    Console(width=None if os.isatty(1) else 100).print(table)
    if counts.strange:
        click.echo(f"{counts.strange} values are sealed with no key that this database knows.")


@command.command()
@audit_marks.touches_nothing("keys and counts, nothing of what is sealed")
def add() -> None:
    """Put a new key in front of the others: known from the next start on, and sealing nothing before `rotate`.

    Under `hotline up` it is written to secrets.json, with a copy of the file before; elsewhere the new value of
    HOTLINE_KEYS is printed once, to be set for every process.
    """
    home = _own_home()
    with open_context(embedded.load()) as context:
        known = _known(context.database)
        before = _ring(home, context.keyring)
        waiting = _waiting(known, before)
        if waiting:
            raise ConfigError(f"{waiting[0]} was added already and seals nothing yet; {_next(home)}")
        key = encryption_keyring.new_key_id()
        text = f"{key}:{encryption_keyring.new_key()},{before.text()}"
    _keep(home, text)
    click.echo(f"{key} is added; {_next(home)}")


@command.command()
@click.option("--yes", is_flag=True, help="every process was restarted since the key was added; do not ask")
@audit_marks.touches_nothing("keys and counts, nothing of what is sealed")
def rotate(yes: bool) -> None:
    """Seal everything with the newest key, each value bound to its row, while the house goes on.

    May be stopped at any moment and done again: it goes on where it stopped.
    """
    home = _own_home()
    with open_context(embedded.load()) as context:
        waiting = _waiting(_known(context.database), context.keyring)
        if set(_waiting(_known(context.database), _ring(home, context.keyring))) - set(waiting):
            raise ConfigError("the processes do not know the key in secrets.json yet: restart `hotline up` first")
        if waiting:
            if home is None and not yes:
                click.confirm(f"Was every process restarted with {waiting[0]} in HOTLINE_KEYS?", abort=True)
            known_keys.choose(context.database, context.keyring, waiting[0], clock.now())
        with _bar(resealing.left(context.database, context.keyring)) as told:
            done = reseal(context, told)
        click.echo(f"{done.values} values and {done.files} files were sealed with {context.keyring.current}.")
    if done.closed:
        some = ", ".join(sorted(done.closed)[:5])
        raise HotlineError(f"no key opens {len(done.closed)} values or files, which stay as they are: {some}")


@command.command()
@click.argument("key")
@audit_marks.touches_nothing("keys and counts, nothing of what is sealed")
def retire(key: str) -> None:
    """Give KEY up, once nothing is sealed with it: out of secrets.json, or the new HOTLINE_KEYS is printed."""
    home = _own_home()
    with open_context(embedded.load()) as context:
        known = {row.id: row for row in _known(context.database)}
        if key not in known or key == context.keyring.current:
            why = "seals: add another and rotate first" if key in known else "is unknown: see `hotline keys list`"
            raise ConfigError(f"{key} {why}")
        since = known[context.keyring.current].chosen_at
        if since is not None and clock.now() - since < SETTLED:
            raise ConfigError(f"{context.keyring.current} seals for less than a minute; try again in a minute")
        left = counted(context.database, context.objects, [key])
        if left.of(key):
            more = f"{left.values[key].values} values and {left.files[key]} files"
            raise ConfigError(f"{key} still seals {more}; run `hotline keys rotate`, then retire it")
        ring = _ring(home, context.keyring)
        rest = {name: value for name, value in ring.keys.items() if name != key}
        known_keys.retire(context.database, key, clock.now())
    if key in ring.keys:
        _keep(home, Keyring(rest).text())
    click.echo(f"{key} is retired. Keep its backup as long as backups of the database that were made with it.")


def _known(database: Database) -> list[KnownKey]:
    with database.read() as session:
        return known_keys.all_known(session)


def _waiting(known: list[KnownKey], ring: Keyring) -> list[str]:
    """The keys of the ring that were added and seal nothing yet."""
    done = {row.id for row in known if row.chosen_at is not None or row.retired_at is not None}
    return [key for key in ring.keys if key not in done]


def _state(keyring: Keyring, row: KnownKey) -> tuple[str, datetime | None]:
    if row.retired_at is not None:
        return "retired", row.retired_at
    if row.id == keyring.current:
        return "seals", row.chosen_at
    return ("opens", row.chosen_at) if row.chosen_at else ("waits for rotate", row.known_at)


def _own_home() -> Path | None:
    """Return the home folder whose secrets.json holds the keys; `None` when the environment does."""
    home = Path(os.environ.get("HOTLINE_HOME", "var/hotline"))
    return home if "HOTLINE_KEYS" not in os.environ and "HOTLINE_KEYS" in secrets_file.read(home) else None


def _ring(home: Path | None, keyring: Keyring) -> Keyring:
    """The ring as it will be at the next start."""
    return keyring if home is None else Keyring.parse(secrets_file.read(home)["HOTLINE_KEYS"])


def _keep(home: Path | None, text: str) -> None:
    if home is None:
        click.echo("Set this for every process; it is not shown again:")
        click.echo(f"HOTLINE_KEYS={text}")
        return
    copy = secrets_file.keep_copy(home, clock.now())
    secrets_file.write(home, secrets_file.read(home) | {"HOTLINE_KEYS": text})
    click.echo(f"{home / secrets_file.NAME} is written; as it was before: {copy}")


def _next(home: Path | None) -> str:
    what = "restart `hotline up`" if home is not None else "restart every process with the new HOTLINE_KEYS"
    return f"{what}, then run `hotline keys rotate`"


@contextmanager
def _bar(total: int) -> Iterator[Callable[[int], object]]:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("sealing anew", total=total)
        yield lambda count: bar.advance(task, count)
