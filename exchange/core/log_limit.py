"""Warnings about anything that clients may send: a few lines a minute of each kind, each short."""

import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import structlog

log = structlog.get_logger(__name__)
MOST_LINES, WINDOW_SECONDS = 10, 60.0
LONGEST_VALUE = 200


@dataclass
class _Kind:
    since: float
    lines: int = 0
    left_out: int = 0


class LimitedLog:
    """Logs each kind at most ten times a minute; the first line afterwards says how many were left out."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._kinds: dict[str, _Kind] = {}

    def warn(self, event: str, longest: int = LONGEST_VALUE, **fields: object) -> None:
        """Log one line, unless there were too many of this kind; `event` is one of ours, never of
        the sender's making.
        """
        now = self._clock()
        kind = self._kinds.setdefault(event, _Kind(now))
        more: dict[str, object] = {}
        if now - kind.since >= WINDOW_SECONDS:
            more = {"left_out": kind.left_out} if kind.left_out else {}
            kind = self._kinds[event] = _Kind(now)
        if kind.lines >= MOST_LINES:
            kind.left_out += 1
            return
        kind.lines += 1
        log.warning(event, **{name: _short(value, longest) for name, value in fields.items()}, **more)


def _short(value: object, longest: int) -> object:
    return printable(value, longest) if isinstance(value, str) else value


def place_of(error: BaseException) -> str:
    """Return what went wrong and where, without the error's own words: they may hold a number or a
    name that was sent.
    """
    frames = traceback.extract_tb(error.__traceback__)
    where = f" at {Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else ""
    return f"{type(error).__name__}{where}"


def printable(text: str, longest: int = LONGEST_VALUE) -> str:
    """Return foreign text as one line of a log may show it: printable characters only, and not many."""
    cut = text[:longest]
    whole = "".join(sign if sign.isprintable() else sign.encode("unicode_escape").decode("ascii") for sign in cut)
    return whole if len(text) <= longest else f"{whole}… ({len(text)} characters)"
