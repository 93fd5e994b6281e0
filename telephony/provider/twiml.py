"""Verbs rendered as TwiML by the official SDK, and nothing else."""

from collections.abc import Sequence
from typing import Any

from twilio.twiml import TwiML
from twilio.twiml.voice_response import Dial as DialElement
from twilio.twiml.voice_response import Gather as GatherElement
from twilio.twiml.voice_response import VoiceResponse

from hotline.values.language import Language
from telephony.verbs import (
    DialNumber,
    Enqueue,
    Gather,
    Hangup,
    JoinConference,
    Leave,
    Pause,
    Play,
    Record,
    Redirect,
    Reject,
    Say,
    Verb,
)

PACED = {Language.MANDARIN: "Polly.Zhiyu", Language.ENGLISH: "Polly.Joanna"}
CONTENT_TYPE = "text/xml; charset=utf-8"


def render(verbs: Sequence[Verb]) -> str:
    """Return the TwiML document (with its XML declaration) that has a line do `verbs` in this order."""
    response = VoiceResponse()
    for verb in verbs:
        _add(response, verb)
    return str(response)


def _add(parent: Any, verb: Verb) -> None:
    match verb:
        case Say(text, language, True):
            # Only voices that are named understand a pace.
            parent.say("", voice=PACED[language], language=language.value).prosody(text, rate="slow")
        case Say(text, language):
            parent.say(text, language=language.value)
        case Play(url, loop):
            parent.play(url, loop=None if loop == 1 else loop)
        case Pause(seconds):
            parent.pause(length=seconds)
        case Gather():
            parent.append(_gather(verb))
        case Redirect(url):
            parent.redirect(url)
        case Enqueue(queue, wait_url, action):
            parent.enqueue(queue, wait_url=wait_url, action=action)
        case JoinConference():
            parent.append(_conference(verb))
        case Record(action, status_url, max_seconds, finish_on_key):
            parent.record(
                action=action,
                recording_status_callback=status_url,
                recording_status_callback_event="in-progress completed absent",
                max_length=max_seconds,
                finish_on_key=finish_on_key,
                timeout=5,
                play_beep=True,
                trim="trim-silence",
            )
        case DialNumber(number, caller_id, action, timeout_seconds):
            parent.dial(number, caller_id=caller_id, action=action, timeout=timeout_seconds)
        case Hangup():
            parent.hangup()
        case Reject(reason):
            parent.reject(reason=reason)
        case Leave():
            parent.leave()


def _gather(verb: Gather) -> TwiML:
    words = {}
    if verb.language is not None:
        words = {"language": verb.language.value, "speech_timeout": "auto"}
    if verb.hints:
        words["hints"] = ",".join(verb.hints)
    element = GatherElement(
        input="dtmf speech" if words else "dtmf",
        action=verb.action,
        timeout=verb.timeout_seconds,
        num_digits=verb.digits,
        finish_on_key=verb.finish_on_key,
        action_on_empty_result=True,
        **words,
    )
    for prompt in verb.prompts:
        _add(element, prompt)
    return element


def _conference(verb: JoinConference) -> TwiML:
    element = DialElement(action=verb.action)
    element.conference(
        verb.conference,
        beep="false",
        start_conference_on_enter=verb.starts,
        end_conference_on_exit=verb.ends,
        wait_url=verb.wait_url,
        status_callback=verb.status_url,
        status_callback_event="start end join leave",
    )
    return element
