"""Bring a database to the newest tables with Alembic; its scripts lie beside the models."""

import sqlite3
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory

from hotline import log
from hotline.database.database import Database

SCRIPTS = Path(__file__).parent / "migrations"


def config(database: Database) -> Config:
    """Alembic's configuration, bound to this database."""
    made = Config()
    made.set_main_option("script_location", str(SCRIPTS))
    made.attributes["engine"] = database.engine
    return made


def upgrade(database: Database) -> None:
    """Run every migration that this database has not seen; nothing of what they sealed is left in an SQLite file."""
    made = config(database)
    command.upgrade(made, "head")
    if database.is_sqlite:
        _write_anew(database, int(ScriptDirectory.from_config(made).get_current_head() or 0))


def check(database: Database) -> None:
    """Raise `alembic.util.CommandError` when the migrations and the models differ."""
    command.check(config(database))


def _write_anew(database: Database, revision: int) -> None:
    """Write the file anew, once after each upgrade: SQLite leaves old contents in the gaps of its pages.

    The file itself says whether that was done (`user_version`), so that a kill in between only puts it off.
    """
    pooled = database.engine.raw_connection()
    try:
        cursor = pooled.cursor()  # the driver's own: VACUUM runs in no transaction
        if cursor.execute("PRAGMA user_version").fetchone()[0] != revision:
            cursor.execute("VACUUM")
            cursor.execute(f"PRAGMA user_version = {revision}")
    except sqlite3.OperationalError:
        # Somebody is at work in it, or the disk is full: the next start tries again.
        log.get().warning("database_not_written_anew")
    finally:
        pooled.close()
