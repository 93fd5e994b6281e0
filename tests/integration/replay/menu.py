"""The voice menu: every key, silence, wrong keys, languages, and hours in which it is closed."""

from tests.integration.replay.stage import LANGUAGE_KEYS, Stage


def every_key_of_the_menu(stage: Stage) -> None:
    for key in "123450*#9678":
        stage.at_menu().press(key)


def silence_at_the_language_and_at_the_menu(stage: Stage) -> None:
    caller = stage.caller()
    caller.call()
    for _ in range(4):
        caller.press("")


def wrong_keys_lead_to_a_person(stage: Stage) -> None:
    caller = stage.at_menu()
    caller.press("7")
    caller.press("8")


def wrong_keys_at_the_language(stage: Stage) -> None:
    caller = stage.caller()
    caller.call()
    caller.press("7")
    caller.press(LANGUAGE_KEYS[stage.language])
    caller.press("*")
    caller.press("#")


def repeat_and_back(stage: Stage) -> None:
    caller = stage.at_menu()
    caller.press("*")
    caller.press("#")
    caller.press("#")
    caller.press(LANGUAGE_KEYS[stage.language])


def reserved_keys_before_the_notice(stage: Stage) -> None:
    for key in "09":
        caller = stage.caller()
        caller.call()
        caller.press(LANGUAGE_KEYS[stage.language])
        caller.press(key)


def turns_that_come_twice_late_and_early(stage: Stage) -> None:
    caller = stage.caller()
    caller.call()
    first = caller.here.attribute("Gather", "action")
    caller.call()
    caller.press(LANGUAGE_KEYS[stage.language])
    second = caller.here.attribute("Gather", "action")
    caller.ask(first, Digits="9")
    caller.ask(second, Digits="")
    caller.ask(first, Digits="9")
    caller.press("1")
    caller.ask(second, Digits="1")
    caller.call()
    caller.hang_up()
    caller.ask(second, Digits="1")


def the_call_went_wrong(stage: Stage) -> None:
    caller = stage.at_menu()
    caller.ask("/voice/fallback", ErrorCode="11200")
    caller.ask("/voice/fallback", ErrorCode="11200")
    stage.caller("+8613800000002").ask("/voice/fallback")


def hidden_and_foreign_callers(stage: Stage) -> None:
    for number in ("anonymous", "sip:1001@ward.test", "+442071234567"):
        stage.at_menu(number).press("1")


def strange_webhooks(stage: Stage) -> None:
    caller = stage.caller()
    for path in (
        "turns/1",
        "wait",
        "queue-left",
        "conference-left",
        "rating",
        "requeued",
        "callback/choose/line",
        "overflow",
        "forwarded",
    ):
        caller.ask(f"/voice/calls/nobody/{path}")
    caller.ask("/voice/calls", CallSid="")


def closed(stage: Stage) -> None:
    for keys in ("", "1", "2", "9", "5"):
        caller = stage.at_menu()
        if keys:
            caller.press(keys)
        else:
            caller.press("")


def messages_while_closed(stage: Stage) -> None:
    caller = stage.at_menu()
    caller.press("2")
    caller.ask(caller.here.attribute("Record", "action"), RecordingSid="REc1", RecordingDuration="7", Digits="#")
    empty = stage.at_menu()
    empty.press("1")
    empty.goes_on()
    urgent = stage.at_menu()
    urgent.press("1")
    urgent.ask(urgent.here.attribute("Record", "action"), RecordingSid="REc2", RecordingDuration="3", Digits="9")


OPEN = (
    every_key_of_the_menu,
    silence_at_the_language_and_at_the_menu,
    wrong_keys_lead_to_a_person,
    wrong_keys_at_the_language,
    repeat_and_back,
    reserved_keys_before_the_notice,
    turns_that_come_twice_late_and_early,
    the_call_went_wrong,
    hidden_and_foreign_callers,
    strange_webhooks,
)
CLOSED = (closed, messages_while_closed)
