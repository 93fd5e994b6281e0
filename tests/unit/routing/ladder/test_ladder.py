"""The three-ring ladder: who rings when, on values alone."""

from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from hotline.values.reason import Reason
from hotline.values.reason_codes import OfferReason
from routing.ladder.candidates import Candidate, meets
from routing.ladder.floor_state import (
    FloorState,
    LadderRing,
    LeaveByOverflow,
    LiveOffer,
    PhoneUnreachable,
    Preempt,
    QueuedCaller,
    RingNoAnswer,
    StartOffer,
)
from routing.ladder.ladder import decide
from routing.queues.queues import HelpingQueue, OverflowKind, OverflowRule

NOW = datetime(2026, 3, 2, 8, 30, tzinfo=UTC)
RING = 5.0


def at(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


def agent(name: str, idle: float = -60, **skills: int) -> Candidate:
    return Candidate(name, skills or {"booking": 3}, at(idle))


def caller(name: str = "c", asked: float = 0, priority: int = 0, **other: object) -> QueuedCaller:
    values: dict[str, object] = {"required_skills": {"booking": 1}} | other
    return QueuedCaller(id=name, asked_at=at(asked), priority=priority, **values)  # type: ignore[arg-type] # fields by name


def ringing(name: str, of: str, agent_id: str, since: float = 0, priority: int = 0) -> LiveOffer:
    return LiveOffer(name, of, agent_id, at(since), at(since), 3, priority, {"booking": 3})


def starts(floor: FloorState, now: datetime) -> list[tuple[str, str, int]]:
    return [(d.caller_id, d.agent_id, d.ring) for d in decide(floor, now, RING) if isinstance(d, StartOffer)]


def test_best_level_is_rung_first_and_longest_idle_among_equals() -> None:
    floor = FloorState((agent("new", -10), agent("idle", -90), agent("expert", -1, booking=5)), (caller(),), ())
    assert starts(floor, NOW) == [("c", "expert", 1)]
    floor = FloorState((agent("new", -10), agent("idle", -90)), (caller(),), ())
    assert starts(floor, NOW) == [("c", "idle", 1)]


def test_owner_of_the_open_case_is_rung_before_a_better_level() -> None:
    floor = FloorState(
        (agent("expert", booking=5), agent("owner", booking=2)), (caller(preferred_agent_id="owner"),), ()
    )
    assert starts(floor, NOW) == [("c", "owner", 1)]


def test_one_more_phone_joins_with_every_ring_that_passes_unanswered() -> None:
    own = (LadderRing(1), LadderRing(2), LadderRing(3))
    for seconds, joined in ((4.9, []), (5.0, [("c", "b", 2)]), (10.0, [("c", "b", 3), ("c", "d", 3)])):
        floor = FloorState(
            (agent("b"), agent("d")), (caller(first_rung_at=NOW, ladder=own),), (ringing("o1", "c", "a"),)
        )
        assert starts(floor, at(seconds)) == joined


def test_a_second_phone_rings_from_the_start_where_its_owner_is_not_needed_elsewhere() -> None:
    here, rung = caller(first_rung_at=NOW), (ringing("o1", "c", "a"),)
    spare, scarce = agent("b"), agent("d", booking=3, nurse=4)
    (start,) = decide(FloorState((spare, scarce, agent("e")), (here,), rung), NOW, RING)
    assert isinstance(start, StartOffer)
    assert (start.agent_id, start.ring) == ("b", 1)
    assert start.reasons[0] == Reason(OfferReason.BESIDE_FIRST)
    assert starts(FloorState((scarce,), (here,), rung), NOW) == []
    two = (*rung, ringing("o2", "c", "f"))
    assert starts(FloorState((spare,), (here,), two), NOW) == []


def test_a_queue_s_own_ladder_says_how_many_ring_and_who() -> None:
    own = (LadderRing(1, {"booking": 4}), LadderRing(None))
    who = caller(first_rung_at=NOW, ladder=own)
    floor = FloorState((agent("b"), agent("d"), agent("e")), (who,), (ringing("o1", "c", "a"),))
    assert starts(floor, at(4.9)) == []
    assert starts(floor, at(5)) == [("c", "b", 2), ("c", "d", 2), ("c", "e", 2)]
    fresh = FloorState((agent("b"), agent("expert", booking=4)), (caller(ladder=own),), ())
    assert starts(fresh, NOW) == [("c", "expert", 1)]
    assert starts(FloorState((agent("b"),), (caller(ladder=own),), ()), at(4.9)) == []
    assert starts(FloorState((agent("b"),), (caller(ladder=own),), ()), at(5)) == [("c", "b", 1)]


def test_who_has_the_preferred_level_goes_first_and_more_than_that_is_no_better() -> None:
    staff = (agent("new", -9, booking=3), agent("four", -90, booking=4), agent("five", -10, booking=5))
    who = caller(prefers={"booking": 4})
    assert starts(FloorState(staff, (who,), ()), NOW) == [("c", "four", 1)]
    assert starts(FloorState((staff[0],), (who,), ()), NOW) == [("c", "new", 1)]


def test_a_caller_is_led_out_of_the_line_in_time_and_later_while_a_phone_rings() -> None:
    way = OverflowRule(OverflowKind.VOICEMAIL, None, 3, timedelta(seconds=30))
    who, led = caller(exits=(way,)), (LeaveByOverflow("c", OverflowKind.VOICEMAIL, None),)
    assert (decide(FloorState((), (who,), ()), at(29.9), RING), decide(FloorState((), (who,), ()), at(30), RING)) == (
        (),
        led,
    )
    rung = ringing("o1", "c", "a", 29)
    assert decide(FloorState((), (who,), (rung,)), at(43), RING) == ()
    late = ringing("o1", "c", "a", 40)
    assert decide(FloorState((), (who,), (late,)), at(45), RING) == led


def test_widening_never_takes_the_agent_whom_another_caller_has_not_yet_been_offered() -> None:
    floor = FloorState(
        (agent("b"),), (caller("first", first_rung_at=NOW), caller("second", 6)), (ringing("o1", "first", "a"),)
    )
    assert starts(floor, at(6)) == [("second", "b", 1)]


def test_higher_priority_goes_before_a_longer_wait() -> None:
    floor = FloorState((agent("only"),), (caller("long", -60), caller("urgent", 0, 100)), ())
    assert starts(floor, NOW) == [("urgent", "only", 1)]


def test_phone_that_rang_all_its_rings_is_missed_and_one_that_never_rang_is_unreachable() -> None:
    dialled = LiveOffer("o2", "c", "b", at(0), None, 3)
    floor = FloorState((), (caller(first_rung_at=NOW),), (ringing("o1", "c", "a"), dialled))
    assert decide(floor, at(7.9), RING) == ()
    assert decide(floor, at(8), RING) == (PhoneUnreachable("o2"),)
    assert decide(floor, at(15), RING) == (RingNoAnswer("o1"), PhoneUnreachable("o2"))


def test_after_the_last_ring_the_overflow_helps_and_not_before() -> None:
    floor = FloorState(
        (agent("nurse", nurse=5),),
        (
            caller(
                first_rung_at=NOW, helpers=(HelpingQueue(OverflowRule(OverflowKind.NURSE, "nurse", 3), {"nurse": 3}),)
            ),
        ),
        (),
    )
    assert starts(floor, at(14.9)) == []
    assert starts(floor, at(15)) == [("c", "nurse", 4)]


def test_an_emergency_takes_the_phone_that_rings_for_someone_less_urgent() -> None:
    floor = FloorState((), (caller("long", first_rung_at=NOW), caller("urgent", 2, 100)), (ringing("o1", "long", "a"),))
    assert decide(floor, at(2), RING) == (Preempt("o1"),)
    quiet = FloorState((), (caller("long", first_rung_at=NOW), caller("next", 2, 10)), (ringing("o1", "long", "a"),))
    assert decide(quiet, at(2), RING) == ()


def test_who_missed_this_caller_is_asked_last() -> None:
    floor = FloorState((agent("a", -90), agent("b", -1)), (caller(tried=frozenset({"a"})),), ())
    assert starts(floor, NOW) == [("c", "b", 1)]
    assert starts(FloorState((agent("a"),), (caller(tried=frozenset({"a"})),), ()), NOW) == [("c", "a", 1)]


def test_each_choice_is_explained() -> None:
    (start,) = decide(FloorState((agent("a"),), (caller(preferred_agent_id="a"),), ()), NOW, RING)
    assert isinstance(start, StartOffer)
    assert start.reasons[:2] == (Reason(OfferReason.RUNG_FIRST), Reason(OfferReason.PREFERRED))


levels = st.dictionaries(st.sampled_from(["booking", "nurse", "en-US"]), st.integers(1, 5), min_size=1)
agents = st.lists(st.builds(Candidate, st.uuids().map(str), levels, st.integers(-600, 0).map(at)), max_size=6)


@st.composite
def floors(draw: st.DrawFn) -> FloorState:
    free = tuple(draw(agents))
    callers = tuple(
        QueuedCaller(
            f"c{number}",
            draw(levels),
            draw(st.sampled_from([0, 10, 100])),
            at(draw(st.integers(-60, 0))),
            first_rung_at=draw(st.none() | st.integers(-40, 0).map(at)),
            helpers=tuple(
                HelpingQueue(OverflowRule(OverflowKind.QUEUE, "other", 3), required_skills)
                for required_skills in draw(st.lists(levels, max_size=2))
            ),
        )
        for number in range(draw(st.integers(0, 5)))
    )
    live = tuple(
        LiveOffer(
            f"o{number}", draw(st.sampled_from(callers)).id, f"busy{number}", at(-20), at(draw(st.integers(-20, 0))), 3
        )
        for number in range(draw(st.integers(0, 3)) if callers else 0)
    )
    return FloorState(free, callers, live)


@settings(deadline=None)
@given(floors())
def test_no_agent_is_rung_twice_and_each_start_fits_a_wish(floor: FloorState) -> None:
    begun = [d for d in decide(floor, NOW, RING) if isinstance(d, StartOffer)]
    free = {a.id: a for a in floor.agents}
    callers = {c.id: c for c in floor.callers}
    assert len({d.agent_id for d in begun}) == len(begun)
    for start in begun:
        who, skills = callers[start.caller_id], free[start.agent_id].skills
        assert meets(skills, who.required_skills) or any(
            meets(skills, required_skills) for _, required_skills in who.helpers
        )


@settings(deadline=None)
@given(floors())
def test_nobody_waits_beside_a_free_agent_who_fits(floor: FloorState) -> None:
    decisions = decide(floor, NOW, RING)
    begun = {d.agent_id for d in decisions if isinstance(d, StartOffer)}
    ended = {d.offer_id for d in decisions if isinstance(d, RingNoAnswer | PhoneUnreachable)}
    rung = {d.caller_id for d in decisions if isinstance(d, StartOffer)}
    rung |= {o.caller_id for o in floor.offers if o.id not in ended}
    for who in floor.callers:
        if who.id not in rung:
            assert not any(meets(a.skills, who.required_skills) for a in floor.agents if a.id not in begun)


@settings(deadline=None)
@given(floors())
def test_a_decision_is_the_same_for_the_same_floor_in_any_order(floor: FloorState) -> None:
    turned = FloorState(floor.agents[::-1], floor.callers[::-1], floor.offers)
    assert decide(turned, NOW, RING) == decide(floor, NOW, RING)
