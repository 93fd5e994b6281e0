"""A recipient: a patient whom a campaign calls. Pure."""

from enum import StrEnum

from hotline.values.states.lifecycle import Lifecycle, Transition


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


class RecipientEvent(StrEnum):
    """What happens to a recipient."""

    RESERVED = "reserved"  # by compare-and-set: an attempt begins
    CALLED_US = "called_us"
    TRY_AGAIN = "try_again"
    TEXTED = "texted"  # a message asks them to call
    HANDED_TO_PERSON = "handed_to_person"  # a case for staff
    DONE = "done"
    REFUSED = "refused"
    STOPPED = "stopped"  # by a fact (died, readmitted, …), by staff, or as the campaign ended
    RESUMED = "resumed"  # what stopped the calls has gone away, or staff undid it; the next call is planned anew


_S, _E = RecipientState, RecipientEvent
LIFECYCLE = Lifecycle(
    RecipientState,
    RecipientEvent,
    (
        Transition(_E.RESERVED, (_S.PLANNED, _S.TEXTED), _S.CALLING),
        Transition(_E.CALLED_US, (_S.PLANNED, _S.TEXTED, _S.WITH_PERSON, _S.CALLING), _S.CALLING),
        Transition(_E.TRY_AGAIN, (_S.PLANNED, _S.CALLING), _S.PLANNED),
        Transition(_E.TEXTED, (_S.PLANNED, _S.CALLING, _S.TEXTED, _S.STOPPED), _S.TEXTED),
        Transition(
            _E.HANDED_TO_PERSON, (_S.PLANNED, _S.CALLING, _S.TEXTED, _S.WITH_PERSON, _S.STOPPED), _S.WITH_PERSON
        ),
        Transition(_E.DONE, (_S.CALLING, _S.TEXTED, _S.WITH_PERSON), _S.DONE),
        Transition(_E.REFUSED, (_S.CALLING, _S.WITH_PERSON), _S.REFUSED),
        Transition(_E.STOPPED, (_S.PLANNED, _S.CALLING, _S.TEXTED, _S.WITH_PERSON), _S.STOPPED),
        Transition(_E.RESUMED, (_S.PLANNED, _S.STOPPED), _S.PLANNED),
    ),
)
