"""Whom the ladder chooses, and for how long a phone rings: scarce people, habits, and who is set aside."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hotline.values.reason import Reason
from hotline.values.reason_codes import OfferReason
from routing.ladder.answer_times import LATEST_PHONES, LEAST_ANSWERS, RungPhones, answers_in
from routing.ladder.candidates import Candidate
from routing.ladder.floor_state import Decision, FloorState, LadderRing, LiveOffer, QueuedCaller, Reassign, StartOffer
from routing.ladder.ladder import decide
from routing.queues.queues import HelpingQueue, OverflowKind, OverflowRule

NOW = datetime(2026, 3, 2, 8, 30, tzinfo=UTC)
RING = 5.0


def at(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


def agent(name: str, idle: float = -60, answers: float | None = None, aside: bool = False, **skills: int) -> Candidate:
    return Candidate(name, skills or {"booking": 3}, at(idle), answers, aside)


def caller(name: str = "c", skill: str = "booking", asked: float = 0, **other: object) -> QueuedCaller:
    return QueuedCaller(name, {skill: 1}, 0, at(asked), **other)  # type: ignore[arg-type] # fields by name


def phone(name: str, of: str, agent_id: str, answers: float | None = None, aside: bool = False) -> LiveOffer:
    return LiveOffer(name, of, agent_id, NOW, NOW, 3, 0, {"booking": 3}, aside, answers)


def starts(floor: FloorState, now: datetime) -> list[StartOffer]:
    return [decision for decision in decide(floor, now, RING) if isinstance(decision, StartOffer)]


def rung(floor: FloorState, now: datetime) -> list[tuple[str, str]]:
    return [(start.caller_id, start.agent_id) for start in starts(floor, now)]


def test_the_only_nurse_is_rung_last_for_a_common_wish_although_idle_longest_and_best() -> None:
    nurse = agent("nurse", -900, booking=5, nurse=5)
    assert rung(FloorState((nurse, agent("clerk", -1)), (caller(),), ()), NOW) == [("c", "clerk")]
    both = (caller("first"), caller("second", "nurse", 1))
    assert rung(FloorState((nurse, agent("clerk")), both, ()), NOW) == [("first", "clerk"), ("second", "nurse")]


def test_someone_scarce_is_rung_all_the_same_where_nobody_else_fits_and_the_reason_is_told() -> None:
    (start,) = starts(FloorState((agent("nurse", booking=3, nurse=5),), (caller(),), ()), NOW)
    assert start.agent_id == "nurse"
    assert Reason(OfferReason.ONLY_ONE_FREE, {"skills": ["nurse"]}) in start.reasons


def test_with_enough_others_of_their_kind_the_better_level_goes_first() -> None:
    nurses = [agent(f"n{number}", booking=3 + (number == 2), nurse=5) for number in range(6)]
    assert rung(FloorState((*nurses,), (caller(),), ()), NOW) == [("c", "n2")]


def test_the_only_one_at_a_level_that_some_queue_asks_for_is_kept_for_it_and_not_where_none_does() -> None:
    staff = (agent("expert", -90, booking=5), agent("clerk", -10, booking=2))
    for asked, first in (({}, "expert"), ({"booking": (1, 2)}, "expert"), ({"booking": (1, 4)}, "clerk")):
        assert rung(FloorState(staff, (caller(),), (), asked), NOW) == [("c", first)]
    both = (caller("first"), QueuedCaller("second", {"booking": 4}, 0, at(1)))
    assert rung(FloorState(staff, both, (), {"booking": (1, 4)}), at(1)) == [("first", "clerk"), ("second", "expert")]


def test_a_skill_that_nobody_asks_for_keeps_nobody() -> None:
    staff = (agent("nurse", -90, booking=5, nurse=5), agent("clerk", -10, booking=2))
    assert rung(FloorState(staff, (caller(),), (), {"booking": (1,), "nurse": (3,)}), NOW) == [("c", "clerk")]
    assert rung(FloorState(staff, (caller(),), (), {"booking": (1,), "nurse": ()}), NOW) == [("c", "nurse")]


def test_who_answers_a_whole_ring_sooner_goes_before_the_better_level() -> None:
    slow, quick = agent("slow", -90, 16.0, booking=5), agent("quick", -10, 9.0, booking=3)
    assert rung(FloorState((slow, quick), (caller(),), ()), NOW) == [("c", "quick")]
    alike = agent("alike", -90, 6.0, booking=5)
    assert rung(FloorState((alike, quick), (caller(),), ()), NOW) == [("c", "alike")]


def test_a_third_phone_rings_at_once_while_few_rang_of_late_and_half_a_ring_early_while_not_many() -> None:
    who, two = caller(first_rung_at=NOW), (phone("o1", "c", "a"), phone("o2", "c", "b"))
    for each, seconds, joins in ((1.8, 0, True), (1.9, 0, False), (2.0, 7.5, True), (2.1, 7.5, False), (2.1, 10, True)):
        floor = FloorState((agent("spare"),), (who,), two, phones_each=each)
        assert rung(floor, at(seconds)) == [("c", "spare")] * joins


def test_the_phones_of_late_are_counted_by_caller() -> None:
    phones = RungPhones()
    assert phones.each() == 1.0
    for caller_id in ("a", "b", "a", "a"):
        phones.rang(caller_id)
    assert phones.each() == 2.0
    for _ in range(LATEST_PHONES):
        phones.rang("c")
    assert phones.each() == LATEST_PHONES


def test_who_has_no_phone_takes_the_latest_of_one_who_has_several() -> None:
    rich, poor = caller(first_rung_at=NOW), caller("d", asked=1)
    two = (phone("o1", "c", "a"), replace(phone("o2", "c", "b"), started_at=at(1)))
    assert lent(FloorState((), (rich, poor), two)) == ["o2"]
    assert lent(FloorState((), (rich, poor), two[:1])) == []
    assert lent(FloorState((agent("e"),), (rich, poor), two)) == []  # somebody is free
    assert lent(FloorState((), (rich, replace(poor, required_skills={"nurse": 1})), two)) == []
    assert lent(FloorState((), (rich, replace(poor, tried=frozenset("b"))), two)) == ["o1"]
    assert lent(FloorState((), (rich, poor), (two[0], replace(two[1], is_set_aside=True)))) == []
    more = (*two, replace(phone("o3", "c", "f"), started_at=at(2)))
    assert lent(FloorState((), (rich, poor, caller("e", asked=2), caller("f", asked=3)), more)) == ["o3", "o2"]


def lent(floor: FloorState) -> list[str]:
    return [one.offer_id for one in decide(floor, at(2), RING) if isinstance(one, Reassign)]


def test_a_phone_rings_no_longer_than_its_owner_takes_but_two_rings_at_least() -> None:
    for answers, rings in ((None, 3), (3.0, 2), (9.0, 2), (12.0, 3), (40.0, 3)):
        (start,) = starts(FloorState((agent("a", answers=answers),), (caller(),), ()), NOW)
        assert start.rings == rings


def test_beside_someone_who_is_known_to_answer_late_the_next_phone_joins_half_a_ring_early() -> None:
    who = caller(first_rung_at=NOW, ladder=(LadderRing(1), LadderRing(2)))
    quick = FloorState((agent("b"),), (who,), (phone("o", "c", "a", 9.0),))
    late = FloorState((agent("b"),), (who,), (phone("o", "c", "a", 16.0),))
    assert (rung(quick, at(2.5)), rung(late, at(2.4)), rung(late, at(2.5))) == ([], [], [("c", "b")])


def test_a_caller_who_waited_two_rings_for_anybody_to_be_free_gets_more_phones_at_once() -> None:
    who = caller(first_rung_at=at(11))
    (first, second) = starts(FloorState((agent("b"), agent("d"), agent("e")), (who,), (phone("o", "c", "a"),)), at(11))
    assert (first.agent_id, second.agent_id) == ("b", "d")
    assert Reason(OfferReason.CALLER_WAITED, {"rings": 2}) in first.reasons


def test_the_overflow_helps_a_caller_for_whom_nobody_was_free_in_all_the_rings() -> None:
    who = caller(helpers=(HelpingQueue(OverflowRule(OverflowKind.NURSE, "nurse", 3), {"nurse": 3}),))
    floor = FloorState((agent("nurse", nurse=5),), (who,), ())
    assert (rung(floor, at(14.9)), rung(floor, at(15))) == ([], [("c", "nurse")])


def test_who_is_set_aside_is_rung_only_where_nobody_else_is_free() -> None:
    aside = agent("aside", -900, aside=True, booking=5)
    assert rung(FloorState((aside, agent("here")), (caller(),), ()), NOW) == [("c", "here")]
    (start,) = starts(FloorState((aside,), (caller(),), ()), NOW)
    assert Reason(OfferReason.LAST_RESORT) in start.reasons


def test_who_has_missed_this_caller_is_a_chance_while_the_rings_last_and_then_left_in_peace_for_two_rings() -> None:
    who = caller(first_rung_at=NOW, tried=frozenset({"aside"}))
    for missed, moment, again in ((10, 10, True), (15, 15, False), (15, 24.9, False), (15, 25, True)):
        floor = FloorState((agent("aside", idle=missed, aside=True),), (who,), ())
        assert rung(floor, at(moment)) == [("c", "aside")] * again


def test_the_phone_of_someone_set_aside_does_not_cost_the_caller_their_place() -> None:
    line = (caller("first", first_rung_at=NOW), caller("second", asked=1))
    floor = FloorState((agent("free"),), line, (phone("o", "first", "aside", aside=True),))
    assert rung(floor, at(2)) == [("first", "free")]


def test_habits_are_told_from_enough_answers_and_cover_nearly_all_of_them() -> None:
    assert answers_in([4.0] * (LEAST_ANSWERS - 1)) is None
    assert answers_in([4.0] * LEAST_ANSWERS) == 4.0
    spread = answers_in([3.0, 5.0] * LEAST_ANSWERS)
    assert spread is not None
    assert 5.0 < spread < 6.0


def test_a_decision_on_an_empty_floor_is_nothing() -> None:
    nothing: tuple[Decision, ...] = ()
    assert decide(FloorState((), (caller(),), ()), NOW, RING) == nothing
