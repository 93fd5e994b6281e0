"""The file of a hospital: its departments and agents. `hospital_service` stores them.

Skills and queues stand in the queue file (`routing.queues.queues_file`).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, ClassVar

from pydantic import Field

from hotline.configuration import yaml_file
from hotline.configuration.field_types import Context, FileModel, Known, Parsed
from hotline.configuration.texts import Label, Name
from hotline.values.language import Language
from hotline.values.states.agent import AgentStatus, SignsIn
from routing.queues.queue_fields import Level
from routing.queues.queues import QueueRules, Text
from telephony.agent_address import ADDRESS


class AgentEntry(FileModel):
    """An agent: name, telephone, department, and levels of skills and languages from 1 to 5."""

    name: str
    address: Annotated[
        str,
        Parsed(
            lambda text: text if ADDRESS.fullmatch(text) else None,
            "is no telephone; write client:NAME for a browser or a number like +861012345678",
        ),
    ] = Field(description="a telephone: client:NAME for a browser or a number like +861012345678")
    department: Annotated[str, Known("department")] | None = None
    status: AgentStatus = AgentStatus.OFFLINE
    signs_in: SignsIn | None = Field(None, description="what proves that they are at work")
    skills: dict[Annotated[str, Known("skill")], Level] = Field(description="levels from 1 to 5, like {booking: 3}")
    languages: dict[Language, Level] = Field(description="levels from 1 to 5, like {zh-CN: 5}")

    @property
    def levels(self) -> dict[str, int]:
        """Levels of skills and languages."""
        return self.skills | {language.value: level for language, level in self.languages.items()}


class HospitalFile(FileModel):
    """The departments of a hospital, and its agents by staff number."""

    standard: ClassVar = "cli/demo/hospital.yaml"

    departments: dict[Name, Label] = Field({})
    agents: dict[str, AgentEntry] = Field({})


@dataclass(frozen=True)
class Hospital:
    """Departments and agents (by staff number), and the rules whose skills they have."""

    departments: Mapping[str, Text]
    agents: Mapping[str, AgentEntry]
    rules: QueueRules


def read(path: Path, rules: QueueRules) -> Hospital:
    """Read the file of a hospital with these queues. Raises `FileFault` that lists everything that is wrong with it."""

    def context(data: Any) -> Context:
        return {"skills": rules.skills, "skills_in": rules.file, "departments": yaml_file.names(data, "departments")}

    fields = yaml_file.read(HospitalFile, path, context)
    return Hospital(fields.departments, fields.agents, rules)
