"""Rows of the audit log as a table for other programs: CSV or XLSX; no cell is taken for a formula."""

import csv
import io
from collections.abc import Callable, Iterable, Sequence

import xlsxwriter

FORMATS = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
Rows = Iterable[Sequence[str | int | None]]


def to_csv(head: Sequence[str], rows: Rows) -> bytes:
    """As CSV in UTF-8 with its mark, so that spreadsheets read Chinese."""
    file = io.StringIO(newline="")
    table = csv.writer(file)
    table.writerow(head)
    table.writerows([harmless(cell) for cell in row] for row in rows)
    return file.getvalue().encode("utf-8-sig")


def to_xlsx(head: Sequence[str], rows: Rows) -> bytes:
    """As a workbook of one sheet; text stays text."""
    file = io.BytesIO()
    book = xlsxwriter.Workbook(file, {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    sheet = book.add_worksheet()
    for line, row in enumerate([head, *rows]):
        for place, cell in enumerate(row):
            if isinstance(cell, int):
                sheet.write_number(line, place, cell)
            else:
                sheet.write_string(line, place, cell or "")
    sheet.freeze_panes(1, 0)
    book.close()
    return file.getvalue()


def harmless(cell: str | int | None) -> str | int:
    """A spreadsheet takes such a beginning for a formula: what somebody wrote must never be one."""
    if cell is None or isinstance(cell, int):
        return "" if cell is None else cell
    return f"'{cell}" if cell[:1] in {"=", "+", "-", "@", "\t", "\r", "\n"} else cell


WRITERS: dict[str, Callable[[Sequence[str], Rows], bytes]] = {"csv": to_csv, "xlsx": to_xlsx}
