"""Tables on a terminal: no word is cut. One column wraps, at spaces, the others take what their longest cell needs."""

from collections.abc import Iterable, Sequence

from rich import box
from rich.console import RenderableType
from rich.table import Table
from rich.text import Text


def of(
    title: str,
    columns: Sequence[str],
    rows: Iterable[Sequence[str | Text]],
    *,
    wraps: str = "",
    numbers: frozenset[str] = frozenset(),
) -> Table:
    """A table of these rows; `wraps` names the column that gives way, `numbers` those that stand to the right."""
    made = Table(
        title=title, title_justify="left", title_style="bold", box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0)
    )
    for name in columns:
        made.add_column(name, no_wrap=name != wraps, justify="right" if name in numbers else "left")
    for row in rows:
        cells: list[RenderableType] = [cell if isinstance(cell, Text) else Text(cell) for cell in row]
        made.add_row(*cells)
    return made
