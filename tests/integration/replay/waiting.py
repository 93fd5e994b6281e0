"""QueueEntry for a person: what is announced, the ways out of the queue, and the way to an agent."""

from tests.integration.replay.stage import Stage
from tests.integration.test_line_ways import OTHER


def position_and_wait_are_announced(stage: Stage) -> None:
    stage.scene.at_work("1001")
    first, second = stage.in_queue(), stage.in_queue(OTHER)
    for caller in (first, second):
        caller.waits()
        caller.waits("5")
        caller.waits("")


def nobody_could_answer(stage: Stage) -> None:
    stage.in_queue().waits()


def the_emergency_key_while_waiting(stage: Stage) -> None:
    caller = stage.in_queue()
    caller.waits("9")
    caller.leaves()
    caller.waits()
    caller.waits("1")
    caller.waits("9")


def a_message_instead(stage: Stage) -> None:
    caller = stage.in_queue()
    caller.waits("2")
    caller.leaves()
    action = caller.here.attribute("Record", "action")
    for _ in range(2):
        caller.ask(action, RecordingSid="REm1", RecordingDuration="7", Digits="#")
    caller.hang_up()


def no_message_after_all(stage: Stage) -> None:
    caller = stage.in_queue()
    caller.waits("2")
    caller.leaves()
    caller.goes_on()
    caller.waits()


def an_emergency_in_the_message(stage: Stage) -> None:
    caller = stage.in_queue()
    caller.waits("2")
    caller.leaves()
    caller.ask(caller.here.attribute("Record", "action"), RecordingSid="REm2", RecordingDuration="3", Digits="9")


def every_result_of_the_queue(stage: Stage) -> None:
    caller = stage.in_queue()
    for result in ("redirected", "bridged", "queue-full", "error", "leave", "hangup", "leave"):
        caller.leaves(result)
    caller.waits()


def overflow_to_a_callback(stage: Stage) -> None:
    for key in ("1", "", "5"):
        caller = stage.in_queue(f"+861380000001{key or 9}")
        stage.overflows(caller, "kind=call_back")
        caller.press(key)


def overflow_to_a_message(stage: Stage) -> None:
    caller = stage.in_queue()
    stage.overflows(caller, "kind=voicemail")
    caller.goes_on()


def overflow_to_a_number(stage: Stage) -> None:
    for number, status in enumerate(("completed", "busy", "no-answer")):
        caller = stage.in_queue(f"+861380000002{number}")
        stage.overflows(caller, "kind=number&to=%2B861088889999")
        caller.ask(caller.here.attribute("Dial", "action"), DialCallStatus=status)


def overflow_that_leads_nowhere(stage: Stage) -> None:
    for number, way in enumerate(("kind=number&to=12", "kind=nonsense")):
        caller = stage.in_queue(f"+861380000003{number}")
        stage.overflows(caller, way)


def the_agent_answers(stage: Stage) -> None:
    stage.scene.at_work("1001")
    caller = stage.in_queue()
    stage.talks(caller, "1001")
    caller.waits()  # on hold
    caller.ask("/voice/fallback", ErrorCode="11200")


def another_agent_was_faster(stage: Stage) -> None:
    stage.scene.at_work("1001", "1002")
    caller = stage.in_queue()
    late_id, late = stage.offered(caller, "1002")
    stage.talks(caller, "1001")
    late.ask(f"/voice/offers/{late_id}/answer")
    late.ask(f"/voice/offers/{late_id}/done")


def led_to_an_agent_who_is_gone(stage: Stage) -> None:
    stage.scene.at_work("1001")
    caller = stage.in_queue()
    caller.ask(f"/voice/calls/{stage.scene.call(caller).id}/connect")
    caller.goes_on()
    caller.waits()


ALL = (
    position_and_wait_are_announced,
    nobody_could_answer,
    the_emergency_key_while_waiting,
    a_message_instead,
    no_message_after_all,
    an_emergency_in_the_message,
    every_result_of_the_queue,
    overflow_to_a_callback,
    overflow_to_a_message,
    overflow_to_a_number,
    overflow_that_leads_nowhere,
    the_agent_answers,
    another_agent_was_faster,
    led_to_an_agent_who_is_gone,
)
