"""Fixtures of all layers: the real servers, once per run, and a fresh database per test."""

import gc
import logging
import shutil
import signal
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
import structlog
from flask import Flask
from jinja2 import FileSystemBytecodeCache
from pydantic import SecretStr
from werkzeug.routing import Rule

from hotline.configuration.settings import Settings
from hotline.context import AppContext
from hotline.database.database import Database
from hotline.encryption.keyring import Keyring, new_key
from hotline.models import Row
from tests.support import properties, servers
from tests.support.open_databases import OpenDatabases
from tests.support.postgres_tables import PostgresTables
from tests.support.url_rules import compiled_once

# A run makes many objects that last: looking for dead ones as often as usual takes a tenth of its time.
gc.set_threshold(50_000, 20, 50)
properties.register()
# The keys of a small installation; the same in all tests of a process, so that its database may stay open.
KEYS = f"k1:{new_key()}"


def pytest_configure() -> None:
    """Let Ctrl-C reach what tests start, also where a shell started the run in the background; log faults plainly."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    # By itself structlog draws each fault with the values of all its frames, which takes a second of a processor.
    processors = structlog.get_config()["processors"]
    plainly = structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)
    told = structlog.make_filtering_bound_logger(logging.INFO)  # what a process of the product tells
    structlog.configure(processors=[*processors[:-1], plainly], wrapper_class=told)


@pytest.fixture(scope="session", autouse=True)
def pages_compiled_once(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Every test makes an app of its own; their templates and addresses are compiled once per run."""
    with pytest.MonkeyPatch.context() as patch:
        folder = tmp_path_factory.mktemp("templates")
        patch.setitem(Flask.jinja_options, "bytecode_cache", FileSystemBytecodeCache(str(folder)))
        patch.setattr(Rule, "_compile_builder", compiled_once(Rule._compile_builder))
        yield


@pytest.fixture(scope="session")
def short_folder() -> Iterator[Path]:
    """A folder with a path short enough for sockets."""
    folder = Path(tempfile.mkdtemp(prefix="hl"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def redis_server(short_folder: Path) -> Iterator[str]:
    """A real Redis-protocol server for the whole run."""
    with servers.valkey(short_folder) as url:
        yield url


@pytest.fixture(scope="session")
def postgres_server(short_folder: Path) -> Iterator[str]:
    """A real PostgreSQL server for the whole run, with a template database that holds the tables."""
    folder = short_folder / "pg"
    folder.mkdir()
    with servers.postgres(folder) as url:
        with psycopg.connect(f"{url}/postgres", autocommit=True) as connection:
            connection.execute("CREATE DATABASE filled")
        database = Database(f"{url}/filled", Keyring({"t": b"0" * 32}))
        Row.metadata.create_all(database.engine)
        database.close()
        yield url


@pytest.fixture(scope="session")
def sqlite_template(short_folder: Path) -> Path:
    """An SQLite file that holds the tables."""
    path = short_folder / "template.db"
    database = Database(f"sqlite:///{path}", Keyring({"t": b"0" * 32}))
    Row.metadata.create_all(database.engine)
    with database.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    database.close()
    return path


@pytest.fixture
def sqlite_url(sqlite_template: Path) -> str:
    """A fresh SQLite database with all tables; its address is the same in every test."""
    path = sqlite_template.with_name("hotline.db")
    for old in (path, *path.parent.glob(f"{path.name}-*")):
        old.unlink(missing_ok=True)  # a copy over it would reach whoever has it open still
    shutil.copy(sqlite_template, path)
    return f"sqlite:///{path}"


@pytest.fixture(scope="session")
def open_databases() -> Iterator[OpenDatabases]:
    """The databases that stay open from test to test."""
    databases = OpenDatabases()
    yield databases
    databases.give_back()


@pytest.fixture(scope="session")
def postgres_tables(postgres_server: str) -> Iterator[PostgresTables]:
    """The database of the tests on PostgreSQL."""
    tables = PostgresTables(postgres_server)
    yield tables
    tables.close()


@pytest.fixture
def postgres_url(postgres_tables: PostgresTables, open_databases: OpenDatabases) -> Iterator[str]:
    """An empty PostgreSQL database with all tables: emptied after each test, made anew where one changed its tables."""
    yield postgres_tables.url()
    if not postgres_tables.empty():
        open_databases.give_back()
        postgres_tables.drop()


def make_settings(tmp_path: Path, database_url: str, redis_url: str, **other: object) -> Settings:
    """Settings of a small installation in `tmp_path`."""
    values: dict[str, object] = {
        "hotline_home": tmp_path / "home",
        "database_url": database_url,
        "redis_url": redis_url,
        "hotline_keys": SecretStr(KEYS),
        "secret_key": SecretStr("a secret of the tests"),
        "twilio_account_sid": "AC" + "0" * 32,
        "twilio_auth_token": SecretStr("a token of the tests"),
        "voice_url": "http://voice.test",
        "hotline_number": "+861066880000",
    }
    return Settings.model_validate(values | other)


def environment(settings: Settings) -> dict[str, str]:
    """The variables from which a process reads these settings."""
    pairs = ((name.upper(), value) for name, value in settings if value is not None)
    return {name: value.get_secret_value() if isinstance(value, SecretStr) else str(value) for name, value in pairs}


@pytest.fixture(params=["sqlite", "postgres"])
def database_url(request: pytest.FixtureRequest) -> str:
    """Each test that asks for it runs on both databases."""
    url: str = request.getfixturevalue(f"{request.param}_url")
    return url


@pytest.fixture
def settings(tmp_path: Path, database_url: str, redis_server: str) -> Settings:
    """Settings on a fresh database (both kinds) and the run's Redis."""
    return make_settings(tmp_path, database_url, redis_server)


@pytest.fixture
def context(settings: Settings, open_databases: OpenDatabases) -> Iterator[AppContext]:
    """Open resources on a fresh database (both kinds), and an emptied Redis."""
    with open_databases.context(settings) as opened:
        opened.notifier.redis.flushdb()
        yield opened
