"""Text messages that wait, are too many, are too old, are scheduled, and outlive the exchange."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

from exchange.calls.call_details import StatusCallback
from exchange.flow.messages.delivery import cancel, hand_over, resume, send
from exchange.flow.messages.message_store import MOST_WAITING, MessageStore, TextMessage
from tests.unit.exchange.stage import SITE, Stage, Story

Staged = Callable[[Story], None]
PATIENT = "+8613800000001"


def text(stage: Stage, number: int = 1, to: str = PATIENT, valid_seconds: int = 36_000) -> TextMessage:
    callback = StatusCallback(f"{SITE}/sms", "POST", ("sent", "delivered", "undelivered"))
    now = stage.context.ticker.now()
    body = f"text {number}"
    return TextMessage(f"SM{number}", "+8610", to, body, now, "outbound-api", "queued", callback, valid_seconds)


def statuses(stage: Stage) -> list[str]:
    return [told["MessageStatus"] for told in stage.app.asked("/sms")]


def test_text_waits_for_its_telephone(staged: Staged) -> None:
    # ../shared/twilio/voice_api_v2010.json: "The maximum length in seconds that the Message can remain in Twilio's
    # outgoing message queue"
    async def story(stage: Stage) -> None:
        send(stage.context, text(stage))
        await stage.settles()
        assert statuses(stage) == ["sent"]
        phone = stage.telephone(PATIENT)
        hand_over(stage.context, phone)
        hand_over(stage.context, phone)
        await stage.settles()
        assert [each["body"] for each in phone.events("message")] == ["text 1"]
        assert statuses(stage) == ["sent", "delivered"]

    staged(story)


def test_text_that_waited_too_long_is_undelivered(staged: Staged) -> None:
    # ../shared/twilio/voice_api_v2010.json: "If a queued Message exceeds the `validity_period`, the Message is not
    # sent"
    async def story(stage: Stage) -> None:
        send(stage.context, text(stage, valid_seconds=10))
        await stage.passes(11)
        assert statuses(stage) == ["sent", "undelivered"]
        phone = stage.telephone(PATIENT)
        hand_over(stage.context, phone)
        assert not phone.events("message")

    staged(story)


def test_of_many_texts_the_last_wait_and_the_first_are_undelivered(staged: Staged) -> None:
    # Our decision: Twilio's pages name no limit for texts that wait for one number.
    async def story(stage: Stage) -> None:
        for number in range(MOST_WAITING + 2):
            send(stage.context, text(stage, number))
        await stage.settles()
        assert len(stage.context.messages.waiting(PATIENT)) == MOST_WAITING
        assert statuses(stage).count("undelivered") == 2

    staged(story)


def test_text_to_a_telephone_that_shows_none_is_undelivered(staged: Staged) -> None:
    # docs/sms/api/message-resource: "Twilio has received a delivery receipt indicating that the message was not
    # delivered"
    async def story(stage: Stage) -> None:
        stage.telephone("sip:desk").shows_texts = False
        send(stage.context, text(stage, to="sip:desk"))
        await stage.settles()
        assert statuses(stage) == ["sent", "undelivered"]

    staged(story)


def test_scheduled_text_comes_at_its_time_unless_it_is_cancelled(staged: Staged) -> None:
    # ../shared/twilio/voice_api_v2010.json: "The time that Twilio will send the message. Must be in ISO 8601 format."
    async def story(stage: Stage) -> None:
        phone = stage.telephone(PATIENT)
        later, never = text(stage, 1), text(stage, 2)
        later.scheduled = never.scheduled = stage.context.ticker.now() + timedelta(seconds=5)
        for each in (later, never):
            send(stage.context, each)
        assert (later.status, never.status) == ("scheduled", "scheduled")
        cancel(stage.context, never)
        await stage.passes(4.9)
        assert not phone.events("message")
        await stage.passes(0.2)
        assert [each["body"] for each in phone.events("message")] == ["text 1"]
        assert (later.status, never.status) == ("delivered", "canceled")

    staged(story)


def test_texts_outlive_the_exchange(staged: Staged, tmp_path: Path) -> None:
    async def story(stage: Stage) -> None:
        path = tmp_path / "messages.jsonl"
        stage.context.messages = MessageStore(path)
        for number in (1, 2):
            send(stage.context, text(stage, number))
        stage.context.messages.forget("SM2")
        with path.open("a", encoding="utf-8") as file:
            file.write('{"sid": "cut sho')
        stage.context.messages = MessageStore(path)
        resume(stage.context)
        assert [each.sid for each in stage.context.messages.waiting(PATIENT)] == ["SM1"]
        phone = stage.telephone(PATIENT)
        hand_over(stage.context, phone)
        assert [each["body"] for each in phone.events("message")] == ["text 1"]
        assert MessageStore(path).kept["SM1"].status == "delivered"

    staged(story)
