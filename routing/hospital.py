"""A hospital's departments, skills, queues and agents from a YAML file; loading it again changes what changed."""

from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator
from sqlalchemy import select
from sqlalchemy.orm import Session

from hotline.errors import ConfigError, NotFound
from hotline.ground import Ground
from hotline.models import Agent, AgentSkill, Department, Queue, Skill
from hotline.values import AgentState, AgentStatus, Language

Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
Level = Annotated[int, Field(ge=1, le=5)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Labelled(_Part):
    """Something with a name in both languages."""

    zh: str
    en: str


class QueuePart(Labelled):
    """A queue: see `hotline.models.Queue`."""

    skill: Name
    min_level: Level = 1
    rings: Annotated[int, Field(ge=1, le=10)] = 3
    priority: Annotated[int, Field(ge=0, le=1000)] = 0
    overflow: Name | None = None
    wrap_up_seconds: Annotated[int, Field(ge=0, le=3600)] = 30


class AgentPart(_Part):
    """An agent: name, phone address, department, skills with levels, languages with levels."""

    name: str
    address: Annotated[str, Field(pattern=r"^(client:[A-Za-z0-9_.-]{1,60}|\+[1-9][0-9]{4,14})$")]
    department: Name | None = None
    status: AgentStatus = AgentStatus.OFFLINE
    skills: dict[Name, Level]
    languages: dict[Language, Level]


class Hospital(_Part):
    """The whole file; every name that one part uses is declared by another."""

    departments: dict[Name, Labelled] = {}
    skills: dict[Name, Labelled]
    queues: dict[Name, QueuePart]
    agents: dict[str, AgentPart]

    @model_validator(mode="after")
    def _names_are_known(self) -> "Hospital":
        for name, queue in self.queues.items():
            if queue.skill not in self.skills:
                raise ValueError(f"queues.{name}.skill: no skill {queue.skill!r}; declare it under skills")
            if queue.overflow is not None and queue.overflow not in self.queues:
                raise ValueError(f"queues.{name}.overflow: no queue {queue.overflow!r}")
        for number, agent in self.agents.items():
            for skill in agent.skills:
                if skill not in self.skills:
                    raise ValueError(f"agents.{number}.skills: no skill {skill!r}; declare it under skills")
            if agent.department is not None and agent.department not in self.departments:
                raise ValueError(f"agents.{number}.department: no department {agent.department!r}")
        return self


def read(path: Path) -> Hospital:
    """Read and check the file. Raises `ConfigError` that names the file, each field and what is wrong with it."""
    try:
        raw: Any = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, yaml.YAMLError) as error:
        raise ConfigError(f"{path}: cannot be read: {error}") from error
    try:
        return Hospital.model_validate(raw)
    except ValidationError as error:
        faults = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors())
        raise ConfigError(f"{path}: {faults}") from error


def store(session: Session, hospital: Hospital, now: datetime) -> None:
    """Write it down: what is there is changed, what is new is added, nothing is removed (calls may refer to it)."""
    for name, part in hospital.departments.items():
        session.merge(Department(name=name, label_zh=part.zh, label_en=part.en))
    for name, part in hospital.skills.items():
        session.merge(Skill(name=name, label_zh=part.zh, label_en=part.en))
    for language, labels in {Language.MANDARIN: ("普通话", "Mandarin"), Language.ENGLISH: ("英语", "English")}.items():
        session.merge(Skill(name=language.value, label_zh=labels[0], label_en=labels[1]))
    for name, queue in hospital.queues.items():
        values = queue.model_dump(exclude={"zh", "en"})
        session.merge(Queue(name=name, label_zh=queue.zh, label_en=queue.en, **values))
    session.flush()
    known = {agent.staff_number: agent for agent in session.query(Agent)}
    for number, part_of_agent in hospital.agents.items():
        _store_agent(session, known.get(number), number, part_of_agent, now)


def _store_agent(session: Session, agent: Agent | None, number: str, part: AgentPart, now: datetime) -> None:
    if agent is None:
        agent = Agent(staff_number=number, status=part.status, state=AgentState.IDLE, state_since=now)
        session.add(agent)
    agent.name, agent.address, agent.department = part.name, part.address, part.department
    wished = {**part.skills, **{language.value: level for language, level in part.languages.items()}}
    kept = {row.skill: row for row in agent.skills}
    for skill, level in wished.items():
        if skill in kept:
            kept[skill].level = level
        else:
            agent.skills.append(AgentSkill(skill=skill, level=level))
    for skill, row in kept.items():
        if skill not in wished:
            agent.skills.remove(row)


def agent_id(ground: Ground, staff_number: str) -> str:
    """The id of the agent with this staff number. Raises `NotFound`."""
    with ground.database.read() as session:
        found = session.scalar(select(Agent.id).where(Agent.staff_number == staff_number))
    if found is None:
        raise NotFound(f"no agent has the staff number {staff_number!r}; `hotline db load FILE` adds agents")
    return found
