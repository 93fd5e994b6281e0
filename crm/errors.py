"""Errors of patients and cases.

HotlineError
├── UnreadableFile      a list of patients cannot be read at all; nothing of it is stored
└── ClosedCase          the case is closed: it must be reopened before anything else is done with it
"""

from hotline.errors import HotlineError


class UnreadableFile(HotlineError):
    """The file is no table of patients; the message says what is wrong with it."""

    code = "unreadable_file"


class ClosedCase(HotlineError):
    """The case is closed."""

    code = "closed_case"
