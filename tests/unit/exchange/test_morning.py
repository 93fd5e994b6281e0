"""The demo's morning can be played: its script is sound, its lines are there and are what they say."""

import json
from pathlib import Path

from exchange import sound_file
from exchange.phone.parse import parse_play
from exchange.phone.run import load_sounds
from exchange.phone.script import Actor, Step

DEMO = Path(__file__).parents[3] / "cli" / "demo"
SCRIPT = DEMO / "morning.yaml"


def morning() -> tuple[Actor, ...]:
    return parse_play(SCRIPT.read_text(encoding="utf-8"), SCRIPT.name)


def steps() -> list[Step]:
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


def test_the_morning_has_six_members_of_staff_and_eight_callers() -> None:
    actors = morning()
    assert sorted(actor.address for actor in actors if actor.incoming) == [f"client:agent-{n}" for n in range(1, 7)]
    assert len([actor for actor in actors if actor.dial]) == 8
