"""Who can be offered calls: the decision for every combination of facts, and what a queue that nobody is at does."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hotline.values.states.agent import AbsenceReason, SignsIn
from routing.agents import presence
from routing.agents.presence import AgentPage, PresenceFacts
from routing.ladder import ladder
from routing.ladder.floor_state import FloorState, LeaveByOverflow, QueuedCaller
from routing.ladder.unreachable import ReachableSkills
from routing.queues.queues import HelpingQueue, OverflowKind, OverflowRule

NOW = datetime(2026, 3, 2, 8, 30, tzinfo=UTC)
FRESH, STALE = NOW - timedelta(seconds=2), NOW - timedelta(seconds=6)
BROWSER = PresenceFacts(is_in_page=True)
NUMBER = PresenceFacts(is_in_page=False)

moments = st.floats(0, 120).map(lambda seconds: NOW - timedelta(seconds=seconds))
pages = st.builds(AgentPage, st.sampled_from("abc"), moments, st.booleans(), st.none() | moments)
facts = st.builds(
    PresenceFacts,
    is_in_page=st.booleans(),
    signs_in=st.none() | st.sampled_from(SignsIn),
    has_account=st.booleans(),
    is_shut_out=st.booleans(),
    registered=st.none() | st.booleans(),
    registered_page=st.none() | st.sampled_from("abc"),
    pages=st.lists(pages, max_size=3).map(tuple),
    dial_after=st.none() | st.floats(-60, 60).map(lambda seconds: NOW + timedelta(seconds=seconds)),
    is_exchange_down=st.booleans(),
)


@pytest.mark.parametrize(
    ("known", "why"),
    [
        # The local exchange tells: the registration is the proof, and of a page only while the page is heard.
        (replace(BROWSER, registered=True), None),
        (replace(BROWSER, registered=False), AbsenceReason.NOT_CONNECTED),
        (replace(BROWSER, registered=False, pages=(AgentPage("a", FRESH),)), AbsenceReason.NOT_CONNECTED),
        (replace(BROWSER, registered=True, registered_page="a", pages=(AgentPage("a", FRESH),)), None),
        (
            replace(BROWSER, registered=True, registered_page="a", pages=(AgentPage("a", STALE),)),
            AbsenceReason.PAGE_SILENT,
        ),
        (
            replace(BROWSER, registered=True, registered_page="a", pages=(AgentPage("b", FRESH),)),
            AbsenceReason.PAGE_SILENT,
        ),
        (replace(BROWSER, registered=True, signs_in=SignsIn.PAGE), AbsenceReason.NOT_SIGNED_IN),
        (replace(BROWSER, registered=True, has_account=True, is_shut_out=True), AbsenceReason.NOT_SIGNED_IN),
        # Twilio does not: the page's own word counts.
        (BROWSER, AbsenceReason.NOT_SIGNED_IN),
        (replace(BROWSER, pages=(AgentPage("a", FRESH),)), AbsenceReason.NOT_CONNECTED),
        (replace(BROWSER, pages=(AgentPage("a", FRESH, is_connected=True),)), None),
        (replace(BROWSER, pages=(AgentPage("a", STALE, is_connected=True),)), AbsenceReason.NOT_SIGNED_IN),
        (replace(BROWSER, signs_in=SignsIn.TELEPHONE), None),
        # A number is reached until a dial says otherwise; who has an account signs in besides.
        (NUMBER, None),
        (replace(NUMBER, has_account=True), AbsenceReason.NOT_SIGNED_IN),
        (replace(NUMBER, has_account=True, pages=(AgentPage("a", FRESH),)), None),
        (replace(NUMBER, has_account=True, signs_in=SignsIn.TELEPHONE), None),
        (replace(NUMBER, dial_after=NOW + timedelta(seconds=1)), AbsenceReason.NOT_REACHED),
        (replace(NUMBER, dial_after=NOW + timedelta(seconds=1), is_exchange_down=True), AbsenceReason.EXCHANGE_DOWN),
        (replace(NUMBER, dial_after=NOW), None),
        (replace(NUMBER, registered=False), AbsenceReason.NOT_CONNECTED),  # a desk phone of the local exchange
    ],
)
def test_presence_follows_from_facts(known: PresenceFacts, why: AbsenceReason | None) -> None:
    assert presence.absence(known, NOW) is why


@given(facts)
def test_nobody_is_there_without_a_page_where_one_is_needed(known: PresenceFacts) -> None:
    silent = replace(known, pages=tuple(replace(page, last_heartbeat_at=STALE) for page in known.pages))
    if presence.needs_page(known):
        assert presence.absence(silent, NOW) is AbsenceReason.NOT_SIGNED_IN


@given(facts)
def test_nobody_is_there_with_a_telephone_that_is_known_not_to_be_registered(known: PresenceFacts) -> None:
    assert presence.absence(replace(known, registered=False), NOW) is not None


@given(facts)
def test_a_registration_of_a_page_ends_with_the_page(known: PresenceFacts) -> None:
    silent = tuple(replace(page, last_heartbeat_at=STALE) if page.id == "a" else page for page in known.pages)
    assert presence.absence(replace(known, registered=True, registered_page="a", pages=silent), NOW) is not None


@given(facts, st.floats(0, 600))
def test_who_is_silent_never_comes_by_the_passing_of_time_alone_except_after_a_pause(
    known: PresenceFacts, later: float
) -> None:
    then = NOW + timedelta(seconds=later)
    before = presence.absence(known, NOW)
    if before not in {None, AbsenceReason.NOT_REACHED, AbsenceReason.EXCHANGE_DOWN}:
        assert presence.absence(known, then) is not None


@given(facts, moments)
def test_a_sign_of_life_never_takes_anybody_off_the_floor(known: PresenceFacts, seen: datetime) -> None:
    fresher = tuple(replace(page, last_heartbeat_at=max(page.last_heartbeat_at, seen)) for page in known.pages)
    if presence.absence(known, NOW) is None:
        assert presence.absence(replace(known, pages=fresher), NOW) is None


def test_pauses_grow_and_have_an_end() -> None:
    seconds = [presence.pause(failures).total_seconds() for failures in range(1, 9)]
    assert seconds == [2, 4, 8, 16, 32, 60, 60, 60]
    assert presence.pause(10_000).total_seconds() == 60


def test_the_newest_page_that_is_there_has_the_telephone() -> None:
    older = AgentPage("a", FRESH, phone_since=NOW - timedelta(minutes=2))
    newer = AgentPage("b", FRESH, phone_since=NOW - timedelta(minutes=1))
    closed = AgentPage("c", STALE, phone_since=NOW)
    assert presence.phone_page([newer, older, closed, AgentPage("d", FRESH)], NOW) == "b"
    assert presence.phone_page([AgentPage("d", FRESH)], NOW) is None


# A queue that nobody is at

NURSES = (HelpingQueue(OverflowRule(OverflowKind.NURSE, "nurse", 3), {"nurse": 1}),)
EXITS = (OverflowRule(OverflowKind.CALL_BACK, None, 12), OverflowRule(OverflowKind.VOICEMAIL, None, 24))


def waiting(**other: object) -> QueuedCaller:
    usual: dict[str, object] = {"helpers": NURSES, "exits": EXITS}
    return QueuedCaller("c", {"booking": 3}, 0, NOW, **(usual | other))  # type: ignore[arg-type] # fields by name


def test_callers_whose_queue_is_there_are_left_as_they_are() -> None:
    caller = waiting()
    assert ReachableSkills([{"booking": 3}, {}]).hasten(caller) is caller


def test_help_comes_at_once_where_nobody_of_the_queue_is_there() -> None:
    hastened = ReachableSkills([{"booking": 2, "nurse": 1}]).hasten(waiting())
    assert all(way.is_due(1, timedelta()) for way, _ in hastened.helpers)
    assert hastened.exits == EXITS


def test_callers_are_led_out_at_once_where_nobody_can_help_either() -> None:
    caller = ReachableSkills([{"complaint": 5}]).hasten(waiting())
    (decision,) = ladder.decide(FloorState((), (caller,), ()), NOW, 5.0)
    assert decision == LeaveByOverflow("c", OverflowKind.CALL_BACK, None)


def test_without_a_way_out_they_wait() -> None:
    caller = ReachableSkills([]).hasten(waiting(exits=(), helpers=()))
    assert ladder.decide(FloorState((), (caller,), ()), NOW, 5.0) == ()


def test_callers_of_one_line_keep_one_line() -> None:
    reach = ReachableSkills([{"nurse": 1}])
    one, other = reach.hasten(waiting()), reach.hasten(waiting())
    assert one.helpers is other.helpers


def test_who_vanished_a_moment_ago_may_be_back_and_who_was_not_reached_is_not() -> None:
    assert presence.may_return(AbsenceReason.PAGE_SILENT, FRESH, NOW)
    assert not presence.may_return(AbsenceReason.PAGE_SILENT, NOW - timedelta(seconds=6), NOW)
    assert not presence.may_return(AbsenceReason.NOT_REACHED, FRESH, NOW)
    assert not presence.may_return(None, None, NOW)
