"""The faults that pydantic finds in a YAML document, as path, line and a message that says what to do."""

from collections.abc import Callable, Iterator, Mapping
from difflib import get_close_matches
from typing import Any

from pydantic_core import ErrorDetails

from hotline.configuration.field_types import FieldFaults
from hotline.configuration.yaml_document import Document, Fault, Path

Schema = Mapping[str, Any]
NOUNS = {"integer": "a whole number", "number": "a number", "boolean": "true or false", "array": "a list"}


def faults_of(error: ErrorDetails, document: Document, schema: Callable[[], Schema]) -> Iterator[Fault]:
    """Yield the faults that one error of pydantic stands for; `schema` makes the JSON Schema of the file."""
    if error["type"] == "too_short" and error["input"]:
        return  # its entries have faults of their own
    path = _path(error, document)
    cause = (error.get("ctx") or {}).get("error")
    if isinstance(cause, FieldFaults):
        for at, message in cause.faults:
            yield Fault((*path, *at), document.line((*path, *at)), message)
    else:
        yield Fault(path, document.line(path), str(cause) if cause else _message(error, path, schema()))


def _path(error: ErrorDetails, document: Document) -> Path:
    """Return where in the file the error is: its location without names that only the model knows."""
    path: Path = ()
    for part in error["loc"]:
        if (*path, part) in document.lines:
            path = (*path, part)
    if error["type"] == "missing":
        return (*path, error["loc"][-1])
    if error["type"].startswith("union_tag"):
        kind = error["ctx"]["discriminator"].strip("'")
        return (*path, kind) if isinstance(error["input"], Mapping) else path
    return path


def _message(error: ErrorDetails, path: Path, schema: Schema) -> str:
    field = _field(schema, error["loc"])
    found = error["input"]
    match error["type"].removesuffix("_type").removesuffix("_parsing"):
        case "missing":
            return f"missing; write {_wanted(schema, field)}"
        case "string_too_short":
            return "is empty; write a text here"
        case "too_short":
            return f"is empty; write {_wanted(schema, field)}"
        case "extra_forbidden":
            return _unknown(str(path[-1]), list(_field(schema, error["loc"][:-1]).get("properties", ())))
        case "enum" | "literal_error":
            words = error["ctx"]["expected"].replace(" or ", ", ").replace("'", "")
            return f"{_shown(error['input'])} is not one of {words}"
        case "union_tag_invalid":
            words = error["ctx"]["expected_tags"].replace("'", "")
            return f"{_shown(error['ctx']['tag'])} is not one of {words}"
        case "union_tag_not_found":
            return f"missing; one of {', '.join(field.get('discriminator', {}).get('mapping', {}))}"
        case "string":
            return "must be a single text" if found is not None else "missing; write a text here"
        case "model" | "model_attributes" | "dict" | "mapping":
            return "must hold named fields (name: value)"
        case "list" | "tuple" | "frozen_set":
            return "must be a list"
        case "bool":
            return f"must be true or false, not {_shown(error['input'])}"
        case "int" | "int_from_float" | "float" | "greater_than_equal" | "less_than_equal" | "greater_than":
            return f"must be {_number(_resolved(schema, field))}, not {_shown(error['input'])}"
    return error["msg"]


def _unknown(name: str, known: list[str]) -> str:
    near = get_close_matches(name, known, 1)
    return f"unknown field; {f'do you mean {near[0]}? ' if near else ''}known are {', '.join(known)}"


def _shown(value: Any) -> str:
    if isinstance(value, Mapping):
        return "named fields"
    return "nothing" if value is None else "a list" if isinstance(value, list) else repr(value)


def _wanted(schema: Schema, field: Schema) -> str:
    if "description" in field and field.keys().isdisjoint({"properties", "enum"}):
        return str(field["description"])
    field = _resolved(schema, field)
    if "enum" in field:
        return f"one of {', '.join(map(str, field['enum']))}"
    if field.get("type") == "object":
        return f"{{{': …, '.join(field.get('properties') or ['name'])}: …}}"
    return NOUNS.get(field.get("type", ""), "a text") + " here"


def _number(field: Schema) -> str:
    noun = NOUNS.get(field.get("type", ""), "a number")
    least, most = field.get("minimum"), field.get("maximum")
    return noun if least is None or most is None else f"{noun} from {least:g} to {most:g}"


def _field(schema: Schema, location: tuple[str | int, ...]) -> Schema:
    """Return the part of the schema that describes what stands at this location of pydantic's."""
    field = schema
    for part in location:
        whole = _resolved(schema, field)
        tags = whole.get("discriminator", {}).get("mapping", {})
        if part in tags:
            field = {"$ref": tags[part]}
        elif isinstance(part, int):
            field = whole.get("items", {})
        else:
            field = whole.get("properties", {}).get(part) or _further(whole, part)
    return field if "description" in field else _resolved(schema, field)


def _further(field: Schema, part: str) -> Schema:
    if part == "[key]":
        return field
    patterns: Mapping[str, Schema] = field.get("patternProperties") or {"": field.get("additionalProperties", {})}
    return next(iter(patterns.values())) or {}


def _resolved(schema: Schema, field: Schema) -> Schema:
    """Follow references, and choose the long form of a field that has a short one."""
    while True:
        if "$ref" in field:
            field = schema["$defs"][field["$ref"].rpartition("/")[2]]
        elif "anyOf" in field:
            field = field["anyOf"][-1] if field["anyOf"][-1] != {"type": "null"} else field["anyOf"][0]
        else:
            return field
