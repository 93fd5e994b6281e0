"""Answering machines: what Twilio's rules make of who answered."""

from collections.abc import Callable

import pytest

from exchange.calls.call_details import StatusCallback
from exchange.calls.leg_registry import CallParties
from exchange.flow.call_flow import Goto
from exchange.media.amd import DetectionTiming, MachineDetector
from exchange.media.audio import frames
from exchange.media.tones import tone
from exchange.verbs.switch import CallOptions
from exchange.webhooks.webhook import WebhookTarget
from tests.unit.exchange.stage import HOSPITAL, SITE, Stage, Story

Staged = Callable[[Story], None]


def voice(seconds: float) -> bytes:
    """Something that is loud and no pure tone."""
    return tone([310, 520, 880, 1370], seconds)


def quiet(seconds: float) -> bytes:
    return bytes(2 * round(8000 * seconds))


CASES = [
    # docs/voice/answering-machine-detection: speech shorter than the threshold is a human, longer a machine
    ("a word, then waiting", False, voice(0.8) + quiet(2), "human"),
    ("a long greeting", False, voice(3) + quiet(2), "machine_start"),
    ("a long greeting with pauses", False, voice(1) + quiet(0.6) + voice(1) + quiet(2), "machine_start"),
    ("nothing", False, quiet(6), "unknown"),
    ("a fax", False, quiet(0.5) + tone([2100], 3), "fax"),
    ("greeting and beep", True, voice(3) + quiet(0.5) + tone([1000], 0.5) + quiet(1), "machine_end_beep"),
    ("greeting without a beep", True, voice(3) + quiet(2), "machine_end_silence"),
    ("greeting without end", True, voice(31), "machine_end_other"),
    ("a person, though a machine was expected", True, voice(0.8) + quiet(2), "human"),
]


@pytest.mark.parametrize(("what", "waits", "pcm", "verdict"), CASES, ids=[case[0] for case in CASES])
def test_who_answered(what: str, waits: bool, pcm: bytes, verdict: str) -> None:
    # docs/voice/api/call-resource: "durations lower than this value will be interpreted as a human and longer
    # than this value as a machine"
    detector = MachineDetector(DetectionTiming(waits_for_end=waits))
    for frame in frames(pcm):
        detector.frame(frame, frame)
    assert detector.verdict == verdict, what


def test_document_is_asked_for_when_it_is_known_who_answered(staged: Staged) -> None:
    # docs/voice/api/call-resource: "Default, blocks the execution of the call until Answering Machine Detection
    # is completed"
    async def story(stage: Stage) -> None:
        phone = stage.telephone("client:a")
        wishes = CallOptions(machine=DetectionTiming())
        leg = stage.switch.originate(ends(), Goto(WebhookTarget(f"{SITE}/out"), {}), 20, wishes)
        await stage.passes(0.1)
        phone.answer()
        phone.say(voice(0.8))
        await stage.passes(1.5)
        assert not stage.app.asked("/out")
        await stage.passes(0.7)
        assert stage.app.asked("/out")[0]["AnsweredBy"] == "human"
        assert leg.facts.answered_by == "human"

    staged(story)


def test_asynchronous_detection_lets_the_call_go_on_and_reports(staged: Staged) -> None:
    # docs/voice/api/call-resource: "Select whether to perform answering machine detection in the background"
    async def story(stage: Stage) -> None:
        phone = stage.telephone("client:a")
        stage.app.pages = {"/out": '<Pause length="60"/>'}
        wishes = CallOptions(machine=DetectionTiming(), machine_callback=StatusCallback(f"{SITE}/amd"))
        stage.switch.originate(ends(), Goto(WebhookTarget(f"{SITE}/out"), {}), 20, wishes)
        await stage.passes(0.1)
        phone.answer()
        phone.say(voice(4))
        await stage.passes(0.2)
        assert "AnsweredBy" not in stage.app.asked("/out")[0]
        await stage.passes(3)
        told = stage.app.asked("/amd")[0]
        assert told["AnsweredBy"] == "machine_start"
        assert 2000 < int(told["MachineDetectionDuration"]) < 3000

    staged(story)


def test_digits_and_time_limit_of_a_call_by_rest(staged: Staged) -> None:
    # docs/voice/api/call-resource: "The string of keys to dial after connecting to the number"
    async def story(stage: Stage) -> None:
        phone = stage.telephone("client:a")
        stage.app.pages = {"/out": '<Pause length="60"/>'}
        stage.switch.originate(
            ends(), Goto(WebhookTarget(f"{SITE}/out"), {}), 20, CallOptions(digits="12", time_limit=5)
        )
        await stage.passes(0.1)
        phone.answer()
        await stage.passes(0.2)
        assert not stage.app.asked("/out")
        await stage.passes(1)
        assert stage.app.asked("/out")
        await stage.passes(4)
        assert phone.ended == "completed"

    staged(story)


def ends() -> CallParties:
    return CallParties(HOSPITAL, "client:a", "outbound-api")
