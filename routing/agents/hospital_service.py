"""A hospital's departments, agents, skills and queues as rows; storing a file again changes what changed in it.

Agents whom staff have edited since (`routing.agents.roster_service`) stay as they are, unless the file is to overwrite
them. Names and labels of the queue file go into the database along with it.
"""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from hotline.configuration.errors import FileFault
from hotline.database.database import Database
from hotline.errors import NotFound
from hotline.models import Agent, AgentSkill, Department, Queue, Skill
from hotline.values.language import Language
from hotline.values.states.agent import AbsenceReason, AgentState
from routing.agents.hospital_file import AgentEntry, Hospital
from routing.queues.queues import QueueRules, Text

LANGUAGE_NAMES = {
    Language.MANDARIN: {Language.MANDARIN: "普通话", Language.ENGLISH: "Mandarin"},
    Language.ENGLISH: {Language.MANDARIN: "英语", Language.ENGLISH: "English"},
}


def store(session: Session, hospital: Hospital, now: datetime, *, overwrites: bool = False) -> list[str]:
    """Write it down: what is there is changed, what is new is added, nothing is removed (calls may refer to it).

    Returns the staff numbers of agents who differ from the file and were left alone, as staff have edited them; with
    `overwrites` the file is right about these too, and about them from then on.
    """
    for name, text in hospital.departments.items():
        session.merge(Department(name=name, **_labels(text)))
    store_rules(session, hospital.rules)
    known = {agent.staff_number: agent for agent in session.scalars(select(Agent).with_for_update())}
    edited = {number for number, agent in known.items() if agent.edited_at is not None and not overwrites}
    try:
        for number, part in hospital.agents.items():
            if number not in edited:
                _store_agent(session, known.get(number), number, part, now)
        session.flush()
    except IntegrityError as error:
        fault = "agents: two would have the same telephone; `hotline agents list` shows who has which"
        raise FileFault([fault]) from error
    return [number for number, part in hospital.agents.items() if number in edited and not _is_as(known[number], part)]


def store_rules(session: Session, rules: QueueRules) -> None:
    """Names and labels of skills, languages and queues, as rows of agents and calls refer to them."""
    skills = {**rules.skills, **{language.value: text for language, text in LANGUAGE_NAMES.items()}}
    for name, text in skills.items():
        session.merge(Skill(name=name, **_labels(text)))
    for name, queue in rules.queues.items():
        session.merge(Queue(name=name, **_labels(queue.label)))
    session.flush()


def _labels(text: Text) -> dict[str, str]:
    return {"label_zh": text[Language.MANDARIN], "label_en": text[Language.ENGLISH]}


def _is_as(agent: Agent, part: AgentEntry) -> bool:
    levels = {row.skill: row.level for row in agent.skills}
    return (agent.name, agent.address, agent.department, levels) == (
        part.name, part.address, part.department, dict(part.levels)
    )  # fmt: skip


def _store_agent(session: Session, agent: Agent | None, number: str, part: AgentEntry, now: datetime) -> None:
    if agent is None:
        agent = Agent(staff_number=number, status=part.status, state=AgentState.IDLE, state_since=now)
        agent.is_present, agent.absence_reason, agent.presence_since = False, AbsenceReason.NOT_CONNECTED, now
        session.add(agent)
    else:
        change_telephone(agent, part.address)
    agent.name, agent.address, agent.department, agent.edited_at = part.name, part.address, part.department, None
    agent.signs_in = part.signs_in
    set_levels(agent, part.levels)


def change_telephone(agent: Agent, address: str) -> None:
    """Give the agent this telephone; of another one nothing is known yet (`routing.agents.presence`)."""
    if agent.address != address:
        agent.registered = agent.registration = agent.registered_page = agent.dial_after = None
        agent.address, agent.dial_failures = address, 0


def set_levels(agent: Agent, levels: Mapping[str, int]) -> None:
    """Give the agent exactly these skills and languages."""
    kept = {row.skill: row for row in agent.skills}
    for skill, level in levels.items():
        if skill in kept:
            kept[skill].level = level
        else:
            agent.skills.append(AgentSkill(skill=skill, level=level))
    for skill, row in kept.items():
        if skill not in levels:
            agent.skills.remove(row)


def agent_id(database: Database, staff_number: str) -> str:
    """Return the id of the agent with this staff number. Raises `NotFound`."""
    with database.read() as session:
        found = session.scalar(select(Agent.id).where(Agent.staff_number == staff_number))
    if found is None:
        raise NotFound(f"no agent has the staff number {staff_number!r}; `hotline db load FILE` adds agents")
    return found
