"""Moves of stored statuses. The one place that changes a status."""

from enum import StrEnum
from typing import Any

from hotline import log
from hotline.values.states.lifecycles import BY_EVENT


def transition(row: Any, event: StrEnum) -> bool:
    """Apply what happened to the status of `row`, and log it; return whether the status changed.

    Raises `IllegalMove` where the lifecycle has no row for the event: a fault of ours. Duplicates have rows.
    """
    lifecycle = BY_EVENT[type(event)]
    source: StrEnum = getattr(row, lifecycle.field)
    target = lifecycle.after(source, event, row)
    if target == source:
        return False
    setattr(row, lifecycle.field, target)
    log.get().debug("status_changed", row=row.__tablename__, row_id=row.id, before=source, after=target, by=event)
    return True
