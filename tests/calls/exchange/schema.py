"""Checks answers against Twilio's published OpenAPI description: the part of JSON Schema that it uses."""

import json
import re
from email.utils import parsedate_to_datetime
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

DESCRIPTION = Path(__file__).parents[4] / "shared" / "twilio" / "voice_api_v2010.json"
# Twilio sends these with some resources whose description leaves them out.
UNDESCRIBED = frozenset({"subresource_uris", "media_url"})
KINDS: dict[str, type | tuple[type, ...]] = {
    "string": str,
    "integer": int,
    "number": (int, float),
    "boolean": bool,
    "object": dict,
    "array": list,
}


@cache
def description() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(DESCRIPTION.read_text(encoding="utf-8"))
    return found


def faults(value: Any, schema: dict[str, Any], where: str = "answer") -> list[str]:
    """Everything in which the value differs from the schema; fields that the schema does not know are faults too."""
    if "$ref" in schema:
        schema = description()["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    if value is None:
        # References to enumerations cannot say `nullable`; Twilio leaves them null until there is a value.
        return [] if schema.get("nullable") or "enum" in schema or "type" not in schema else [f"{where} is null"]
    kind = schema.get("type")
    if kind and (not isinstance(value, KINDS[kind]) or (isinstance(value, bool) and kind != "boolean")):
        return [f"{where} is {value!r}, not {kind}"]
    found = _string_faults(value, schema, where) if isinstance(value, str) else []
    if "enum" in schema and value not in schema["enum"]:
        found.append(f"{where} is {value!r}, none of {schema['enum']}")
    if isinstance(value, list):
        found += [each for at, item in enumerate(value) for each in faults(item, schema["items"], f"{where}[{at}]")]
    if isinstance(value, dict) and "properties" in schema:
        found += _object_faults(value, schema["properties"], where)
    return found


def _object_faults(value: dict[str, Any], known: dict[str, Any], where: str) -> list[str]:
    found = [f"{where}.{name} is missing" for name in known if name not in value]
    found += [f"{where}.{name} is unknown" for name in value if name not in known and name not in UNDESCRIBED]
    return found + [
        each for name in value if name in known for each in faults(value[name], known[name], f"{where}.{name}")
    ]


def _string_faults(value: str, schema: dict[str, Any], where: str) -> list[str]:
    if "pattern" in schema and not re.search(schema["pattern"], value):
        return [f"{where} is {value!r}, not like {schema['pattern']}"]
    if schema.get("format") == "date-time-rfc-2822":
        try:
            parsedate_to_datetime(value)
        except ValueError:
            return [f"{where} is {value!r}, no date"]
    return []


def check(method: str, url: str, status: int, body: Any) -> list[str]:
    """Faults of one answer, found by its method and path among the operations described."""
    path = urlsplit(url).path
    for template, operations in description()["paths"].items():
        names = re.sub(r"\{(\w+)\}", r"[^/.]+", template.replace(".json", r"\.json"))
        if method.lower() in operations and re.fullmatch(names, path):
            answers = operations[method.lower()]["responses"]
            if str(status) not in answers:
                return [f"{method} {template}: status {status} is none of {list(answers)}"]
            content = answers[str(status)].get("content", {}).get("application/json")
            return [f"{method} {template}: {each}" for each in faults(body, content["schema"])] if content else []
    return []  # The description leaves out a few operations, such as the change of one number.
