"""Bring a database to the newest tables with Alembic; its scripts lie beside the models."""

from pathlib import Path

from alembic import command
from alembic.config import Config

from hotline.database import Database

SCRIPTS = Path(__file__).parent / "migrations"


def config(database: Database) -> Config:
    """Alembic's configuration, bound to this database."""
    made = Config()
    made.set_main_option("script_location", str(SCRIPTS))
    made.attributes["engine"] = database.engine
    return made


def upgrade(database: Database) -> None:
    """Run every migration that this database has not seen."""
    command.upgrade(config(database), "head")


def check(database: Database) -> None:
    """Raise `alembic.util.CommandError` when the migrations and the models differ."""
    command.check(config(database))
