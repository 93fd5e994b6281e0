"""The sound of a recording for the player: with a tone over what names people, or the original for who may hear it."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import numpy as np
from flask import Blueprint, Response, abort, jsonify, request
from flask.typing import ResponseReturnValue
from numpy.typing import NDArray
from werkzeug.wsgi import FileWrapper

from console.calls import call_record, http
from console.crm import cases_http
from console.web import audit_log
from console.web.access import LEADS, STAFF, allow, context
from console.web.audit_marks import touches
from console.web.standing import Guarded, Standing
from hotline.values.states.recording import RecordingKind
from recordings.redaction.beep import BeepedFile, by_channel
from recordings.speech.audio_chunks import CHUNK_SECONDS, pcm_layout
from recordings.speech.dialogue import speakers
from recordings.storage import sealed_sound_service
from recordings.storage.queries import transcript_of
from recordings.storage.wav_lengths import Source
from recordings.transcripts import masked_queries

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from hotline.models import Call, Recording

pages = Blueprint("sound", __name__)

# Steps of the outline that the player draws.
STEPS = 480
BLOCK = 1 << 16


@pages.get("/recordings/<recording_id>/audio")
@allow(*STAFF)
@touches("hear_recording", "recording", "recording_id")
def audio(recording_id: str) -> ResponseReturnValue:
    """Return the recording as WAV, whole or in the range that was asked for, with a tone over what names people."""
    found, call = _open_to_user(recording_id, "hear_recording")
    source = sealed_sound_service.open_stream(context().objects, context().keyring, found)
    if source.seek(0, io.SEEK_END) == 0:
        abort(404)
    return _answer(_masked(source, found, call), found, "masked")


@pages.get("/recordings/<recording_id>/original")
@allow(*LEADS)
@touches("hear_original", "recording", "recording_id")
def original(recording_id: str) -> ResponseReturnValue:
    """Return the recording as it was spoken; every listening is logged as one to the original."""
    found, _ = _open_to_user(recording_id, "hear_original")
    return _answer(sealed_sound_service.open_stream(context().objects, context().keyring, found), found, "original")


@pages.get("/recordings/<recording_id>/outline")
@allow(*STAFF)
@touches("view_outline", "recording", "recording_id")
def outline(recording_id: str) -> ResponseReturnValue:
    """Return how loud each channel is over time: `{"seconds": …, "channels": [[0…1, …], …]}`."""
    found, _ = _open_to_user(recording_id, "view_outline")
    return jsonify(peaks(sealed_sound_service.open_stream(context().objects, context().keyring, found)))


def peaks(source: Source, steps: int = STEPS) -> dict[str, object]:
    """Return the loudest sample of each step and channel, 0 to 1, of plain PCM; the loudest of all becomes 1.

    Read minute by minute, so that hours of sound need no more memory than minutes.
    """
    known = pcm_layout(source)
    frames = known.length // known.frame if known is not None else 0
    if known is None or not frames:
        return {"seconds": 0.0, "channels": [[] for _ in range(known.channels if known else 2)]}
    steps = min(steps, frames)
    edges = np.linspace(0, frames, steps + 1).astype(int)
    loud: NDArray[np.int32] = np.zeros((steps, known.channels), dtype=np.int32)
    at_once = max(1, int(CHUNK_SECONDS * known.rate * steps / frames))
    for first in range(0, steps, at_once):
        last = min(steps, first + at_once)
        source.seek(known.start + int(edges[first]) * known.frame)
        raw = source.read(int(edges[last] - edges[first]) * known.frame) or b""
        samples = np.abs(np.frombuffer(raw, dtype="<i2").reshape(-1, known.channels).astype(np.int32))
        loud[first:last] = np.maximum.reduceat(samples, edges[first:last] - edges[first], axis=0)
    scaled = np.round(loud / max(1, int(loud.max())), 3)
    return {"seconds": known.seconds, "channels": scaled.T.tolist()}


def _masked(source: Source, found: Recording, call: Call) -> Source:
    """Return the sound with a tone where the words name somebody; 404 while there are no words to tell by."""
    with context().database.read() as session:
        transcript = transcript_of(session, found.id)
        if transcript is None or transcript.purged_at is not None:
            abort(404)
        spans = masked_queries.redacted_audio_spans(transcript, masked_queries.known_names(session, call))
    if not spans:
        source.seek(0)
        return source
    known = pcm_layout(source)
    if known is None:
        abort(404)  # nothing here can put a tone over this coding: nobody hears what may name somebody
    return BeepedFile(source, known, by_channel(spans, speakers(known.channels)))


def _answer(source: Source, found: Recording, kind: str) -> Response:
    size = source.seek(0, io.SEEK_END)
    source.seek(0)
    guarded = Guarded(source, Standing.of_request())
    sound = FileWrapper(guarded, BLOCK)  # type: ignore[arg-type] # a file all the same
    answer = Response(sound, mimetype="audio/wav", direct_passthrough=True)
    answer.content_length = size
    # Masked sound changes with corrections: what is kept of it must be asked for anew.
    if kind == "original" and found.digest:
        answer.set_etag(found.digest)
    answer.headers["Accept-Ranges"] = "bytes"
    answer.headers["Content-Disposition"] = f'inline; filename="{found.id}-{kind}.wav"'
    answer.make_conditional(request, accept_ranges=True, complete_length=size)
    return answer


def _of_case(session: Session, recording: Recording, call: Call) -> bool:
    """Return whether it is the message of a case that this user may see."""
    return recording.kind is RecordingKind.MESSAGE and cases_http.opens(session, call)


def _open_to_user(recording_id: str, action: str) -> tuple[Recording, Call]:
    with context().database.write() as session:
        found = call_record.recording(session, recording_id)
        if found is None or found[0].blob is None or not (http.may_see(found[1]) or _of_case(session, *found)):
            abort(404)
        audit_log.record_once(session, action, "recording", recording_id)
    return found
