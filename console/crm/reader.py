"""The signed-in user as a reader of cases: which queues and callers are theirs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask_login import current_user

from console.web.access import context
from crm.cases.visibility import Reader
from routing.agents import queries as agents
from routing.calls import queries as calls
from routing.queues import queues_file

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from hotline.models import Agent


def reader(session: Session) -> Reader:
    """Return the signed-in user as a reader."""
    agent = agents.find(session, current_user.agent_id)
    if current_user.sees_all_calls or agent is None:
        return Reader(bool(current_user.sees_all_calls))
    caller = calls.caller_of_offer(session, agent.offer_id)
    return Reader(False, agent.id, _queues(agent), frozenset([caller] if caller else []))


def _queues(agent: Agent) -> frozenset[str]:
    """Return the queues whose required skills the agent has."""
    levels = {one.skill: one.level for one in agent.skills}
    found = queues_file.of(context().settings).queues.values()
    return frozenset(
        queue.name
        for queue in found
        if all(levels.get(name, 0) >= need.least for name, need in queue.required_skills.items())
    )
