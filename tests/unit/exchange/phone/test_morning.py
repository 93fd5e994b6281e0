"""The demo's morning can be played: its script is sound, its lines are there and are what they say."""

import json
from pathlib import Path

import yaml

from cli.demo import act, follow_up
from exchange.media import sound_file
from exchange.phone.parse import parse_play
from exchange.phone.script import LetTimePass, PlayActor, ScriptStep, Speak
from exchange.phone.script_runner import load_sounds

DEMO = Path(__file__).parents[4] / "cli" / "demo"
SCRIPT = DEMO / "morning.yaml"
# The item `greeting` of the standard scorecard; and what the two turns before the clinic add at least.
COUNTS_SECONDS, QUIET_SECONDS = 8.0, 1.2


def morning() -> tuple[PlayActor, ...]:
    return parse_play(SCRIPT.read_text(encoding="utf-8"), SCRIPT.name)


def steps() -> list[ScriptStep]:
    actors = morning()
    answering = [step for actor in actors for call in actor.incoming for step in call.steps]
    return [step for actor in actors for step in actor.steps] + answering


def test_every_line_that_is_spoken_is_shipped_and_every_one_shipped_is_spoken() -> None:
    spoken = {Path(name).stem for name in load_sounds(steps(), DEMO)}
    shipped = {file.stem for file in (DEMO / "audio").glob("*.wav")}
    assert spoken == shipped


def test_the_list_of_lines_names_text_and_origin_of_each() -> None:
    lines = json.loads((DEMO / "audio" / "lines.json").read_text(encoding="utf-8"))
    assert set(lines) == {file.stem for file in (DEMO / "audio").glob("*.wav")}
    for name, line in lines.items():
        assert line["call"].startswith("en-")
        assert line["text"]
        assert abs(sound_file.duration(DEMO / "audio" / f"{name}.wav") - line["seconds"]) < 0.02


def test_the_rude_agent_names_the_clinic_when_a_greeting_no_longer_counts() -> None:
    """To the machine "ask the clinic" within the first eight seconds would be half a greeting, and not clearly none."""
    (rude,) = [actor for actor in morning() if actor.address == "client:agent-5"]
    said = [step.action for step in rude.incoming[0].steps]
    first, clinic = [number for number, step in enumerate(said) if isinstance(step, Speak)][:2]
    spoken = [sound_file.duration(DEMO / step.file) for step in said[first:clinic] if isinstance(step, Speak)]
    waited = [step.seconds for step in said[first:clinic] if isinstance(step, LetTimePass)]
    answer = sound_file.duration(DEMO / "audio" / "caller-waited-three-hours.wav")
    assert sum(spoken) + answer + sum(waited) > COUNTS_SECONDS - QUIET_SECONDS
    assert sum(waited) >= 2.0, "with margin: two turns add their own silence"


def test_whoever_is_called_or_on_duty_in_the_second_act_has_a_telephone() -> None:
    script = DEMO / "follow_up" / "phones.yaml"
    phones = {actor.address for actor in parse_play(script.read_text("utf-8"), script.name)}
    agents = yaml.safe_load((DEMO / "hospital.yaml").read_text("utf-8"))["agents"]
    patients = (DEMO / "follow_up" / "patients.csv").read_text("utf-8").splitlines()[1:]
    nurses = {agents[number]["address"] for number in follow_up.NURSES}
    assert phones == nurses | {line.split(",")[4] for line in patients}
    assert {agents[number]["address"] for number in act.DESK} == {f"client:agent-{n}" for n in range(1, 7)}


def test_the_morning_has_six_members_of_staff_and_eight_callers() -> None:
    actors = morning()
    assert sorted(actor.address for actor in actors if actor.incoming) == [f"client:agent-{n}" for n in range(1, 7)]
    assert len([actor for actor in actors if actor.dial]) == 8
