"""Time that passes for the database alone: PostgreSQL's clock cannot be set, so what is stored by it moves back."""

from datetime import timedelta

from sqlalchemy import text

from hotline.context import AppContext

BY_ITS_CLOCK = {
    "jobs": ("due_at", "held_until", "first_failed_at"),
    "task_schedules": ("due_at", "last_started_at", "last_ended_at"),
    "unreferenced_objects": ("made_at",),
}


def pass_in_database(context: AppContext, span: timedelta) -> None:
    """As if its clock went on by `span`. SQLite's is the clock of the machine, which the test itself moves."""
    if context.database.is_sqlite:
        return
    seconds = span.total_seconds()
    with context.database.write() as session:
        for table, columns in BY_ITS_CLOCK.items():
            changes = ", ".join(f"{name} = {name} - make_interval(secs => :seconds)" for name in columns)
            session.execute(text(f"UPDATE {table} SET {changes}"), {"seconds": seconds})  # noqa: S608 (names of ours)
