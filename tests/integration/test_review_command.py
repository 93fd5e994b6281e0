"""`hotline review` on files of any shape: two channels in either order, telephone codings, and files with faults."""

import io
import json
import wave
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from click.testing import CliRunner, Result

from cli.commands.review import command
from hotline.errors import HotlineError
from recordings.speech.engines import weights
from recordings.storage.audio import Pcm, read_wav, resample, to_float, to_pcm
from tests.support import sound_files

CALL = Path("../shared/audio/calls/en-complaint-rude.wav")


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("home")
    weights.prepare(folder / "models")
    return folder


def wav(channels: tuple[Pcm, ...], rate: int) -> bytes:
    target = io.BytesIO()
    with wave.open(target, "wb") as file:
        file.setparams((len(channels), 2, rate, 0, "NONE", ""))
        file.writeframes(np.stack(channels, axis=1).astype("<i2").tobytes())
    return target.getvalue()


def at_rate(rate: int) -> bytes:
    sides = read_wav(CALL.read_bytes()).channels
    return wav(tuple(to_pcm(resample(to_float(side), 8000, rate)) for side in sides), rate)


def mu_law(swapped: bool) -> bytes:
    """As a switchboard writes it: 8 kHz mu-law, here with the agent on the first channel."""
    sides = read_wav(CALL.read_bytes()).channels
    order = tuple(reversed(sides)) if swapped else sides
    return sound_files.packed(np.stack(order, axis=1) / 32768, "wav", "pcm_mulaw")


def mp3() -> bytes:
    """As many recorders keep calls: stereo MP3 at 22 kHz."""
    target = io.BytesIO()
    with av.open(io.BytesIO(at_rate(22_050)), mode="r") as source, av.open(target, mode="w", format="mp3") as made:
        stream = made.add_stream("libmp3lame", rate=22_050, layout="stereo")
        for frame in [*source.decode(audio=0), None]:
            made.mux(stream.encode(frame))
    return target.getvalue()


def review(file: Path, home: Path, *more: str) -> tuple[Result, dict[str, Any]]:
    out = file.with_suffix(".json")
    wish = [str(file), "--language", "en-US", "--home", str(home), "--json", str(out), *more]
    result = CliRunner().invoke(command, wish)
    return result, json.loads(out.read_text("utf-8")) if out.exists() else {}


@pytest.mark.parametrize(
    ("data", "more"),
    [
        (at_rate(44_100), ()),
        (mp3(), ("--channels", "caller,agent")),
        (mu_law(swapped=True), ("--channels", "agent,caller")),
    ],
    ids=["44.1 kHz", "MP3", "mu-law, agent first"],
)
def test_a_recording_of_any_system_gets_the_marks_of_a_supervisor(
    tmp_path: Path, home: Path, data: bytes, more: tuple[str, ...]
) -> None:
    file = tmp_path / "call.wav"
    file.write_bytes(data)
    result, made = review(file, home, *more)
    assert result.exit_code == 0, result.output
    assert set(made) == {"score", "fatal", "items"}
    assert (made["score"], made["fatal"]) == (0.0, True)
    chances = {item["id"]: item["probability"] for item in made["items"]}
    labels = json.loads(CALL.with_suffix(".json").read_text("utf-8"))["labels"]
    assert {item: chances[item] > 0.5 for item in labels} == {item: bool(label) for item, label in labels.items()}
    [forbidden] = [item for item in made["items"] if item["id"] == "forbidden"]
    assert set(forbidden) == {"id", "answer", "probability", "evidence"}
    assert {"start", "end", "speaker", "text"} == set(forbidden["evidence"][0])
    # "That is not my problem" is said from 6.78 to 8.3 s.
    assert any(5 < place["start"] < 8 and place["speaker"] == "agent" for place in forbidden["evidence"])
    assert "Score 0 of 100" in result.output


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "the file is empty"),
        (b"RIFF nothing at all", "no sound in it that can be read"),
        (wav((np.zeros(16_000, np.int16),), 8000), "it has 1 channel, and two are needed"),
        (wav((np.zeros(800, np.int16),) * 2, 8000), "nothing can be marked in so little"),
        (wav((np.zeros(16_000, np.int16),) * 3, 8000), "it has 3 channels, and two are needed"),
    ],
)
def test_a_file_that_cannot_be_marked_says_why_and_what_to_do(
    tmp_path: Path, home: Path, data: bytes, says: str
) -> None:
    file = tmp_path / "call.wav"
    file.write_bytes(data)
    result, _ = review(file, home)
    assert isinstance(result.exception, HotlineError)
    assert says in str(result.exception)
    assert "call.wav" in str(result.exception)


def test_an_unknown_scorecard_lists_those_there_are(home: Path) -> None:
    result, _ = review(CALL, home, "--scorecard", "servise", "--json", "unused.json")
    assert "there are follow-up, service" in str(result.exception)


def test_silence_has_no_phrases_and_no_faults_that_are_fatal(tmp_path: Path, home: Path) -> None:
    file = tmp_path / "call.wav"
    file.write_bytes(wav((np.zeros(40_000, np.int16),) * 2, 8000))
    result, made = review(file, home)
    assert result.exit_code == 0
    assert not made["fatal"]
