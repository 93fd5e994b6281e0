"""The webhooks of a caller who waits, of their callback, and of what follows the conversation."""

from flask import Blueprint, Response, request

from hotline import clock
from ivr.dialogue.http import reported, spoken, voice_context
from ivr.waiting import callback_answer_service, service
from ivr.waiting.callback_dialogue import CallbackTurn
from telephony import turn

pages = Blueprint("waiting", __name__)


@pages.post("/voice/calls/<call_id>/wait")
def wait(call_id: str) -> Response:
    """Answer what a caller hears next who waits."""
    return spoken(service.wait(voice_context(), call_id, turn.parse(request.form), clock.now()))


@pages.post("/voice/calls/<call_id>/queue-left")
def queue_left(call_id: str) -> Response:
    """Answer a caller who left the provider's queue."""
    return spoken(service.queue_left(voice_context(), call_id, turn.parse(request.form), clock.now()))


@pages.post("/voice/calls/<call_id>/conference-left")
def conference_left(call_id: str) -> Response:
    """Answer a caller who left the conference: the conversation is over, or an agent's line was lost."""
    entry_id, checks = request.args.get("entry", ""), _small_number(request.args.get("checks", ""))
    told = turn.parse(request.form)
    return spoken(
        service.conference_left(voice_context(), call_id, told, entry_id=entry_id, checks=checks, now=clock.now())
    )


def _small_number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 3 else 0


@pages.post("/voice/calls/<call_id>/rating")
def rated(call_id: str) -> Response:
    """Answer a key after the question for a rating, or none."""
    return spoken(service.rated(voice_context(), call_id, turn.parse(request.form), clock.now()))


@pages.post("/voice/calls/<call_id>/requeued")
def requeued(call_id: str) -> Response:
    """Answer a caller who waits again: why, and the queue."""
    return spoken(service.requeued(voice_context(), call_id))


@pages.post("/voice/calls/<call_id>/callback/<step>/<where>")
def callback_turn(call_id: str, step: str, where: str) -> Response:
    """Answer a key in the dialogue about a callback."""
    keys = turn.parse(request.form).digits or ""
    told = CallbackTurn(step, where, keys, is_second_try="second" in request.args)
    return spoken(service.callback_turn(voice_context(), call_id, told, clock.now()))


@pages.post("/voice/calls/<call_id>/overflow")
def overflow(call_id: str) -> Response:
    """Answer a caller whom the router took out of the queue: `kind` says where to, `to` a number."""
    kind, number = request.args.get("kind", ""), request.args.get("to", "")
    return spoken(service.overflows(voice_context(), call_id, kind, number, clock.now()))


@pages.post("/voice/calls/<call_id>/forwarded")
def forwarded(call_id: str) -> Response:
    """Answer when the connection with another number is over, or did not come about."""
    return spoken(service.forwarded(voice_context(), call_id, turn.parse(request.form), clock.now()))


@pages.post("/voice/callbacks/<callback_id>/<int:attempt>/answer")
def callback_answered(callback_id: str, attempt: int) -> Response:
    """Answer a patient who is called back and has picked up."""
    told = turn.parse(request.form)
    return spoken(callback_answer_service.answered(voice_context(), callback_id, attempt, told, clock.now()))


@pages.post("/voice/callbacks/<callback_id>/<int:attempt>/join")
def callback_joined(callback_id: str, attempt: int) -> Response:
    """Answer a patient who heard who calls, and stays."""
    del attempt
    return spoken(callback_answer_service.joined(voice_context(), callback_id, turn.parse(request.form), clock.now()))


@pages.post("/voice/callbacks/<callback_id>/<int:attempt>/status")
def callback_status(callback_id: str, attempt: int) -> Response:
    """Take a status callback of the line of a callback."""
    report = reported()
    if report is not None:
        callback_answer_service.reported(voice_context(), callback_id, attempt, report, clock.now())
    return Response(status=204)
