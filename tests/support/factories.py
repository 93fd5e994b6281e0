"""Rows for tests: a small hospital, calls in line, offers."""

from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import select, update

from hotline.clock import new_id
from hotline.context import AppContext
from hotline.models import Agent, Call, Offer, QueueEntry
from hotline.values.language import Language
from hotline.values.states.agent import SignsIn
from hotline.values.states.offer import OfferState
from routing.agents import hospital_file, hospital_service
from routing.offers import service as offer_service
from routing.queues import queues_file, service
from routing.queues.service import QueueRequest

NOW = datetime(2026, 3, 2, 8, 30, tzinfo=UTC)
SAMPLE = Path("cli/demo/hospital.yaml")


def load_hospital(context: AppContext, now: datetime = NOW) -> dict[str, Agent]:
    """The sample hospital in the database; its agents by staff number, at work by their telephones alone."""
    with context.database.write() as session:
        hospital_service.store(session, hospital_file.read(SAMPLE, queues_file.of(context.settings)), now)
        session.execute(update(Agent).values(signs_in=SignsIn.TELEPHONE, is_present=True, absence_reason=None))
    with context.database.read() as session:
        return {agent.staff_number: agent for agent in session.scalars(select(Agent))}


def call_in_line(context: AppContext, wish: QueueRequest | None = None, now: datetime = NOW) -> tuple[Call, QueueEntry]:
    """A caller who asked for a person at `now`."""
    call = Call(
        id=new_id(),
        provider_sid=f"CA{new_id()}",
        language=Language.ENGLISH,
        dialogue_state={},
        started_at=now,
        last_report_at=now,
    )
    with context.database.write() as session:
        session.add(call)
        session.flush()
        waiting = service.join(session, context.notifier, context.settings, call, wish or QueueRequest("booking"), now)
    return call, waiting


def offer_to(context: AppContext, waiting: QueueEntry, agent: Agent, now: datetime = NOW) -> Offer:
    """A live offer of this caller to this agent; fails when the agent could not be leased."""
    offer = Offer(
        id=new_id(), queue_entry_id=waiting.id, call_id=waiting.call_id, agent_id=agent.id,
        state=OfferState.STARTED, ring=1, rings=3, reasons=[], started_at=now,
    )  # fmt: skip
    assert offer_service.start(context.database, context.notifier, offer)
    return offer
