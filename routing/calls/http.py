"""The webhooks of routing: the agent's phone, the caller on the way to the conference, the conference itself."""

from flask import Blueprint, Response, current_app, request

from hotline import clock
from hotline.context import AppContext
from hotline.values.language import Language
from hotline.values.states.leg import ENDED_LEGS
from hotline.values.states.queue_entry import QueueEntryKind, QueueEntryState
from routing.calls import conversation_service, leg_service
from routing.offers import service as offer_service
from routing.queues import queries
from telephony import verbs, webhook_urls
from telephony.provider import twiml
from telephony.turn import parse

pages = Blueprint("routing", __name__)
TAKEN = {
    Language.MANDARIN: "这通电话已被接听，谢谢。",
    Language.ENGLISH: "This call has already been answered. Thank you.",
}


def _context() -> AppContext:
    context: AppContext = current_app.extensions["context"]
    return context


def _speak(*document: verbs.Verb) -> Response:
    return Response(twiml.render(document), mimetype="text/xml")


@pages.post("/voice/offers/<offer_id>/answer")
def answer(offer_id: str) -> Response:
    """Answer an agent who picked up: they join the call's conference, or hear that another was faster."""
    context = _context()
    won = offer_service.answer(context.database, context.notifier, offer_id, clock.now(), parse(request.form).call_sid)
    with context.database.read() as session:
        offer = queries.offer(session, offer_id)
        entry = None if offer is None else queries.entry_of(session, offer)
    if not won or offer is None or entry is None:
        language = context.settings.default_language
        return _speak(verbs.Say(TAKEN[language], language), verbs.Hangup())
    return _speak(
        verbs.JoinConference(
            conference=offer.call_id,
            action=webhook_urls.offer_done(offer_id),
            status_url=webhook_urls.conference_events(offer.call_id, offer_id),
            starts=True,
            ends=entry.kind is QueueEntryKind.CALLER,  # who is consulted may leave without ending anything
        )
    )


@pages.post("/voice/offers/<offer_id>/status")
def status(offer_id: str) -> Response:
    """Take a status callback of the agent's line."""
    turn = parse(request.form)
    if turn.call_sid is not None and turn.status is not None:
        report = leg_service.LegReport(turn.call_sid, turn.status, turn.sequence, turn.response_code)
        leg_service.agent_line(_context(), offer_id, report, clock.now())
    return Response(status=204)


@pages.post("/voice/offers/<offer_id>/done")
def done(offer_id: str) -> Response:
    """Answer an agent for whom the conference is over; the end of their line starts the wrap-up."""
    if parse(request.form).status not in ENDED_LEGS:
        conversation_service.dismissed(_context().database, offer_id, clock.now())
    return _speak(verbs.Hangup())


@pages.post("/voice/calls/<call_id>/connect")
def connect(call_id: str) -> Response:
    """Answer a caller whom the router sent here: into the conference with the agent who won, or back to the queue."""
    with _context().database.read() as session:
        entry = queries.latest_entry(session, call_id)
    if entry is None:
        return _speak(verbs.Hangup())
    if entry.state is QueueEntryState.WAITING:
        return _speak(verbs.Redirect(webhook_urls.requeued(call_id)))
    return _speak(
        verbs.JoinConference(
            conference=call_id,
            action=webhook_urls.conference_left(call_id, entry.id),
            status_url=webhook_urls.conference_events(call_id, entry.winner_id or ""),
            starts=True,
            ends=True,
        )
    )


@pages.post("/voice/conferences/<call_id>/events")
def events(call_id: str) -> Response:
    """Take a status callback of the conference of a call: its start is the moment the caller hears a person."""
    turn = parse(request.form)
    if turn.event == "conference-start":
        context = _context()
        with context.database.write() as session:
            call = queries.locked_call(session, call_id)
            if call is not None:
                conversation_service.connected(session, context.notifier, call, clock.now(), request.args.get("offer"))
    return Response(status=204)
