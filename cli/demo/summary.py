"""The end of the demo on a terminal: the figures with their denominators, and each transcript as a dialogue."""

from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text


def show(console: Console, report: dict[str, Any]) -> None:
    """Print the summary of `cli.demo.report.as_json`."""
    for call in report["calls"]:
        _dialogue(console, call)
    _calls(console, report["calls"])
    _figures(console, report)


def _dialogue(console: Console, call: dict[str, Any]) -> None:
    if not call["transcript"]:
        return
    greeting = {True: "greeting passed", False: "greeting FAILED"}.get(call["checks"].get("greeting"), "not checked")
    console.print(Text(f"\n{call['caller']} · {call['intent']} · agent {call['agent']} · {greeting}", style="bold"))
    for line in call["transcript"]:
        style = "cyan" if line["speaker"] == "agent" else "white"
        console.print(
            Text(f"  {line['start']:6.2f}–{line['end']:6.2f}  {line['speaker']:>6}: {line['text']}", style=style)
        )


def _calls(console: Console, calls: list[dict[str, Any]]) -> None:
    table = Table(title="\nCalls", title_justify="left")
    for column in ("caller", "intent", "outcome", "queue", "agent", "offer rings", "caller rings", "recording"):
        table.add_column(column)
    for call in calls:
        kept = call["recording"]
        table.add_row(
            call["caller"],
            call["intent"],
            call["outcome"],
            call["queue"] or "–",
            call["agent"] or "–",
            _number(call["offer_rings"]),
            _number(call["caller_rings"]),
            f"{kept['seconds']} s, {kept['channels']} channels, {'encrypted' if kept['encrypted'] else 'PLAIN'}"
            if kept
            else "–",
        )
    console.print(table)


def _figures(console: Console, report: dict[str, Any]) -> None:
    figures = report["summary"]
    table = Table(show_header=False, box=None)
    offered, asked = figures["offers_answered"], figures["asked"]
    for name, value in (
        ("calls", figures["calls"]),
        ("asked for a person", asked),
        ("answered", figures["answered"]),
        ("abandoned", figures["abandoned"]),
        (
            "within three rings of ringing",
            f"{figures['within_three_rings_offer']} of {offered} answered offers",
        ),
        ("within three rings of asking", f"{figures['within_three_rings_caller']} of {asked} who asked"),
        ("recordings, two channels, encrypted", figures["recordings"]),
        ("transcripts", f"{figures['transcripts']} by {figures['engine']}"),
    ):
        table.add_row(f"  {name}", Text(str(value), style="bold"))
    console.print(table)


def _number(rings: float | None) -> str:
    return "–" if rings is None else f"{rings:.2f}"
