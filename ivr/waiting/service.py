"""The caller in line: what they hear, how they leave, and the way to a person when something went wrong."""

from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy.orm import Session

from hotline.models import Call
from hotline.outbox import transitions
from hotline.values.states.call import CallStatus
from hotline.values.states.leg import ENDED_LEGS, LegStatus
from hotline.values.states.queue_entry import QueueEntryState
from ivr.dialogue import decide, queries, rating, service
from ivr.dialogue.context import Desk, lost, sorry, where
from ivr.dialogue.queries import Standing
from ivr.outage import broken_off
from ivr.waiting import callback_dialogue
from routing.callbacks import queue_place
from routing.calls import conversations, legs
from routing.estimates import estimated_wait
from routing.queues import overflow
from routing.queues import queries as routing_queries
from telephony import webhook_urls
from telephony.turn import Turn
from telephony.vendor_words import QueueResult
from telephony.verbs import Enqueue, Gather, Hangup, Leave, Pause, Redirect, Say

KEY_SECONDS = 1
MOST_TRIES = 3  # seconds that a caller waits for the report on their agent's line, before it counts as hung up
RETRY_SECONDS = 2  # before a caller who could not be put in line is put there again


def wait(desk: Desk, call_id: str, turn: Turn, now: datetime) -> str:
    """What a caller hears in line: their place, then music, again and again; the emergency key works here too."""
    forecast = _forecast(desk, call_id, now)
    with desk.context.database.write() as session:
        known = queries.standing(session, call_id)
        if known is None:
            return desk.document((Leave(),))
        if known.status is CallStatus.IN_MENU:
            # Led out of the line while they were on the way into it: they leave the queue for where they stand.
            return callback_dialogue.resume(session, desk, known) or desk.document((Leave(),))
        if known.status is not CallStatus.WAITING:
            # On hold in a conference the document must lead back to itself, or there is silence after the music.
            again = (desk.sounds.hold(), Redirect(webhook_urls.wait(call_id)))
            return desk.document((Hangup(),) if known.status is CallStatus.ENDED else again)
        pressed = _pressed(session, desk, known, turn.digits or "", now)
        if pressed is not None:
            return pressed
        _heard(session, desk, known, now)
        estimated_wait.note(session, call_id, forecast, now)
    said = _told(desk, known, forecast)
    listening = Gather(decide.WAIT, (*said, desk.sounds.hold()), 1, KEY_SECONDS)
    return desk.document((listening,), call_id, known.turn)


def _pressed(session: Session, desk: Desk, known: Standing, key: str, now: datetime) -> str | None:
    """What the keys do that lead out of the line; `None` for others. A caller in an emergency has none of them."""
    if known.place.node == desk.flow.emergency:
        return None
    if key == desk.flow.keys.emergency:
        return _emergency(session, desk, known, now)
    if key == desk.flow.waiting_keys.call_back:
        return callback_dialogue.begin(session, desk, known, callback_dialogue.LINE, now)
    if key == desk.flow.waiting_keys.message:
        return _message(session, desk, known, now)
    return None


def _message(session: Session, desk: Desk, known: Standing, now: datetime) -> str | None:
    """The caller leaves the line to leave a message; `left` answers with it."""
    place, heard = decide.hear(known.place)
    moved = decide.leave_message(desk.flow, place, now)
    call = session.get_one(Call, known.call_id, with_for_update=True, populate_existing=True)
    if moved is None or call.status is not CallStatus.WAITING:
        return None
    if not queue_place.step_out(session, desk.context, call, now):
        return None
    told = decide.Told("key_pressed", {"node": place.node, "outcome": "message"})
    service.advance(session, desk, replace(known, status=call.status), decide.after((*heard, told), moved), now)
    return desk.document((Leave(),))


def _forecast(desk: Desk, call_id: str, now: datetime) -> estimated_wait.Forecast:
    """Read outside of the transaction that writes. Who stands in no line, though they wait, goes back to theirs."""
    with desk.context.database.read() as session:
        known = queries.standing(session, call_id)
        found = estimated_wait.of(session, desk.context.settings, call_id, now)
    if found is None and known is not None and known.status is CallStatus.WAITING:
        overflow.heal(desk.context, call_id, now)
    return found or estimated_wait.Forecast(1, estimated_wait.UNKNOWN)


def _told(desk: Desk, known: Standing, forecast: estimated_wait.Forecast) -> tuple[Say, ...]:
    """The place in line, the expected wait, and what else may be done; in an emergency the place alone."""
    language = known.place.language
    said = [desk.flow.position(forecast.position)[language]]
    if forecast.minutes != estimated_wait.UNKNOWN:
        said.append(desk.flow.wait(forecast.minutes)[language])
    if known.place.node != desk.flow.emergency:
        said.append(desk.flow.phrases["line_call_back"][language])
        said += [desk.flow.phrases["line_message"][language]] if desk.flow.message else []
    return tuple(Say(text, language) for text in said)


def _emergency(session: Session, desk: Desk, known: Standing, now: datetime) -> str:
    """The caller leaves this line for the emergency's; `left` answers with the new one."""
    place, heard = decide.hear(known.place)
    pressed = decide.Told("key_pressed", {"node": place.node, "outcome": "emergency"})
    moved = decide.emergency(desk.flow, place, now)
    service.advance(session, desk, known, decide.after((*heard, pressed), moved), now)
    return desk.document((Leave(),))


