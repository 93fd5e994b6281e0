"""Agents as staff change them: name, department, telephone, skills and languages. One transaction of the caller.

The staff number stays: files, commands and reports know the person by it. What was changed here, the hospital's file
leaves alone when it is loaded again (`routing.agents.hospital_file`).
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from hotline.errors import NotFound
from hotline.models import Agent, Department, Skill
from hotline.outbox import floor_events
from hotline.outbox.notifier import FLOOR, ROUTER, Notifier
from hotline.values.language import Language
from hotline.values.states.agent import AgentState, AgentStatus
from routing.agents.hospital_service import change_telephone, set_levels
from routing.agents.status_service import choose_status
from routing.errors import AgentRefused
from routing.queues.queue_fields import MOST_LEVEL
from telephony.agent_address import ADDRESS, CLIENT

LONGEST_NAME = 80
HELD = frozenset({AgentState.OFFERED, AgentState.TALKING})


@dataclass(frozen=True)
class AgentProfile:
    """An agent as they are to be; `levels` from 1 to 5 by skill and language."""

    name: str
    address: str
    department: str | None
    levels: Mapping[str, int]


def of(agent: Agent) -> AgentProfile:
    """Return the agent as they are."""
    return AgentProfile(agent.name, agent.address, agent.department, {row.skill: row.level for row in agent.skills})


def stamp(agent: Agent) -> str:
    """Return a digest of what can be edited: a form that was opened before somebody else's change is known by it."""
    now = of(agent)
    text = repr((now.name, now.address, now.department, sorted(now.levels.items())))
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def numbered(session: Session, staff_number: str) -> Agent:
    """Return the agent with this staff number. Raises `NotFound`."""
    agent = session.scalar(select(Agent).where(Agent.staff_number == staff_number))
    if agent is None:
        raise NotFound(f"no agent has the staff number {staff_number!r}; `hotline agents list` shows them")
    return agent


def edit(
    session: Session, notifier: Notifier, agent_id: str, wanted: AgentProfile, now: datetime, seen: str | None = None
) -> list[str]:
    """Make the agent as `wanted`; the actions for the audit log, one per field that changed.

    Another telephone takes effect with the next call; an agent whose old or new one is a browser's goes offline until
    they say from there that they are available. `seen` is the `stamp` of the agent that was edited.
    Raises `NotFound` and `AgentRefused`.
    """
    agent = session.get(Agent, agent_id, with_for_update=True)
    if agent is None:
        raise NotFound(f"no agent {agent_id}")
    if seen is not None and seen != stamp(agent):
        raise AgentRefused("changed_meanwhile", "", "somebody else has changed this agent")
    before = of(agent)
    _check(session, agent, wanted)
    actions = _actions(before, wanted)
    if not actions:
        return []
    change_telephone(agent, wanted.address)
    agent.name, agent.department, agent.edited_at = wanted.name, wanted.department, now
    set_levels(agent, wanted.levels)
    _flush(session)
    if before.address != wanted.address and CLIENT in (before.address[: len(CLIENT)], wanted.address[: len(CLIENT)]):
        agent.page_phone_since = None
        choose_status(session, notifier, agent, AgentStatus.OFFLINE, now)
    floor_events.happened(session, agent)
    notifier.notify_after(session, ROUTER)
    notifier.notify_after(session, FLOOR)
    return actions


def _check(session: Session, agent: Agent, wanted: AgentProfile) -> None:
    if not 0 < len(wanted.name) <= LONGEST_NAME:
        raise AgentRefused("name_missing", "name", f"an agent needs a name of at most {LONGEST_NAME} characters")
    if wanted.department is not None and session.get(Department, wanted.department) is None:
        raise AgentRefused("department_unknown", "department", f"no department {wanted.department!r}")
    _check_address(session, agent, wanted.address)
    known = set(session.scalars(select(Skill.name))) | set(Language)
    for name, level in wanted.levels.items():
        if name not in known or not 1 <= level <= MOST_LEVEL:
            raise AgentRefused("level_unfit", "levels", f"{name!r}: a known skill or language, level 1 to {MOST_LEVEL}")


def _check_address(session: Session, agent: Agent, address: str) -> None:
    if not ADDRESS.fullmatch(address):
        raise AgentRefused(
            "address_unfit", "address", "write client:NAME for a browser, or a number like +861012345678"
        )
    if address == agent.address:
        return
    if agent.state in HELD:
        raise AgentRefused("busy", "address", "the telephone rings or is in a call; change it afterwards")
    if session.scalar(select(Agent.id).where(Agent.address == address, Agent.id != agent.id)) is not None:
        raise AgentRefused("address_taken", "address", "another agent has this telephone")


def _actions(before: AgentProfile, wanted: AgentProfile) -> list[str]:
    changes = {
        "rename_agent": before.name != wanted.name,
        "agent_department": before.department != wanted.department,
        "agent_address": before.address != wanted.address,
        "agent_levels": dict(before.levels) != dict(wanted.levels),
    }
    return [action for action, is_changed in changes.items() if is_changed]


def _flush(session: Session) -> None:
    """Write; a telephone that another process gave away meanwhile is refused as if it had been seen."""
    try:
        session.flush()
    except IntegrityError as error:
        raise AgentRefused("address_taken", "address", "another agent has this telephone") from error
