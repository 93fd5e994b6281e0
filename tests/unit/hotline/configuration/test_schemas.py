"""The JSON Schemas of the files that a hospital writes: up to date, and true of every file that is shipped."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner
from jsonschema import Draft202012Validator

from cli.commands.config import KINDS, schema_text
from cli.main import group
from tests.support.documents import ROOT
from tests.unit.hotline.configuration.broken_files import FOLDER
from tests.unit.hotline.configuration.broken_files import KINDS as SOUND
from tests.unit.hotline.configuration.schemas import shipped

HINT = re.compile(r"# yaml-language-server: \$schema=(\S+)\n")
WITH_SCHEMA = [
    path for folder in ("campaigns", "cli", "ivr", "qa", "recordings", "routing")
    for path in sorted((ROOT / folder).rglob("*.yaml")) if HINT.match(path.read_text("utf-8"))
]  # fmt: skip


class CoreLoader(yaml.SafeLoader):
    """Reads scalars as YAML 1.2 does, and with it editors: `no` and `2026-10-01` are texts."""


CoreLoader.yaml_implicit_resolvers = {
    letter: [(tag, pattern) for tag, pattern in resolvers if tag.endswith((":null", ":int", ":float", ":merge"))]
    for letter, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
CoreLoader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile(r"^(?:true|false)$"), list("tf"))


def loaded(text: str) -> Any:
    return yaml.load(text, CoreLoader)  # noqa: S506 (a safe loader)


@pytest.mark.parametrize("kind", KINDS)
def test_the_shipped_schema_is_that_of_the_model(kind: str) -> None:
    printed = CliRunner().invoke(group, ["config", "schema", kind]).output
    assert printed == schema_text(kind)
    assert shipped(kind).read_text("utf-8") == printed, "run: python -m tests.unit.hotline.configuration.schemas"
    Draft202012Validator.check_schema(json.loads(printed))


@pytest.mark.parametrize("path", WITH_SCHEMA, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_shipped_file_fits_its_schema(path: Path) -> None:
    text = path.read_text("utf-8")
    hint = HINT.match(text)
    assert hint is not None
    schema = json.loads((path.parent / hint[1]).read_text("utf-8"))
    assert [error.message for error in Draft202012Validator(schema).iter_errors(loaded(text))] == []


def test_every_kind_of_file_is_shipped_with_its_schema_named() -> None:
    named = {(path.parent / HINT.match(path.read_text("utf-8"))[1]).resolve() for path in WITH_SCHEMA}  # type: ignore[index] # all have one
    assert named == {shipped(kind) for kind in KINDS}


@pytest.mark.parametrize("kind", KINDS)
def test_a_file_that_the_reader_takes_fits_the_schema(kind: str) -> None:
    sound = (FOLDER / "sound" / SOUND[kind].file).read_text("utf-8")
    errors = Draft202012Validator(json.loads(schema_text(kind))).iter_errors(loaded(sound))
    assert [f"{list(error.path)}: {error.message}" for error in errors] == []
