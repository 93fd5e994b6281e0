"""A hospital's departments and agents from a YAML file; loading it again changes what changed in the file.

Agents whom staff have edited since (`routing.agents.roster`) stay as they are, unless the file is to overwrite them.

Skills and queues stand in the queue file (`routing.queues.queues_file`); their names and labels go into the database
along with it.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from hotline.configuration.yaml_fields import Field, Source
from hotline.context import AppContext
from hotline.errors import NotFound
from hotline.models import Agent, AgentSkill, Department, Queue, Skill
from hotline.values.language import Language
from hotline.values.states.agent import AbsenceReason, AgentState, AgentStatus, SignsIn
from routing.errors import HospitalFault
from routing.queues.queues import Rules, Text
from routing.queues.queues_file import LANGUAGES, MOST_LEVEL, label, name_of

CLIENT = "client:"
ADDRESS = re.compile(r"client:[A-Za-z0-9_.-]{1,60}|\+[1-9][0-9]{4,14}")
AGENT = ("name", "address", "department", "status", "signs_in", "skills", "languages")
STATUSES = {status.value: status for status in AgentStatus}
SIGNS_IN: dict[str, SignsIn | None] = {proof.value: proof for proof in SignsIn}
LANGUAGE_NAMES = {
    Language.MANDARIN: {Language.MANDARIN: "普通话", Language.ENGLISH: "Mandarin"},
    Language.ENGLISH: {Language.MANDARIN: "英语", Language.ENGLISH: "English"},
}


@dataclass(frozen=True)
class AgentPart:
    """An agent: name, phone address, department, and levels from 1 to 5 of skills and languages.

    `signs_in` is what proves that they are at work; `None`: as their telephone and account say.
    """

    name: str
    address: str
    department: str | None
    status: AgentStatus
    levels: Mapping[str, int]
    signs_in: SignsIn | None = None


@dataclass(frozen=True)
class Hospital:
    """Departments and agents (by staff number), and the rules whose skills they have."""

    departments: Mapping[str, Text]
    agents: Mapping[str, AgentPart]
    rules: Rules


def read(path: Path, rules: Rules) -> Hospital:
    """Read and check the file. Raises `HospitalFault` that lists everything that is wrong with it."""
    source = Source(str(path))
    try:
        root = source.open(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise HospitalFault([f"{path}:1: file: cannot be read: {error}"]) from error
    hospital = _hospital(root, rules)
    if root.is_missing and not source.faults:
        root.fault("is empty; copy cli/demo/hospital.yaml and change it")
    if source.faults:
        raise HospitalFault(source.in_order())
    return hospital


def _hospital(root: Field, rules: Rules) -> Hospital:
    for name, field in root.items():
        if name in {"skills", "queues"}:
            field.fault("stands in the queue file (QUEUES_FILE) now; move it there")
        elif name not in {"departments", "agents"}:
            field.fault("unknown field; known are departments, agents")
    departments = {}
    for name, field in root.get("departments").items():
        field.only("zh", "en")
        departments[name_of(name, field)] = label(field)
    agents = {number: _agent(field, departments, rules) for number, field in root.get("agents").items()}
    return Hospital(departments, agents, rules)


def _agent(field: Field, departments: Mapping[str, Text], rules: Rules) -> AgentPart:
    field.only(*AGENT)
    address, department = field.get("address"), field.get("department")
    if not ADDRESS.fullmatch(address.text()):
        address.fault("is no telephone; write client:NAME for a browser or a number like +861012345678")
    if not department.is_missing and department.text() not in departments:
        department.fault(f"no department {department.text()!r}; declare it under departments")
    levels = dict(_levels(field.get("skills"), rules.skills, f"declare it under skills in {rules.file}"))
    return AgentPart(
        name=field.get("name").text(),
        address=address.text(),
        department=None if department.is_missing else department.text(),
        status=field.get("status").one_of(STATUSES, AgentStatus.OFFLINE),
        levels=levels | dict(_levels(field.get("languages"), LANGUAGES, f"one of {', '.join(LANGUAGES)}")),
        signs_in=field.get("signs_in").one_of(SIGNS_IN, None),
    )


def _levels(field: Field, known: Mapping[str, object], remedy: str) -> Iterator[tuple[str, int]]:
    if field.is_missing:
        field.fault("missing; write levels from 1 to 5, like {booking: 3}")
    for name, level in field.items():
        if name not in known:
            level.fault(f"no {'skill' if field.path.endswith('skills') else 'language'} {name!r}; {remedy}")
        yield name, level.whole(1, 1, MOST_LEVEL)


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
        raise HospitalFault([fault]) from error
    return [number for number, part in hospital.agents.items() if number in edited and not _is_as(known[number], part)]


def store_rules(session: Session, rules: Rules) -> None:
    """Names and labels of skills, languages and queues, as rows of agents and calls refer to them."""
    skills = {**rules.skills, **{language.value: text for language, text in LANGUAGE_NAMES.items()}}
    for name, text in skills.items():
        session.merge(Skill(name=name, **_labels(text)))
    for name, queue in rules.queues.items():
        session.merge(Queue(name=name, **_labels(queue.label)))
    session.flush()


def _labels(text: Text) -> dict[str, str]:
    return {"label_zh": text[Language.MANDARIN], "label_en": text[Language.ENGLISH]}


def _is_as(agent: Agent, part: AgentPart) -> bool:
    levels = {row.skill: row.level for row in agent.skills}
    return (agent.name, agent.address, agent.department, levels) == (
        part.name, part.address, part.department, dict(part.levels)
    )  # fmt: skip


def _store_agent(session: Session, agent: Agent | None, number: str, part: AgentPart, now: datetime) -> None:
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


def agent_id(context: AppContext, staff_number: str) -> str:
    """The id of the agent with this staff number. Raises `NotFound`."""
    with context.database.read() as session:
        found = session.scalar(select(Agent.id).where(Agent.staff_number == staff_number))
    if found is None:
        raise NotFound(f"no agent has the staff number {staff_number!r}; `hotline db load FILE` adds agents")
    return found
