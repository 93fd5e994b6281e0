"""The words of a recording on the pages: masked or, for those who may, as they were said; corrected; as files."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import Blueprint, Flask, Response, abort, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from console.calls import call_record, http
from console.calls.forms import CorrectionForm
from console.web import audit_marks
from console.web.access import LEADS, STAFF, allow, context
from console.web.audit_marks import touches
from console.web.forms import submitted
from hotline import clock
from hotline.errors import NotFound
from recordings.storage.queries import transcript_of
from recordings.transcripts import correction_service, downloads, masked_queries, queries, turn_figures
from recordings.transcripts.displayed_utterance import DisplayedUtterance
from routing.calls import queries as calls

if TYPE_CHECKING:
    from hotline.models import Transcript

pages = Blueprint("transcripts", __name__)
ORIGINAL = "original"


def equip(app: Flask) -> None:
    """Give the templates of `app` what every page with a transcript shows it by."""
    app.jinja_env.globals.update(
        shown_lines=shown_lines,
        dialogue_figures=lambda transcript: turn_figures.figures(transcript.utterances, transcript.language),
        may_see_original=may_see_original,
        sees_original=sees_original,
        view_of=view_of,
    )


def may_see_original() -> bool:
    """Return whether the signed-in user may see and hear what names people; others get it masked."""
    return current_user.role in LEADS


def sees_original() -> bool:
    """Return whether this request asks for the original, and may."""
    return request.args.get("words") == ORIGINAL and may_see_original()


def view_of(*, original: bool) -> str:
    """Return the address of this page with the words masked or not."""
    arguments: dict[str, Any] = {**(request.view_args or {}), **request.args.to_dict()}
    kept = {name: value for name, value in arguments.items() if name != "words"}
    kept |= {"words": ORIGINAL} if original else {}
    return url_for(str(request.endpoint), **kept)


def shown_lines(transcript: Transcript) -> list[DisplayedUtterance]:
    """Return the lines of a transcript as this request may see them; a look at the original is logged before it is
    shown.
    """
    original = sees_original()
    if original:
        audit_marks.note("view_original", ("transcript", transcript.id))
    with context().database.read() as session:
        call = calls.existing(session, transcript.call_id)
        return masked_queries.displayed_utterances(
            session, transcript, masked_queries.known_names(session, call), original=original
        )


@pages.get("/recordings/<recording_id>/transcript.<any(vtt, txt, json):form>")
@allow(*STAFF)
@touches("export_transcript", "recording", "recording_id")
def download(recording_id: str, form: str) -> ResponseReturnValue:
    """Return the words as WebVTT, text or JSON, masked unless the original is wished by one who may."""
    if request.args.get("words") == ORIGINAL and not may_see_original():
        abort(403)
    with context().database.read() as session:
        found = call_record.recording(session, recording_id)
        transcript = transcript_of(session, recording_id) if found else None
    if found is None or transcript is None or not http.may_see(found[1]):
        abort(404)
    audit_marks.note("export_transcript", ("recording", recording_id))
    facts = {
        "call": found[1].id,
        "recording": recording_id,
        "language": transcript.language.value,
        "engine": transcript.engine,
        "words": ORIGINAL if sees_original() else "masked",
    }
    text = downloads.write(form, shown_lines(transcript), facts)
    answer = Response(text, mimetype=downloads.FORMS[form])
    answer.headers["Content-Disposition"] = f'attachment; filename="{recording_id}.{form}"'
    return answer


@pages.post("/utterances/<utterance_id>/text")
@allow(*LEADS)
@touches("correct_utterance", "utterance", "utterance_id")
def correct(utterance_id: str) -> ResponseReturnValue:
    """Write down what was really said; the machine's text stays beside it."""
    with context().database.read() as session:
        transcript = queries.of_utterance(session, utterance_id)
    if transcript is None:
        abort(404)
    try:
        correction_service.correct(
            context().database,
            context().notifier,
            utterance_id,
            submitted(CorrectionForm).text.data,
            current_user.id,
            clock.now(),
        )
    except NotFound:
        abort(404)
    except correction_service.EmptyCorrection:
        audit_marks.failed()
        flash("call.correction_unfit")
    else:
        audit_marks.note("correct_utterance", ("utterance", utterance_id))
        flash("call.corrected_now")
    back = url_for("calls.show_call", call_id=transcript.call_id, words=ORIGINAL)
    return redirect(f"{back}#said-{utterance_id}")
