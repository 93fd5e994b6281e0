"""The one reader of configuration files: YAML checked by a model, every fault with file, line and field."""

import pathlib
from collections.abc import Callable, Iterable
from contextlib import suppress
from copy import deepcopy
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from hotline.configuration.errors import FileFault
from hotline.configuration.fault_messages import faults_of
from hotline.configuration.field_types import Context
from hotline.configuration.json_schema import json_schema
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
    model: type[_Model],
    text: str,
    file: str,
    context: Contexts | None = None,
    check: Callable[[_Model], Iterable[tuple[Path, str]]] = lambda _: (),
) -> tuple[_Model, Document]:
    """Read the text as `parse` does, and return with it the document, which knows the line of every field.

    `check` finds what is wrong with the whole: paths and messages. Where single fields are wrong, it sees the file
    without them, if that is possible.
    """
    document = Document.parse(text)
    if document.data is None:
        # Nothing to check: the text is no YAML, or there is none.
        empty = Fault((), 1, f"is empty; copy {getattr(model, 'standard', '')} and change it")
        raise FileFault(listed(document.faults or [empty], file))
    known = context(document.data) if context else None
    value: _Model | None = None
    try:
        value = model.model_validate(document.data, context=known)
    except ValidationError as error:
        errors = error.errors()
        document.faults += [fault for one in errors for fault in faults_of(one, document, lambda: json_schema(model))]
        with suppress(ValidationError):
            value = model.model_validate(_without(document), context=known)
    if value is not None:
        document.faults += [Fault(path, document.line(path), message) for path, message in check(value)]
    if document.faults or value is None:
        raise FileFault(listed(document.faults, file))
    return value, document


def _without(document: Document) -> Any:
    """Return the data without the fields that have faults."""
    data = deepcopy(document.data)
    for fault in document.faults:
        within = data
        for part in fault.path[:-1]:
            within = within[part] if _has(within, part) else None
        if fault.path and isinstance(within, dict):
            within.pop(fault.path[-1], None)
    return data


def _has(data: Any, part: str | int) -> bool:
    return part in data if isinstance(data, dict) else isinstance(data, list) and isinstance(part, int)


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
