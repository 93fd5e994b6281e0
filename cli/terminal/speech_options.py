"""Options that the speech commands share. They need no settings: a fresh machine has no secrets yet."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from hotline.configuration.settings import Settings
from hotline.values.language import Language
from recordings.speech.recognition import ModelLocation

LANGUAGES = click.Choice([language.value for language in Language])


def place_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add `--home`, `--vosk-models` and `--threads`, which the environment may give as well."""
    home = Settings.model_fields["hotline_home"].default
    for option in (
        click.option("--threads", type=click.IntRange(1, 32), default=2, envvar="SPEECH_THREADS", show_default=True),
        click.option(
            "--vosk-models",
            type=click.Path(path_type=Path),
            envvar="VOSK_MODEL_PATH",
            help="folder with Vosk models [env: VOSK_MODEL_PATH]",
        ),
        click.option(
            "--home",
            type=click.Path(path_type=Path),
            default=home,
            envvar="HOTLINE_HOME",
            show_default=True,
            help="folder of this installation; models lie in its folder models [env: HOTLINE_HOME]",
        ),
    ):
        command = option(command)
    return command


def place(home: Path, vosk_models: Path | None, threads: int) -> ModelLocation:
    """Return where models are kept on this machine."""
    return ModelLocation(home / "models", vosk_models, threads)
