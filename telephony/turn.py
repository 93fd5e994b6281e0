"""What a webhook said, read once at the edge. Whatever is malformed or unknown becomes `None`, never an exception."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from hotline import log
from hotline.values.phone_numbers import PhoneNumber
from hotline.values.states.leg import LegStatus
from hotline.values.states.recording import RecordingState
from telephony import vendor_words
from telephony.caller_address import number_in
from telephony.errors import UnknownWord
from telephony.vendor_words import AnsweredBy, QueueResult

SID = re.compile(r"[A-Za-z0-9_-]{1,64}\Z")
NUMBER = re.compile(r"\+?[0-9]{3,15}\Z")
DIGITS = re.compile(r"[0-9*#A-Da-d]{0,64}\Z")
ADDRESS_LETTERS = 200
WORD = re.compile(r"[a-z-]{1,40}\Z")
_Ours = TypeVar("_Ours")
# What the provider writes for a hidden number (ANONYMOUS, RESTRICTED, BLOCKED, UNKNOWN, UNAVAILABLE on a keypad).
HIDDEN = frozenset(
    {"+266696687", "266696687", "+7378742833", "7378742833", "+2562533", "2562533", "+8656696", "8656696"}
)


@dataclass(frozen=True)
class Turn:
    """The parameters of one webhook that anything of ours reads.

    `digits` is a string without the finish key: `""` when the time-out passed without a key, `None` when the
    parameter is missing or holds no keys at all. Durations are whole seconds.
    """

    call_sid: str | None = None
    parent_sid: str | None = None
    caller_text: str = ""
    called: str = ""
    digits: str | None = None
    status: LegStatus | None = None
    sequence: int | None = None
    duration_seconds: int | None = None
    queue_result: QueueResult | None = None
    queue_position: int | None = None
    queue_seconds: int | None = None
    dial_status: LegStatus | None = None
    conference_sid: str | None = None
    event: str | None = None
    recording_sid: str | None = None
    recording_state: RecordingState | None = None
    recording_seconds: int | None = None
    recording_channels: int | None = None
    error_code: int | None = None
    # Why a line was not answered, as SIP counts: 404, 480, …
    response_code: int | None = None
    answered_by: AnsweredBy | None = None
    # What was said at a question, as the provider understood it.
    words: str = ""

    @property
    def caller(self) -> PhoneNumber | None:
        """The caller's number, also within a `sip:` or `tel:` address; `None` when it is hidden or there is none."""
        number = number_in(self.caller_text)
        return PhoneNumber.of_line(number) if number not in HIDDEN and NUMBER.match(number) else None


def parse(form: Mapping[str, str]) -> Turn:
    """Return the turn that these webhook parameters describe; of a repeated one, the first counts."""
    form = dict(form.items())  # a multi-dict raises and catches an error for each parameter that is missing
    return Turn(
        call_sid=_fit(SID, form.get("CallSid")),
        parent_sid=_fit(SID, form.get("ParentCallSid")),
        caller_text=form.get("From", "").strip()[:ADDRESS_LETTERS],
        called=form.get("To", "").strip()[:80],
        digits=_fit(DIGITS, form.get("Digits")),
        status=_ours(vendor_words.leg_status, form.get("CallStatus")),
        sequence=_whole(form.get("SequenceNumber")),
        duration_seconds=_whole(form.get("CallDuration")),
        queue_result=_ours(vendor_words.queue_result, form.get("QueueResult")),
        queue_position=_whole(form.get("QueuePosition")),
        queue_seconds=_whole(form.get("QueueTime")),
        dial_status=_ours(vendor_words.leg_status, form.get("DialCallStatus")),
        conference_sid=_fit(SID, form.get("ConferenceSid")),
        event=_fit(WORD, form.get("StatusCallbackEvent")),
        recording_sid=_fit(SID, form.get("RecordingSid")),
        recording_state=_ours(vendor_words.recording_state, form.get("RecordingStatus")),
        recording_seconds=_whole(form.get("RecordingDuration")),
        recording_channels=_whole(form.get("RecordingChannels")),
        error_code=_whole(form.get("ErrorCode")),
        response_code=_whole(form.get("SipResponseCode")),
        answered_by=_ours(vendor_words.answered_by, form.get("AnsweredBy")),
        words=form.get("SpeechResult", "").strip()[:500],
    )


def _fit(pattern: re.Pattern[str], text: str | None) -> str | None:
    return text if text is not None and pattern.match(text) else None


def _whole(text: str | None) -> int | None:
    """Return a number of up to nine ASCII digits; databases hold no larger one."""
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 10 else None


def _ours(look_up: Callable[[str], _Ours], word: str | None) -> _Ours | None:
    if word is None:
        return None
    try:
        return look_up(word)
    except UnknownWord as error:
        # The call goes on without it; whoever reads the log adds the word to its table.
        log.get().warning("provider_word_unknown", message=str(error))
        return None
