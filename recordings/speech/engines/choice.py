"""The choice of a recognition engine by what is installed and asked for; each is opened once in a process."""

import threading

from hotline.configuration.settings import Settings
from hotline.values.language import Language
from recordings.errors import EngineMissing
from recordings.speech.recognition import Engine, ModelLocation

ENGINES = ("auto", "vosk", "whisper")
_open: dict[tuple[str, str, ModelLocation], Engine] = {}
_lock = threading.Lock()


def models_of(settings: Settings) -> ModelLocation:
    """Return where the settings say that models are."""
    return ModelLocation(settings.hotline_home / "models", settings.vosk_model_path, settings.speech_threads)


def open_engine(choice: str, language: Language, place: ModelLocation) -> Engine:
    """Return the engine for `language`, opened at its first use and kept for this process.

    `auto` is Vosk where a model of the language is installed, else Whisper. Raises `EngineMissing`, `ModelDamaged`.
    """
    # Each loads a library of its own, and only when it is used.
    from recordings.speech.engines import vosk, whisper

    if choice not in ENGINES:
        raise EngineMissing(f"no speech engine {choice!r}; there are {', '.join(ENGINES)}")
    folder = vosk.find(language, place) if choice in ("auto", "vosk") else None
    kind = "vosk" if folder is not None else "whisper"
    if choice == "vosk" and folder is None:
        raise EngineMissing(vosk.remedy(language, place))
    key = (kind, str(folder or ""), place)
    with _lock:
        if key not in _open:
            _open[key] = vosk.Vosk(folder) if folder is not None else whisper.Whisper(place)
        return _open[key]