def _heard(session: Session, desk: Desk, known: Standing, now: datetime) -> None:
    """The call is alive; and what was said on the way into the line has been heard, which is written down once."""
    place, heard = decide.hear(known.place)
    if heard and queries.consent(session, known.call_id, place, now):
        events = [
            transitions.event(known.call_id, effect.kind, now) for effect in heard if isinstance(effect, decide.Told)
        ]
        transitions.tell_all(session, desk.context.notifier, events)
    queries.alive(session, known.call_id, now)


def left(desk: Desk, call_id: str, turn: Turn, now: datetime) -> str:
    """The caller left the exchange's queue: gone, on the way to an agent, or to be put in line again."""
    with desk.context.database.read() as session:
        known = queries.standing(session, call_id)
    if known is None:
        return lost(desk)
    if turn.queue_result is QueueResult.HUNG_UP:
        service.ended(desk.context, known.sid, legs.Report(known.sid, LegStatus.COMPLETED), now)
        return desk.document((Hangup(),))
    if turn.queue_result in {QueueResult.REDIRECTED, QueueResult.BRIDGED}:
        return desk.document(())  # the exchange goes on with the document that the router named
    if turn.queue_result is not QueueResult.LEFT and known.status is CallStatus.WAITING:
        verbs = decide.repeat(desk.flow, known.place)
        return desk.document((Pause(RETRY_SECONDS), *verbs), call_id, known.turn)
    return where(desk, known)


@dataclass(frozen=True)
class Out:
    """Which place in line had led the caller into the room they came out of, and how often we have asked since."""

    place_id: str
    tries: int = 0


def after(desk: Desk, call_id: str, came: tuple[Turn, Out], now: datetime) -> str:
    """The caller came out of the conference: a rating and goodbye, or in line again where an agent was lost."""
    turn, out = came
    if turn.status in ENDED_LEGS:
        return desk.document((Hangup(),))  # they hung up: the report on their line says so, too
    with desk.context.database.write() as session:
        known = queries.standing(session, call_id)
        if known is None:
            return sorry(desk)
        call = session.get_one(Call, call_id, with_for_update=True, populate_existing=True)
        conversations.not_met(session, desk.context, call, now)
        exit_ = conversations.came_out(session, desk.context, call, out.place_id, now)
        is_over = call.status is CallStatus.ENDED
        question = rating.ask(session, desk, known, call, now) if exit_ is conversations.Exit.OVER else None
    if question is not None:
        return question
    if exit_ is conversations.Exit.UNKNOWN and out.tries < MOST_TRIES:
        again = webhook_urls.conference_left(call_id, out.place_id, out.tries + 1)
        return desk.document((Pause(1), Redirect(again)))
    if exit_ is conversations.Exit.LINE and not is_over:
        # The router leads them into the line; should it be away, they come there by themselves.
        return desk.document((Pause(RETRY_SECONDS), Redirect(webhook_urls.requeued(call_id))))
    return desk.document((desk.phrase("thanks", known), Hangup()))


def again(desk: Desk, call_id: str) -> str:
    """The caller is in line again: they hear why, and wait."""
    with desk.context.database.read() as session:
        known = queries.standing(session, call_id)
        place = routing_queries.last_waiting(session, call_id)
    if known is None or place is None:
        return lost(desk)
    if known.status is not CallStatus.WAITING:
        return where(desk, known)
    reason = place.requeue_reason
    said = (desk.phrase(reason, known),) if reason is not None and reason in desk.flow.phrases else ()
    return desk.document((*said, Enqueue(place.queue, decide.WAIT, decide.LEFT)), call_id, known.turn)


def rescue(desk: Desk, turn: Turn, now: datetime) -> str:
    """Something went wrong on our side or on the way: an apology, and a person. Again: where the call stands."""
    if turn.call_sid is None:
        return sorry(desk)
    if turn.dial_status in {LegStatus.COMPLETED, LegStatus.ANSWERED}:
        broken_off.led_away(desk.context, turn.call_sid, now)
        return desk.document((Hangup(),))
    with desk.context.database.read() as session:
        known = queries.standing_of(session, turn.call_sid)
        waiting = None if known is None else routing_queries.last_waiting(session, known.call_id)
    if known is None:
        service.first(desk, turn, now)
    elif waiting is not None and waiting.state is QueueEntryState.CONNECTED and known.status is CallStatus.TALKING:
        # They came out of the room, and nobody of ours heard of it.
        return desk.document((Redirect(webhook_urls.conference_left(known.call_id, waiting.id)),))
    with desk.context.database.write() as session:
        known = queries.standing_of(session, turn.call_sid)
        if known is None:
            return sorry(desk)
        if known.status is not CallStatus.IN_MENU:
            return where(desk, known)
        place, heard = decide.hear(known.place)
        asked = decide.ask_for_person(desk.flow, place, now)
        said = decide.Outcome(asked.place, (desk.phrase("sorry", known), *asked.verbs), asked.effects)
        told = decide.Told("rescued", {"node": place.node})
        return service.advance(session, desk, known, decide.after((*heard, told), said), now) or sorry(desk)
