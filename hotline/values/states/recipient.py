"""The life of a recipient of a campaign. Pure."""

from enum import StrEnum


class RecipientState(StrEnum):
    """Where a campaign stands with one recipient."""

    PLANNED = "planned"
    CALLING = "calling"
    TEXTED = "texted"
    WITH_PERSON = "with_person"
    DONE = "done"
    REFUSED = "refused"
    STOPPED = "stopped"
    EXCLUDED = "excluded"
