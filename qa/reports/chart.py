"""Drawings of scores as shapes: a line over time with its interval, and one dot with interval per group. Pure.

The same shapes become SVG on a page and a drawing in a PDF; `kind` says what a shape is, colours are the reader's.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Shape:
    """A shape: `line` (points), `area` (points), `dot` (one point and radius), `text` (one point, words, anchor)."""

    form: str
    kind: str
    points: tuple[tuple[float, float], ...]
    size: float = 0.0
    words: str = ""
    anchor: str = "start"
    # What is said when one points at it.
    title: str = ""


@dataclass(frozen=True)
class Chart:
    """A drawing of this size, y from the top, with a title and one sentence that says it in words."""

    title: str
    summary: str
    width: float
    height: float
    shapes: tuple[Shape, ...]


@dataclass(frozen=True)
class ChartPoint:
    """A score with its interval; `None` where there is none."""

    name: str
    score: float | None
    low: float | None
    high: float | None
    note: str = ""


ROW, WIDTH, NAMES, RIGHT = 26.0, 640.0, 120.0, 90.0
TOP_SPACE, FOOT = 8.0, 22.0


def trend_chart(title: str, summary: str, values: Sequence[ChartPoint], bar: float) -> Chart:
    """Draw the score over periods, its interval as a band, the bar as a dashed line."""
    height, left, right = 220.0, 34.0, WIDTH - 34
    low = _floor([one.low for one in values if one.low is not None] + [bar])
    step = (right - left) / max(1, len(values) - 1)

    def x(at: int) -> float:
        return (left + right) / 2 if len(values) == 1 else left + at * step

    def y(score: float) -> float:
        return TOP_SPACE + (100 - score) / (100 - low) * (height - TOP_SPACE - FOOT)

    shapes = list(_grid_rows(low, left, right, y))
    there = [(at, one) for at, one in enumerate(values) if one.score is not None]
    upper = [(x(at), y(one.high if one.high is not None else 0)) for at, one in there]
    lower = [(x(at), y(one.low if one.low is not None else 0)) for at, one in there]
    if len(there) > 1:
        shapes.append(Shape("area", "band", (*upper, *reversed(lower))))
    shapes.append(Shape("line", "bar", ((left, y(bar)), (right, y(bar)))))
    if len(there) > 1:
        shapes.append(Shape("line", "score", tuple((x(at), y(one.score or 0)) for at, one in there)))
    for at, one in there:
        if len(there) == 1:
            shapes.append(Shape("line", "interval", (upper[0], lower[0])))
        shapes.append(Shape("dot", "score", ((x(at), y(one.score or 0)),), 4, title=one.note))
    every = max(1, -(-len(values) // 9))
    for at, one in enumerate(values):
        if at % every == 0:
            shapes.append(Shape("text", "tick", ((x(at), height - 6),), 11, one.name, "middle"))
    return Chart(title, summary, WIDTH, height, tuple(shapes))


def group_chart(title: str, summary: str, values: Sequence[ChartPoint], bar: float) -> Chart:
    """Draw one row per group: the score as a dot, the interval as a line, clearly above or below the bar by kind."""
    height = TOP_SPACE + ROW * len(values) + FOOT
    left, right = NAMES, WIDTH - RIGHT
    low = _floor([one.low for one in values if one.low is not None] + [bar])

    def x(score: float) -> float:
        return left + (score - low) / (100 - low) * (right - left)

    shapes = list(_grid_columns(low, height, x))
    shapes.append(Shape("line", "bar", ((x(bar), TOP_SPACE), (x(bar), height - FOOT))))
    for at, one in enumerate(values):
        y = TOP_SPACE + ROW * (at + 0.5)
        shapes.append(Shape("text", "name", ((left - 12, y + 4),), 12, _short(one.name), "end", one.name))
        if one.score is None or one.low is None or one.high is None:
            shapes.append(Shape("text", "tick", ((right + 10, y + 4),), 11, "–"))
            continue
        kind = "good" if one.low > bar else "bad" if one.high < bar else "score"
        shapes.append(Shape("line", f"interval-{kind}", ((x(one.low), y), (x(one.high), y)), title=one.note))
        shapes.append(Shape("dot", kind, ((x(one.score), y),), 5, title=one.note))
        shapes.append(Shape("text", "figure", ((right + 10, y + 4),), 11, f"{one.score:.1f}", title=one.note))
    return Chart(title, summary, WIDTH, height, tuple(shapes))


def _floor(values: Sequence[float]) -> float:
    """Return where the scale begins: a multiple of ten below everything, so that small differences can be seen."""
    return max(0.0, 10 * ((min([*values, 90.0]) - 3) // 10))


def _grid_rows(low: float, left: float, right: float, y: Callable[[float], float]) -> Iterator[Shape]:
    for score in _marks(low):
        yield Shape("line", "grid", ((left, y(score)), (right, y(score))))
        yield Shape("text", "tick", ((left - 6, y(score) + 4),), 11, f"{score:.0f}", "end")


def _grid_columns(low: float, height: float, x: Callable[[float], float]) -> Iterator[Shape]:
    for score in _marks(low):
        yield Shape("line", "grid", ((x(score), TOP_SPACE), (x(score), height - FOOT)))
        yield Shape("text", "tick", ((x(score), height - 6),), 11, f"{score:.0f}", "middle")


def _marks(low: float) -> list[float]:
    step = 10 if low >= 50 else 20
    first = -(-low // step) * step
    return [first + step * number for number in range(int((100 - first) // step) + 1)]


def _short(name: str) -> str:
    return name if len(name) <= 14 else name[:13] + "…"
