"""The resources of FHIR files: a Bundle of any type, a list, one resource, or one a line (NDJSON); read as a stream.

Only files that are one piece of JSON are held in memory, and so have a limit of their own.
"""

import codecs
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from campaigns.importing.fhir.json_parts import Json, get, many, text
from crm.errors import UnreadableFile
from crm.feeds import csv_file
from crm.feeds.file_limits import MEGABYTE, FileLimits
from crm.feeds.rejected_field import RejectedField

BLOCK = 1 << 16
MOST_VALUES = 2_000_000
DEEPEST = 3  # Bundles within Bundles
NO_JSON = "is no JSON"
NO_RESOURCE = "is no FHIR resource; each has a resourceType"


@dataclass(frozen=True)
class LocatedResource:
    """A resource, where it stood (line of NDJSON, else its place from 1), and the address that its Bundle gives it."""

    line: int
    resource: Json
    address: str = ""


def resources(file: Path, limits: FileLimits) -> Iterator[LocatedResource | RejectedField]:
    """Yield each resource of the file. Raises `UnreadableFile` when it is no FHIR at all."""
    csv_file.check_size(file, limits)
    with csv_file.opened(file) as source:
        first = _first_line(source, limits.whole_bytes)
        is_by_line = len(first) <= limits.whole_bytes and _parsed(first) is not None and _goes_on(source)
        source.seek(0)
        if is_by_line:
            yield from _by_line(file, source, limits.whole_bytes)
        else:
            yield from _whole(file, source.read(limits.whole_bytes + 1), limits.whole_bytes)


def is_readable(file: Path, limits: FileLimits) -> bool:
    """Return whether the file is FHIR to its end."""
    try:
        return not any(isinstance(one, RejectedField) for one in resources(file, limits))
    except UnreadableFile:
        return False


def _first_line(source: BinaryIO, most: int) -> bytes:
    line = source.readline(most + 1)
    while line and not line.strip():
        line = source.readline(most + 1)
    return line


def _goes_on(source: BinaryIO) -> bool:
    return any(block.strip() for block in iter(lambda: source.read(BLOCK), b""))


def _by_line(file: Path, source: BinaryIO, most: int) -> Iterator[LocatedResource | RejectedField]:
    number = 0
    while line := source.readline(most + 1):
        number += 1
        if len(line) > most:
            raise UnreadableFile(f"{file.name}: line {number}: is longer than {most // MEGABYTE} MB")
        if line.strip():
            value = _parsed(line)
            yield from [RejectedField(number, "line", NO_JSON)] if value is None else _opened(number, value)


def _whole(file: Path, raw: bytes, most: int) -> Iterator[LocatedResource | RejectedField]:
    if len(raw) > most:
        raise UnreadableFile(
            f"{file.name}: is one piece of JSON larger than {most // MEGABYTE} MB; write one resource a line (NDJSON)"
        )
    if not raw.strip():
        raise UnreadableFile(f"{file.name}: is empty")
    value = _parsed(raw)
    if value is None:
        raise UnreadableFile(f"{file.name}: {_why(raw)}")
    parsed = [*_opened(1, value)]
    if not parsed:
        raise UnreadableFile(f"{file.name}: holds no resource")
    yield from parsed


def _parsed(raw: bytes) -> Any:
    """Parse a value; `None` for what is no JSON, is nested too deep, or costs far more than its size."""
    if raw.count(b"{") + raw.count(b"[") + raw.count(b'"') // 2 > MOST_VALUES:
        return None
    try:
        return json.loads(
            raw if raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) else raw.decode("utf-8-sig")
        )
    except (ValueError, RecursionError):
        return None


def _why(raw: bytes) -> str:
    try:
        json.loads(raw.decode("utf-8-sig"))
    except json.JSONDecodeError as error:
        return f"line {error.lineno}: {NO_JSON} ({error.msg})"
    except UnicodeDecodeError as error:
        return f"line {raw[: error.start].count(10) + 1}: is no UTF-8"
    except RecursionError:
        return "is nested deeper than any FHIR resource"
    except ValueError:
        return NO_JSON
    return "holds no resource"


def _opened(line: int, value: Any, depth: int = 0) -> Iterator[LocatedResource | RejectedField]:
    """Yield the resources in this value: itself, the entries of a list, or those of a Bundle, numbered from 1."""
    if isinstance(value, list):
        for number, one in enumerate(value, 1):
            if one is not None:
                yield from _opened(number, one, depth + 1) if depth < DEEPEST else ()
    elif not isinstance(value, dict) or not text(value, "resourceType"):
        yield RejectedField(line, "resourceType", NO_RESOURCE)
    elif text(value, "resourceType") != "Bundle":
        yield LocatedResource(line, value)
    elif depth < DEEPEST:
        for number, entry in enumerate(many(value, "entry"), 1):
            yield from _entry(number if depth == 0 else line, entry, depth)


def _entry(line: int, entry: Json, depth: int) -> Iterator[LocatedResource | RejectedField]:
    resource = get(entry, "resource")
    if text(entry, "request", "method").upper() == "DELETE" or resource is None:
        return
    address = text(entry, "fullUrl")
    for parsed in _opened(line, resource, depth + 1):
        yield (
            LocatedResource(parsed.line, parsed.resource, address or parsed.address)
            if isinstance(parsed, LocatedResource)
            else parsed
        )
