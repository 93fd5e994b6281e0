"""The layers of the suite: the commands of each, and what each run of pytest says about its tests."""

import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from xml.etree import ElementTree

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent
# Of these a run waits longest, so they start first; a file stays in one process, because its tests share a house.
LONG = ("transfers", "agent_page", "console_pages")
BY_FILE = ("-n", "3", "--dist", "loadfile", "--no-loadscope-reorder")


@dataclass(frozen=True)
class Layer:
    """One command whose success counts."""

    name: str
    command: tuple[str, ...]
    is_pytest: bool = True
    # Real time passes in it, and a build server stalls: what failed beside others runs once more alone (decision 9).
    again: bool = False
    environment: Mapping[str, str] = field(default_factory=dict)


def _tool(name: str, *command: str) -> Layer:
    return Layer(name, (str(BIN / command[0]), *command[1:]), is_pytest=False)


def _tests(name: str, *arguments: str, again: bool = False) -> Layer:
    cache = f"cache_dir=.pytest_cache/{name}"
    return Layer(name, (str(BIN / "pytest"), "-o", cache, *arguments), again=again)


def _files(folder: str, first: tuple[str, ...] = ()) -> list[str]:
    """The test files of `folder`, those named in `first` at the front."""
    longest = [f"{folder}/test_{name}.py" for name in first]
    others = sorted(str(path.relative_to(ROOT)) for path in (ROOT / folder).glob("test_*.py"))
    return longest + [path for path in others if path not in longest]


STORM = "tests/integration/test_interleave.py"
CHECK = (
    _tool("format", "ruff", "format", "--check", "."),
    _tool("style", "ruff", "check", "."),
    _tool("types", "mypy", "."),
    _tool("imports", "lint-imports"),
)
# These only compute. They run beside those that mostly wait, and are not timed out for giving way to them.
UNIT = _tests("unit", "-n", "auto", "--timeout", "900", "tests/unit")
INTERLEAVE = _tests("interleave", "-n", "auto", "--timeout", "900", STORM)
INTEGRATION = _tests("integration", "-n", "auto", "tests/integration", f"--ignore={STORM}", again=True)
CALLS = _tests("calls", *BY_FILE, *_files("tests/calls"), "tests/calls/exchange", again=True)
BROWSER = _tests("browser", *BY_FILE, *_files("tests/browser", LONG), again=True)

BESIDE = (UNIT, INTERLEAVE)
ALONE = (*CHECK, INTEGRATION, CALLS, BROWSER)
# What can be asked for by name.
GROUPS = {
    "check": CHECK,
    "unit": (UNIT,),
    "integration": (INTEGRATION, INTERLEAVE),
    "calls": (CALLS,),
    "browser": (BROWSER,),
}


@dataclass(frozen=True)
class Told:
    """What one run of pytest wrote about its tests, by name."""

    passed: frozenset[str] = frozenset()
    failed: frozenset[str] = frozenset()
    skipped: frozenset[str] = frozenset()


def read(report: Path) -> Told:
    """The tests of a JUnit report; none when the run ended before it wrote one."""
    if not report.exists():
        return Told()
    ends: dict[str, set[str]] = {}
    for case in ElementTree.parse(report).getroot().iter("testcase"):  # noqa: S314 (pytest has just written it)
        name = "::".join(filter(None, (case.get("classname"), case.get("name"))))
        ends.setdefault(name, set()).update(part.tag for part in case)
    failed = frozenset(name for name, tags in ends.items() if tags & {"failure", "error"})
    skipped = frozenset(name for name, tags in ends.items() if "skipped" in tags) - failed
    return Told(frozenset(ends) - failed - skipped, failed, skipped)
