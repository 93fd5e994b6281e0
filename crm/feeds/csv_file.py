"""CSV as hospitals' systems write it: its encoding, its separator, its faults named by line."""

import codecs
import csv
import io
import re
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

from crm.errors import UnreadableFile
from crm.feeds.file_limits import MEGABYTE, FileLimits

BLOCK = 1 << 20
LONGEST_LINE = 1 << 20
LONGEST_FIELD = 1 << 16
SEPARATORS = (",", ";", "\t", "|")
QUOTED = re.compile(r'"[^"]*("|\Z)')
# A character of GB 18030: two bytes of which the second may be a letter of ASCII, or four.
GB_PAIR = re.compile(rb"[\x81-\xfe](?:[\x30-\x39][\x81-\xfe][\x30-\x39]|([\x40-\x7e])|[\x80-\xfe])")
csv.field_size_limit(LONGEST_FIELD)


def opened(file: Path) -> io.BufferedReader:
    """Return the file for reading. Raises `UnreadableFile`."""
    try:
        return file.open("rb")
    except OSError as error:
        raise UnreadableFile(f"{file.name}: cannot be read: {error.strerror}") from error


def check_size(file: Path, limits: FileLimits) -> None:
    """Raise `UnreadableFile` when the file is larger than is read."""
    try:
        size = file.stat().st_size
    except OSError as error:
        raise UnreadableFile(f"{file.name}: cannot be read: {error.strerror}") from error
    if size > limits.bytes:
        raise UnreadableFile(f"{file.name}: is larger than {limits.bytes // MEGABYTE} MB, the most that is read")


def lines(file: Path) -> Iterator[tuple[int, list[str]]]:
    """Yield each record that is not blank, with the line where it begins. Raises `UnreadableFile`, naming the line."""
    with file.open(encoding=encoding(file), newline="") as text:
        source = _physical(file, text)
        start = list(_to_first(source))
        separator = _separator(start[-1] if start else "")
        if start and _names_separator(start[-1]):
            start[-1] = "\n"
        table = csv.reader(chain(start, source), delimiter=separator, strict=True)
        begins = 1
        try:
            for cells in table:
                if any(cell.strip() for cell in cells):
                    yield begins, cells
                begins = table.line_num + 1
        except csv.Error as error:
            raise UnreadableFile(f"{file.name}: line {begins}: {_plainly(str(error))}") from error


def encoding(file: Path) -> str:
    """UTF-8 with or without its mark, UTF-16 with its mark, or GB18030. Raises `UnreadableFile` naming the place."""
    with opened(file) as source:
        start = source.read(4096)
    if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return _sure(file, "utf-16")
    if start.count(0) > len(start) // 8:
        raise UnreadableFile(f"{file.name}: looks like UTF-16 without its mark, or is no text; save it in UTF-8")
    faults = []
    for name in ("utf-8-sig", "gb18030"):
        fault = _undecodable(file, name)
        if fault is None and name == "gb18030" and not _is_chinese(file):
            faults.append("its letters say otherwise")
            continue
        if fault is None:
            return name
        faults.append(f"line {fault}")
    raise UnreadableFile(f"{file.name}: is neither UTF-8 ({faults[0]}) nor GB18030 ({faults[1]}); save it in UTF-8")


def _sure(file: Path, name: str) -> str:
    fault = _undecodable(file, name)
    if fault is not None:
        raise UnreadableFile(f"{file.name}: line {fault}: is no {name.upper()}; save it in UTF-8")
    return name


def _undecodable(file: Path, name: str) -> int | None:
    """Return the line of the first byte that this encoding does not have, read block by block."""
    decoder = codecs.getincrementaldecoder(name)()
    line = 1
    with opened(file) as source:
        try:
            for block in iter(lambda: source.read(BLOCK), b""):
                line += decoder.decode(block).count("\n")
            decoder.decode(b"", True)
        except UnicodeDecodeError as error:
            return line + error.object[: error.start].count(b"\n")
    return None


def _is_chinese(file: Path) -> bool:
    """Return whether this is Chinese, and no text of Western Europe whose é and ü would swallow the letter after them.

    In Chinese most characters are those of GB 2312, whose second byte is no letter of ASCII.
    """
    usual = rare = 0
    with opened(file) as source:
        for block in iter(lambda: source.read(BLOCK), b""):
            for found in GB_PAIR.finditer(block):
                usual, rare = (usual, rare + 1) if found[1] else (usual + 1, rare)
    return usual >= rare


def _physical(file: Path, text: io.TextIOBase) -> Iterator[str]:
    for number, line in enumerate(iter(lambda: text.readline(LONGEST_LINE), ""), 1):
        if len(line) == LONGEST_LINE and not line.endswith(("\n", "\r")):
            raise UnreadableFile(f"{file.name}: line {number}: is longer than {LONGEST_LINE:,} characters")
        yield line


def _to_first(source: Iterator[str]) -> Iterator[str]:
    """Yield the lines up to the first that is not blank."""
    for line in source:
        yield line
        if line.strip():
            return


def _names_separator(first: str) -> bool:
    """Excel's own first line: `sep=;`."""
    return first.strip().lower()[:4] == "sep=" and len(first.strip()) <= 5


def _separator(first: str) -> str:
    if _names_separator(first) and first.strip()[4:] in SEPARATORS:
        return first.strip()[4:]
    outside = QUOTED.sub("", first)
    return max(SEPARATORS, key=outside.count)


def _plainly(error: str) -> str:
    """Return a fault of the csv module in words that say what to do."""
    if "field larger" in error:
        return f"a field is longer than {LONGEST_FIELD:,} characters; is a quotation mark missing?"
    if "unexpected end" in error:
        return "a quotation mark opens a field and none closes it"
    if "expected after" in error:
        return "something follows a closing quotation mark; is one missing, or not doubled?"
    return "is no line of CSV"
