"""The answer to an item of a scorecard. Pure."""

from enum import StrEnum


class ItemAnswer(StrEnum):
    """The answer to an item of a scorecard; `unsure` is the machine's alone and goes to people."""

    YES = "yes"
    NO = "no"
    PARTLY = "partly"
    NA = "na"
    UNSURE = "unsure"
