"""Scripts of phones: every way to write a step, and what a mistake is told."""

from dataclasses import fields
from pathlib import Path

import pytest

from exchange.phone.errors import ScriptError
from exchange.phone.parse import FORMS, parse_play, parse_steps
from exchange.phone.script import (
    Action,
    Expect,
    HangUp,
    LetTimePass,
    OnRing,
    Press,
    Speak,
    WaitForAnswer,
    WaitForHangUp,
    WaitForPrompt,
    WaitForSilence,
    WaitForSpeechEnd,
)


@pytest.mark.parametrize(
    ("written", "action"),
    [
        ("wait: 1.5", LetTimePass(1.5)),
        ("wait_for_answer", WaitForAnswer()),
        ("wait_for_answer: 5", WaitForAnswer(timeout=5)),
        ("wait_for_prompt: 'press (1|one)'", WaitForPrompt("press (1|one)")),
        ("wait_for_prompt: {pattern: menu, state: end, timeout: 9}", WaitForPrompt("menu", "end", 9)),
        ("wait_for_silence: 2", WaitForSilence(2)),
        ("wait_for_silence: {seconds: 2, required: false}", WaitForSilence(2, required=False)),
        ("wait_for_speech_end", WaitForSpeechEnd()),
        ("wait_for_speech_end: {quiet: 0.5, timeout: 8}", WaitForSpeechEnd(0.5, 8)),
        ("wait_for_hang_up: {timeout: 3}", WaitForHangUp(3)),
        ("press: '12w#'", Press("12w#")),
        ("speak: audio/hello.wav", Speak("audio/hello.wav")),
        ("hang_up", HangUp()),
        ("expect: {heard: tone}", Expect(heard="tone")),
        ("expect: {event: message, timeout: 4}", Expect(event="message", timeout=4)),
    ],
)
def test_a_step_is_read(written: str, action: Action) -> None:
    (step,) = parse_steps(f"- {written}", "call.yaml")
    assert step.action == action
    assert written.startswith(step.name)


@pytest.mark.parametrize(
    ("written", "message"),
    [
        ("- jump", "call.yaml:1: [1]: must be one of wait,"),
        ("- wait: 1\n- wait: soon", "call.yaml:2: [2].wait: must be a number of at least 0, not 'soon'"),
        ("- wait: -1", "[1].wait: must be a number"),
        ("- wait:", "[1].wait: must be a number of at least 0, not empty"),
        ("- press: 1", "[1].press: must be a text, not 1; numbers need quotation marks"),
        ("- press: 'x'", "[1].press: there is no key 'x'"),
        ("- wait_for_prompt: '('", "[1].wait_for_prompt: is no regular expression"),
        ("- wait_for_prompt: {timeout: 1}", "[1].wait_for_prompt: needs pattern"),
        ("- wait_for_prompt: {pattern: a, state: middle}", "state: must be one of start, end, not 'middle'"),
        ("- wait_for_answer: {timeuot: 1}", "timeuot: is not known; there are timeout, required"),
        ("- expect: {heard: speech, event: ended}", "[1].expect: needs either heard or event"),
        ("- expect: {}", "[1].expect: needs either heard or event"),
        ("- hang_up: now", "[1].hang_up: must be a mapping"),
        ("steps: wait", "call.yaml:1: steps: must be a list, not 'wait'"),
        ("setps: []", "setps: is not known; there are steps"),
        ("- {wait: 1, press: '1'}", "must be one of wait,"),
        ("- wait: [", "call.yaml:1:"),
        ("", "must be a list, not empty"),
    ],
)
def test_a_mistake_names_file_line_and_field(written: str, message: str) -> None:
    with pytest.raises(ScriptError) as caught:
        parse_steps(written, "call.yaml")
    assert message in str(caught.value)


def test_json_is_read_too() -> None:
    steps = parse_steps('{"steps": [{"press": "1"}, "hang_up"]}', "call.json")
    assert [step.action for step in steps] == [Press("1"), HangUp()]


