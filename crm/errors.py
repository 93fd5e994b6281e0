"""Errors of patients and matters.

HotlineError
├── UnreadableFile      a list of patients cannot be read at all; nothing of it is stored
└── ClosedMatter        a matter is over: reopen it before anything else is done with it
"""

from hotline.errors import HotlineError


class UnreadableFile(HotlineError):
    """The file is no table of patients; the message says what is wrong with it."""

    code = "unreadable_file"


class ClosedMatter(HotlineError):
    """The matter is closed."""

    code = "closed_matter"
