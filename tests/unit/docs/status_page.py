"""Write docs/statuses.md from the lifecycles: `python -m tests.unit.docs.status_page`."""

from collections.abc import Iterator
from typing import Any

from hotline.values.states.lifecycle import Lifecycle
from hotline.values.states.lifecycles import LIFECYCLES
from tests.support.documents import ROOT

PAGE = ROOT / "docs" / "statuses.md"
HEAD = """# Statuses and their events

Every stored status, drawn from its table in [`hotline/values/states`](../hotline/values/states/__init__.py), which has
one file for each model: the statuses, the events with their sources, target and guard, and the events that come twice
or late and change nothing, with the reason. A status changes by `hotline.outbox.transitions.transition(row, event)`
alone, which raises an error for anything that is in no row here. The page is written by
`python -m tests.unit.docs.status_page`; a test compares.
"""


def page() -> str:
    """Return the page as it must be."""
    return "\n".join([HEAD, *(line for one in LIFECYCLES for line in _section(one))])


def _section(life: Lifecycle[Any]) -> Iterator[str]:
    yield f"## {life.status.__name__}\n{(life.status.__doc__ or '').strip()}\n"
    yield "```mermaid\nstateDiagram-v2"
    yield from (
        f"    {source} --> {row.target}: {row.event}"
        for row in life.transitions
        for source in row.sources
        if source != row.target
    )
    yield "```\n"
    yield "| event | from | to | only where, or why nothing changes |\n|---|---|---|---|"
    for row in life.transitions:
        guard = "" if row.guard is None else row.guard.__name__.removeprefix("is_").replace("_", " ")
        yield f"| {row.event} | {', '.join(row.sources)} | {row.target} | {guard} |"
    for late in life.ignored:
        yield f"| {late.event} | {', '.join(late.sources)} | – | {late.reason} |"
    yield ""


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")
