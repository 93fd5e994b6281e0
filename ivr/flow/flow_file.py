"""The file of a voice menu."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, ClassVar
from zoneinfo import ZoneInfo

from pydantic import Field

from hotline.configuration import yaml_file
from hotline.configuration.field_types import Context, Exactly, FileModel, Keyed
from hotline.configuration.settings import Settings
from hotline.configuration.texts import Filled, Texts
from hotline.configuration.yaml_document import Fault
from hotline.values.language import Language
from ivr.flow import check
from ivr.flow.nodes import Flow, Keys, Node, NodeName, QueueOpening, Text, WaitingKeys
from ivr.flow.phrases import PHRASES
from routing.queues import queues_file
from routing.queues.hours import Hours
from routing.queues.hours_file import HoursField
from routing.queues.queues import HELPERS, Queue

STANDARD = Path(__file__).with_name("flow.yaml")


class FlowFile(FileModel):
    """A voice menu: its nodes, the keys that mean the same everywhere, and what is said beside the nodes."""

    standard: ClassVar = "ivr/flow/flow.yaml"

    name: str = "flow"
    start: NodeName = Field(description="the node at which a call begins")
    emergency: NodeName = Field(description="the node to which the emergency key leads")
    person: NodeName = Field(description="the node to which the person key leads")
    closed: NodeName = Field(description="the node for callers outside opening hours")
    message: NodeName | None = Field(None, description="the node at which callers who wait may leave a message")
    keys: Keys = Keys()
    waiting_keys: WaitingKeys = WaitingKeys()
    tries: Annotated[int, Field(ge=1, le=5)] = Field(2, description="failures at one menu until a person takes over")
    timeout_seconds: Annotated[int, Field(ge=2, le=30)] = 5
    hours: HoursField | None = None
    nodes: Annotated[dict[str, Annotated[Node, Field(discriminator="kind")]], Keyed()]
    phrases: Annotated[Mapping[str, Annotated[Texts, Filled(("n",))]], Exactly.of(PHRASES)]

    def flow(self, installation: "Installation") -> Flow:
        """Return the flow in this installation."""
        return Flow(
            name=self.name,
            hospital=installation.hospital,
            start=self.start,
            closed=self.closed,
            emergency=self.emergency,
            person=self.person,
            keys=self.keys,
            tries=self.tries,
            timeout_seconds=self.timeout_seconds,
            hours=self.hours or Hours(installation.zone, is_always=True),
            phrases=self.phrases,
            waiting_keys=self.waiting_keys,
            message=self.message,
            queues=installation.queues,
            nodes=self.nodes,
        )


@dataclass(frozen=True)
class LoadedFlow:
    """A flow that may be used, and what is doubtful about it."""

    flow: Flow
    warnings: tuple[str, ...]


@dataclass(frozen=True)
class Installation:
    """What a flow takes from the installation: the hospital's name, its time zone, and its queues' own hours."""

    hospital: Text
    zone: ZoneInfo
    queues: Mapping[str, QueueOpening] = field(default_factory=dict)

    @classmethod
    def of(cls, settings: Settings) -> "Installation":
        """Return what the settings say."""
        names = {Language.MANDARIN: settings.hospital_name_zh, Language.ENGLISH: settings.hospital_name_en}
        queues = {name: _opening(queue) for name, queue in queues_file.of(settings).queues.items()}
        return cls(names, ZoneInfo(settings.timezone), queues)


def _opening(queue: Queue) -> QueueOpening:
    return QueueOpening(queue.hours, tuple(way.to for way in queue.overflow if way.kind in HELPERS and way.to))


def load(settings: Settings) -> LoadedFlow:
    """Load the flow that the settings name. Raises `FileFault`, also of the queue file."""
    return read_file(settings.flow_file or STANDARD, Installation.of(settings))


def read_file(file: Path, installation: Installation) -> LoadedFlow:
    """Read the file. Raises `FileFault` that lists everything that is wrong with it."""
    return parse(yaml_file.text_of(file), installation, str(file))


def parse(text: str, installation: Installation, file: str = "flow.yaml") -> LoadedFlow:
    """Read the text; `file` is its name in messages. Raises `FileFault`."""

    def context(data: Any) -> Context:
        return {"hospital": installation.hospital, "zone": installation.zone, "nodes": yaml_file.names(data, "nodes")}

    def faults(fields: FlowFile) -> check.Located:
        return check.faults(fields.flow(installation))

    fields, document = yaml_file.parse_located(FlowFile, text, file, context, faults)
    flow = fields.flow(installation)
    warnings = [Fault(path, document.line(path), f"warning: {message}") for path, message in check.warnings(flow)]
    return LoadedFlow(flow, tuple(yaml_file.listed(warnings, file)))
