"""YAML (and so JSON) with line numbers, and readers of one field each that name file, line and field. Pure."""

from collections.abc import Callable, Hashable, Iterator
from dataclasses import dataclass
from typing import Any

import yaml

from exchange.phone.errors import ScriptError


class LocatedMapping(dict[str, Any]):
    """A mapping that knows where it stands."""

    line = 1


class LocatedList(list[Any]):
    """A list that knows where it and its entries stand."""

    line = 1
    lines: tuple[int, ...] = ()


class _Loader(yaml.SafeLoader):
    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:  # noqa: FBT001, FBT002 (as the library calls it)
        written = [key.value for key, _ in node.value if key.tag != "tag:yaml.org,2002:merge"]
        twice = sorted({str(key) for key in written if written.count(key) > 1})
        if twice:
            raise yaml.MarkedYAMLError(problem=f"{twice[0]} is given twice", problem_mark=node.start_mark)
        return super().construct_mapping(node, deep)


def _table(loader: _Loader, node: yaml.MappingNode) -> Iterator[LocatedMapping]:
    table = LocatedMapping()
    table.line = node.start_mark.line + 1
    yield table
    table.update({str(key): value for key, value in loader.construct_mapping(node).items()})


def _items(loader: _Loader, node: yaml.SequenceNode) -> Iterator[LocatedList]:
    items = LocatedList()
    items.line = node.start_mark.line + 1
    items.lines = tuple(child.start_mark.line + 1 for child in node.value)
    yield items
    items.extend(loader.construct_sequence(node))


_Loader.add_constructor("tag:yaml.org,2002:map", _table)
_Loader.add_constructor("tag:yaml.org,2002:seq", _items)


@dataclass(frozen=True)
class SourceLocation:
    """Where in which file a value stands, and under what name."""

    file: str
    line: int
    field: str = ""

    def error(self, problem: str) -> ScriptError:
        return ScriptError(self.file, self.line, self.field, problem)

    def under(self, name: str, value: Any = None) -> "SourceLocation":
        """Return the location of the field `name` (or `[n]`) below this one."""
        line = value.line if isinstance(value, LocatedMapping | LocatedList) else self.line
        dot = "." if self.field and not name.startswith("[") else ""
        return SourceLocation(self.file, line, f"{self.field}{dot}{name}")


def load(text: str, file: str) -> Any:
    """Return the values of a document. Raises `ScriptError` if it is no YAML."""
    try:
        return yaml.load(text, _Loader)  # noqa: S506 - a subclass of SafeLoader that only remembers lines
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise ScriptError(file, mark.line + 1 if mark else 1, "", error.problem or "not YAML") from error
    except yaml.YAMLError as error:
        raise ScriptError(file, 1, "", str(error).splitlines()[0]) from error


def entries(value: Any, place: SourceLocation) -> Iterator[tuple[Any, SourceLocation]]:
    """Yield the entries of a list with their locations; a list within it (a shared piece) is laid out flat."""
    if not isinstance(value, LocatedList):
        raise place.error(f"must be a list, not {shown(value)}")
    for number, (entry, line) in enumerate(zip(value, value.lines, strict=True), start=1):
        here = SourceLocation(place.file, line, f"{place.field}[{number}]")
        if isinstance(entry, LocatedList):
            yield from entries(entry, here)
        else:
            yield entry, here


def table(value: Any, place: SourceLocation, allowed: tuple[str, ...]) -> LocatedMapping:
    """Return a mapping with none but the allowed fields."""
    if not isinstance(value, LocatedMapping):
        raise place.error(f"must be a mapping with {', '.join(allowed)}, not {shown(value)}")
    for name in value:
        if name not in allowed:
            raise place.under(name).error(f"is not known; there are {', '.join(allowed)}")
    return value


def text(value: Any, place: SourceLocation) -> str:
    if not isinstance(value, str) or not value:
        raise place.error(f"must be a text, not {shown(value)}; numbers need quotation marks")
    return value


def number(value: Any, place: SourceLocation) -> float:
    """Return a number that is not negative."""
    if isinstance(value, bool) or not isinstance(value, int | float) or value < 0:
        raise place.error(f"must be a number of at least 0, not {shown(value)}")
    return float(value)


def flag(value: Any, place: SourceLocation) -> bool:
    if not isinstance(value, bool):
        raise place.error(f"must be true or false, not {shown(value)}")
    return value


def one_of(*choices: str) -> Callable[[Any, SourceLocation], str]:
    def read(value: Any, place: SourceLocation) -> str:
        if value not in choices:
            raise place.error(f"must be one of {', '.join(choices)}, not {shown(value)}")
        return str(value)

    return read


def shown(value: Any) -> str:
    if value is None:
        return "empty"
    if isinstance(value, LocatedMapping | LocatedList):
        return "a mapping" if isinstance(value, LocatedMapping) else "a list"
    return repr(value)
