"""Ten thousand patients called in a working week: the product's pace beside a fixed rate and a plain predictive rule.

`python -m bench.campaign --json OUT`. All meet the same patients, the same callers of the hotline and the same nurses.
"""

import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import click

from bench.simulation.campaign_week import patients
from bench.simulation.campaign_week import rules as campaign_week_rules
from bench.simulation.campaign_week import week as campaign_week_week
from bench.simulation.campaign_week.rules import FixedRate, NoCampaign, PredictiveRule, ProductPace
from bench.simulation.campaign_week.week import Pacing, Week
from bench.simulation.hospital_day import day_file
from bench.simulation.hospital_day.day import HospitalDay

OPEN_MINUTES = 5 * 11 * 60
TRIES_EACH = 2.4  # what a planner of a fixed rate counts on


def rules(people: int) -> Sequence[tuple[str, Callable[[], Pacing]]]:
    """Return the rules that are compared, by name."""
    rate = people * TRIES_EACH / OPEN_MINUTES
    return (
        ("none", NoCampaign),
        ("ours", ProductPace),
        ("fixed rate", lambda: FixedRate(rate)),
        ("predictive (free / answer rate)", PredictiveRule),
    )


def compare(day: HospitalDay, people: int, seeds: int, only: Sequence[str] = ()) -> dict[str, dict[str, float]]:
    """Run every rule on the same week; the loss is in percentage points against a week without any campaign."""
    found: dict[str, dict[str, float]] = {}
    for name, make in rules(people):
        if only and name not in (*only, "none"):
            continue
        runs = [_run(day, 0 if name == "none" else people, make(), seed) for seed in range(seeds)]
        found[name] = {key: round(sum(run[key] for run in runs) / seeds, 4) for key in runs[0]}
        lost = found["none"]["inbound_within_three_rings"] - found[name]["inbound_within_three_rings"]
        found[name]["inbound_loss_points"] = round(100 * lost, 2)
        click.echo(f"{name}: {found[name]}", err=True)
    return found


def _run(day: HospitalDay, people: int, pacing: Pacing, seed: int) -> dict[str, float]:
    week = Week(day, people, pacing, seed)
    week.run()
    return campaign_week_rules.figures(week)


@click.command()
@click.option("--day", type=click.Path(exists=True, path_type=Path), default=day_file.DAYS / "reference.json")
@click.option("--people", default=10_000, show_default=True, help="Recipients, all due on Monday morning.")
@click.option("--nurses", default=4, show_default=True, help="Nurses for patients on duty beside the hotline's agents.")
@click.option("--seeds", default=1, show_default=True, help="How often patients and pick-up times are drawn.")
@click.option("--only", multiple=True, help="Only this rule (and the week without a campaign); may be repeated.")
@click.option("--json", "out", type=click.Path(path_type=Path), help="Write the figures here, too.")
def main(day: Path, people: int, nurses: int, seeds: int, only: tuple[str, ...], out: Path | None) -> None:
    """Simulate and print the figures."""
    found = compare(campaign_week_week.seats(day_file.read(day), nurses), people, seeds, only)
    given = {"people": people, "nurses": nurses, "seeds": seeds, "reach": patients.REACH}
    text = json.dumps({"given": given | {"handover": patients.HANDOVER}, "rules": found}, indent=2)
    if out is not None:
        out.write_text(text + "\n", encoding="utf-8")
    sys.stdout.write(text + "\n")


if __name__ == "__main__":
    main()
