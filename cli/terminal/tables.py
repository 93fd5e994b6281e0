"""Tables on a terminal: no word is cut. Columns take what their longest cell needs, those that wrap do so at spaces."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from rich import box
from rich.console import Console, ConsoleOptions, JustifyMethod, RenderableType, RenderResult
from rich.table import Table
from rich.text import Text

from hotline.values import phone_numbers

# From this width on there is room for whole names and all columns.
WIDE = 110
Cell = str | Text


@dataclass(frozen=True)
class Fitting:
    """Two drawings of the same: the wide one where the terminal has room for it, else the narrow one."""

    wide: RenderableType
    narrow: RenderableType

    def __rich_console__(self, _console: Console, options: ConsoleOptions) -> RenderResult:
        """Draw the one that fits."""
        yield self.wide if options.max_width >= WIDE else self.narrow


def of(
    title: str,
    columns: Sequence[str],
    rows: Iterable[Sequence[Cell]],
    *,
    wraps: Sequence[str] = (),
    right: Sequence[str] = (),
    is_dim: Sequence[bool] = (),
    is_tight: bool = False,
) -> Table:
    """Return a table of these rows; `wraps` names columns that give way, `right` those of numbers.

    A header may have lines.
    """
    made = Table(title=title, title_justify="left", title_style="bold", box=box.SIMPLE_HEAD, pad_edge=False)
    made.padding = (0, 0) if is_tight else (0, 1, 0, 0)
    for name in columns:
        justify: JustifyMethod = "right" if name in right else "left"
        made.add_column(name, no_wrap=name not in wraps, overflow="fold", justify=justify)
    for number, row in enumerate(rows):
        cells: list[RenderableType] = [cell if isinstance(cell, Text) else Text(cell) for cell in row]
        made.add_row(*cells, style="dim" if any(is_dim[number : number + 1]) else "")
    return made


def pairs(title: str, rows: Iterable[tuple[str, str]]) -> Table:
    """Names with their values, one under the other."""
    made = Table.grid(padding=(0, 2))
    made.title, made.title_justify, made.title_style = title or None, "left", "bold"
    for name, value in rows:
        made.add_row(Text(name), Text(value, style="bold"))
    return made


def last_digits(number: str | None) -> str:
    """Return the last four digits of a number, which are enough to know it again in a table."""
    return f"…{phone_numbers.split(number)[0][-4:]}" if number else "hidden"
