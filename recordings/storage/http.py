"""The webhook of recordings: the provider reports that one began, is ready, or is not there."""

from flask import Blueprint, Response, current_app, request

from hotline import clock, log
from hotline.context import AppContext
from hotline.values.states.recording import RecordingKind
from recordings.errors import UnknownCall
from recordings.storage import service
from recordings.storage.recording_report import RecordingReport
from telephony.turn import parse

pages = Blueprint("recordings", __name__)


@pages.post("/voice/recordings/<call_id>/events")
def events(call_id: str) -> Response:
    """Take a recording status callback; every one is answered 204, because sending it again would change nothing."""
    context: AppContext = current_app.extensions["context"]
    turn = parse(request.form)
    if turn.recording_sid is None or turn.recording_state is None:
        log.get().warning("recording_callback_unreadable", call_id=call_id[:32])
        return Response(status=204)
    kind = RecordingKind.MESSAGE if request.args.get("kind") == RecordingKind.MESSAGE else RecordingKind.CONVERSATION
    report = RecordingReport(
        turn.recording_sid, turn.recording_state, turn.recording_seconds, turn.recording_channels, kind
    )
    try:
        service.apply_report(context.database, context.notifier, call_id, report, clock.now())
    except UnknownCall:
        log.get().warning("recording_of_unknown_call", call_id=call_id[:32])
    return Response(status=204)