PLAY = """
x-english: &english
  - wait_for_answer
  - press: "2"
phones:
  - address: "+8613800000001"
    at: 2.5
    dial: "+861066880000"
    steps:
      - *english
      - press: "1"
  - address: client:agent-1
    incoming:
      - on_ring: {ignore: true}
      - on_ring: {answer_after_rings: 2}
        steps: [hang_up]
      - steps: []
"""


def test_a_play_shares_pieces_and_keeps_the_order_of_calls() -> None:
    caller, agent = parse_play(PLAY, "play.yaml")
    assert [step.action for step in caller.steps] == [WaitForAnswer(), Press("2"), Press("1")]
    assert (caller.at, caller.dial) == (2.5, "+861066880000")
    assert [call.on_ring for call in agent.incoming] == [
        OnRing(ignore=True),
        OnRing(answer_after_rings=2),
        OnRing(answer_after_rings=1),
    ]
    assert agent.incoming[1].steps[0].place.line == 16


@pytest.mark.parametrize(
    ("written", "message"),
    [
        ("phones: [{address: 7}]", "phones[1].address: must be a text"),
        ("phones: [{at: 1}]", "phones[1].address: must be a text, not empty"),
        ("phones:\n- address: a\n- address: a", "phones: a is there twice"),
        (
            "phones:\n- address: a\n  incoming: [{on_ring: {}}]",
            "play.yaml:3: phones[1].incoming[1].on_ring: must be exactly",
        ),
        ("phones: [{address: a, incoming: [{on_ring: {answer_after_rings: 0}}]}]", "whole number of at least 1, not 0"),
        ("phones: [{address: a, incoming: [{on_ring: {ignore: false}}]}]", "can only be true"),
        ("phones: [{address: a, steps: [{press: '1'}, {pres: '2'}]}]", "phones[1].steps[2]: must be one of"),
        ("phones: [{address: a, address: b}]", "play.yaml:1: address is given twice"),
        ("phones: [{address: a, crew: desk}]", "phones[1].crew: must be one of crews"),
        ("crews: [desk]\nphones: []", "crews: must be a mapping from names to lists of calls"),
        ("crews: {desk: [{steps: [jump]}]}\nphones: []", "crews.desk[1].steps[1]: must be one of"),
        ("[]", "play.yaml:1: must be a mapping with phones"),
        ("x: 1", "x: is not known"),
    ],
)
def test_a_mistake_in_a_play_is_named(written: str, message: str) -> None:
    with pytest.raises(ScriptError) as caught:
        parse_play(written, "play.yaml")
    assert message in str(caught.value)


def test_other_ways_to_take_a_call() -> None:
    play = """
phones:
  - address: a
    incoming:
      - on_ring: {answer_after_seconds: 1.5}
      - on_ring: {reject: true}
      - on_ring: {busy: true}
"""
    (actor,) = parse_play(play, "play.yaml")
    assert [call.on_ring for call in actor.incoming] == [
        OnRing(answer_after_seconds=1.5),
        OnRing(reject=True),
        OnRing(busy=True),
    ]


def test_a_crew_shares_one_list_of_calls() -> None:
    play = """
crews:
  desk:
    - on_ring: {ignore: true}
    - steps: [hang_up]
phones:
  - {address: a, crew: desk}
  - {address: b, crew: desk}
"""
    first, second = parse_play(play, "play.yaml")
    assert first.crew == second.crew == "desk"
    assert first.incoming == second.incoming
    assert len(first.incoming) == 2


def test_every_step_and_field_is_documented() -> None:
    page = (Path(__file__).parents[4] / "docs" / "phones.md").read_text(encoding="utf-8")
    words = {*FORMS, *(field for form in FORMS.values() for field in form.fields), *(f.name for f in fields(OnRing))}
    assert {word for word in words if word not in page} == set()
