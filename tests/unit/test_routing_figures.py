"""The figures by queue, half hour and agent: everybody who asked is counted once, in one of the ends."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from hotline.values import OfferState, Outcome
from routing import figures

NINE = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)  # in Shanghai
CHINA = ZoneInfo("Asia/Shanghai")


@dataclass
class ACall:
    id: str
    outcome: Outcome | None = None
    asked_at: datetime | None = NINE
    answered_at: datetime | None = None
    ended_at: datetime | None = None
    queue: str | None = "booking"


@dataclass
class AnOffer:
    call_id: str
    agent_id: str = "li"
    state: OfferState = OfferState.ANSWERED
    reasons: tuple[str, ...] = ()
    started_at: datetime = NINE
    ringing_at: datetime | None = NINE
    answered_at: datetime | None = None


def at(seconds: float) -> datetime:
    return NINE + timedelta(seconds=seconds)


CALLS = [
    ACall("1", Outcome.ANSWERED, answered_at=at(14), ended_at=at(90)),
    ACall("2", Outcome.ABANDONED, ended_at=at(5)),
    ACall("3", Outcome.ABANDONED, ended_at=at(5.1)),
    ACall("4", asked_at=at(1800), queue="nurse"),
    ACall("5", Outcome.FAILED, ended_at=at(3)),
    ACall("6", Outcome.LEFT_IN_MENU, asked_at=None, ended_at=at(3), queue=None),
]
OFFERS = [
    AnOffer("1", answered_at=at(14)),
    AnOffer("1", "wang", OfferState.MISSED, ("overflow",)),
    AnOffer("1", "wang", OfferState.MISSED, ("overflow",)),
    AnOffer("3", "li", OfferState.CANCELLED),
    AnOffer("4", "wang", OfferState.REJECTED),
]


def test_everybody_who_asked_ends_in_one_of_the_counts() -> None:
    counted = figures.summary(CALLS, OFFERS, 5)
    assert (counted.asked, counted.answered, counted.abandoned_early, counted.abandoned_late) == (5, 1, 1, 1)
    assert (counted.waiting, counted.other, counted.overflowed) == (1, 1, 1)
    assert counted.abandoned_share == 2 / 5
    assert counted.abandoned == counted.abandoned_early + counted.abandoned_late


def test_each_queue_has_its_own_callers_and_their_offers() -> None:
    queues = figures.by_queue(CALLS, OFFERS, 5)
    assert list(queues) == ["booking", "nurse"]
    assert (queues["booking"].asked, queues["booking"].offers, queues["nurse"].rejected) == (4, 4, 1)
    assert queues["nurse"].caller_share == 0


def test_half_hours_are_those_of_the_hospital_s_clock() -> None:
    hours = figures.by_half_hour(CALLS, OFFERS, 5, CHINA)
    assert {name: counted.asked for name, counted in hours.items()} == {"2026-03-02 09:00": 4, "2026-03-02 09:30": 1}


def test_each_agent_has_their_own_offer_clock() -> None:
    agents = figures.by_agent(OFFERS, 5)
    assert (agents["li"].offers, agents["li"].offers_answered, agents["li"].within_offer) == (2, 1, 1)
    assert (agents["wang"].missed, agents["wang"].rejected, agents["wang"].offer_share) == (2, 1, None)


def test_groups_add_up_to_the_whole() -> None:
    whole = figures.summary(CALLS, OFFERS, 5)
    for parts in (figures.by_queue(CALLS, OFFERS, 5), figures.by_half_hour(CALLS, OFFERS, 5, CHINA)):
        for name in ("asked", "answered", "abandoned_early", "abandoned_late", "offers", "missed", "overflowed"):
            assert sum(getattr(part, name) for part in parts.values()) == getattr(whole, name), name
