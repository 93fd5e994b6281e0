"""The errors of the voice menu.

HotlineError
├── CallMovedOn        a turn was decided on a state that the call has left meanwhile
└── NotFound
    └── PromptMissing  no prompt has this digest, or it is not rendered yet
"""

from hotline.errors import HotlineError, NotFound


class CallMovedOn(HotlineError):
    """The call went on while a turn of it was decided: nothing was written, and it is decided anew."""

    code = "call_moved_on"


class PromptMissing(NotFound):
    """No audio for this prompt."""

    code = "prompt_missing"
    is_permanent = True
