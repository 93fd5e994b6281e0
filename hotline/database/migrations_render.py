"""Column types of ours in migrations: written as what the database stores, so that a script outlives the code."""

from typing import Any

from sqlalchemy.types import TypeDecorator


def render_type(kind: str, item: Any, _context: Any) -> Any:
    """Return the stored type of one of our column types as Python, else `False` for Alembic's own rendering."""
    return f"sa.{item.impl!r}" if kind == "type" and isinstance(item, TypeDecorator) else False
