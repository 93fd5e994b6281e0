"""Download of a Vosk model from its publishers, where the network allows it: its digest is checked."""

import hashlib
import re
import shutil
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import requests

from hotline.values.language import Language
from recordings.errors import EngineMissing, ModelDamaged
from recordings.speech.engines.vosk import CODES, by_hand
from recordings.speech.recognition import ModelLocation

TIMEOUT = (5.0, 30.0)
BLOCK = 1 << 18
NAME = re.compile(r"vosk-model-[A-Za-z0-9.-]+\Z")  # becomes a folder of ours


def fetch(language: Language, place: ModelLocation, loaded: Callable[[int, int], None]) -> Path:
    """Return the folder of the small model for `language`, downloaded into our own models.

    `loaded` is told bytes loaded and bytes in all. Raises `EngineMissing` when the publishers cannot be reached or have
    none, `ModelDamaged` when what came is not what they announce.
    """
    import vosk  # knows its publishers' address

    try:
        model = _chosen(requests.get(vosk.MODEL_LIST_URL, timeout=TIMEOUT).json(), language)
        folder = place.models / str(model["name"])
        if not folder.is_dir():
            place.models.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryDirectory(dir=place.models) as aside:
                archive = Path(aside) / "model.zip"
                _load(str(model["url"]), archive, loaded)
                _unpack(archive, str(model.get("md5", "")), folder)
    except (requests.RequestException, ValueError, KeyError) as error:
        raise EngineMissing(
            f"the publishers of Vosk's models cannot be reached ({type(error).__name__}): download a model from their "
            f"site on a machine with internet, then {by_hand(language, place)}"
        ) from error
    return folder


def _chosen(listed: list[dict[str, Any]], language: Language) -> dict[str, Any]:
    for model in listed:
        is_wanted = model["lang"] == CODES[language] and model["type"] == "small"
        if is_wanted and str(model["obsolete"]).lower() == "false" and NAME.match(str(model["name"])):
            return model
    raise KeyError(f"no small model for {language}")


def _load(url: str, archive: Path, loaded: Callable[[int, int], None]) -> None:
    with requests.get(url, stream=True, timeout=TIMEOUT) as answer, archive.open("wb") as file:
        answer.raise_for_status()
        size, done = int(answer.headers.get("Content-Length", 0)), 0
        for block in answer.iter_content(BLOCK):
            file.write(block)
            done += len(block)
            loaded(done, size)


def _unpack(archive: Path, md5: str, folder: Path) -> None:
    with archive.open("rb") as file:
        digest = hashlib.file_digest(file, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()
    if md5 and digest != md5:
        raise ModelDamaged(f"{folder.name}: what was loaded does not have the announced digest; try again")
    aside = archive.parent / "unpacked"
    with zipfile.ZipFile(archive) as packed:
        packed.extractall(aside)  # drops absolute paths and `..`
    shutil.move(str(aside / folder.name), folder)
