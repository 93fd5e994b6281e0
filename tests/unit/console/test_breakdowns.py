"""The figures of a day, on both clocks, with their denominators."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from hotline.values.states.call import CallOutcome, Direction
from hotline.values.states.offer import OfferState
from reports.service_level.figures import CountedCalls, caller_rings, offer_rings, summary

NOON = datetime(2026, 3, 2, 4, tzinfo=UTC)


@dataclass
class ACall:
    outcome: CallOutcome | None
    asked_at: datetime | None
    answered_at: datetime | None
    ended_at: datetime | None = None
    queue: str | None = "booking"
    id: str = "c"
    direction: Direction = Direction.INBOUND


@dataclass
class AnOffer:
    state: OfferState
    started_at: datetime
    ringing_at: datetime | None
    answered_at: datetime | None
    call_id: str = "c"
    agent_id: str = "a"
    overflow_queue: str | None = None


def after(seconds: float | None) -> datetime | None:
    return None if seconds is None else NOON + timedelta(seconds=seconds)


def a_call(
    answered: float | None, outcome: CallOutcome | None = CallOutcome.ANSWERED, asked: float | None = 0
) -> ACall:
    return ACall(outcome, after(asked), after(answered))


def an_offer(answered: float | None, ringing: float | None = 0) -> AnOffer:
    state = OfferState.MISSED if answered is None else OfferState.ANSWERED
    return AnOffer(state, NOON - timedelta(seconds=1), after(ringing), after(answered))


def test_exactly_three_rings_are_within_three_rings_and_a_moment_more_is_not() -> None:
    figures = summary(CountedCalls([a_call(15), a_call(15.01)], [an_offer(15), an_offer(15.01)]), 5)
    assert (figures.within_caller, figures.within_offer) == (1, 1)
    assert (figures.caller_share, figures.offer_share) == (0.5, 0.5)


def test_callers_who_gave_up_or_still_wait_stay_in_the_denominator() -> None:
    calls = [
        a_call(5),
        a_call(None, CallOutcome.ABANDONED),
        a_call(None, None),
        a_call(None, CallOutcome.LEFT_IN_MENU, None),
    ]
    figures = summary(CountedCalls(calls, []), 5)
    assert (figures.calls, figures.asked, figures.answered, figures.abandoned, figures.waiting) == (4, 3, 1, 1, 1)
    assert figures.within_caller == 1


def test_offers_that_nobody_answered_are_counted_but_not_in_the_offer_clock() -> None:
    figures = summary(CountedCalls([], [an_offer(4), an_offer(None)]), 5)
    assert (figures.offers, figures.offers_answered, figures.within_offer) == (2, 1, 1)


def test_an_empty_day_has_no_shares() -> None:
    figures = summary(CountedCalls([], []), 5)
    assert figures.caller_share is None
    assert figures.offer_share is None


def test_an_offer_without_a_ringing_report_counts_from_its_start() -> None:
    assert offer_rings(an_offer(4, ringing=None), 5) == 1.0


def test_the_two_clocks_of_one_call_differ() -> None:
    assert caller_rings(a_call(20), 5) == 4
    assert offer_rings(an_offer(20, ringing=15), 5) == 1


@given(st.lists(st.one_of(st.none(), st.floats(0, 120))), st.floats(1, 10))
def test_no_share_exceeds_its_denominator(seconds: list[float | None], ring_seconds: float) -> None:
    calls = [a_call(s, CallOutcome.ABANDONED if s is None else CallOutcome.ANSWERED) for s in seconds]
    figures = summary(CountedCalls(calls, [an_offer(s) for s in seconds]), ring_seconds)
    assert figures.within_caller <= figures.answered <= figures.asked
    assert figures.within_offer <= figures.offers_answered <= figures.offers
    assert figures.answered + figures.abandoned == figures.calls
