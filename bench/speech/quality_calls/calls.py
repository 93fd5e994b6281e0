"""The labelled calls of the quality bench: the shared ones, the same on worse lines, and others spoken for it."""

import json
import warnings
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from bench.speech.quality_calls.spoken import spoken_calls
from hotline.values.language import Language
from recordings.storage.audio import TELEPHONE_RATE, Pcm, Sound, read_wav, resample, to_float, to_pcm
from recordings.storage.wav_file import wav_bytes

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # Python 3.11 and 3.12 announce that the module leaves the standard library
    import audioop


@dataclass(frozen=True)
class LabelledCall:
    """A call and the marks that a supervisor gave it. `kind` is the set that it belongs to."""

    name: str
    kind: str
    language: Language
    is_follow_up: bool
    sound: Sound
    labels: Mapping[str, int]


def all_calls(folder: Path, degrade: bool, spoken: bool) -> Iterator[LabelledCall]:
    """Yield the calls of all sets that are asked for."""
    shared = [_read(path) for path in sorted(folder.glob("*.json"))]
    yield from shared
    if degrade:
        for name, worsen in LINES.items():
            for call in shared:
                sides = tuple(worsen(pcm) for pcm in call.sound.channels)
                yield replace(call, kind=name, sound=Sound(sides))
    if spoken:
        for made in spoken_calls():
            yield LabelledCall(made.name, "spoken", made.language, made.is_follow_up, made.sound, made.labels)


def _read(path: Path) -> LabelledCall:
    told = json.loads(path.read_text("utf-8"))
    sound = read_wav(path.with_suffix(".wav").read_bytes())
    if told["channels"] == ["agent", "caller"]:
        sound = Sound((sound.channels[1], sound.channels[0]))
    is_follow_up = told["topic"] == "follow-up"
    return LabelledCall(told["name"], "calls", Language(told["language"]), is_follow_up, sound, told["labels"])


def _noise(pcm: Pcm) -> Pcm:
    """Add white noise 12 dB below the speech."""
    sound = to_float(pcm)
    loud = sound[np.abs(sound) > 0.02]
    level = float(np.sqrt(np.mean(loud**2))) if len(loud) else 0.05
    noise = np.random.default_rng(7).normal(size=len(sound)) * level * 10 ** (-12 / 20)
    return to_pcm((sound + noise).astype(np.float32))


def _mu_law(pcm: Pcm) -> Pcm:
    """Send it through the telephone's coding, once there and back."""
    law = audioop.lin2ulaw(pcm.tobytes(), 2)
    return np.frombuffer(audioop.ulaw2lin(law, 2), dtype=np.int16)


def _quiet(pcm: Pcm) -> Pcm:
    """Make it a tenth as loud."""
    return to_pcm(to_float(pcm) * np.float32(0.1))


def _studio(pcm: Pcm) -> Pcm:
    """Turn it into a file at 44.1 kHz and back."""
    wide = to_pcm(resample(to_float(pcm), TELEPHONE_RATE, 44_100))
    return read_wav(wav_bytes([wide], 44_100)).channels[0]


LINES: dict[str, Callable[[Pcm], Pcm]] = {
    "noise 12 dB": _noise,
    "mu-law": _mu_law,
    "quiet": _quiet,
    "44.1 kHz": _studio,
}
