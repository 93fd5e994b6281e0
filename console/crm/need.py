"""Which patients and cases an agent needs: those of their calls and of their work, for as long as it lasts.

Leads see all. The same rule stands here as a decision about one case and as conditions for lists.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from flask_login import current_user
from sqlalchemy import ColumnElement, and_, false, or_, select, true
from sqlalchemy.orm import Session

from console.web.access import context
from hotline.models import Agent, Call, Case, Offer
from hotline.values.states.case import CaseState, Urgency
from routing.queues import queues_file

# So long after a call's end, or the closing of a case of one's own, there may be something left to do.
AFTER = timedelta(days=7)


@dataclass(frozen=True)
class Reader:
    """Who reads: `queues` whose callers ring at them, `on_line` the callers (by index) whom they have now."""

    sees_all: bool
    agent_id: str | None = None
    queues: frozenset[str] = field(default=frozenset())
    on_line: frozenset[str] = field(default=frozenset())

    def sees(self, case: Case, queue: str | None, now: datetime) -> bool:
        """Whether this case, whose call asked for `queue`, is theirs to see at `now`."""
        if self.sees_all:
            return True
        is_closed = case.state is CaseState.CLOSED
        if self.agent_id is None:
            return False
        if case.owner_agent_id is not None:
            lasts = not is_closed or (case.closed_at is not None and case.closed_at > now - AFTER)
            return case.owner_agent_id == self.agent_id and lasts
        # Nobody's: whoever answers its queue takes it; one without a queue, or urgent, is for everyone.
        is_theirs = queue is None or queue in self.queues or case.caller_index in self.on_line
        return not is_closed and (is_theirs or case.urgency is Urgency.URGENT)

    def claims(self, now: datetime) -> ColumnElement[bool]:
        """The same as a condition on cases."""
        if self.sees_all:
            return true()
        if self.agent_id is None:
            return false()
        is_open = Case.state != CaseState.CLOSED
        elsewhere = select(Call.id).where(Call.queue.is_not(None), Call.queue.not_in(self.queues))
        is_theirs = or_(
            Case.call_id.is_(None),
            Case.call_id.not_in(elsewhere),
            Case.caller_index.in_(self.on_line),
            Case.urgency == Urgency.URGENT,
        )
        own = and_(Case.owner_agent_id == self.agent_id, or_(is_open, Case.closed_at > now - AFTER))
        return or_(own, and_(Case.owner_agent_id.is_(None), is_open, is_theirs))


def reader(session: Session) -> Reader:
    """The signed-in user as a reader."""
    agent = session.get(Agent, current_user.agent_id) if current_user.agent_id else None
    if current_user.sees_all_calls or agent is None:
        return Reader(bool(current_user.sees_all_calls))
    held = select(Call.caller_index).join(Offer, Offer.call_id == Call.id).where(Offer.id == (agent.offer_id or "-"))
    on_line = frozenset(index for index in session.scalars(held) if index)
    return Reader(False, agent.id, _queues(agent), on_line)


def _queues(agent: Agent) -> frozenset[str]:
    """The queues whose wish they fit, by the levels of their skills."""
    levels = {one.skill: one.level for one in agent.skills}
    found = queues_file.of(context().settings).queues.values()
    return frozenset(
        queue.name for queue in found if all(levels.get(name, 0) >= need.least for name, need in queue.wish.items())
    )
