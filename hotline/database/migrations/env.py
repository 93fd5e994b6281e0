"""Alembic's entry: runs migrations on the engine that `hotline.database.migrate` hands over."""

from typing import Any

from alembic import context
from sqlalchemy.types import TypeDecorator

from hotline.models import Row

LOCK_TIMEOUT = "5s"
STATEMENT_TIMEOUT = "10min"


def render(kind: str, item: Any, _context: Any) -> Any:
    """Types of ours appear in scripts as what the database stores: a script must not change with our code."""
    return f"sa.{item.impl!r}" if kind == "type" and isinstance(item, TypeDecorator) else False


engine = context.config.attributes["engine"]
with engine.connect() as connection:
    if engine.dialect.name == "postgresql":
        connection.exec_driver_sql(f"SET lock_timeout = '{LOCK_TIMEOUT}'")
        connection.exec_driver_sql(f"SET statement_timeout = '{STATEMENT_TIMEOUT}'")
        connection.commit()
    context.configure(
        connection=connection,
        target_metadata=Row.metadata,
        render_as_batch=engine.dialect.name == "sqlite",
        compare_type=False,
        render_item=render,
    )
    with context.begin_transaction():
        context.run_migrations()
    connection.commit()
