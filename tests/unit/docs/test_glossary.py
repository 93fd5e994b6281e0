"""No retired word of the glossary comes back as the name of anything that others meet."""

import ast
import re
from collections.abc import Iterator

import click

from cli.main import group
from hotline.configuration.settings import Settings
from hotline.models import Row
from tests.support.documents import table
from tests.support.product import PACKAGES, trees

GLOSSARY = "docs/glossary.md"
LOGS = frozenset({"debug", "info", "warning", "error", "exception"})
PARTS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")


def retired() -> tuple[frozenset[str], frozenset[str]]:
    """The retired class names, and the retired names and parts of names."""
    words = {word for row in table(GLOSSARY, "Retired names") for word in re.findall(r"\w+", row[0].split(" (")[0])}
    return frozenset(word for word in words if word[0].isupper()), frozenset(word for word in words if word.islower())


def code_names() -> Iterator[tuple[str, str]]:
    """Each public name of the code, with where it stands."""
    for path, tree in trees(*PACKAGES, "bench"):
        for part in path.removesuffix(".py").split("/"):
            yield part, path
        for node in ast.walk(tree):
            if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) and node.name[0] != "_":
                yield node.name, f"{path}:{node.lineno}"
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in LOGS:
                for argument in node.args[:1]:
                    if isinstance(argument, ast.Constant) and isinstance(argument.value, str):
                        yield argument.value, f"{path}:{node.lineno} (log event)"


def commands(command: click.Command, path: str) -> Iterator[tuple[str, str]]:
    """Each command and option."""
    for parameter in command.params:
        for option in parameter.opts:
            yield option.strip("-"), path
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            inner = command.get_command(context, name)
            assert inner is not None
            yield name, f"{path} {name}"
            yield from commands(inner, f"{path} {name}")


def stored_names() -> Iterator[tuple[str, str]]:
    """Each table and column."""
    for name, found in Row.metadata.tables.items():
        yield name, f"table {name}"
        for column in found.columns:
            yield column.name, f"table {name}"


def everything() -> Iterator[tuple[str, str]]:
    yield from code_names()
    yield from stored_names()
    yield from commands(group, "hotline")
    for name in Settings.model_fields:
        yield name, "setting"


def is_retired(name: str) -> bool:
    classes, parts = retired()
    found = {part.lower() for part in PARTS.findall(name)}
    return name in classes | parts or bool((found | {part.removesuffix("s") for part in found}) & parts)


def test_no_retired_word_is_the_name_of_anything() -> None:
    back = sorted({f"{name} ({where})" for name, where in everything() if is_retired(name)})
    assert back == []


def test_the_search_finds_what_it_is_there_for() -> None:
    names = {name for name, _where in everything()}
    assert {"queue_entries", "Settings", "campaign", "job_failed", "routing", "database_url"} <= names
    assert is_retired("open_matters")
    assert is_retired("MatterKind")
    assert is_retired("heard_at")
    assert not is_retired("formatter")
