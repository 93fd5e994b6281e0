"""More phones ring where a call may well be let ring out: never fewer for likelier misses, never more than the caps."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing.ladder import miss_risk
from routing.ladder.answer_curve import SECONDS, AnswerCurve
from routing.ladder.candidates import Candidate
from routing.ladder.floor_state import FloorState, LadderRing, LiveOffer, QueuedCaller, StartOffer
from routing.ladder.ladder import AT_ONCE, AT_RISK, decide
from tests.support.properties import examples

NOW = datetime(2026, 3, 2, 8, 30, tzinfo=UTC)
RING = 5.0
CYCLE = timedelta(seconds=RING)
QUIET = 1.5


def curve(misses: float, answers_at: float = 4.0) -> AnswerCurve:
    """Somebody who misses this share, and answers the others by and by."""
    answers = (1 - 0.5 ** (second / answers_at) for second in range(SECONDS + 1))
    return AnswerCurve(tuple(misses + (1 - misses) * (1 - answer) for answer in answers))


def agent(name: str, misses: float = 0.05, *, aside: bool = False, **skills: int) -> Candidate:
    return Candidate(name, skills or {"booking": 3}, NOW, None, aside, curve(misses))


def phone(name: str, misses: float, rang: float = 0, rings: int = 3) -> LiveOffer:
    began = NOW - timedelta(seconds=rang)
    return LiveOffer(name, "c", f"of-{name}", began, began, rings, 0, {"booking": 3}, curve=curve(misses))


def caller(**other: object) -> QueuedCaller:
    return replace(QueuedCaller("c", {"booking": 1}, 0, NOW, first_rung_at=NOW), **other)  # type: ignore[arg-type] # by name


def rung(free: list[Candidate], phones: list[LiveOffer], each: float = QUIET, who: QueuedCaller | None = None) -> int:
    """How many phones ring for the caller once nothing more is decided at this moment."""
    offers, left = list(phones), list(free)
    while True:
        floor = FloorState(tuple(left), (who or caller(),), tuple(offers), phones_each=each)
        starts = [one for one in decide(floor, NOW, RING) if isinstance(one, StartOffer)]
        if not starts:
            return len(offers)
        for start in starts:
            chosen = next(one for one in left if one.id == start.agent_id)
            left.remove(chosen)
            began = LiveOffer(
                start.agent_id, "c", chosen.id, NOW, NOW, start.rings, 0, chosen.skills, curve=chosen.curve
            )
            offers.append(began)


def test_beside_people_who_often_miss_more_phones_ring_than_beside_those_who_seldom_do() -> None:
    free = [agent(f"a{number}", 0.3) for number in range(8)]
    seldom, often = rung(free, [phone("o", 0.02)]), rung(free, [phone("o", 0.9)])
    assert AT_ONCE <= seldom < often <= miss_risk.MOST_PHONES


def test_of_equals_who_misses_less_is_rung_first() -> None:
    floor = FloorState((agent("often", 0.4), agent("seldom", 0.02)), (caller(first_rung_at=None),), ())
    (start,) = (one for one in decide(floor, NOW, RING) if isinstance(one, StartOffer))
    assert start.agent_id == "seldom"


def test_a_phone_that_rang_for_long_is_less_of_a_chance() -> None:
    fresh, old = (
        miss_risk.of(caller(), [phone("o", 0.3)], NOW, CYCLE),
        miss_risk.of(caller(), [phone("o", 0.3, 12)], NOW, CYCLE),
    )
    assert fresh is not None
    assert old is not None
    assert fresh < old


def test_nothing_is_said_of_the_risk_where_a_habit_is_not_known_or_nothing_rings() -> None:
    assert miss_risk.of(caller(), [], NOW, CYCLE) is None
    assert miss_risk.of(caller(), [replace(phone("o", 0.3), curve=None)], NOW, CYCLE) is None


def test_no_phone_joins_for_a_risk_while_many_rang_of_late() -> None:
    free = [agent(f"a{number}", 0.9) for number in range(8)]
    assert rung(free, [phone("o", 0.9)], each=3.0) == AT_ONCE


def test_a_queue_with_a_ladder_of_its_own_rings_as_that_says() -> None:
    free = [agent(f"a{number}", 0.9) for number in range(8)]
    assert rung(free, [phone("o", 0.9)], who=caller(ladder=(LadderRing(1), LadderRing(2)))) == 1


@pytest.mark.parametrize(("misses", "rings"), [(0.0, False), (0.9, True)])
def test_who_is_scarce_is_rung_beside_only_where_the_risk_is_grave(misses: float, rings: bool) -> None:
    staff = [agent("nurse", booking=3, nurse=3)]
    assert rung(staff, [phone("o", misses), phone("p", misses)]) == 2 + rings


def test_the_more_phones_ring_the_smaller_a_risk_is_grave() -> None:
    assert [miss_risk.is_grave(0.15, phones) for phones in (1, 2, 3)] == [False, True, True]
    assert not miss_risk.is_grave(0.0, miss_risk.MOST_PHONES)


@pytest.mark.parametrize(("misses", "rang", "rings"), [(0.02, 0, False), (0.02, 9, True), (0.25, 0, True)])
def test_a_merely_likely_miss_of_one_phone_does_not_ring_who_is_scarce(misses: float, rang: int, rings: bool) -> None:
    staff = [agent("nurse", booking=3, nurse=3)]
    assert rung(staff, [phone("o", misses, rang)]) == 1 + rings


def test_who_is_scarce_is_rung_after_those_who_can_be_replaced_and_the_reason_is_told() -> None:
    staff = (agent("nurse", 0.0, booking=3, nurse=3), agent("clerk", 0.4))
    floor = FloorState(staff, (caller(),), (phone("o", 0.9),), phones_each=QUIET)
    (start,) = (one for one in decide(floor, NOW, RING) if isinstance(one, StartOffer))
    assert start.agent_id == "clerk"
    (start,) = (one for one in decide(replace(floor, agents=staff[:1]), NOW, RING) if isinstance(one, StartOffer))
    assert (start.agent_id, start.notes) == ("nurse", (AT_RISK,))


def test_who_is_set_aside_is_not_rung_for_a_risk() -> None:
    assert rung([agent("aside", 0.0, aside=True)], [phone("o", 0.9)]) == 1


shares = st.floats(0, 1)
skills = st.sampled_from([{"booking": 3}, {"booking": 5, "nurse": 3}, {"booking": 3, "nurse": 3, "reports": 3}])


@examples(80)
@given(
    st.lists(st.tuples(shares, st.floats(0, 14)), min_size=1, max_size=4),
    st.lists(st.tuples(shares, skills), max_size=7),
    st.sampled_from([1.0, 1.95, 2.05, 2.2, 2.5]),
    shares,
)
def test_likelier_misses_of_those_who_are_rung_never_ring_fewer_phones(
    ringing: list[tuple[float, float]], free: list[tuple[float, dict[str, int]]], each: float, more: float
) -> None:
    staff = [agent(f"a{number}", misses, aside=False, **held) for number, (misses, held) in enumerate(free)]
    phones = [phone(f"o{number}", misses, rang) for number, (misses, rang) in enumerate(ringing)]
    worse = [phone(f"o{number}", misses + more * (1 - misses), rang) for number, (misses, rang) in enumerate(ringing)]
    assert rung(staff, worse, each) >= rung(staff, phones, each)


@examples(80)
@given(st.lists(shares, min_size=1, max_size=10), st.sampled_from([1.0, 1.95, 2.2, 2.5]), shares)
def test_likelier_misses_of_those_who_are_free_never_ring_fewer_phones(
    free: list[float], each: float, more: float
) -> None:
    staff = [agent(f"a{number}", misses) for number, misses in enumerate(free)]
    worse = [agent(f"a{number}", misses + more * (1 - misses)) for number, misses in enumerate(free)]
    new = caller(first_rung_at=None)
    assert rung(worse, [], each, new) >= rung(staff, [], each, new)


@examples(80)
@given(st.lists(st.tuples(shares, st.floats(0, 14)), min_size=1, max_size=7), st.lists(shares, max_size=10), shares)
def test_never_more_phones_than_the_cap_ring_because_of_a_risk(
    ringing: list[tuple[float, float]], free: list[float], each: float
) -> None:
    staff = [agent(f"a{number}", misses) for number, misses in enumerate(free)]
    phones = [phone(f"o{number}", misses, rang) for number, (misses, rang) in enumerate(ringing)]
    assert rung(staff, phones, 1.5 + each) <= max(len(phones), miss_risk.MOST_PHONES)
