"""Tables of discharges: CSV in the encodings that hospitals use, and XLSX, row by row in little memory."""

import codecs
import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any
from zipfile import BadZipFile, is_zipfile

import openpyxl
from openpyxl.utils.exceptions import InvalidFileException

from campaigns import fields
from campaigns.errors import ImportFault

# Our names for columns -> the heads under which hospitals have them (compared without spaces and capitals).
HEADS = {
    "patient_number": ("patient_number", "patient_id", "mrn", "病案号", "住院号", "患者编号", "患者id"),
    "visit": ("visit", "visit_number", "住院次数", "就诊号", "住院流水号"),
    "name": ("name", "patient_name", "姓名", "患者姓名"),
    "birth_date": ("birth_date", "birthdate", "dob", "出生日期", "生日"),
    "phone": ("phone", "telephone", "mobile", "联系电话", "电话", "手机", "手机号"),
    "ward": ("ward", "department", "病区", "科室", "出院科室"),
    "condition": ("condition", "病种", "随访病种"),
    "diagnosis": ("diagnosis", "icd10", "icd_10", "诊断编码", "出院诊断编码"),
    "discharged_on": ("discharged_on", "discharge_date", "出院日期", "出院时间"),
    "language": ("language", "语言"),
    "zone": ("zone", "timezone", "时区"),
    "consent": ("consent", "同意随访", "随访同意"),
    "do_not_call": ("do_not_call", "拒绝来电", "勿扰"),
    "refused_days": ("refused_days", "不便日期"),
    "preferred": ("preferred", "preferred_time", "方便时间"),
    "died_on": ("died_on", "死亡日期"),
    "readmitted_on": ("readmitted_on", "再入院日期"),
}
NEEDED = ("patient_number", "name", "phone", "discharged_on", "consent")
KNOWN = {head: name for name, heads in HEADS.items() for head in heads}
BLOCK = 1 << 20
ZIP_SIGN, OLD_EXCEL = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"
csv.field_size_limit(1 << 16)
Cells = tuple[int, Mapping[str, str]]


def rows(file: Path) -> Iterator[Cells]:
    """Each row of the table: its line and its cells by our names. Raises `ImportFault` when it is no such table."""
    with _opened(file) as opened:
        start = opened.read(8)
    if start.startswith(ZIP_SIGN):
        return _sheet(file)
    if start.startswith(OLD_EXCEL):
        raise ImportFault(f"{file}: is an old or password-protected Excel file; save it as .xlsx without a password")
    return _csv(file)


def size(file: Path) -> int:
    """About how many rows the table has, for a progress bar."""
    if is_zipfile(file):
        with closing(_workbook(file)) as book:
            return max(0, (_first(book, file).max_row or 1) - 1)
    with _opened(file) as opened:
        lines = sum(block.count(b"\n") for block in iter(lambda: opened.read(BLOCK), b""))
    return max(0, lines - 1)


def encoding(file: Path) -> str:
    """UTF-8 with or without its mark, UTF-16 with its mark, or GB18030. Raises `ImportFault` naming the place."""
    with _opened(file) as opened:
        start = opened.read(4096)
    if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    if start.count(0) > len(start) // 8:
        raise ImportFault(f"{file}: looks like UTF-16 without its mark, or is no text; save it as CSV in UTF-8")
    faults = []
    for name in ("utf-8-sig", "gb18030"):
        fault = _undecodable(file, name)
        if fault is None:
            return name
        faults.append(fault)
    raise ImportFault(f"{file}: is neither UTF-8 (byte {faults[0]}) nor GB18030 (byte {faults[1]}); save it in UTF-8")


def _undecodable(file: Path, name: str) -> int | None:
    """The first byte that this encoding does not have, read block by block."""
    decoder = codecs.getincrementaldecoder(name)()
    done = 0
    with _opened(file) as opened:
        try:
            for block in iter(lambda: opened.read(BLOCK), b""):
                decoder.decode(block)
                done += len(block)
            decoder.decode(b"", True)
        except UnicodeDecodeError as error:
            return done + error.start
    return None


def _opened(file: Path) -> io.BufferedReader:
    try:
        return file.open("rb")
    except OSError as error:
        raise ImportFault(f"{file}: cannot be read: {error.strerror}") from error


def _csv(file: Path) -> Iterator[Cells]:
    name = encoding(file)
    with file.open(encoding=name, newline="") as text:
        head = text.readline()
        table = csv.reader(text, delimiter=_delimiter(head), strict=True)
        columns = _columns(file, next(csv.reader([head], delimiter=_delimiter(head)), []))
        try:
            for cells in table:
                if any(cell.strip() for cell in cells):
                    yield table.line_num + 1, _named(columns, cells)
        except csv.Error as error:
            raise ImportFault(f"{file}: line {table.line_num + 1}: {error}") from error


def _delimiter(head: str) -> str:
    return max((",", ";", "\t"), key=head.count)


def _sheet(file: Path) -> Iterator[Cells]:
    with closing(_workbook(file)) as book:
        found = _first(book, file).iter_rows()
        columns: Sequence[str | None] = ()
        for line, row in enumerate(found, 1):
            values = [_value(cell) for cell in row]
            if line == 1:
                columns = _columns(file, values)
            elif any(values):
                yield line, _named(columns, values)


def _value(cell: Any) -> str:
    """A formula stays one (its sign shows it), whatever it last came to."""
    if getattr(cell, "data_type", "") == "f":
        return "="
    return fields.plain(cell.value)


def _workbook(file: Path) -> Any:
    try:
        return openpyxl.load_workbook(file, read_only=True, data_only=False, keep_links=False)
    except (BadZipFile, InvalidFileException, KeyError, ValueError, OSError) as error:
        raise ImportFault(f"{file}: is no workbook that can be read; save it anew as .xlsx") from error


def _first(book: Any, file: Path) -> Any:
    if not book.worksheets:
        raise ImportFault(f"{file}: has no sheet")
    return book.worksheets[0]


def _columns(file: Path, heads: Sequence[str]) -> list[str | None]:
    """Our name for each column, `None` for one that is not ours. Raises `ImportFault` when one is missing or double."""
    found = [KNOWN.get("".join(head.split()).lower()) for head in heads]
    missing = [name for name in NEEDED if name not in found]
    if missing:
        wanted = "; ".join(f"{name} ({' or '.join(HEADS[name][-2:])})" for name in missing)
        raise ImportFault(f"{file}: line 1: columns are missing: {wanted}. The first line names the columns")
    double = sorted({name for name in found if name is not None and found.count(name) > 1})
    if double:
        raise ImportFault(f"{file}: line 1: {', '.join(double)} stands there more than once")
    return found


def _named(columns: Sequence[str | None], cells: Sequence[str]) -> dict[str, str]:
    named = {name: cell for name, cell in zip(columns, cells, strict=False) if name is not None}
    if any(cell.strip() for cell in cells[len(columns) :]):
        named["row"] = "longer"
    return named
