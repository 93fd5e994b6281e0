"""Make the first migration anew from the models: `python -m tests.release.first_migration`. Only before 0.1.0."""

import tempfile
from pathlib import Path

import sqlalchemy as sa
from alembic.autogenerate import produce_migrations, render_python_code
from alembic.migration import MigrationContext
from alembic.operations.ops import UpgradeOps

from hotline.database import migrate
from hotline.database.migrations_render import render_type
from hotline.models import Row
from hotline.models.audit import PROTECTION

TARGET = migrate.SCRIPTS / "versions" / "0100_the_first_tables.py"
HEAD = '''"""The first tables, and what keeps rows of the audit log from being changed."""

import sqlalchemy as sa
from alembic import op

revision = '0100'
down_revision = None

PROTECTION = {protection}


def upgrade() -> None:
    """Make every table."""
    {body}
    for statement in PROTECTION[op.get_bind().dialect.name]:
        op.execute(statement)
'''


def text() -> str:
    """The migration as Python."""
    with tempfile.TemporaryDirectory() as folder, sa.create_engine(f"sqlite:///{folder}/empty.db").connect() as bind:
        options = {"render_item": render_type, "render_as_batch": False, "target_metadata": Row.metadata}
        context = MigrationContext.configure(bind, opts=options)
        script = produce_migrations(context, Row.metadata)
        assert isinstance(script.upgrade_ops, UpgradeOps)
        body = render_python_code(script.upgrade_ops, migration_context=context, render_item=render_type)
    protection = (
        "{\n"
        + "".join(
            f"    {dialect!r}: (\n" + "".join(f"        {statement!r},\n" for statement in statements) + "    ),\n"
            for dialect, statements in PROTECTION.items()
        )
        + "}"
    )
    return HEAD.format(protection=protection, body=body.strip())


if __name__ == "__main__":
    Path(TARGET).write_text(text(), encoding="utf-8")
    print(f"wrote {TARGET.name}")
