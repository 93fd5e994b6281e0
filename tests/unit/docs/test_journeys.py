"""The journeys of the architecture page: each link leads to the file and names it tells of, in six files at most."""

import ast
import re
from dataclasses import dataclass

import pytest

from tests.support.documents import ROOT

PAGE = ROOT / "docs" / "architecture.md"
STEP = re.compile(r"^\d+\. (?:\*(?P<way>[^*]+)\*:? )?\[`(?P<path>[^`]+)`\]\((?P<link>[^)]+)\)(?P<rest>.*)$", re.M)
NAME = re.compile(r"`(\w+)(?:\(\))`")
MOST = 6


@dataclass(frozen=True)
class Step:
    """One step: its file, the names it speaks of, and how it is reached where nothing before it imports it."""

    path: str
    link: str
    names: tuple[str, ...]
    way: str


def journeys() -> dict[str, list[Step]]:
    """Return the steps of each journey by its title."""
    section = PAGE.read_text("utf-8").split("\n## Four journeys\n")[1].split("\n## ")[0]
    parts = dict(part.split("\n", 1) for part in section.split("\n### ")[1:])
    return {
        title: [
            Step(found["path"], found["link"], tuple(NAME.findall(found["rest"])), found["way"] or "")
            for found in STEP.finditer(text)
        ]
        for title, text in parts.items()
    }


JOURNEYS = journeys()
STEPS = [(title, step) for title, steps in JOURNEYS.items() for step in steps]


def test_there_are_four_and_each_opens_at_most_six_files() -> None:
    assert len(JOURNEYS) == 4
    for title, steps in JOURNEYS.items():
        assert 2 <= len({step.path for step in steps}) <= MOST, title


@pytest.mark.parametrize(("title", "step"), STEPS, ids=[f"{title[:12]}-{step.path}" for title, step in STEPS])
def test_each_step_leads_to_a_file_that_defines_what_it_names(title: str, step: Step) -> None:
    assert (PAGE.parent / step.link).resolve() == ROOT / step.path, title
    defined = {
        node.name
        for node in ast.walk(ast.parse((ROOT / step.path).read_text("utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
    }
    assert step.names, "a step names the function to read"
    assert set(step.names) <= defined


@pytest.mark.parametrize("title", JOURNEYS)
def test_each_file_is_used_by_one_before_it_or_says_how_it_is_reached(title: str) -> None:
    used: set[str] = set()
    for number, step in enumerate(JOURNEYS[title]):
        module = step.path.removesuffix(".py").replace("/", ".")
        assert number == 0 or step.way or module in used, step.path
        used |= {module, *imported(step.path)}


def imported(path: str) -> set[str]:
    """Return the modules that a file imports, as modules or for a name in them."""
    modules = set()
    for node in ast.walk(ast.parse((ROOT / path).read_text("utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module:
            modules |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
        elif isinstance(node, ast.Import):
            modules |= {alias.name for alias in node.names}
    return modules
