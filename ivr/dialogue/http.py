"""The webhooks of the caller's line. The app has checked their signatures; every answer is TwiML."""

from flask import Blueprint, Response, current_app, request

from hotline import clock
from ivr.dialogue import context as desk
from ivr.dialogue import rating, service
from ivr.dialogue.context import Desk
from ivr.errors import PromptMissing
from ivr.waiting import callback_answer, callback_dialogue
from ivr.waiting import service as waiting_service
from routing.calls import legs
from telephony import turn, twiml

pages = Blueprint("ivr", __name__)
FOR_EVER = "public, max-age=31536000, immutable"


def _desk() -> Desk:
    found: Desk = current_app.extensions["desk"]
    found.sounds.refresh(clock.now())
    return found


def _answer(document: str) -> Response:
    return Response(document, content_type=twiml.CONTENT_TYPE)


@pages.post("/voice/calls")
def first() -> Response:
    """The number's voice address: a call comes in. `menu` in the address: straight to the menu."""
    desk, said = _desk(), turn.parse(request.form)
    greeted = desk.greeter(said) if desk.greeter is not None and "menu" not in request.args else None
    return _answer(greeted or service.first(desk, said, clock.now()))


@pages.post("/voice/calls/<call_id>/turns/<int:number>")
def next_turn(call_id: str, number: int) -> Response:
    """A key, or the time for one has passed."""
    return _answer(service.turn(_desk(), call_id, number, turn.parse(request.form), clock.now()))


@pages.post("/voice/calls/<call_id>/wait")
def wait(call_id: str) -> Response:
    """What a caller in line hears next."""
    return _answer(waiting_service.wait(_desk(), call_id, turn.parse(request.form), clock.now()))


@pages.post("/voice/calls/<call_id>/left")
def left(call_id: str) -> Response:
    """The caller left the exchange's queue."""
    return _answer(waiting_service.left(_desk(), call_id, turn.parse(request.form), clock.now()))


@pages.post("/voice/calls/<call_id>/after")
def after(call_id: str) -> Response:
    """The caller came out of the conference: the conversation is over, or an agent's line was lost."""
    said = waiting_service.Out(request.args.get("entry", ""), _tries(request.args.get("checks", "")))
    return _answer(waiting_service.after(_desk(), call_id, (turn.parse(request.form), said), clock.now()))


@pages.post("/voice/calls/<call_id>/rating")
def rated(call_id: str) -> Response:
    """A key after the question for a rating, or none."""
    return _answer(rating.answered(_desk(), call_id, turn.parse(request.form), clock.now()))


@pages.post("/voice/calls/<call_id>/line")
def line_again(call_id: str) -> Response:
    """The caller is in line again: why, and the line."""
    return _answer(waiting_service.again(_desk(), call_id))


def _tries(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 3 else 0


@pages.post("/voice/calls/<call_id>/callback/<step>/<at>")
def call_back(call_id: str, step: str, at: str) -> Response:
    """A key in the dialogue about a call-back."""
    return _answer(
        callback_dialogue.turn(
            _desk(), call_id, step, f"{at}+" if "second" in request.args else at, turn.parse(request.form), clock.now()
        )
    )


@pages.post("/voice/calls/<call_id>/overflow")
def overflow(call_id: str) -> Response:
    """The router leads the caller out of the line: `kind` says where to, `to` a number."""
    kind, number = request.args.get("kind", ""), request.args.get("to", "")
    return _answer(callback_dialogue.overflow(_desk(), call_id, kind, number, clock.now()))


@pages.post("/voice/calls/<call_id>/forwarded")
def led(call_id: str) -> Response:
    """The connection with another number is over, or did not come about."""
    return _answer(callback_dialogue.led(_desk(), call_id, turn.parse(request.form), clock.now()))


@pages.post("/voice/callbacks/<callback_id>/<int:attempt>/answer")
def called_back(callback_id: str, attempt: int) -> Response:
    """A patient who is called back has picked up."""
    return _answer(callback_answer.answered(_desk(), callback_id, attempt, turn.parse(request.form), clock.now()))


@pages.post("/voice/callbacks/<callback_id>/<int:attempt>/join")
def back(callback_id: str, attempt: int) -> Response:
    """They heard who calls, and stay."""
    del attempt
    return _answer(callback_answer.joined(_desk(), callback_id, turn.parse(request.form), clock.now()))


@pages.post("/voice/callbacks/<callback_id>/<int:attempt>/status")
def back_status(callback_id: str, attempt: int) -> Response:
    """A status callback of the line of a call-back."""
    said = turn.parse(request.form)
    if said.call_sid is not None and said.status is not None:
        report = legs.Report(said.call_sid, said.status, said.sequence)
        callback_answer.reported(_desk(), callback_id, attempt, report, clock.now())
    return Response(status=204)


@pages.post("/voice/calls/status")
def status() -> Response:
    """A status callback of the caller's line."""
    said = turn.parse(request.form)
    if said.call_sid is not None and said.status is not None:
        context = _desk().context
        service.ended(context, said.call_sid, legs.Report(said.call_sid, said.status, said.sequence), clock.now())
    return Response(status=204)


@pages.post(desk.FALLBACK)
def fallback() -> Response:
    """The number's fallback address: the exchange could not use an answer. Without database the app keeps them."""
    return _answer(waiting_service.rescue(_desk(), turn.parse(request.form), clock.now()))


@pages.get("/voice/prompts/<digest>.wav")
def prompt(digest: str) -> Response:
    """The sound of a prompt; it holds no patient data, so it needs no signature."""
    try:
        sound = _desk().sounds.audio(digest)
    except PromptMissing:
        return Response(status=404)
    return Response(sound, mimetype="audio/wav", headers={"Cache-Control": FOR_EVER})
