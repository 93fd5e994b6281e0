"""The figures by queue, half hour and agent: everybody who asked is counted once, in one of the ends."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from hotline.values.states.call import CallOutcome, Direction
from hotline.values.states.callback import CallbackState
from hotline.values.states.offer import OfferState
from reports.service_level import figures

NINE = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)  # in Shanghai
CHINA = ZoneInfo("Asia/Shanghai")


@dataclass
class ACall:
    id: str
    outcome: CallOutcome | None = None
    asked_at: datetime | None = NINE
    answered_at: datetime | None = None
    ended_at: datetime | None = None
    queue: str | None = "booking"
    direction: Direction = Direction.INBOUND


@dataclass
class AnOffer:
    call_id: str
    agent_id: str = "li"
    state: OfferState = OfferState.ANSWERED
    overflow_queue: str | None = None
    started_at: datetime = NINE
    ringing_at: datetime | None = NINE
    answered_at: datetime | None = None


@dataclass
class ACallback:
    call_id: str
    state: CallbackState
    outbound_call_id: str | None = None


def at(seconds: float) -> datetime:
    return NINE + timedelta(seconds=seconds)


CALLS = [
    ACall("1", CallOutcome.ANSWERED, answered_at=at(14), ended_at=at(90)),
    ACall("2", CallOutcome.ABANDONED, ended_at=at(5)),
    ACall("3", CallOutcome.ABANDONED, ended_at=at(5.1)),
    ACall("4", asked_at=at(1800), queue="nurse"),
    ACall("5", CallOutcome.FAILED, ended_at=at(3)),
    ACall("6", CallOutcome.LEFT_IN_MENU, asked_at=None, ended_at=at(3), queue=None),
    # Two who are to be called back; one was, by call 9. Call 10 is of a campaign, whose patient wants a person.
    ACall("7", CallOutcome.CALL_BACK, ended_at=at(60)),
    ACall("8", CallOutcome.CALL_BACK, ended_at=at(60)),
    ACall("9", CallOutcome.ANSWERED, at(1900), at(1910), at(1990), direction=Direction.OUTBOUND),
    ACall("10", CallOutcome.ABANDONED, at(1900), None, at(1990), direction=Direction.OUTBOUND),
]
OFFERS = [
    AnOffer("1", answered_at=at(14)),
    AnOffer("1", "wang", OfferState.MISSED, "nurse"),
    AnOffer("1", "wang", OfferState.MISSED, "nurse"),
    AnOffer("3", "li", OfferState.CANCELLED),
    AnOffer("4", "wang", OfferState.REJECTED),
    AnOffer("9", "zhao", started_at=at(1904), ringing_at=at(1905), answered_at=at(1910)),
    AnOffer("10", "wang", OfferState.MISSED, "nurse"),
]
CALLBACKS = [ACallback("7", CallbackState.DONE, "9"), ACallback("8", CallbackState.WAITING)]
DAY = figures.CountedCalls(CALLS, OFFERS, CALLBACKS, frozenset({"8", "10"}))


def test_everybody_who_asked_ends_in_one_of_the_counts() -> None:
    counted = figures.summary(DAY, 5)
    assert (counted.calls, counted.asked, counted.answered) == (8, 7, 1)
    assert (counted.abandoned_early, counted.abandoned_late) == (1, 1)
    assert (counted.waiting, counted.call_backs, counted.other) == (1, 2, 1)
    assert counted.abandoned_share == 2 / 7
    assert counted.abandoned == counted.abandoned_early + counted.abandoned_late


def test_who_is_called_back_is_no_second_caller_who_asked() -> None:
    counted = figures.summary(DAY, 5)
    assert (counted.call_backs, counted.called_back, counted.outbound) == (2, 1, 2)
    alone = figures.summary(DAY.of({"7", "9"}), 5)
    assert (alone.asked, alone.answered, alone.within_caller, alone.caller_share) == (1, 0, 0, 0)
    # The phone that rang for them rang all the same.
    assert (alone.offers, alone.offers_answered, alone.within_offer) == (1, 1, 1)


def test_a_patient_of_a_campaign_is_no_caller() -> None:
    counted = figures.summary(DAY.of({"10"}), 5)
    assert (counted.calls, counted.asked, counted.abandoned, counted.overflowed, counted.missed) == (0, 0, 0, 0, 1)


def test_callers_overflow_once_whether_help_was_rung_or_they_were_led_out() -> None:
    assert figures.summary(DAY, 5).overflowed == 2
    both = figures.CountedCalls(CALLS, OFFERS, CALLBACKS, frozenset({"1"}))
    assert figures.summary(both, 5).overflowed == 1


def test_each_queue_has_its_own_callers_and_their_offers() -> None:
    queues = figures.by_queue(DAY, 5)
    assert list(queues) == ["booking", "nurse"]
    assert (queues["booking"].asked, queues["booking"].offers, queues["nurse"].rejected) == (6, 6, 1)
    assert (queues["booking"].called_back, queues["nurse"].caller_share) == (1, 0)


def test_half_hours_are_those_of_the_hospital_s_clock() -> None:
    hours = figures.by_half_hour(DAY, 5, CHINA)
    assert {name: counted.asked for name, counted in hours.items()} == {"2026-03-02 09:00": 6, "2026-03-02 09:30": 1}


def test_a_call_back_counts_in_the_half_hour_in_which_it_was_asked_for() -> None:
    hours = figures.by_half_hour(DAY, 5, CHINA)
    assert [counted.called_back for counted in hours.values()] == [1, 0]


def test_each_agent_has_their_own_offer_clock() -> None:
    agents = figures.by_agent(DAY, 5)
    assert (agents["li"].offers, agents["li"].offers_answered, agents["li"].within_offer) == (2, 1, 1)
    assert (agents["wang"].missed, agents["wang"].rejected, agents["wang"].offer_share) == (3, 1, None)
    assert (agents["wang"].overflowed, agents["zhao"].called_back, agents["li"].called_back) == (2, 1, 0)


def test_groups_add_up_to_the_whole() -> None:
    whole = figures.summary(DAY, 5)
    names = ["asked", "answered", "abandoned_early", "abandoned_late", "call_backs", "called_back", "overflowed"]
    for parts in (figures.by_queue(DAY, 5), figures.by_half_hour(DAY, 5, CHINA)):
        for name in [*names, "waiting", "other", "offers", "missed", "outbound"]:
            assert sum(getattr(part, name) for part in parts.values()) == getattr(whole, name), name
    for name in ("offers", "offers_answered", "within_offer", "missed", "rejected", "called_back"):
        assert sum(getattr(part, name) for part in figures.by_agent(DAY, 5).values()) == getattr(whole, name), name
