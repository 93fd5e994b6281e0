"""Which cases staff need to see: those of their calls and of their work, for as long as it lasts. Pure.

Leads see all. `crm.cases.queries.visible_to` states the same rule for lists.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from hotline.values.states.case import CaseState, Urgency

# So long after a call's end, or the closing of a case of one's own, there may be something left to do.
AFTERCARE = timedelta(days=7)


class SeenCase(Protocol):
    """What the rule asks of a case."""

    state: CaseState
    urgency: Urgency
    owner_agent_id: str | None
    closed_at: datetime | None
    caller_index: str | None


@dataclass(frozen=True)
class Reader:
    """Who reads: `queues` whose callers ring at them, `on_line` the callers (by index) whom they have now."""

    sees_all: bool
    agent_id: str | None = None
    queues: frozenset[str] = field(default=frozenset())
    on_line: frozenset[str] = field(default=frozenset())

    def sees(self, case: SeenCase, queue: str | None, now: datetime) -> bool:
        """Tell whether this case, whose call asked for `queue`, is theirs to see at `now`."""
        if self.sees_all:
            return True
        is_closed = case.state is CaseState.CLOSED
        if self.agent_id is None:
            return False
        if case.owner_agent_id is not None:
            lasts = not is_closed or (case.closed_at is not None and case.closed_at > now - AFTERCARE)
            return case.owner_agent_id == self.agent_id and lasts
        # Nobody's: whoever answers its queue takes it; one without a queue, or urgent, is for everyone.
        is_theirs = queue is None or queue in self.queues or case.caller_index in self.on_line
        return not is_closed and (is_theirs or case.urgency is Urgency.URGENT)


def may_act(case: SeenCase, *, agent_id: str | None, sees_all: bool) -> bool:
    """Tell whether a user may hand the case over and move it: leads all of them, agents (`agent_id`) their own."""
    return sees_all or (agent_id is not None and case.owner_agent_id == agent_id)
