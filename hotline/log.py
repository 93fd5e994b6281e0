"""The log: static event names with key=value, ids only. Never numbers, names, digits or transcripts."""

import logging
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog

from hotline.values import faults


def configure(process: str, form: str = "json") -> None:
    """Set the log of this process up: JSON lines (`json`) or readable ones (`text`) on standard error."""
    last: Any = structlog.processors.JSONRenderer(ensure_ascii=False)
    if form == "text":
        last = structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _fault,
            last,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    structlog.contextvars.bind_contextvars(process=process)


def get() -> Any:
    """Return the log. Its lines carry what `structlog.contextvars` has bound (`call_id`, `job_id`)."""
    return structlog.get_logger()


def _fault(_log: Any, _name: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Return a fault as its kind and its way through the program.

    Its message and the values there may be a patient's.
    """
    told = event.pop("exc_info", None)
    error = sys.exc_info()[1] if told is True else told[1] if isinstance(told, tuple) else told
    if isinstance(error, BaseException):
        event["exception"] = faults.trace(error)
    return event
