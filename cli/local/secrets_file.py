"""`secrets.json`: this machine's own secrets in the home folder; replaced whole, never changed in place."""

import json
import os
import tempfile
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

from hotline.errors import ConfigError

NAME = "secrets.json"


def read(home: Path) -> dict[str, str]:
    """Return the secrets of this home folder, none when it has none yet.

    Raises `ConfigError` when they cannot be read.
    """
    path = home / NAME
    try:
        found = json.loads(path.read_text("utf-8"))
        return {str(name): str(value) for name, value in found.items()}
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, AttributeError) as error:
        raise ConfigError(f"{path}: cannot be read ({type(error).__name__}); put it back from its backup") from error


def write(home: Path, secrets: Mapping[str, str]) -> None:
    """Put these in the place of what was there, mode 600: whatever happens, the file is the old or the new one."""
    handle, made = tempfile.mkstemp(dir=home, prefix=f".{NAME}.")  # mode 600
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            json.dump(dict(secrets), file, indent=1)
            file.flush()
            os.fsync(file.fileno())
        Path(made).replace(home / NAME)
    except BaseException:
        Path(made).unlink(missing_ok=True)
        raise
    _sync(home)


def keep_copy(home: Path, now: datetime) -> Path:
    """Copy the file beside itself, mode 600, named by the moment; the copy."""
    copy = home / f"{NAME}.{now:%Y%m%dT%H%M%S%f}"
    text = (home / NAME).read_bytes()
    with os.fdopen(os.open(copy, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    return copy


def _sync(folder: Path) -> None:
    """A file's new name is safe once its folder is."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
