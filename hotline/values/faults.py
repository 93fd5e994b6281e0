"""Faults as logs and rows tell of them: which kind, and where in the program. Pure.

The message of a library's error may hold a patient's words, their number or a file's name; only errors of ours speak.
"""

import traceback

from hotline.errors import HotlineError


def kind(error: BaseException) -> str:
    """Return the kind of a fault, with its message where that is ours, else with its place.

    `ValueError at crm/feeds/dates.py:41`.
    """
    if isinstance(error, HotlineError):
        return f"{type(error).__name__}: {error}"
    frames = traceback.extract_tb(error.__traceback__)
    return type(error).__name__ + (f" at {_place(frames[-1])}" if frames else "")


def trace(error: BaseException) -> str:
    """Return the way through the program to a fault, and from what it came, without what other people's errors say."""
    causes = [error]
    while (cause := _cause(causes[-1])) is not None and cause not in causes:
        causes.append(cause)
    lines = ["Traceback (most recent call last):"]
    for each in reversed(causes):
        lines += [f"  {_place(frame)} in {frame.name}" for frame in traceback.extract_tb(each.__traceback__)]
        lines.append(kind(each))
    return "\n".join(lines)


def _cause(error: BaseException) -> BaseException | None:
    return error.__cause__ or (None if error.__suppress_context__ else error.__context__)


def _place(frame: traceback.FrameSummary) -> str:
    return f"{'/'.join(frame.filename.replace(chr(92), '/').split('/')[-2:])}:{frame.lineno}"
