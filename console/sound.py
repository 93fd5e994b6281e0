"""The sound of a recording for the player: the audio itself, opened and logged for each listener, and its outline."""

import io
import wave

import numpy as np
from flask import Blueprint, abort, jsonify, request, send_file
from flask.typing import ResponseReturnValue
from flask_login import current_user
from sqlalchemy.orm import Session

from console import calls, looks, matters, queries
from console.access import STAFF, allow, ground
from hotline import clock
from hotline.models import Call, Recording
from hotline.values import RecordingKind
from recordings import service

pages = Blueprint("sound", __name__)

# Steps of the outline that the player draws.
STEPS = 480


@pages.get("/recordings/<recording_id>/audio")
@allow(*STAFF)
def audio(recording_id: str) -> ResponseReturnValue:
    """The recording as WAV, whole or in the range that was asked for."""
    found = _open_to_user(recording_id, "hear_recording")
    answer = send_file(
        io.BytesIO(service.plain(ground(), found)), mimetype="audio/wav", conditional=True, etag=found.digest or False
    )
    answer.headers["Accept-Ranges"] = "bytes"
    return answer


@pages.get("/recordings/<recording_id>/outline")
@allow(*STAFF)
def outline(recording_id: str) -> ResponseReturnValue:
    """How loud each channel is over time: `{"seconds": …, "channels": [[0…1, …], …]}`."""
    found = _open_to_user(recording_id, "view_outline")
    return jsonify(peaks(service.plain(ground(), found)))


def peaks(wav: bytes, steps: int = STEPS) -> dict[str, object]:
    """The loudest sample of each step and channel, 0 to 1, of 16-bit PCM; the loudest of all becomes 1."""
    with wave.open(io.BytesIO(wav)) as sound:
        channels, rate, count = sound.getnchannels(), sound.getframerate(), sound.getnframes()
        samples = np.frombuffer(sound.readframes(count), dtype="<i2").reshape(-1, channels)
    if not len(samples):
        return {"seconds": 0.0, "channels": [[] for _ in range(channels)]}
    edges = np.linspace(0, len(samples), min(steps, len(samples)) + 1).astype(int)[:-1]
    loud = np.maximum.reduceat(np.abs(samples.astype(np.int32)), edges, axis=0)
    scaled = np.round(loud / max(1, int(loud.max())), 3)
    return {"seconds": len(samples) / rate, "channels": scaled.T.tolist()}


def _of_matter(session: Session, recording: Recording, call: Call) -> bool:
    """Whether it is the message of a matter that this user may see."""
    return recording.kind is RecordingKind.MESSAGE and matters.opens(session, call)


def _open_to_user(recording_id: str, action: str) -> Recording:
    with ground().database.write() as session:
        found = queries.recording(session, recording_id)
        if found is None or found[0].blob is None or not (calls.may_see(found[1]) or _of_matter(session, *found)):
            abort(404)
        subject = ("recording", recording_id)
        looks.note_once(session, looks.look(current_user.id, action, subject, clock.now(), request.remote_addr or ""))
    return found[0]
