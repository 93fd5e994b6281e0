"""The errors of telephony.

HotlineError
├── UnknownWord          the provider said a word that no table of ours knows
├── Retry
│   └── ProviderDown     no answer, an answer of a broken server, or too many requests
└── Discard
    └── ProviderRefused  the provider answered no: gone, not allowed in this state, or not allowed at all
"""

from typing import ClassVar

from hotline.errors import Discard, HotlineError, Retry


class UnknownWord(HotlineError):
    """The provider used a word that is in none of our tables."""

    code = "provider_word_unknown"


class ProviderDown(Retry):
    """The provider could not be reached or is out of order; the same request may succeed later."""

    code = "provider_down"


class ProviderRefused(Discard):
    """The provider refused; asking again is of no use. `status` is HTTP's, `reason` the provider's own code."""

    code: ClassVar[str] = "provider_refused"

    def __init__(self, message: str, status: int = 0, reason: int = 0) -> None:
        """Refused with this HTTP status and the provider's error code, 0 where there is none."""
        super().__init__(message)
        self.status = status
        self.reason = reason
