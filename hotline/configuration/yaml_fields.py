"""A YAML file with the place of every field: each fault found in it is written down with file, line and field."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from importlib import resources
from pathlib import Path
from typing import Any, TypeVar

import yaml

from hotline.errors import ConfigError

_Word = TypeVar("_Word")
# In C where PyYAML was built with it: ten times faster.
LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass
class Source:
    """A file being read, and what was found wrong with it so far."""

    file: str
    faults: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    def open(self, text: str) -> "Field":
        """The whole document. A file that is not YAML is one fault and an empty document."""
        try:
            node = yaml.compose(text, Loader=LOADER)
        except yaml.YAMLError as error:
            mark = getattr(error, "problem_mark", None)
            line = mark.line + 1 if mark else 1
            self.faults.append(f"{self.file}:{line}: not YAML: {getattr(error, 'problem', None) or error}")
            node = None
        return Field(self, "", 1, node)

    def in_order(self) -> list[str]:
        """The faults as they stand in the file, each once."""
        return sorted(set(self.faults), key=self._line_of)

    def _line_of(self, fault: str) -> tuple[int, str]:
        number = fault.removeprefix(f"{self.file}:").split(":", 1)[0]
        return (int(number) if number.isdigit() else 0, fault)


@dataclass(frozen=True)
class Field:
    """One field of the file: its path (`nodes.menu.say`), line and content (`None` when it is missing)."""

    source: Source
    path: str
    line: int
    node: yaml.Node | None

    def fault(self, message: str) -> None:
        """Write down that this field is wrong."""
        self.source.faults.append(f"{self.source.file}:{self.line}: {self.path or 'file'}: {message}")

    def warn(self, message: str) -> None:
        """Write down that this field is doubtful."""
        self.source.warnings.append(f"{self.source.file}:{self.line}: {self.path or 'file'}: warning: {message}")

    @property
    def is_missing(self) -> bool:
        """Whether nothing is written here."""
        return self.node is None

    @property
    def is_scalar(self) -> bool:
        """Whether this is a single value."""
        return isinstance(self.node, yaml.ScalarNode)

    def text(self, default: str | None = None) -> str:
        """The text, as written. Missing without a default, or not a single value: a fault and `""`."""
        if isinstance(self.node, yaml.ScalarNode):
            return " ".join(str(self.node.value).split())
        if self.node is None and default is not None:
            return default
        self.fault("missing; write a text here" if self.node is None else "must be a single text")
        return ""

    def whole(self, default: int, least: int, most: int) -> int:
        """A whole number between `least` and `most`."""
        text = self.text(str(default))
        if not text.isascii() or not text.isdigit() or not least <= int(text) <= most:
            self.fault(f"must be a whole number from {least} to {most}, not {text!r}")
            return default
        return int(text)

    def yes(self) -> bool:
        """`true` or `false`; missing means false."""
        text = self.text("false").lower()
        if text not in {"true", "false"}:
            self.fault(f"must be true or false, not {text!r}")
        return text == "true"

    def one_of(self, words: dict[str, _Word], default: _Word) -> _Word:
        """The value that stands for the word written here; missing means `default`."""
        if self.node is None:
            return default
        text = self.text()
        if text not in words:
            self.fault(f"{text!r} is not one of {', '.join(words)}")
            return default
        return words[text]

    def items(self) -> Iterator[tuple[str, "Field"]]:
        """The named fields within, each once; a second one of the same name is a fault."""
        if not isinstance(self.node, yaml.MappingNode):
            if self.node is not None:
                self.fault("must hold named fields (name: value)")
            return
        seen: set[str] = set()
        for key, value in self.node.value:
            name = str(key.value)
            child = Field(self.source, f"{self.path}.{name}".lstrip("."), key.start_mark.line + 1, value)
            if name in seen:
                child.fault("stands here twice")
                continue
            seen.add(name)
            yield name, child

    def list(self) -> Iterator["Field"]:
        """The entries of a list; a single value counts as a list of one."""
        if isinstance(self.node, yaml.SequenceNode):
            for number, value in enumerate(self.node.value):
                yield Field(self.source, f"{self.path}[{number}]", value.start_mark.line + 1, value)
        elif self.node is not None:
            yield self

    def get(self, name: str) -> "Field":
        """The field of this name within, present or missing."""
        found = dict(self.items()).get(name)
        return found or self.absent(name)

    def absent(self, name: str) -> "Field":
        """The field of this name within, where it is not written."""
        return Field(self.source, f"{self.path}.{name}".lstrip("."), self.line, None)

    def only(self, *names: str) -> None:
        """Every other name within is a fault (mostly a slip of the pen)."""
        for name, child in self.items():
            if name not in names:
                child.fault(f"unknown field; known are {', '.join(names)}")


def own_or_standard(own: Path | None, standard: tuple[str, str], setting: str) -> tuple[Any, str]:
    """What is in the hospital's own YAML file, else in the `standard` one (package, name); and the file's name.

    Raises `ConfigError`, which names the `setting` where the file cannot be read.
    """
    if own is None:
        package, name = standard
        return plain(resources.files(package).joinpath(name).read_text("utf-8"), f"{package}/{name}")
    try:
        return plain(own.read_text("utf-8"), str(own))
    except OSError as error:
        raise ConfigError(f"{own}: cannot be read: {error.strerror}; correct {setting}") from error


def plain(text: str, name: str) -> tuple[Any, str]:
    """The plain values of the YAML `text` of the file `name`. Raises `ConfigError`."""
    try:
        return yaml.load(text, LOADER), name  # noqa: S506 (a safe loader)
    except yaml.YAMLError as error:
        raise ConfigError(f"{name}: no YAML: {error}") from error
