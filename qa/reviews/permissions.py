"""Who may do what with a review and a coaching item. Pure; the services refuse by the same rules as pages show."""

from dataclasses import dataclass
from datetime import date
from typing import Protocol

from hotline.values.states.coaching import CoachingState
from hotline.values.states.review import PUBLIC, ReviewState, is_in_calibration


class ReviewFacts(Protocol):
    """What the rules ask of a review."""

    state: ReviewState
    agent_id: str
    reviewer_id: str | None
    calibration_id: str | None


class CoachingFacts(Protocol):
    """What the rules ask of a coaching item."""

    state: CoachingState
    agent_id: str
    due_on: date


@dataclass(frozen=True)
class Judge:
    """A user of the staff pages: `is_lead` may judge calls, `agent_id` is the agent whom they are."""

    user_id: str
    agent_id: str | None
    is_lead: bool

    def is_about(self, row: ReviewFacts | CoachingFacts) -> bool:
        """Tell whether it is about a call of their own, which nobody judges."""
        return self.agent_id is not None and row.agent_id == self.agent_id

    def may_take(self, review: ReviewFacts) -> bool:
        """Tell whether they may begin this review."""
        is_free = review.reviewer_id in (None, self.user_id)
        return self.is_lead and review.state is ReviewState.DUE and is_free and not self.is_about(review)

    def may_fill(self, review: ReviewFacts) -> bool:
        """Tell whether the review is their draft."""
        return review.state is ReviewState.DRAFT and review.reviewer_id == self.user_id

    def may_rule(self, review: ReviewFacts) -> bool:
        """Tell whether they may rule on the appeal: another supervisor than the reviewer does."""
        is_open = self.is_lead and review.state is ReviewState.APPEALED
        return is_open and review.reviewer_id != self.user_id and not self.is_about(review)

    def may_answer(self, review: ReviewFacts) -> bool:
        """Tell whether they may acknowledge the review or appeal against it: it is published, and theirs to read."""
        return review.state is ReviewState.PUBLISHED and self.may_read_own(review)

    def may_read_own(self, review: ReviewFacts) -> bool:
        """Tell whether it was published about them; reviews of a calibration are never."""
        return self.is_about(review) and review.state in PUBLIC and not is_in_calibration(review)

    def may_coach(self, review: ReviewFacts) -> bool:
        """Tell whether they may make a finding of this review a coaching item."""
        return self.is_lead and review.state in PUBLIC and not self.is_about(review)

    def may_mark_done(self, item: CoachingFacts) -> bool:
        """Tell whether they may say that they have worked on it."""
        return item.state is CoachingState.OPEN and self.is_about(item)

    def may_recheck(self, item: CoachingFacts) -> bool:
        """Tell whether they may check whether the agent's work on it has helped."""
        return self.is_lead and item.state is CoachingState.DONE and not self.is_about(item)


def is_blind(review: ReviewFacts) -> bool:
    """Tell whether the reviewer must not see what others and the machine answered: their part goes on."""
    return is_in_calibration(review) and review.state in {ReviewState.DUE, ReviewState.DRAFT}


def is_overdue(item: CoachingFacts, today: date) -> bool:
    """Tell whether the agent has let the day pass."""
    return item.state is CoachingState.OPEN and item.due_on < today
