"""Whether a database holds anything already, looked at without keys."""

from pathlib import Path

from sqlalchemy import Engine, create_engine, inspect, select
from sqlalchemy import text as sql
from sqlalchemy.exc import SQLAlchemyError

from hotline.errors import ConfigError
from hotline.models import Row


def holds_data(url: str) -> bool:
    """Return whether any table of ours there has a row. Raises `ConfigError` when it cannot be looked at."""
    if url.startswith("sqlite") and not _has_file(url):
        return False
    engine = create_engine(url.replace("postgresql://", "postgresql+psycopg://", 1), hide_parameters=True)
    try:
        return _has_row(engine)
    except SQLAlchemyError as error:
        raise ConfigError(
            f"DATABASE_URL: the database cannot be looked at ({type(error).__name__}), and no keys are made before "
            "that; correct DATABASE_URL or start the database"
        ) from error
    finally:
        engine.dispose()


def _has_file(url: str) -> bool:
    path = Path(url.partition("///")[2].partition("?")[0])
    return path.is_file() and path.stat().st_size > 0


def _has_row(engine: Engine) -> bool:
    with engine.connect() as connection:
        names = set(inspect(connection).get_table_names()) & set(Row.metadata.tables)
        tables = [Row.metadata.tables[name] for name in sorted(names)]
        return any(connection.execute(select(sql("1")).select_from(table).limit(1)).first() for table in tables)
