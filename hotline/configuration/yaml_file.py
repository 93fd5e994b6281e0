"""The one reader of configuration files: YAML, checked by the model of its kind, every fault with file, line and field."""

from collections.abc import Callable, Iterable, Mapping
from functools import cache
import pathlib
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from hotline.configuration.errors import FileFault
from hotline.configuration.fault_messages import faults_of
from hotline.configuration.field_types import Context
from hotline.configuration.yaml_document import Document, Fault, Path

_Model = TypeVar("_Model", bound=BaseModel)
Contexts = Callable[[Any], Context]


def read(model: type[_Model], file: pathlib.Path, context: Contexts | None = None) -> _Model:
    """Read the file. Raises `FileFault` that lists everything that is wrong with it; see `parse`."""
    return parse(model, text_of(file), str(file), context)


def text_of(file: pathlib.Path) -> str:
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
    return parse_located(model, text, file, context)[0]


def parse_located(
    model: type[_Model], text: str, file: str, context: Contexts | None = None
) -> tuple[_Model, Document]:
    """Read the text as `parse` does, and return with it the document, which knows the line of every field."""
    document = Document.parse(text)
    if document.data is None:
        empty = Fault((), 1, f"is empty; copy {getattr(model, 'standard', '')} and change it")
        raise FileFault(listed(document.faults or [empty], file))
    try:
        value = model.model_validate(document.data, context=context and context(document.data))
    except ValidationError as error:
        errors = error.errors()
        document.faults += [fault for one in errors for fault in faults_of(one, document, lambda: schema(model))]
    if document.faults:
        raise FileFault(listed(document.faults, file))
    return value, document


@cache
def schema(model: type[BaseModel]) -> Mapping[str, Any]:
    """Return the JSON Schema of a kind of file."""
    return model.model_json_schema()


def listed(faults: Iterable[Fault], file: str) -> list[str]:
    """Write the faults as they stand in the file, each once, as `file:line: field: message`."""
    lines = {(fault.line, f"{file}:{fault.line}: {dotted(fault.path) or 'file'}: {fault.message}") for fault in faults}
    return [text for _, text in sorted(lines)]


def dotted(path: Path) -> str:
    """Return the path as people write it: `queues.desk.ladder[1]`."""
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path).lstrip(".")


def names(data: Any, *path: str) -> list[str]:
    """Return the names that an unchecked document has at this path, for the context of references."""
    for part in path:
        data = data.get(part) if isinstance(data, dict) else None
    return list(data) if isinstance(data, dict) else []
