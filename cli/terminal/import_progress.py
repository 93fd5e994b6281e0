"""A bar for the reading of a large file, on the terminal's second stream."""

from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bar

from crm.feeds.progress import ImportProgress


@contextmanager
def shown(name: str) -> Iterator[ImportProgress]:
    """Yield whom to tell how far the file of this name is; the bar is gone at the end."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Bar(*columns, console=Console(stderr=True), transient=True) as bar:

        def begin(what: str, total: int | None) -> None:
            bar.add_task(f"{name}: {what}", total=total)

        yield ImportProgress(begin, lambda count: bar.advance(bar.task_ids[-1], count))
