"""The log: static event names with key=value, ids only. Never numbers, names, digits or transcripts."""

import logging
import sys
from typing import Any

import structlog


def configure(process: str, form: str = "json") -> None:
    """Set the log of this process up: JSON lines (`json`) or readable ones (`text`) on standard error."""
    last: Any = structlog.processors.JSONRenderer(ensure_ascii=False)
    if form == "text":
        plain = structlog.dev.plain_traceback  # local variables of a traceback would show patient data
        last = structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), exception_formatter=plain)
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            last,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    structlog.contextvars.bind_contextvars(process=process)


def get() -> Any:
    """The log. Its lines carry what `structlog.contextvars` has bound (`call_id`, `job_id`)."""
    return structlog.get_logger()
