"""What an agent does with the caller they talk to: hang up, hold, hand on. Rows are written, the router acts on them.

The page says so before its telephone hangs up: a line that ends without a word was lost.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from flask import Blueprint, jsonify, request
from flask.typing import ResponseReturnValue
from flask_login import current_user

from console.desk.forms import HoldForm, TransferForm
from console.web import audit_marks, language
from console.web.access import STAFF, allow, context
from console.web.audit_marks import touches
from console.web.forms import submitted
from hotline import clock
from hotline.values.states.agent import AgentState
from hotline.values.states.call import CallStatus
from routing.agents import queries as agent_queries
from routing.calls import conference_service, transfer_service
from routing.calls import queries as call_queries
from routing.errors import CannotTransfer
from routing.queues import queries

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from hotline.models import Offer

pages = Blueprint("talk", __name__)
STEPS = {"complete": transfer_service.complete, "merge": transfer_service.merge, "back": transfer_service.take_back}


@pages.post("/desk/hang-up")
@allow(*STAFF)
@touches("hang_up_call", "call", "call")
def hang_up() -> ResponseReturnValue:
    """The agent is done with this caller: the end of their line, which follows, is no lost one."""

    def done(session: Session, offer: Offer) -> None:
        transfer_service.let_go(session, context().notifier, offer, clock.now())

    return _with_offer(done)


@pages.post("/desk/hold")
@allow(*STAFF)
@touches("hold_call", "call", "call")
def hold() -> ResponseReturnValue:
    """The caller hears music, or the agent again."""
    is_held = submitted(HoldForm).held.data

    def done(session: Session, offer: Offer) -> None:
        call = call_queries.existing(session, offer.call_id)
        if call.status is CallStatus.TALKING:
            transfer_service.hold(session, context().notifier, call, clock.now(), is_held=is_held)

    return _with_offer(done)


@pages.post("/desk/transfer")
@allow(*STAFF)
@touches("transfer_call", "call", "call")
def ask() -> ResponseReturnValue:
    """Hand the caller on: `to` is `agent:ID` or `queue:NAME`, `how` is blind or consult, `note` is for who answers."""
    form = TransferForm(formdata=request.form)
    if not form.validate():
        return _refused("no_such_agent")
    wish = transfer_service.TransferRequest(form.how.data, form.target("agent"), form.target("queue"), form.note.data)

    def done(session: Session, offer: Offer) -> None:
        transfer_service.begin(session, context().notifier, context().settings, offer, wish, clock.now())

    return _with_offer(done)


@pages.post("/desk/transfer/<step>")
@allow(*STAFF)
@touches("move_transfer", "call", "call")
def go_on(step: str) -> ResponseReturnValue:
    """`complete`, `merge` or take `back` the transfer that the agent began."""
    act = STEPS.get(step)
    if act is None:
        return "", 404

    def done(session: Session, offer: Offer) -> None:
        transfer = conference_service.transfer_of(session, offer.call_id)
        if transfer is None or transfer.from_offer_id != offer.id:
            raise CannotTransfer("not_talking")
        act(session, context().notifier, transfer, clock.now())

    return _with_offer(done)


def _with_offer(act: Callable[[Session, Offer], None]) -> ResponseReturnValue:
    """Do it with the offer that holds the signed-in agent in a conversation, the call locked."""
    try:
        with context().database.write() as session:
            agent = agent_queries.find(session, current_user.agent_id)
            if agent is None:
                return "", 404
            offer = queries.locked_offer(session, agent.offer_id or "")
            if offer is None or agent.state is not AgentState.TALKING or offer.ended_at is not None:
                return _refused("not_talking")
            audit_marks.about(offer.call_id)
            act(session, offer)
    except CannotTransfer as error:
        return _refused(error.why)
    return "", 204


def _refused(why: str) -> ResponseReturnValue:
    words = language.words(language.chosen(request))
    return jsonify(why=why, text=words(f"transfer.{why}")), 409
