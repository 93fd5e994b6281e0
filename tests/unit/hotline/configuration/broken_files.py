"""Broken files of every kind that a hospital writes, and the messages of their readers, kept in golden files.

`sound/` holds a file of each kind without faults, `breaks/` how each is broken, `messages/` what its reader says of it.
After a knowing change of a message: `python -m tests.unit.hotline.configuration.broken_files`, and read the difference.
"""

import json
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import yaml

from campaigns.dialogue import scripts_file
from campaigns.planning import dialling_limits_file, plans_file
from hotline.errors import ConfigError
from hotline.values.language import Language
from ivr.flow import flow_file
from qa.sampling import policy_file
from qa.scorecards import phrase_lists_file, scorecards_file
from recordings.retention import retention_file
from recordings.speech import hints_file
from routing.agents import hospital_file
from routing.queues import queues_file

FOLDER = Path(__file__).parent
ZONE = ZoneInfo("Asia/Shanghai")
NAMES = {Language.MANDARIN: "示范医院", Language.ENGLISH: "Model Hospital"}


@dataclass(frozen=True)
class Kind:
    """A kind of file: its name on disk, and its reader; the reader returns warnings and raises `ConfigError`."""

    file: str
    read: Callable[[Path], object]
    beside: str = ""


@dataclass(frozen=True)
class BrokenFile:
    """The sound file of a kind with something wrong."""

    kind: str
    name: str
    content: bytes


def _flow(path: Path) -> tuple[str, ...]:
    return flow_file.read_file(path, flow_file.Installation(NAMES, ZONE)).warnings


def _hospital(path: Path) -> object:
    return hospital_file.read(path, queues_file.read_file(FOLDER / "sound/queues.yaml", ZONE))


KINDS: dict[str, Kind] = {
    "flow": Kind("flow.yaml", _flow),
    "queues": Kind("queues.yaml", lambda path: queues_file.read_file(path, ZONE)),
    "hospital": Kind("hospital.yaml", _hospital),
    "bank": Kind("bank.yaml", lambda path: scripts_file.load(path.parent, NAMES, "+861012345678"), "script.yaml"),
    "script": Kind("script.yaml", lambda path: scripts_file.load(path.parent, NAMES, "+861012345678"), "bank.yaml"),
    "plan": Kind("plan.yaml", plans_file.read_file),
    "dialling_limits": Kind("dialling_limits.yaml", lambda path: dialling_limits_file.read_file(path, "CN")),
    "scorecard": Kind("scorecard.yaml", lambda path: scorecards_file.parse(path.read_text("utf-8"), str(path))),
    "phrases": Kind(
        "phrases.en-US.yaml", lambda path: phrase_lists_file.parse(path.read_text("utf-8"), Language.ENGLISH, str(path))
    ),
    "sampling_policy": Kind("sampling_policy.yaml", policy_file.load),
    "retention": Kind("retention.yaml", retention_file.load),
    "hints": Kind("hints.yaml", hints_file.words_of),
}


def broken_files(kind: str) -> Iterator[BrokenFile]:
    """Every broken file of this kind."""
    sound = (FOLDER / "sound" / KINDS[kind].file).read_text("utf-8")
    breaks: dict[str, Any] = yaml.safe_load((FOLDER / "breaks" / f"{kind}.yaml").read_text("utf-8"))
    for name, change in breaks.items():
        yield BrokenFile(kind, name, _broken(sound, change, name))


def _broken(sound: str, change: Any, name: str) -> bytes:
    if isinstance(change, dict):
        return str(change.get("text", sound)).encode(change.get("encoding", "utf-8"))
    for old, new in change:
        assert sound.count(old) == 1, f"{name}: {old!r} stands {sound.count(old)} times in the sound file"
        sound = sound.replace(old, new)
    return sound.encode()


def messages(broken: BrokenFile) -> list[str]:
    """What the reader says of the file, without the folder it lies in."""
    kind = KINDS[broken.kind]
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        if kind.beside:
            (folder / kind.beside).write_bytes((FOLDER / "sound" / kind.beside).read_bytes())
        (folder / kind.file).write_bytes(broken.content)
        try:
            read = kind.read(folder / kind.file)
        except ConfigError as error:
            return str(error).replace(f"{folder}/", "").replace(f"{FOLDER}/", "").splitlines()
        except UnicodeDecodeError as error:
            return [f"no message: {error}"]
        return [text.replace(f"{folder}/", "") for text in read] if broken.kind == "flow" else []  # type: ignore[attr-defined]


def golden(kind: str) -> dict[str, list[str]]:
    """The messages that are expected of this kind's broken files."""
    kept: dict[str, list[str]] = json.loads((FOLDER / "messages" / f"{kind}.json").read_text("utf-8"))
    return kept


def record() -> None:
    """Write down today's messages."""
    for kind in KINDS:
        said = {broken.name: messages(broken) for broken in broken_files(kind)}
        text = json.dumps(said, ensure_ascii=False, indent=1)
        (FOLDER / "messages" / f"{kind}.json").write_text(f"{text}\n", "utf-8")


if __name__ == "__main__":
    record()
