"""A YAML text as plain values, with the line of every field.

Scalars stay texts as they are written (`yes`, `2026-10-01`, `09`): the model of the file decides what they mean.
"""

from dataclasses import dataclass, field
from typing import Any

import yaml

# In C where PyYAML was built with it: ten times faster.
LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
MERGE = "tag:yaml.org,2002:merge"
NULLS = frozenset({"", "~", "null"})
# Anchors that repeat each other could stand for any number of fields.
MOST_FIELDS = 100_000

Path = tuple[str | int, ...]


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong with a file."""

    path: Path
    line: int
    message: str


@dataclass
class Document:
    """The values of a YAML text (`data`), the line of each path, and the faults of its syntax."""

    data: Any = None
    lines: dict[Path, int] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)

    @classmethod
    def parse(cls, text: str) -> "Document":
        """Parse the text; one that is not YAML is an empty document with one fault."""
        document = cls()
        try:
            node = yaml.compose(text, Loader=LOADER)
            document.data = None if node is None else document._plain(node, (), 1)
        except yaml.YAMLError as error:
            mark = getattr(error, "problem_mark", None)
            problem = getattr(error, "problem", None) or str(error)
            document.faults.append(Fault((), mark.line + 1 if mark else 1, f"not YAML: {problem}"))
        except RecursionError:
            fault = "fields stand too deep in each other, or an anchor stands for itself or for too much"
            document.faults.append(Fault((), 1, fault))
        return document

    def line(self, path: Path) -> int:
        """Return the line of the field, of what encloses it where it is not written."""
        while path not in self.lines and path:
            path = path[:-1]
        return self.lines.get(path, 1)

    def _plain(self, node: yaml.Node, path: Path, line: int) -> Any:
        self.lines[path] = line
        if len(self.lines) > MOST_FIELDS:
            raise RecursionError
        match node:
            case yaml.MappingNode():
                return self._mapping(node, path)
            case yaml.SequenceNode():
                entries = enumerate(node.value)
                return [self._plain(entry, (*path, number), entry.start_mark.line + 1) for number, entry in entries]
            case yaml.ScalarNode() if not node.style and node.value in NULLS:
                return None
            case _:
                return " ".join(str(node.value).split())

    def _mapping(self, node: yaml.MappingNode, path: Path) -> dict[str, Any]:
        merged: dict[str, Any] = {}
        own: dict[str, Any] = {}
        for key, value in node.value:
            name = str(key.value)
            line = key.start_mark.line + 1
            if key.tag == MERGE:
                sources = value.value if isinstance(value, yaml.SequenceNode) else [value]
                for source in reversed(sources):
                    merged |= self._merged(source, path, line)
            elif name in own:
                self.faults.append(Fault((*path, name), line, "stands here twice"))
            else:
                own[name] = self._plain(value, (*path, name), line)
        return merged | own

    def _merged(self, source: yaml.Node, path: Path, line: int) -> dict[str, Any]:
        if isinstance(source, yaml.MappingNode):
            return self._mapping(source, path)
        self.faults.append(Fault((*path, "<<"), line, "must be named fields of an anchor, like <<: *name"))
        return {}
