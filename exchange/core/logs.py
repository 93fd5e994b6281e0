"""The log of an exchange that runs as a process: key=value lines on the error stream, each bounded, no flood of them.

What libraries write by Python's own logging goes the same way, and no more than a few lines a minute of each place.
"""

import logging
import sys
import traceback

import structlog
from structlog.typing import EventDict, WrappedLogger

from exchange.core.log_limit import LimitedLog, printable

LONGEST_FIELD = 4_000
LONGEST_TRACE, LONGEST_PART = 3_000, 500


def configure(*, is_verbose: bool) -> None:
    """Set the log up; standard output is for the ready line alone."""
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            shorten,
            structlog.processors.LogfmtRenderer(bool_as_flag=False),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.DEBUG if is_verbose else logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
    logging.basicConfig(handlers=[LibraryLogHandler()], level=logging.WARNING, force=True)


def shorten(_logger: WrappedLogger, _method: str, fields: EventDict) -> EventDict:
    """Cut what is too long for a line, and write what cannot be printed as its escape."""
    return {
        name: printable(value, LONGEST_FIELD) if isinstance(value, str) else value for name, value in fields.items()
    }


class LibraryLogHandler(logging.Handler):
    """Hands on what libraries log, a few lines a minute of each place."""

    def __init__(self) -> None:
        super().__init__()
        self._places: dict[str, LimitedLog] = {}

    def emit(self, record: logging.LogRecord) -> None:
        noise = self._places.setdefault(f"{record.name}:{record.lineno}", LimitedLog())
        parts = traceback.format_exception(*record.exc_info) if record.exc_info else []
        trace = "".join(part[:LONGEST_PART] for part in parts)
        where = {"trace": trace[-LONGEST_TRACE:]} if trace else {}
        noise.warn("library_warned", longest=LONGEST_TRACE, logger=record.name, message=record.getMessage(), **where)
