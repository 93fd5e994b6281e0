"""Vosk (Kaldi): the first choice wherever a model of the language is installed. Finds models and runs them."""

import json
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from hotline.values.language import Language
from recordings.errors import ModelDamaged
from recordings.speech.normalisation import tidy
from recordings.speech.recognition import ModelLocation, RecognisedSegment, RecognisedWord
from recordings.speech.voice_activity import SpeechSegment
from recordings.storage.audio import TELEPHONE_RATE, Pcm

CODES = {Language.MANDARIN: "cn", Language.ENGLISH: "en-us"}
SHARED = Path("/usr/share/vosk")


def folders(place: ModelLocation) -> Iterator[Path]:
    """Yield where models are looked for: the configured folder ($VOSK_MODEL_PATH), the machine's, our own."""
    for folder in (place.vosk, SHARED, place.models):
        if folder is not None and folder.is_dir():
            yield folder


def find(language: Language, place: ModelLocation) -> Path | None:
    """Return the folder of a model for `language` by Vosk's naming (`vosk-model-small-cn-0.22`); a large one wins."""
    pattern = re.compile(rf"vosk-model(-small)?-{CODES[language]}(-|$)")
    for folder in folders(place):
        candidates = [folder, *sorted(folder.iterdir())]
        fit = [path for path in candidates if pattern.match(path.name) and (path / "conf").is_dir()]
        if fit:
            return min(fit, key=lambda path: ("-small-" in path.name, path.name))
    return None


def remedy(language: Language, place: ModelLocation) -> str:
    """Return what to do when there is no model for `language`."""
    fetch = f"run `hotline models fetch --language {language}`"
    return f"no Vosk model for {language}: {fetch}, or {by_hand(language, place)}"


def by_hand(language: Language, place: ModelLocation) -> str:
    """Return how to install a model that came some other way."""
    name = f"vosk-model-…{CODES[language]}-…"
    return f"put its folder {name} into {place.models} or into the folder that VOSK_MODEL_PATH names"


class Vosk:
    """One Vosk model. It can be used by one thread at a time per recognition; the interpreter's lock is released."""

    longest_seconds = 30.0

    def __init__(self, folder: Path) -> None:
        """Load the model in `folder`, some seconds and hundreds of MB. Raises `ModelDamaged`."""
        import vosk

        vosk.SetLogLevel(-1)
        try:
            self._model = vosk.Model(model_path=str(folder))
        except Exception as error:  # the library raises nothing more exact
            raise ModelDamaged(f"{folder}: no usable Vosk model; remove the folder and fetch it again") from error
        self._recogniser: Any = vosk.KaldiRecognizer
        self.name = folder.name if folder.name.startswith("vosk") else f"vosk {folder.name}"

    def recognise(
        self,
        pcm: Pcm,
        stretches: Sequence[SpeechSegment],
        language: Language,
        prompt: str = "",  # noqa: ARG002 (this engine has no use for it)
    ) -> Iterator[RecognisedSegment]:
        """Yield the words of every stretch, each with times and confidence; a stretch is cut where
        the speaker pauses.
        """
        for stretch in stretches:
            for result in self._results(stretch.cut(pcm)):
                segment = _segment(result, stretch.cut_start, language)
                if segment is not None:
                    yield segment

    def _results(self, pcm: Pcm) -> Iterator[dict[str, Any]]:
        recogniser = self._recogniser(self._model, TELEPHONE_RATE)
        recogniser.SetWords(True)
        step = TELEPHONE_RATE // 2
        for start in range(0, len(pcm), step):
            if recogniser.AcceptWaveform(pcm[start : start + step].tobytes()):
                yield json.loads(recogniser.Result())
        yield json.loads(recogniser.FinalResult())


def _segment(result: dict[str, Any], at: float, language: Language) -> RecognisedSegment | None:
    words = tuple(
        RecognisedWord(at + float(raw["start"]), at + float(raw["end"]), str(raw["word"]), float(raw["conf"]))
        for raw in result.get("result", [])
        if raw["word"] not in ("<unk>", "[unk]", "<eps>")
    )
    if not words:
        return None
    text = tidy(" ".join(word.text for word in words), language)
    confidence = sum(word.confidence for word in words) / len(words)
    return RecognisedSegment(words[0].start, words[-1].end, text, confidence, words)
