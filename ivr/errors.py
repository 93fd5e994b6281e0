"""The errors of the voice menu.

HotlineError
└── NotFound
    └── PromptMissing  no prompt has this digest, or it is not rendered yet
"""

from hotline.errors import NotFound


class PromptMissing(NotFound):
    """No audio for this prompt."""

    code = "prompt_missing"
    is_permanent = True
