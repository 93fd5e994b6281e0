"""After the conversation: the rating, and an agent whose line is lost."""

from tests.integration.replay.stage import Stage
from tests.integration.replay.tape import TapedCaller


def _over(stage: Stage, key: str = "2", staff_number: str = "1001") -> TapedCaller:
    """The agent has hung up: the caller comes out of the conference."""
    stage.scene.at_work("1001", "2001")
    caller = stage.in_queue(key=key)
    offer_id, agent = stage.talks(caller, staff_number)
    action = caller.here.attribute("Dial", "action")
    stage.agent_leaves(offer_id, agent)
    caller.ask(action)
    return caller


def every_rating(stage: Stage) -> None:
    stage.scene.at_work("1001")
    caller = _over(stage)
    question = caller.here.attribute("Gather", "action")
    for key in ("", "0", "9", "*", "3", "5"):
        caller.ask(question, Digits=key)
    caller.hang_up()


def asked_once(stage: Stage) -> None:
    stage.scene.at_work("1001", "2001")
    caller = stage.in_queue()
    offer_id, agent = stage.talks(caller, "1001")
    action = caller.here.attribute("Dial", "action")
    stage.agent_leaves(offer_id, agent)
    caller.ask(action)
    caller.ask(action)
    stage.travel.shift(11)
    caller.ask(action)


def an_emergency_is_not_asked(stage: Stage) -> None:
    _over(stage, "9", "2001")


def the_caller_hung_up_first(stage: Stage) -> None:
    stage.scene.at_work("1001")
    caller = stage.in_queue()
    _offer_id, _agent = stage.talks(caller, "1001")
    action = caller.here.attribute("Dial", "action")
    caller.hang_up()
    caller.ask(action, CallStatus="completed")
    caller.ask(action)


def the_report_on_the_agent_is_late(stage: Stage) -> None:
    stage.scene.at_work("1001")
    caller = stage.in_queue()
    stage.talks(caller, "1001")
    caller.ask(caller.here.attribute("Dial", "action"))
    for _ in range(3):
        caller.goes_on()


def the_agent_is_lost(stage: Stage) -> None:
    stage.scene.at_work("1001")
    caller = stage.in_queue()
    offer_id, agent = stage.talks(caller, "1001")
    action = caller.here.attribute("Dial", "action")
    stage.agent_leaves(offer_id, agent, "failed")
    caller.ask(action)
    caller.goes_on()
    caller.waits()
    caller.ask("/voice/fallback", ErrorCode="11200")


def came_out_unheard(stage: Stage) -> None:
    stage.scene.at_work("1001")
    caller = stage.in_queue()
    stage.talks(caller, "1001")
    caller.ask("/voice/fallback", ErrorCode="11200")
    caller.goes_on()


ALL = (
    every_rating,
    asked_once,
    an_emergency_is_not_asked,
    the_caller_hung_up_first,
    the_report_on_the_agent_is_late,
    the_agent_is_lost,
    came_out_unheard,
)
