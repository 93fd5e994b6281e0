"""Alembic's entry: runs migrations on the engine that `hotline.database.migrate` hands over."""

from alembic import context

from hotline.database.migrations_render import render_type
from hotline.models import Row

LOCK_TIMEOUT = "5s"
STATEMENT_TIMEOUT = "10min"


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
        render_item=render_type,
    )
    with context.begin_transaction():
        context.run_migrations()
    connection.commit()
