"""The errors of the whole product.

HotlineError            has a stable `code` and the fields that explain it
├── ConfigError         a setting or file of the hospital is wrong; the message names it and the remedy
├── TablesDiffer        the database's tables are not this program's; the message names what differs and the remedy
├── IllegalMove         a status was asked to go where its table does not lead (a fault of ours)
├── NotFound            there is no such row
├── Retry               the outside world failed; the same job may succeed later
├── LeaseLost           somebody else has this work now; nothing of ours may count any more
├── GivesWay            the work stopped half-way for something more urgent; it goes on where it stopped
└── Discard             the work is a duplicate or too late; nothing is left to do
"""

from typing import ClassVar


class HotlineError(Exception):
    """Root of the tree: a message for people, a stable code for programs.

    `is_permanent`: trying the same again is of no use until a person has removed the cause.
    """

    code: ClassVar[str] = "error"
    is_permanent: ClassVar[bool] = False


class ConfigError(HotlineError):
    """A setting or a file of the hospital's cannot be used."""

    code = "config"
    is_permanent = True


class TablesDiffer(HotlineError):
    """The tables of the database are not those of this program."""

    code = "tables_differ"


class IllegalMove(HotlineError):
    """A status may not go there."""

    code = "illegal_move"
    is_permanent = True


class NotFound(HotlineError):
    """No row has this id."""

    code = "not_found"


class Retry(HotlineError):
    """Something outside failed for now; try the job again later."""

    code = "retry"


class LeaseLost(HotlineError):
    """This worker's hold on the work is over: whatever it was about to write or ask for must not happen."""

    code = "lease_lost"


class GivesWay(HotlineError):
    """The work made room for something more urgent: done again at once, and not counted as a try."""

    code = "gives_way"


class Discard(HotlineError):
    """A known duplicate or a late event: nothing is left to do."""

    code = "discard"
