"""The first sheet of a workbook as lines of JSON; a process of its own that `crm.feeds.xlsx_file` starts.

It takes from itself the right to more memory and time than it was given before it opens the file.
"""

import json
import resource
import sys
import warnings
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any
from zipfile import ZipFile

from crm.feeds.file_limits import MEGABYTE, FileLimits

# Digits that a spreadsheet keeps of a number; of a longer one it has lost the last.
KEPT = 10**15
MOST_PARTS = 2000
MOST_ROWS = 1 << 20  # Excel's own limit
SMALL = MEGABYTE
FARTHER = 16
NEARLY_ALL = 0.9
TO_TELL = 8 * MEGABYTE  # beyond the limit, for saying that it was reached


def main() -> None:
    """Write the rows, then `"end"`, or what is wrong."""
    path, limits = sys.argv[1], FileLimits(**json.loads(sys.argv[2]))
    resource.setrlimit(resource.RLIMIT_CPU, (limits.seconds, limits.seconds))
    most = limits.memory_bytes + TO_TELL
    resource.setrlimit(resource.RLIMIT_AS, (limits.memory_bytes, most))
    try:
        for line, cells in rows(path, limits):
            tell([line, cells])
        tell("end")
    except TooMuch as fault:
        tell(str(fault))
    except Exception as error:  # the library raises of every kind for broken files, and so do others without memory
        resource.setrlimit(resource.RLIMIT_AS, (most, most))
        if isinstance(error, MemoryError) or _is_memory_used_up(limits.memory_bytes):
            tell(f"needs more than {limits.memory_bytes // MEGABYTE} MB to be read")
        else:
            tell("is no workbook that can be read to its end; save it anew as .xlsx")


def _is_memory_used_up(most: int) -> bool:
    """Return whether this process came close to its limit: then a library's error may be that of memory."""
    for line in Path("/proc/self/status").read_text("ascii").splitlines():
        name, _, size = line.partition(":")
        if name == "VmPeak":
            return int(size.split()[0]) * 1024 > NEARLY_ALL * most
    return False


class TooMuch(Exception):  # it is told to the other process, never raised there
    """The workbook holds more than is read."""


def tell(what: object) -> None:
    """One line to whoever started us."""
    sys.stdout.write(json.dumps(what) + "\n")


def rows(path: str, limits: FileLimits) -> Iterator[tuple[int, list[str]]]:
    """Yield each row that is not empty, whatever the sheet says of its own size."""
    with ZipFile(path) as archive:
        _check_parts(archive, limits)
    sys.modules["numpy"] = None  # type: ignore[assignment] # the library would load it for nothing
    import openpyxl

    warnings.simplefilter("ignore")
    book = openpyxl.load_workbook(path, read_only=True, data_only=False, keep_links=False)
    sheet = next((each for each in book.worksheets if each.sheet_state == "visible"), None)
    if sheet is None:
        raise TooMuch("has no sheet")
    yield from _cells(sheet, limits)


def _check_parts(archive: ZipFile, limits: FileLimits) -> None:
    """Refuse before anything is unpacked. `zipfile` never unpacks more of a part than is written here."""
    parts = archive.infolist()
    if len(parts) > MOST_PARTS or sum(part.file_size for part in parts) > limits.unpacked_bytes:
        raise TooMuch(f"unpacks to more than {limits.unpacked_bytes // MEGABYTE} MB")
    large = [part for part in parts if part.file_size > SMALL]
    if any(part.file_size > part.compress_size * limits.unpacked_times for part in large):
        raise TooMuch(f"unpacks to more than {limits.unpacked_times} times its size")


def _cells(sheet: Any, limits: FileLimits) -> Iterator[tuple[int, list[str]]]:
    sheet.reset_dimensions()
    width, left = None, limits.cells
    # The head says how many columns count; a cell far away must not make every row as long.
    for row in sheet.iter_rows(max_row=1):
        width = max((number for number, cell in enumerate(row, 1) if cell.value is not None), default=1)
        left -= len(row)
    width = (width or 1) + FARTHER
    gap: object = None
    for line, row in enumerate(sheet.iter_rows(max_col=width), 1):
        if line > MOST_ROWS:
            raise TooMuch(f"has more than {MOST_ROWS:,} rows")
        if row is gap:
            continue
        if any(cell.value is not None for cell in row):
            left -= len(row)
            yield line, [text(cell) for cell in row]
        else:
            gap = row  # the library gives the same one for every row of a gap
        if left < 0:
            raise TooMuch(f"has more than {limits.cells:,} cells")


def text(cell: Any) -> str:
    """Return a cell as text; a formula stays one (its sign shows it), whatever it last came to."""
    if getattr(cell, "data_type", "") == "f":
        return "="
    value = cell.value
    if isinstance(value, int | float) and not isinstance(value, bool):
        return number(value, getattr(cell, "number_format", "General") or "General")
    return plain(value)


def number(value: float, shown_as: str) -> str:
    """Return a number as it was typed, where that can be told; one that has lost digits as the power of ten it is."""
    if abs(value) >= KEPT:
        return f"{value:.14E}"
    if isinstance(value, float) and not value.is_integer():
        return repr(value)
    digits = str(int(value))
    return digits.zfill(len(shown_as)) if set(shown_as) == {"0"} else digits


def plain(value: object) -> str:
    """Days as YYYY-MM-DD, with the time where there is one."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        value = (value + timedelta(microseconds=500_000)).replace(microsecond=0)
        return value.date().isoformat() if value.time() == time() else value.isoformat(" ")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, time):
        return f"{value:%H:%M}"
    return str(value).strip()


if __name__ == "__main__":
    main()
