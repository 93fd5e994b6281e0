"""The end of the demo on a terminal: the figures with their denominators, and each transcript as a dialogue."""

from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from cli.demo.watch import FAILED, NONE, PASSED, verdict
from cli.terminal import tables

COLUMNS = ("caller", "wants", "outcome", "queue", "agent", "offer\nrings", "caller\nrings", "recording", "checks")


def show(console: Console, report: dict[str, Any]) -> None:
    """Print the summary of `cli.demo.report.as_json`."""
    for call in report["calls"]:
        _dialogue(console, call)
    console.print()
    console.print(tables.Fitting(_calls(report["calls"], is_wide=True), _calls(report["calls"], is_wide=False)))
    console.print(_figures(report))


def _dialogue(console: Console, call: dict[str, Any]) -> None:
    if not call["transcript"]:
        return
    who = f"agent {call['agent']}" if call["agent"] else "no agent"
    checks = [f"{name} {verdict(result)}" for name, result in call["verdicts"].items()] or ["not checked"]
    title = " · ".join([tables.last_digits(call["caller"]), _intent(call), who, *checks])
    console.print(Text(f"\n{title}", style="bold"))
    lines = Table.grid(padding=(0, 1))
    for column in ("left", "right"):
        lines.add_column(no_wrap=True, justify=column)
    lines.add_column(overflow="fold")
    for line in call["transcript"]:
        style = "cyan" if line["speaker"] == "agent" else "white"
        cells = (f"  {line['start']:6.2f}–{line['end']:6.2f}", f"{line['speaker']}:", line["text"])
        lines.add_row(*(Text(cell, style=style) for cell in cells))
    console.print(lines)


def _calls(calls: list[dict[str, Any]], *, is_wide: bool) -> Table:
    rows = [
        (
            tables.last_digits(call["caller"]),
            _intent(call),
            str(call["outcome"]).replace("_", " "),
            call["queue"] or NONE,
            call["agent"] or NONE,
            _number(call["offer_rings"]),
            _number(call["caller_rings"]),
            _recording(call["recording"], is_wide=is_wide),
            _checks(call["verdicts"]),
        )
        for call in calls
    ]
    return tables.of("Calls", COLUMNS, rows, right=COLUMNS[5:7], is_tight=not is_wide)


def _intent(call: dict[str, Any]) -> str:
    return str(call["intent"]).replace("unknown", NONE)


def _recording(kept: dict[str, Any] | None, *, is_wide: bool) -> str:
    if kept is None:
        return NONE
    sealed = "encrypted" if kept["encrypted"] else "PLAIN"
    return f"{kept['seconds']:.1f} s, {kept['channels']} channels, {sealed}" if is_wide else f"{kept['seconds']:.0f} s"


def _checks(verdicts: dict[str, str]) -> Text:
    words = [verdict(result) for result in verdicts.values()]
    if FAILED in words:
        return Text(FAILED, style="bold red")
    return Text(next((word for word in words if word != PASSED), PASSED if words else NONE))


def _figures(report: dict[str, Any]) -> Table:
    figures = report["summary"]
    offered, asked = figures["offers_answered"], figures["asked"]
    return tables.pairs(
        "",
        [
            ("calls", str(figures["calls"])),
            ("asked for a person", str(asked)),
            ("answered", str(figures["answered"])),
            ("abandoned", str(figures["abandoned"])),
            ("within three rings of ringing", f"{figures['within_three_rings_offer']} of {offered} answered offers"),
            ("within three rings of asking", f"{figures['within_three_rings_caller']} of {asked} who asked"),
            ("announced waits", _waits(figures)),
            ("recordings, two channels, encrypted", str(figures["recordings"])),
            ("transcripts", f"{figures['transcripts']} by {figures['engine']}"),
        ],
    )


def _waits(figures: dict[str, Any]) -> str:
    count = figures["waits_told"]
    return f"off by {figures['wait_error_seconds']:.0f} s in the median, {count} callers" if count else NONE


def _number(rings: float | None) -> str:
    return NONE if rings is None else f"{rings:.2f}"
