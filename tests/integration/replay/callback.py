"""Callbacks: leaving the queue for one, and the call to the patient."""

from tests.integration.replay.stage import Stage
from tests.integration.replay.tape import TapedCaller
from tests.integration.test_line_ways import NUMBER


def left_for_a_callback(stage: Stage) -> None:
    caller = stage.in_queue()
    caller.waits("1")
    caller.press("5")
    caller.press("")
    caller.hang_up()


def another_number(stage: Stage) -> None:
    caller = stage.in_queue()
    caller.waits("1")
    caller.press("2")
    caller.press("*")
    caller.press("13900000007")
    caller.press("2")
    caller.press("12")
    caller.press("99")
    caller.press("")


def numbers_that_reach_nobody(stage: Stage) -> None:
    for keys in ("66880000", "95588", "11111111111", "138*00138000", ""):
        caller = stage.in_queue()
        caller.waits("1")
        caller.press("2")
        caller.press(keys)
        caller.press("01066880000")
        caller.press("*")


def a_hidden_number(stage: Stage) -> None:
    caller = stage.in_queue("anonymous")
    caller.waits("1")
    caller.press("7")
    caller.press("")
    caller.waits("1")
    caller.press("13900000007")


def would_rather_wait(stage: Stage) -> None:
    caller = stage.in_queue()
    caller.waits("1")
    caller.press("*")
    caller.waits()


def an_emergency_in_the_dialogue(stage: Stage) -> None:
    caller = stage.in_queue()
    caller.waits("1")
    caller.press("9")
    caller.waits()


def another_number_after_an_overflow(stage: Stage) -> None:
    caller = stage.in_queue("anonymous")
    stage.overflows(caller, "kind=call_back")
    caller.press("1")
    caller.press("12")
    caller.press("13")
    caller.waits()


def in_queue_while_one_is_promised(stage: Stage) -> None:
    caller = stage.in_queue()
    caller.waits("1")
    caller.waits()
    caller.waits("1")


def _promised(stage: Stage) -> TapedCaller:
    """The telephone of a patient who asked for a callback is being dialled."""
    caller = stage.in_queue()
    caller.waits("1")
    caller.hang_up()
    stage.scene.at_work("1001")
    assert stage.scene.route()
    return TapedCaller(stage.app, stage.context.settings, NUMBER, "CB1", tape=stage.tape)


def _base(stage: Stage) -> str:
    return stage.scene.telephones.dialled[-1][1]


def answered_and_accepted(stage: Stage) -> None:
    line = _promised(stage)
    for _ in range(2):
        line.ask(f"{_base(stage)}/answer")
    line.press("1")
    line.ask(f"{_base(stage)}/answer")
    line.waits()
    line.hang_up()


def answered_and_stayed(stage: Stage) -> None:
    line = _promised(stage)
    line.ask(f"{_base(stage)}/answer")
    line.press("")
    line.waits("9")


def answered_in_an_emergency(stage: Stage) -> None:
    line = _promised(stage)
    line.ask(f"{_base(stage)}/answer")
    line.press("9")
    line.waits()


def declined_by_hanging_up(stage: Stage) -> None:
    line = _promised(stage)
    line.ask(f"{_base(stage)}/answer")
    join = line.here.attribute("Gather", "action")
    line.hang_up()
    line.ask(join, Digits="1")
    line.ask(f"{_base(stage)}/answer")


def nobody_picks_up(stage: Stage) -> None:
    line = _promised(stage)
    line.post(f"{_base(stage)}/status", CallStatus="ringing", SequenceNumber="1")
    line.post(f"{_base(stage)}/status", CallStatus="no-answer", SequenceNumber="2")
    stage.scene.route(600)
    late = TapedCaller(stage.app, stage.context.settings, NUMBER, "CB9", tape=stage.tape)
    late.ask("/voice/callbacks/nothing/1/answer")
    late.ask("/voice/callbacks/nothing/1/join")


def met_a_person(stage: Stage) -> None:
    line = _promised(stage)
    line.ask(f"{_base(stage)}/answer")
    line.press("1")
    stage.talks(line, "1001")
    line.ask(f"{_base(stage)}/answer")
    line.hang_up()


ALL = (
    left_for_a_callback,
    another_number,
    numbers_that_reach_nobody,
    a_hidden_number,
    would_rather_wait,
    an_emergency_in_the_dialogue,
    another_number_after_an_overflow,
    in_queue_while_one_is_promised,
    answered_and_accepted,
    answered_and_stayed,
    answered_in_an_emergency,
    declined_by_hanging_up,
    nobody_picks_up,
    met_a_person,
)
