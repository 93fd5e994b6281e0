"""The file of a voice menu."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, ClassVar
from zoneinfo import ZoneInfo

from pydantic import Field

from hotline.configuration import yaml_file
from hotline.configuration.field_types import Context, Exactly, FileModel
from hotline.configuration.settings import Settings
from hotline.configuration.texts import Filled, Texts
from hotline.configuration.yaml_document import Fault
from hotline.values.language import Language
from ivr.flow import check
from ivr.flow.node_reader import NodeField, NodeName
from ivr.flow.nodes import PHRASES, Flow, Keys, Line, LineKeys, Text
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
    line: LineKeys = LineKeys()
    tries: Annotated[int, Field(ge=1, le=5)] = Field(2, description="failures at one menu until a person takes over")
    timeout_seconds: Annotated[int, Field(ge=2, le=30)] = 5
    hours: HoursField | None = None
    nodes: dict[str, NodeField]
    phrases: Annotated[Mapping[str, Annotated[Texts, Filled(("n",))]], Exactly.of(PHRASES)]

    def flow(self, house: "House") -> Flow:
        """Return the flow in this installation."""
        return Flow(
            name=self.name,
            hospital=house.hospital,
            start=self.start,
            closed=self.closed,
            emergency=self.emergency,
            person=self.person,
            keys=self.keys,
            tries=self.tries,
            timeout_seconds=self.timeout_seconds,
            hours=self.hours or Hours(house.zone, is_always=True),
            phrases=self.phrases,
            line=self.line,
            message=self.message,
            lines=house.lines,
            nodes={name: fields.node(name) for name, fields in self.nodes.items()},
        )


@dataclass(frozen=True)
class Loaded:
    """A flow that may be used, and what is doubtful about it."""

    flow: Flow
    warnings: tuple[str, ...]


@dataclass(frozen=True)
class House:
    """What a flow takes from the installation: the hospital's name, its time zone, and its queues' own hours."""

    hospital: Text
    zone: ZoneInfo
    lines: Mapping[str, Line] = field(default_factory=dict)

    @classmethod
    def of(cls, settings: Settings) -> "House":
        """Return what the settings say."""
        names = {Language.MANDARIN: settings.hospital_name_zh, Language.ENGLISH: settings.hospital_name_en}
        lines = {name: _line(queue) for name, queue in queues_file.of(settings).queues.items()}
        return cls(names, ZoneInfo(settings.timezone), lines)


def _line(queue: Queue) -> Line:
    return Line(queue.hours, tuple(way.to for way in queue.overflow if way.kind in HELPERS and way.to))


def load(settings: Settings) -> Loaded:
    """Load the flow that the settings name. Raises `FileFault`, also of the queue file."""
    return read_file(settings.flow_file or STANDARD, House.of(settings))


def read_file(file: Path, house: House) -> Loaded:
    """Read the file. Raises `FileFault` that lists everything that is wrong with it."""
    return parse(yaml_file.text_of(file), house, str(file))


def parse(text: str, house: House, file: str = "flow.yaml") -> Loaded:
    """Read the text; `file` is its name in messages. Raises `FileFault`."""

    def context(data: Any) -> Context:
        return {"hospital": house.hospital, "zone": house.zone, "nodes": yaml_file.names(data, "nodes")}

    def faults(fields: FlowFile) -> check.Located:
        return check.faults(fields.flow(house))

    fields, document = yaml_file.parse_located(FlowFile, text, file, context, faults)
    flow = fields.flow(house)
    warnings = [Fault(path, document.line(path), f"warning: {message}") for path, message in check.warnings(flow)]
    return Loaded(flow, tuple(yaml_file.listed(warnings, file)))
