"""Transcription of a recorded message: a window at a time beside all else, sent to `transcribeCallback`."""

from collections.abc import Mapping

import numpy as np
import structlog

from exchange.calls.call_details import StatusCallback
from exchange.calls.recording.recording import LiveRecording
from exchange.core.errors import WebhookError
from exchange.core.ids import new_sid
from exchange.flow.call_flow import CallFlow
from exchange.media.audio import RATE
from exchange.media.wav_file import HEADER_BYTES
from exchange.speech.recogniser import RecognitionError
from exchange.webhooks.twiml import Element

log = structlog.get_logger(__name__)
OUT_OF_RANGE = 13617
LONGER_THAN_SECONDS, AT_MOST_SECONDS = 2, 120
# The model hears half a minute at most. Shorter windows let a Gather that waits for the same ears have its turn.
WINDOW_SECONDS, EARLIEST_CUT_SECONDS = 20, 12
_STEP = RATE // 10
_WITHOUT_SPACES = ("zh", "cmn", "yue", "ja")


def is_wanted(element: Element) -> bool:
    """Return whether a Record asks for its words."""
    return element.flag("transcribe", default=False)


async def transcribe(flow: CallFlow, element: Element, recording: LiveRecording, parameters: Mapping[str, str]) -> None:
    """Report what was said in a recording that is finished; `failed` where it cannot be known."""
    text, status = "", "failed"
    length = f"{recording.facts.seconds:.0f} s, maxLength {element.number('maxLength', AT_MOST_SECONDS)}"
    if _is_in_range(element, recording.facts.seconds):
        text, status = await _words(flow, element, recording)
    else:
        message = f"line {element.line}: recordings of more than 2 and at most 120 s are transcribed, not of {length}"
        flow.fault("transcription_failed", WebhookError(OUT_OF_RANGE, message, flow.here.url))
    sid = new_sid("TR")
    words = {"TranscriptionSid": sid, "TranscriptionText": text, "TranscriptionStatus": status}
    words["TranscriptionUrl"] = f"{parameters['RecordingUrl']}/Transcriptions/{sid}"
    url = element.string("transcribeCallback")
    if url:
        params = flow.leg.facts.parameters() | dict(parameters) | words
        flow.context.report(f"{flow.leg.sid}-transcription", StatusCallback(flow.here.join(url).url), params)


def _is_in_range(element: Element, seconds: float) -> bool:
    return (
        LONGER_THAN_SECONDS < seconds <= AT_MOST_SECONDS + 0.5
        and element.number("maxLength", AT_MOST_SECONDS) <= AT_MOST_SECONDS
    )


async def _words(flow: CallFlow, element: Element, recording: LiveRecording) -> tuple[str, str]:
    language = element.string("language", "en-US")
    pieces: list[str] = []
    try:
        pcm = flow.context.recordings.path(recording.facts.sid).read_bytes()[HEADER_BYTES:]
        # One message after the other: a Gather must not wait behind a window of each.
        async with flow.context.transcribing:
            for window in windows(pcm):
                pieces.append((await flow.context.recogniser.understand(window, language, ()))[0])
    except (RecognitionError, OSError) as error:
        log.warning("transcription_failed", call_id=flow.leg.sid, reason=str(error))
        flow.leg.trace("error", code=0, message=str(error), fault="transcription_failed")
        return "", "failed"
    space = "" if language.lower().startswith(_WITHOUT_SPACES) else " "
    return space.join(piece for piece in pieces if piece), "completed"


def windows(pcm: bytes) -> list[bytes]:
    """Return the sound in pieces the model can hear, each cut at the quietest tenth of a second in its last part."""
    samples = np.frombuffer(pcm, dtype="<i2")
    cut: list[bytes] = []
    while len(samples) > WINDOW_SECONDS * RATE:
        late = samples[EARLIEST_CUT_SECONDS * RATE : WINDOW_SECONDS * RATE].astype(np.float32)
        quietest = int(np.argmin((late.reshape(-1, _STEP) ** 2).sum(axis=1)))
        end = EARLIEST_CUT_SECONDS * RATE + quietest * _STEP + _STEP // 2
        cut.append(samples[:end].tobytes())
        samples = samples[end:]
    return [*cut, samples.tobytes()]
