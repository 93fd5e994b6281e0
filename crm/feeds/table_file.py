"""Tables as hospitals save them, CSV and XLSX, row by row in little memory; whose heads they are the caller says.

CSV is read here in the encodings and with the separators that are met in the field, XLSX by `crm.feeds.xlsx_file` in a
process of its own.
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from pathlib import Path

from crm.errors import UnreadableFile
from crm.feeds import csv_file, xlsx_file
from crm.feeds.file_limits import FileLimits
from crm.feeds.table_row import Columns, TableRow

ZIP_SIGN, OLD_EXCEL = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"
BLOCK = 1 << 20
# Heads carry marks (*, :) and explanations in brackets: 联系电话（必填）.
IN_BRACKETS = re.compile(r"\(.*?\)|\[.*?\]|【.*?】")
MARKS = re.compile(r"[\s*:_\-\u200b-\u200f\ufeff]")


def rows(file: Path, columns: Columns, limits: FileLimits | None = None) -> Iterator[TableRow]:
    """Yield each row of the table that is not empty. Raises `UnreadableFile` when it is no such table, at any row."""
    limits = limits or FileLimits()
    found = _lines(file, limits)
    head_line, heads = next(found, (1, []))
    names = _names(file, head_line, heads, columns)
    for line, cells in found:
        stripped = [cell.strip() for cell in cells]
        if any(stripped):
            named = {name: cell for name, cell in zip(names, stripped, strict=False) if name is not None}
            yield TableRow(line, named, any(stripped[len(names) :]))


def about(file: Path) -> int | None:
    """About how many rows a CSV file has, for a progress bar; `None` for a workbook, which does not tell truly."""
    with csv_file.opened(file) as source:
        if source.read(4) == ZIP_SIGN:
            return None
        source.seek(0)
        return max(0, sum(block.count(b"\n") for block in iter(lambda: source.read(BLOCK), b"")) - 1)


def plain(head: str) -> str:
    """Return a head as heads are compared: without brackets, marks, spaces, capitals and full width."""
    return MARKS.sub("", IN_BRACKETS.sub("", unicodedata.normalize("NFKC", head))).lower()


def encoding(file: Path) -> str:
    """Return the encoding of a CSV file.

    Raises `UnreadableFile` naming the line where it is none of those that are read.
    """
    return csv_file.encoding(file)


def _lines(file: Path, limits: FileLimits) -> Iterator[tuple[int, list[str]]]:
    with csv_file.opened(file) as source:
        start = source.read(8)
    if start.startswith(OLD_EXCEL):
        raise UnreadableFile(f"{file.name}: is an old or password-protected Excel file; save it as .xlsx without one")
    csv_file.check_size(file, limits)
    return xlsx_file.lines(file, limits) if start.startswith(ZIP_SIGN) else csv_file.lines(file)


def _names(file: Path, line: int, heads: Sequence[str], columns: Columns) -> list[str | None]:
    """Return our name for each column. Raises `UnreadableFile` when one is missing or double."""
    known = {plain(head): name for name, each in columns.heads.items() for head in each}
    found = [known.get(plain(head)) for head in heads]
    while found and not heads[len(found) - 1].strip():
        found.pop()
    missing = [name for name in columns.needed if name not in found]
    if missing:
        wanted = "; ".join(f"{name} ({' or '.join(columns.heads[name][-2:])})" for name in missing)
        raise UnreadableFile(
            f"{file.name}: line {line}: columns are missing: {wanted}. The first line names the columns"
        )
    double = sorted({name for name in found if name is not None and found.count(name) > 1})
    if double:
        raise UnreadableFile(f"{file.name}: line {line}: {', '.join(double)} stands there more than once")
    return found
