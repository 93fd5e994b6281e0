"""The flow of a call as a pure function: every key at every node, hours, consent, failures."""

from dataclasses import replace
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hotline.values import call_events
from hotline.values.call_events import HistoryEvent
from hotline.values.language import Language
from ivr.dialogue import menu
from ivr.dialogue.flow_state import FlowDecision, FlowState, JoinQueue, NoteConsent
from ivr.flow import flow_file
from ivr.flow.nodes import Ask, Flow, QueueOpening
from routing.queues.hours import Hours
from telephony.turn import Turn
from telephony.verbs import Enqueue, Gather, Hangup, Record

HOUSE = flow_file.Installation(
    {Language.MANDARIN: "示范医院", Language.ENGLISH: "Model Hospital"}, ZoneInfo("Asia/Shanghai")
)
TEXT = flow_file.STANDARD.read_text("utf-8")
STANDARD = flow_file.parse(TEXT, HOUSE).flow
BY_DAY = flow_file.parse(TEXT.replace("  open: always ", '  monday-friday: ["08:00-12:00"] '), HOUSE).flow
OPEN = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)  # a Monday, 09:00 in Shanghai
SHUT = datetime(2026, 3, 1, 1, 0, tzinfo=UTC)  # a Sunday
KEYS = st.sampled_from(["", *"0123456789*#", "12", "A"])


def walk(keys: list[str], using: Flow = STANDARD, now: datetime = OPEN) -> FlowDecision:
    decision = menu.begin(using, Language.MANDARIN, now)
    for key in keys:
        decision = menu.step(using, decision.state, Turn(digits=key), now)
    return decision


def asked(decision: FlowDecision) -> JoinQueue | None:
    return next((effect for effect in decision.effects if isinstance(effect, JoinQueue)), None)


@pytest.mark.parametrize(
    ("keys", "queue", "skill", "priority"),
    [
        (["1", "", "1"], "booking", "booking", None),
        (["1", "", "2"], "booking", "booking", None),
        (["1", "", "3"], "booking", "complaint", None),
        (["2", "", "4"], "nurse", "nurse", 0),
        (["2", "", "5"], "booking", "booking", None),
        (["9"], "nurse", "nurse", 100),
        (["0"], "booking", None, None),
        (["1", "", "", "7"], "booking", None, None),
        (["5", "5"], "booking", None, None),
    ],
)
def test_keys_lead_to_the_line_they_promise(
    keys: list[str], queue: str, skill: str | None, priority: int | None
) -> None:
    found = asked(walk(keys))
    assert found is not None
    assert (found.queue, found.skill, found.priority) == (queue, skill, priority)


def test_caller_who_presses_nothing_at_the_language_goes_on_in_mandarin_without_a_failure() -> None:
    decision = walk(["", "", ""])
    assert (decision.state.node, decision.state.language, decision.state.failures) == ("menu", Language.MANDARIN, 1)


def test_failures_are_counted_at_one_menu_and_forgotten_at_the_next() -> None:
    assert walk(["5", "1", "", "7"]).state.node == "menu"


@given(st.lists(KEYS, max_size=12))
def test_emergency_and_person_keys_work_wherever_a_caller_stands(keys: list[str]) -> None:
    place = walk(keys).state
    for key, queue in (("9", "nurse"), ("0", "booking")):
        found = asked(menu.step(STANDARD, place, Turn(digits=key), OPEN))
        assert found is not None
        assert found.queue == queue


@given(st.lists(KEYS, max_size=14), st.booleans())
def test_every_answer_listens_ends_or_puts_in_line_and_names_a_real_node(keys: list[str], is_open: bool) -> None:
    decision = walk(keys, BY_DAY, OPEN if is_open else SHUT)
    assert decision.state.node in BY_DAY.nodes
    assert isinstance(decision.verbs[-1], Gather | Enqueue | Hangup | Record)
    if not is_open and (found := asked(decision)):
        assert found.queue == "nurse"


@given(st.lists(KEYS, max_size=10))
def test_nobody_gets_in_line_without_the_notice_of_the_recording_said_or_heard(keys: list[str]) -> None:
    decision = walk(keys)
    node = STANDARD.nodes[decision.state.node]
    if isinstance(node, Ask):
        assert decision.state.consent or decision.state.is_telling
        said = menu.repeat(STANDARD, decision.state)
        assert decision.state.consent or "录音" in str(said) or "recorded" in str(said)


def test_consent_is_noted_once_by_the_first_sign_after_the_notice() -> None:
    effects = [effect for n in range(5) for effect in walk(["1", "", "*", "#", "1"][: n + 1]).effects]
    assert sum(isinstance(effect, NoteConsent) for effect in effects) == 1


def test_outside_opening_hours_only_an_emergency_is_put_in_line() -> None:
    assert walk(["1", ""], BY_DAY, SHUT).state.node == "closed"
    assert walk(["0"], BY_DAY, SHUT).state.node == "closed"
    assert asked(walk(["1", "", "9"], BY_DAY, SHUT)) is not None
    assert walk(["1", "", ""], BY_DAY, SHUT).verbs == (Hangup(),)


def test_a_closed_queue_leads_to_the_open_one_that_helps_and_else_to_the_closing_message() -> None:
    always, never = Hours(HOUSE.zone, is_always=True), Hours(HOUSE.zone)
    helped = replace(
        STANDARD, queues={"booking": QueueOpening(never, ("doctor", "nurse")), "nurse": QueueOpening(always)}
    )
    found = asked(walk(["1", "", "1"], helped))
    assert found is not None
    assert (found.queue, found.skill) == ("nurse", None)
    alone = replace(STANDARD, queues={"booking": QueueOpening(never, ("nurse",)), "nurse": QueueOpening(never)})
    for keys in (["1", "", "1"], ["0"], ["1", "", "4"]):
        assert walk(keys, alone).state.node == "closed"
    emergency = asked(walk(["9"], alone))
    assert emergency is not None
    assert emergency.queue == "nurse"


def test_back_leads_through_the_menus_behind_and_stays_at_the_first() -> None:
    assert walk(["1", "", "#"]).state.node == "language"
    assert walk(["#"]).state.node == "language"


def test_place_in_a_node_that_a_new_flow_no_longer_has_leads_to_a_person() -> None:
    gone = FlowState("gone", Language.ENGLISH, consent=True)
    assert asked(menu.step(STANDARD, gone, Turn(digits="1"), OPEN)) is not None


def test_story_tells_keys_by_what_they_mean_and_never_the_digits() -> None:
    told = [effect for effect in walk(["1", "", "3"]).effects if isinstance(effect, HistoryEvent)]
    assert told == [call_events.KeyPressed(node="menu", outcome="complaint")]
