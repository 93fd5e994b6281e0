"""A report as PDF; it needs no font of the system."""

import io
from collections.abc import Callable
from functools import cache
from typing import Any
from xml.sax.saxutils import escape

from reportlab.graphics.shapes import Circle, Drawing, Line, Polygon, PolyLine, String
from reportlab.lib import colors
from reportlab.lib.pagesizes import A4, landscape
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.platypus import KeepTogether, Paragraph, SimpleDocTemplate, Spacer
from reportlab.platypus import Table as Grid

from qa.reports.chart import Chart, Shape
from qa.reports.values import ReportDocument, Table, cell_text
from qa.reports.words import Words

FONT = "STSong-Light"
# Two drawings and the title fill a page.
SCALE = 0.85
WIDE = {"verdict": 1.5}
COLOURS = {
    "grid": "#dfe7e5",
    "bar": "#9a5b00",
    "band": "#e0f0ee",
    "score": "#0b6e69",
    "good": "#1b7a4b",
    "bad": "#b23a32",
    "tick": "#566a6f",
    "name": "#16262a",
    "figure": "#16262a",
}


def pdf(report: ReportDocument, say: Words) -> bytes:
    """Return the report as pages to print: drawings first, then tables, then how to read them."""
    _register()
    file = io.BytesIO()
    page = landscape(A4)
    margins = {"leftMargin": 15 * mm, "rightMargin": 15 * mm, "topMargin": 14 * mm, "bottomMargin": 14 * mm}
    document = SimpleDocTemplate(file, pagesize=page, title=report.title, **margins)
    story: list[Any] = [_text(report.title, 18), _text(report.subtitle, 9, "#566a6f"), Spacer(1, 6 * mm)]
    if report.is_empty:
        story.append(_text(say("none"), 11))
    for chart in report.charts:
        parts = [_text(chart.title, 12), _text(chart.summary, 9, "#566a6f"), drawing(chart), Spacer(1, 5 * mm)]
        story.append(KeepTogether(parts))
    for table in report.tables:
        story += [_text(table.title, 12, follows=True), _grid(table, say, page[0] - 30 * mm), Spacer(1, 5 * mm)]
    story += [_text(note, 8, "#566a6f") for note in report.notes]
    document.build(story, onFirstPage=_foot, onLaterPages=_foot)
    return file.getvalue()


def drawing(chart: Chart) -> Drawing:
    """Return the shapes of a chart as a drawing of the PDF; y runs upwards there."""
    _register()
    result = Drawing(chart.width * SCALE, chart.height * SCALE)
    result.scale(SCALE, SCALE)
    for shape in chart.shapes:
        result.add(_MADE[shape.form](shape, [(x, chart.height - y) for x, y in shape.points]))
    return result


def _grid(table: Table, say: Words, width: float) -> Any:
    head = [_text(say(f"column.{column}"), 7, "#566a6f") for column in table.columns]
    rows = [
        [_text(cell_text(column, cell), 8) for column, cell in zip(table.columns, row, strict=True)]
        for row in table.rows
    ]
    first = 2.2 if len(table.columns) > 6 else 1.6
    parts = [first, *(WIDE.get(column, 1.0) for column in table.columns[1:])]
    grid = Grid([head, *rows], [width * part / sum(parts) for part in parts], repeatRows=1)
    line = colors.HexColor("#dfe7e5")
    grid.setStyle([("LINEBELOW", (0, 0), (-1, -1), 0.4, line), ("VALIGN", (0, 0), (-1, -1), "TOP")])
    return grid


def _text(words: str, size: float, colour: str = "#16262a", *, follows: bool = False) -> Paragraph:
    """Return a paragraph; with `follows` it stays on the page of what comes next."""
    look = {"fontName": FONT, "fontSize": size, "leading": size * 1.4, "wordWrap": "CJK", "textColor": colour}
    style = ParagraphStyle(f"s{size}{colour}{follows}", keepWithNext=follows, **look)
    return Paragraph(escape(words), style)


def _foot(canvas: Any, document: Any) -> None:
    canvas.setFont(FONT, 8)
    canvas.drawRightString(document.pagesize[0] - 15 * mm, 8 * mm, str(canvas.getPageNumber()))


@cache
def _register() -> None:
    pdfmetrics.registerFont(UnicodeCIDFont(FONT))


def _colour(kind: str) -> Any:
    return colors.HexColor(COLOURS[kind.removeprefix("interval-") if kind != "interval" else "score"])


def _line(shape: Shape, points: list[tuple[float, float]]) -> Any:
    dashes = [4, 3] if shape.kind == "bar" else None
    width = 3 if shape.kind.startswith("interval") else 2 if shape.kind == "score" else 1
    if len(points) == 2:
        (one, two), (three, four) = points
        return Line(one, two, three, four, strokeColor=_colour(shape.kind), strokeWidth=width, strokeDashArray=dashes)
    flat = [value for point in points for value in point]
    return PolyLine(flat, strokeColor=_colour(shape.kind), strokeWidth=width)


def _area(shape: Shape, points: list[tuple[float, float]]) -> Any:
    return Polygon([value for point in points for value in point], fillColor=_colour(shape.kind), strokeColor=None)


def _dot(shape: Shape, points: list[tuple[float, float]]) -> Any:
    return Circle(*points[0], shape.size, fillColor=_colour(shape.kind), strokeColor=None)


def _words(shape: Shape, points: list[tuple[float, float]]) -> Any:
    look = {"fontName": FONT, "fontSize": shape.size, "fillColor": _colour(shape.kind), "textAnchor": shape.anchor}
    return String(*points[0], shape.words, **look)


_MADE: dict[str, Callable[[Shape, list[tuple[float, float]]], Any]] = {
    "line": _line,
    "area": _area,
    "dot": _dot,
    "text": _words,
}
