"""Reads a voice menu from YAML. Whatever is wrong is said with file, line and field, all of it at once."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from zoneinfo import ZoneInfo

from hotline.configuration.settings import Settings
from hotline.configuration.yaml_fields import Field, Source
from hotline.values.language import Language
from ivr.errors import FlowFault
from ivr.flow import check, node_reader
from ivr.flow.nodes import PHRASES, Flow, Keys, Line, LineKeys, Text
from routing.queues import hours_file, queues_file
from routing.queues.queues import HELPERS, Queue

STANDARD = Path(__file__).with_name("flow.yaml")
KEYS = ("emergency", "person", "repeat", "back")
LINE_KEYS = ("call_back", "message")
TOP = (
    "name",
    "start",
    "emergency",
    "person",
    "closed",
    "keys",
    "line",
    "message",
    "tries",
    "timeout_seconds",
    "hours",
    "nodes",
    "phrases",
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
        """As the settings say."""
        names = {Language.MANDARIN: settings.hospital_name_zh, Language.ENGLISH: settings.hospital_name_en}
        lines = {name: _line(queue) for name, queue in queues_file.of(settings).queues.items()}
        return cls(names, ZoneInfo(settings.timezone), lines)


def _line(queue: Queue) -> Line:
    return Line(queue.hours, tuple(way.to for way in queue.overflow if way.kind in HELPERS and way.to))


def load(settings: Settings) -> Loaded:
    """The flow that the settings name. Raises `FlowFault`, and `QueuesFault` of the queue file."""
    return read_file(settings.flow_file or STANDARD, House.of(settings))


def read_file(file: Path, house: House) -> Loaded:
    """The flow in this file. Raises `FlowFault` that lists everything that is wrong with it."""
    try:
        text = file.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise FlowFault([f"{file}:1: file: cannot be read: {error}"]) from error
    return parse(text, house, str(file))


def parse(text: str, house: House, file: str = "flow.yaml") -> Loaded:
    """The flow in this text; `file` is its name in messages. Raises `FlowFault`."""
    source = Source(file)
    root = source.open(text)
    flow = None if root.is_missing else _flow(root, house)
    if flow is None and not source.faults:
        source.faults.append(f"{file}:1: file: is empty")
    if flow is not None:
        check.examine(flow, root)
    if flow is None or source.faults:
        raise FlowFault(source.in_order())
    return Loaded(flow, tuple(source.warnings))


def _flow(root: Field, house: House) -> Flow:
    root.only(*TOP)
    keys, phrases = root.get("keys"), root.get("phrases")
    keys.only(*KEYS)
    phrases.only(*PHRASES)
    line, message = root.get("line"), root.get("message")
    line.only(*LINE_KEYS)
    return Flow(
        name=root.get("name").text("flow"),
        hospital=house.hospital,
        start=root.get("start").text(),
        closed=root.get("closed").text(),
        emergency=root.get("emergency").text(),
        person=root.get("person").text(),
        keys=Keys(**{name: node_reader.key(keys.get(name), getattr(Keys(), name)) for name in KEYS}),
        tries=root.get("tries").whole(2, 1, 5),
        timeout_seconds=root.get("timeout_seconds").whole(5, 2, 30),
        hours=hours_file.read(root.get("hours"), house.zone),
        phrases={name: node_reader.texts(phrases.get(name), house.hospital, ("n",)) for name in PHRASES},
        line=LineKeys(**{name: node_reader.key(line.get(name), getattr(LineKeys(), name)) for name in LINE_KEYS}),
        message=None if message.is_missing else message.text(),
        lines=house.lines,
        nodes={name: node_reader.node(name, field, house.hospital) for name, field in root.get("nodes").items()},
    )
