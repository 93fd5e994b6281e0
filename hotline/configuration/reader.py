"""The one reader of configuration files: YAML, checked by the model of its kind, every fault with file, line and field."""

from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from hotline.configuration.errors import FileFault
from hotline.configuration.fault_messages import faults_of
from hotline.configuration.field_types import Context
from hotline.configuration.yaml_document import Document, Fault

_Model = TypeVar("_Model", bound=BaseModel)
Contexts = Callable[[Any], Context]


def read(model: type[_Model], file: Path, context: Contexts | None = None) -> _Model:
    """Read the file. Raises `FileFault` that lists everything that is wrong with it; see `parse`."""
    return parse(model, text_of(file), str(file), context)


def text_of(file: Path) -> str:
    """Return the text of a file. Raises `FileFault` where it cannot be read."""
    try:
        return file.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise FileFault([f"{file}:1: file: cannot be read: {error}"]) from error


def parse(model: type[_Model], text: str, file: str, context: Contexts | None = None) -> _Model:
    """Read the text; `file` is its name in messages. Raises `FileFault`.

    `context` makes of the unchecked document what validators of the model need to know of it, such as names that
    fields elsewhere may refer to.
    """
    document = Document.parse(text)
    if document.data is None:
        empty = Fault((), 1, f"is empty; copy {getattr(model, 'standard', '')} and change it")
        raise FileFault([written(fault, file) for fault in document.faults or [empty]])
    try:
        value = model.model_validate(document.data, context=context and context(document.data))
    except ValidationError as error:
        errors = error.errors()
        document.faults += [fault for one in errors for fault in faults_of(one, document, lambda: schema(model))]
    if document.faults:
        raise FileFault([written(fault, file) for fault in in_order(document.faults)])
    return value


@cache
def schema(model: type[BaseModel]) -> Mapping[str, Any]:
    """Return the JSON Schema of a kind of file."""
    return model.model_json_schema()


def in_order(faults: list[Fault]) -> list[Fault]:
    """Return the faults as they stand in the file, each once."""
    return sorted(set(faults), key=lambda fault: (fault.line, dotted(fault), fault.message))


def written(fault: Fault, file: str) -> str:
    """Write a fault as `file:line: field: message`."""
    return f"{file}:{fault.line}: {dotted(fault) or 'file'}: {fault.message}"


def dotted(fault: Fault) -> str:
    """Return the path as people write it: `queues.desk.ladder[1]`."""
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in fault.path).lstrip(".")


def names(data: Any, *path: str) -> list[str]:
    """Return the names that an unchecked document has at this path, for the context of references."""
    for part in path:
        data = data.get(part) if isinstance(data, dict) else None
    return list(data) if isinstance(data, dict) else []
