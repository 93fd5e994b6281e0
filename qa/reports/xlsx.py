"""A report as XLSX; cells that look like formulas stay text."""

import io
from typing import Any

import xlsxwriter

from qa.reports.values import SHARES, WHOLE, ReportDocument, Table
from qa.reports.words import Words


def xlsx(report: ReportDocument, say: Words) -> bytes:
    """Return the report as a workbook, one sheet per table."""
    file = io.BytesIO()
    plain = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    book = xlsxwriter.Workbook(file, plain)
    formats = {
        "head": book.add_format({"bold": True, "bottom": 1, "text_wrap": True, "valign": "top"}),
        "score": book.add_format({"num_format": "0.0"}),
        "share": book.add_format({"num_format": "0%"}),
        "title": book.add_format({"bold": True, "font_size": 14}),
    }
    for table in report.tables:
        sheet = book.add_worksheet(table.title[:31])
        sheet.write_string(0, 0, f"{report.title} · {table.title}", formats["title"])
        sheet.write_string(1, 0, report.subtitle)
        _fill(sheet, table, say, formats)
    notes = book.add_worksheet(say("sheet.notes"))
    for number, note in enumerate(report.notes):
        notes.write_string(number, 0, note)
    book.close()
    return file.getvalue()


def _fill(sheet: Any, table: Table, say: Words, formats: dict[str, Any]) -> None:
    for at, column in enumerate(table.columns):
        sheet.write_string(3, at, say(f"column.{column}"), formats["head"])
        sheet.set_column(at, at, 20 if at == 0 else 12)
    for number, row in enumerate(table.rows, 4):
        for at, cell in enumerate(row):
            column = table.columns[at]
            if isinstance(cell, str):
                sheet.write_string(number, at, cell)
            elif cell is not None:
                look = formats["share"] if column in SHARES else None if column in WHOLE else formats["score"]
                sheet.write_number(number, at, cell, look)
    sheet.freeze_panes(4, 1)
    if table.rows:
        sheet.autofilter(3, 0, 3 + len(table.rows), len(table.columns) - 1)
