"""The queue file: skills, queues, and who goes ahead in them."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Annotated, Any, ClassVar
from zoneinfo import ZoneInfo

from pydantic import Field, field_validator

from hotline.configuration import yaml_file
from hotline.configuration.field_types import Context, FieldFaults, FileModel, OneOrMore, ReadAs
from hotline.configuration.settings import Settings
from hotline.configuration.texts import Label, Name
from routing.queues.priority_patients import GreenChannel
from routing.queues.queue_fields import Priority, QueueFields
from routing.queues.queues import HELPERS, QueueRules

STANDARD = Path(__file__).with_name("queues.yaml")


class AgePriority(FileModel):
    """Who has reached the age goes ahead so far."""

    from_: Annotated[int, Field(ge=0, le=120)] = Field(alias="from", description="the least age, like from: 65")
    priority: Priority = 0


class Discharged(FileModel):
    """Who was discharged lately goes ahead so far."""

    within_days: Annotated[int, Field(ge=1, le=365)] = 30
    priority: Priority = 0


class PriorityPatientsFields(FileModel):
    """Who goes ahead in the line (requirement A8), and how far at most."""

    age: Annotated[tuple[AgePriority, ...], OneOrMore()] = ()
    limited_mobility: Priority = 0
    cardiac: Priority = 0
    diabetic: Priority = 0
    flagged: Priority = 0
    discharged: Discharged = Discharged()
    at_most: Priority = GreenChannel.at_most

    def value(self, _context: Context) -> GreenChannel:
        """Return the rules of priority."""
        facts = self.model_dump(include={"limited_mobility", "cardiac", "diabetic", "flagged", "at_most"})
        return GreenChannel(
            ages=tuple((entry.from_, entry.priority) for entry in self.age),
            discharged=self.discharged.priority,
            discharged_days=self.discharged.within_days,
            **facts,
        )


class QueuesFile(FileModel):
    """The queue file of a hospital: skills, queues, and who goes ahead in them."""

    standard: ClassVar = "routing/queues/queues.yaml"

    skills: dict[Name, Label] = Field({})
    queues: dict[Name, QueueFields] = Field(description="the queues, at least one")
    priority_patients: Annotated[GreenChannel, ReadAs(PriorityPatientsFields)] = GreenChannel()

    @field_validator("queues")
    @classmethod
    def _check(cls, queues: Mapping[str, QueueFields]) -> Mapping[str, QueueFields]:
        if not queues:
            raise ValueError("no queues; callers need at least one to wait in")
        FieldFaults.raise_any(
            ((name, "overflow", place, "to"), "the queue cannot help itself; name another one")
            for name, queue in queues.items()
            for place, entry in enumerate(queue.overflow)
            if entry.kind in HELPERS and entry.helper == name
        )
        return queues


def of(settings: Settings) -> QueueRules:
    """Return the rules in the hospital's own file, else the standard ones; read once. Raises `FileFault`."""
    return _read_once(settings.queues_file or STANDARD, settings.timezone)


def wrap_up_seconds(settings: Settings, queue: str) -> int:
    """Return how long wrap-up after a call of this queue lasts at most; the usual time for a queue that is gone."""
    return of(settings).queue(queue).wrap_up_seconds


@cache
def _read_once(file: Path, timezone: str) -> QueueRules:
    return read_file(file, ZoneInfo(timezone))


def read_file(file: Path, zone: ZoneInfo) -> QueueRules:
    """Read the file. Raises `FileFault` that lists everything that is wrong with it."""
    return parse(yaml_file.text_of(file), zone, str(file))


def parse(text: str, zone: ZoneInfo, file: str = "queues.yaml") -> QueueRules:
    """Read the text; `file` is its name in messages. Raises `FileFault`."""

    def context(data: Any) -> Context:
        return {"zone": zone, "skills": yaml_file.names(data, "skills"), "queues": yaml_file.names(data, "queues")}

    fields = yaml_file.parse(QueuesFile, text, file, context)
    queues = {name: queue.queue(name, zone) for name, queue in fields.queues.items()}
    return QueueRules(file, zone, fields.skills, queues, fields.priority_patients)
