"""The phrases of the automatic checks, read from `checks.yaml` and checked: every message names language and field."""

from dataclasses import dataclass
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

import yaml

from hotline.errors import ConfigError
from hotline.values import Language


@dataclass(frozen=True)
class Phrases:
    """What is sought in one language: how one greets, how one names oneself, and what must not be said, by rule."""

    greets: tuple[str, ...]
    names: tuple[str, ...]
    forbidden: tuple[tuple[str, tuple[str, ...]], ...]


@cache
def standard() -> dict[Language, Phrases]:
    """The phrases that come with the product."""
    return read(resources.files("qa").joinpath("checks.yaml").read_text("utf-8"), "qa/checks.yaml")


@cache
def of(file: Path | None) -> dict[Language, Phrases]:
    """The phrases in the hospital's own file, the standard ones where it has none. Raises `ConfigError`."""
    if file is None:
        return standard()
    try:
        return read(file.read_text("utf-8"), str(file))
    except OSError as error:
        raise ConfigError(f"{file}: cannot be read: {error.strerror}; correct CHECKS_FILE") from error


def read(text: str, name: str) -> dict[Language, Phrases]:
    """The phrases in the YAML `text` of the file `name`. Raises `ConfigError`."""
    try:
        raw = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise ConfigError(f"{name}: no YAML: {error}") from error
    if not isinstance(raw, dict):
        raise ConfigError(f"{name}: languages are missing, {', '.join(Language)}")
    found = {}
    for language in Language:
        part = _mapping(raw, language, name)
        greeting = _mapping(part, "greeting", f"{name}: {language}")
        rules = _mapping(part, "courtesy", f"{name}: {language}")
        at = f"{name}: {language}.courtesy"
        forbidden = tuple((str(rule), _list(rules, rule, at)) for rule in rules)
        at = f"{name}: {language}.greeting"
        found[language] = Phrases(_list(greeting, "greets", at), _list(greeting, "names", at), forbidden)
    return found


def _mapping(raw: dict[str, Any], field: str, at: str) -> dict[str, Any]:
    value = raw.get(field)
    if not isinstance(value, dict):
        raise ConfigError(f"{at}: {field} is missing or holds no fields")
    return value


def _list(raw: dict[str, Any], field: str, at: str) -> tuple[str, ...]:
    value = raw.get(field)
    if not isinstance(value, list) or not all(isinstance(phrase, str) and phrase.strip() for phrase in value):
        raise ConfigError(f"{at}: {field} must be a list of phrases")
    return tuple(value)
