"""What holds on every floor, whatever the queues' ladders, overflow, priorities and owners are."""

from datetime import UTC, datetime, timedelta

from hypothesis import assume, given
from hypothesis import strategies as st

from hotline.values.reason import Reason
from hotline.values.reason_codes import OfferReason, PriorityReason
from routing.ladder.candidates import Candidate, meets
from routing.ladder.floor_state import (
    PREFERRED,
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
from routing.ladder.ladder import AT_ONCE, AT_RISK, BESIDE, DIAL_SECONDS, decide
from routing.ladder.ring_budget import EVERYONE, due_ring, phones_due
from routing.queues.queues import HelpingQueue, OverflowKind, OverflowRule
from tests.support.properties import examples

NOW = datetime(2026, 3, 2, 8, 30, tzinfo=UTC)
RING = 5.0
CYCLE = timedelta(seconds=RING)


def at(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


levels = st.dictionaries(st.sampled_from(["booking", "nurse", "en-US"]), st.integers(1, 5), min_size=1)
agents = st.builds(
    Candidate,
    st.uuids().map(str),
    levels,
    st.integers(-600, 0).map(at),
    st.none() | st.floats(1, 40),
    st.booleans(),
)
rungs = st.lists(st.builds(LadderRing, st.none() | st.integers(1, 4), st.none() | levels), max_size=4).map(
    lambda found: tuple(sorted(found, key=lambda rung: rung.phones or EVERYONE))
)
after = st.none() | st.integers(0, 90).map(lambda seconds: timedelta(seconds=seconds))
helping = st.builds(OverflowRule, st.just(OverflowKind.QUEUE), st.just("other"), st.integers(0, 12), after)
leading = st.builds(
    OverflowRule,
    st.sampled_from([OverflowKind.CALL_BACK, OverflowKind.VOICEMAIL]),
    st.none(),
    st.integers(0, 12),
    after,
)


def a_caller(draw: st.DrawFn, number: int, names: list[str]) -> QueuedCaller:
    """Draw a caller in line; `names` are agents that may have been tried or are preferred."""
    asked = draw(st.integers(-90, 0))
    first = draw(st.none() | st.integers(asked, 0))
    return QueuedCaller(
        f"c{number}",
        draw(levels),
        draw(st.sampled_from([0, 10, 60, 100])),
        at(asked),
        rings=draw(st.integers(1, 5)),
        prefers=draw(levels),
        ladder=draw(rungs),
        overflow_queues=tuple(HelpingQueue(way, draw(levels)) for way in draw(st.lists(helping, max_size=2))),
        overflow_rules=tuple(draw(st.lists(leading, max_size=2))),
        preferred_agent_id=draw(st.none() | st.sampled_from(names)),
        because=draw(st.sampled_from([PREFERRED, Reason(PriorityReason.CASE_OWNER, {"case": 123})])),
        first_rung_at=None if first is None else at(first),
        tried=frozenset(draw(st.lists(st.sampled_from(names), max_size=2))),
    )


@st.composite
def floors(draw: st.DrawFn) -> FloorState:
    free = draw(st.lists(agents, max_size=6))
    names = [agent.id for agent in free] + ["gone"]
    callers = [a_caller(draw, number, names) for number in range(draw(st.integers(0, 6)))]
    live = tuple(
        LiveOffer(
            f"o{number}",
            caller.id,
            f"busy{number}",
            at(-10),
            draw(st.none() | st.integers(-20, 0).map(at)),
            draw(st.integers(1, 5)),
            caller.priority,
            draw(levels),
            draw(st.booleans()),
            draw(st.none() | st.floats(1, 40)),
        )
        for number in range(draw(st.integers(0, 4)) if callers else 0)
        for caller in [draw(st.sampled_from(callers))]
    )
    return FloorState(tuple(free), tuple(callers), live)


def served(floor: FloorState) -> list[QueuedCaller]:
    return sorted(floor.callers, key=lambda who: (-who.priority, who.asked_at, who.id))


def begun(floor: FloorState) -> list[StartOffer]:
    return [decision for decision in decide(floor, NOW, RING) if isinstance(decision, StartOffer)]


def live_after(floor: FloorState, caller_id: str) -> list[LiveOffer]:
    decisions = decide(floor, NOW, RING)
    ended = {decision.offer_id for decision in decisions if isinstance(decision, RingNoAnswer | PhoneUnreachable)}
    return [offer for offer in floor.offers if offer.caller_id == caller_id and offer.id not in ended]


@examples(40)
@given(floors())
def test_no_agent_is_rung_twice_and_only_those_who_are_free(floor: FloorState) -> None:
    rung = [start.agent_id for start in begun(floor)]
    assert len(set(rung)) == len(rung)
    assert set(rung) <= {agent.id for agent in floor.agents}


@examples(40)
@given(floors())
def test_whoever_rings_meets_a_wish_that_is_due_at_this_ring(floor: FloorState) -> None:
    free, callers = {agent.id: agent for agent in floor.agents}, {caller.id: caller for caller in floor.callers}
    for start in begun(floor):
        who, skills = callers[start.caller_id], free[start.agent_id].skills
        number, waited = due_ring(who, NOW, CYCLE), NOW - who.asked_at
        own = who.ladder[min(number, len(who.ladder)) - 1].required_skills if who.ladder else None
        elsewhere = [required_skills for way, required_skills in who.overflow_queues if way.is_due(number, waited)]
        assert any(meets(skills, required_skills) for required_skills in [own or who.required_skills, *elsewhere])


@examples(40)
@given(floors())
def test_nobody_who_could_have_the_agent_and_has_no_phone_is_overtaken_by_one_behind_them(floor: FloorState) -> None:
    """Priority is never overtaken within a skill: the same wish at the same ring, nothing personal."""
    line = served(floor)
    starts = begun(floor)
    led = {decision.caller_id for decision in decide(floor, NOW, RING) if isinstance(decision, LeaveByOverflow)}
    rung = {start.caller_id for start in starts}
    free = {agent.id: agent for agent in floor.agents}
    for place, ahead in enumerate(line):
        if ahead.id in rung | led or ahead.tried or ahead.ladder or live_after(floor, ahead.id):
            continue
        behind = {caller.id for caller in line[place + 1 :]}
        for start in starts:
            if start.caller_id in behind:
                assert not meets(free[start.agent_id].skills, ahead.required_skills)


@examples(60)
@given(
    st.lists(st.tuples(st.sampled_from([0, 10, 100]), st.integers(-30, 0)), min_size=2, max_size=8),
    st.lists(st.integers(1, 5), max_size=4),
)
def test_a_crowd_with_one_wish_is_served_by_priority_then_by_waiting(
    crowd: list[tuple[int, int]], staff: list[int]
) -> None:
    callers = tuple(
        QueuedCaller(f"c{number}", {"booking": 1}, priority, at(asked))
        for number, (priority, asked) in enumerate(crowd)
    )
    floor = FloorState(
        tuple(Candidate(f"a{number}", {"booking": level}, NOW) for number, level in enumerate(staff)), callers, ()
    )
    assert [start.caller_id for start in begun(floor)] == [who.id for who in served(floor)][: len(staff)]


@examples(40)
@given(floors())
def test_no_caller_has_more_phones_than_their_ladder_allows(floor: FloorState) -> None:
    starts = begun(floor)
    for who in floor.callers:
        new = sum(start.caller_id == who.id for start in starts)
        before = live_after(floor, who.id)
        # One beside phones of people who may not be there; and half a ring early beside those who answer late.
        spare = bool(before) and all(offer.is_not_ready for offer in before)
        at_once = 1 if who.ladder else AT_ONCE
        assert new == 0 or len(before) + new <= max(at_once, phones_due(who, NOW + CYCLE / 2, CYCLE)) + spare


@examples(40)
@given(floors())
def test_no_phone_rings_longer_than_its_caller_s_budget_and_none_that_never_rang_is_kept(floor: FloorState) -> None:
    budget = {caller.id: caller.rings for caller in floor.callers}
    decisions = decide(floor, NOW, RING)
    for decision in decisions:
        if isinstance(decision, StartOffer):
            assert 1 <= decision.rings <= budget[decision.caller_id]
    ended = {decision.offer_id for decision in decisions if isinstance(decision, RingNoAnswer | PhoneUnreachable)}
    for offer in floor.offers:
        since = NOW - (offer.ringing_at or offer.started_at)
        longest = timedelta(seconds=DIAL_SECONDS) if offer.ringing_at is None else offer.rings * CYCLE
        assert (offer.id in ended) == (since >= longest)


@examples(40)
@given(floors())
def test_a_caller_is_led_out_of_the_line_once_when_it_is_due_and_nobody_is_rung_for_them_then(
    floor: FloorState,
) -> None:
    decisions = decide(floor, NOW, RING)
    led = [decision for decision in decisions if isinstance(decision, LeaveByOverflow)]
    assert len({decision.caller_id for decision in led}) == len(led)
    assert not {decision.caller_id for decision in led} & {start.caller_id for start in begun(floor)}
    callers = {caller.id: caller for caller in floor.callers}
    for decision in led:
        who = callers[decision.caller_id]
        number, waited = due_ring(who, NOW, CYCLE), NOW - who.asked_at
        assert any(way.kind is decision.kind and way.is_due(number, waited) for way in who.overflow_rules)
    for who in floor.callers:
        is_due = any(way.is_due(due_ring(who, NOW, CYCLE), NOW - who.asked_at) for way in who.overflow_rules)
        if is_due and not live_after(floor, who.id):
            assert who.id in {decision.caller_id for decision in led}


@examples(40)
@given(floors())
def test_a_caller_whom_every_way_out_has_been_offered_stays_in_line(floor: FloorState) -> None:
    stays = tuple(
        QueuedCaller(
            who.id,
            who.required_skills,
            who.priority,
            who.asked_at,
            rings=who.rings,
            ladder=who.ladder,
            overflow_queues=who.overflow_queues,
            first_rung_at=who.first_rung_at,
        )
        for who in floor.callers
    )
    decisions = decide(FloorState(floor.agents, stays, floor.offers), NOW, RING)
    assert not any(isinstance(decision, LeaveByOverflow) for decision in decisions)


@examples(40)
@given(floors())
def test_every_start_says_why(floor: FloorState) -> None:
    callers = {caller.id: caller for caller in floor.callers}
    for start in begun(floor):
        who = callers[start.caller_id]
        first, codes = start.reasons[0], [reason.code for reason in start.reasons]
        is_first = start.ring == 1
        begins = Reason(OfferReason.RUNG_FIRST) if is_first else Reason(OfferReason.WIDENED, {"ring": start.ring})
        assert first in (begins, BESIDE, AT_RISK)
        if first == begins:
            assert (start.agent_id == who.preferred_agent_id) == (who.because in start.reasons)
        assert codes.count(OfferReason.SKILLS) == codes.count(OfferReason.IDLE_SINCE) == 1


@examples(40)
@given(floors())
def test_the_owner_of_the_case_is_rung_first_where_they_are_free_and_fit(floor: FloorState) -> None:
    starts = begun(floor)
    line = served(floor)
    assume(line)
    who = line[0]
    mine = [start for start in starts if start.caller_id == who.id]
    owner = next((agent for agent in floor.agents if agent.id == who.preferred_agent_id), None)
    if not mine or owner is None or owner.is_not_ready or owner.id in who.tried or who.ladder:
        return
    if meets(owner.skills, who.required_skills):
        assert mine[0].agent_id == owner.id


@examples(40)
@given(floors())
def test_only_a_much_more_urgent_caller_without_a_phone_takes_one_that_rings(floor: FloorState) -> None:
    decisions = decide(floor, NOW, RING)
    given_up = {decision.offer_id for decision in decisions if isinstance(decision, Preempt)}
    rung = {start.caller_id for start in begun(floor)}
    for offer in floor.offers:
        if offer.id in given_up:
            assert any(
                who.priority - offer.priority >= 50 and who.id not in rung and meets(offer.skills, who.required_skills)
                for who in floor.callers
            )
