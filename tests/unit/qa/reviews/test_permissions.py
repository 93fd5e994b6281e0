"""Who may take, fill, rule on, answer and coach: pages show what the services allow."""

from dataclasses import dataclass
from datetime import date

import pytest

from hotline.values.states.coaching import CoachingState
from hotline.values.states.review import PUBLIC, ReviewState
from qa.reviews.permissions import Judge, is_blind, is_overdue

REVIEWER, OTHER = Judge("r", None, is_lead=True), Judge("o", None, is_lead=True)
AGENT, LEAD_OF_OWN_CALL = Judge("a", "A", is_lead=False), Judge("l", "A", is_lead=True)


@dataclass
class AReview:
    """A review of agent A, by the reviewer."""

    state: ReviewState
    agent_id: str = "A"
    reviewer_id: str | None = "r"
    calibration_id: str | None = None


@dataclass
class AnItem:
    """A coaching item of agent A."""

    state: CoachingState
    agent_id: str = "A"
    due_on: date = date(2026, 3, 2)


def test_only_another_supervisor_rules_on_an_appeal() -> None:
    appealed = AReview(ReviewState.APPEALED)
    assert OTHER.may_rule(appealed)
    assert not any(who.may_rule(appealed) for who in (REVIEWER, AGENT, LEAD_OF_OWN_CALL))
    assert not any(OTHER.may_rule(AReview(state)) for state in set(ReviewState) - {ReviewState.APPEALED})


def test_a_review_is_taken_by_a_lead_whose_call_it_is_not() -> None:
    assert OTHER.may_take(AReview(ReviewState.DUE, reviewer_id=None))
    assert not OTHER.may_take(AReview(ReviewState.DUE))
    assert not AGENT.may_take(AReview(ReviewState.DUE, reviewer_id=None))
    assert not LEAD_OF_OWN_CALL.may_take(AReview(ReviewState.DUE, reviewer_id=None))


def test_only_the_reviewer_fills_the_draft() -> None:
    draft = AReview(ReviewState.DRAFT)
    assert [who.may_fill(draft) for who in (REVIEWER, OTHER, AGENT)] == [True, False, False]


@pytest.mark.parametrize("state", list(ReviewState))
def test_agents_read_what_was_published_of_their_own_calls(state: ReviewState) -> None:
    assert AGENT.may_read_own(AReview(state)) is (state in PUBLIC)
    assert not AGENT.may_read_own(AReview(state, agent_id="B"))
    assert not AGENT.may_read_own(AReview(state, calibration_id="c"))
    assert not Judge("x", None, is_lead=False).may_read_own(AReview(state))
    assert AGENT.may_answer(AReview(state)) is (state is ReviewState.PUBLISHED)
    assert OTHER.may_coach(AReview(state)) is (state in PUBLIC)


def test_a_review_of_a_calibration_is_blind_until_it_is_over() -> None:
    blind = {state for state in ReviewState if is_blind(AReview(state, calibration_id="c"))}
    assert blind == {ReviewState.DUE, ReviewState.DRAFT}
    assert not is_blind(AReview(ReviewState.DRAFT))


def test_agents_work_on_their_findings_and_others_check_them() -> None:
    assert AGENT.may_mark_done(AnItem(CoachingState.OPEN))
    assert not OTHER.may_mark_done(AnItem(CoachingState.OPEN))
    assert OTHER.may_recheck(AnItem(CoachingState.DONE))
    assert not any(who.may_recheck(AnItem(CoachingState.DONE)) for who in (AGENT, LEAD_OF_OWN_CALL))


def test_a_finding_is_overdue_after_its_day_and_only_while_it_is_open() -> None:
    assert not is_overdue(AnItem(CoachingState.OPEN), date(2026, 3, 2))
    assert is_overdue(AnItem(CoachingState.OPEN), date(2026, 3, 3))
    assert not is_overdue(AnItem(CoachingState.DONE), date(2026, 3, 3))
