"""Errors of quality supervision.

HotlineError
└── ReviewRefused       the step is refused; `code` names the message in the catalogue of words
    ├── StaleDraft          somebody, or oneself in another window, has saved meanwhile
    ├── NotPermitted        somebody else's review, a call of one's own, or a ruling on one's own review
    ├── UnansweredItems     items are without an answer; `items` names them
    ├── InvalidAnswer       an answer that the scorecard does not know
    ├── TextRequired        reasons or a finding are needed, or are too long
    └── WrongReviewState    the review's state does not allow it any more, or it was done before
"""

from collections.abc import Sequence

from hotline.errors import HotlineError


class ReviewRefused(HotlineError):
    """A step of a review that is refused."""

    code = "review_refused"
    is_permanent = True


class StaleDraft(ReviewRefused):
    """Somebody, or oneself in another window, has saved meanwhile."""

    code = "stale"


class NotPermitted(ReviewRefused):
    """Somebody else's review, a call of one's own, or a ruling on one's own review."""

    code = "not_yours"


class UnansweredItems(ReviewRefused):
    """Items are without an answer."""

    code = "incomplete"

    def __init__(self, items: Sequence[str]) -> None:
        """Name the `items` that are missing."""
        super().__init__(f"without an answer: {', '.join(items)}")
        self.items = tuple(items)


class InvalidAnswer(ReviewRefused):
    """An answer that the scorecard does not know."""

    code = "unfit"


class TextRequired(ReviewRefused):
    """Reasons or a finding are needed, or are too long."""

    code = "words_missing"


class WrongReviewState(ReviewRefused):
    """The review's state does not allow it any more, or it was done before."""

    code = "too_late"
