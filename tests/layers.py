"""The layers of the suite: the commands of each, and what each run of pytest says about its tests."""

import sys
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from xml.etree import ElementTree

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent
# Of these a run waits longest, so they start first; a file stays in one process, because its tests share a house. A
# process gets a second file with a first of one test: behind the demo stands a short one.
FIRST_PAGES = ("presence_pages", "transfers", "agent_page", "console_pages")
FIRST_CALLS = ("demo", "kills", "house", "extensions", "line", "killed_campaign", "busy_floor")
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


STORM = "tests/simulation/test_interleave.py"
INTEGRATED = ("tests/integration", "tests/simulation")
CHECK = (
    _tool("format", "ruff", "format", "--check", "."),
    _tool("style", "ruff", "check", "."),
    _tool("types", "mypy", "."),
    _tool("imports", "lint-imports"),
)
# These only compute. They run beside those that mostly wait, and are not timed out for giving way to them.
# A file that is opened without an encoding would be read otherwise on another machine; here that is an error.
ENCODINGS = {"PYTHONWARNDEFAULTENCODING": "1"}
UNIT = replace(_tests("unit", "-n", "auto", "--timeout", "900", "tests/unit"), environment=ENCODINGS)
INTERLEAVE = _tests("interleave", "-n", "auto", "--timeout", "900", STORM)
INTEGRATION = _tests("integration", "-n", "auto", *INTEGRATED, f"--ignore={STORM}", again=True)
CALLS = _tests("calls", *BY_FILE, *_files("tests/calls", FIRST_CALLS), "tests/calls/exchange", again=True)
BROWSER = _tests("browser", *BY_FILE, *_files("tests/browser", FIRST_PAGES), again=True)

FUZZ = ("tests/calls/exchange/test_fuzz_documents.py", "tests/calls/exchange/test_rude_servers.py")
# Other machines: what a model hears differs by the processor's instructions and the maker of its arithmetic.
HEARING = (
    "tests/calls/exchange/test_hearing.py",
    *(f"tests/integration/test_{name}.py" for name in ("speech_engines", "review_command", "recordings_way")),
)
PROCESSORS = {
    "old": {"MKL_ENABLE_INSTRUCTIONS": "SSE4_2", "CT2_FORCE_CPU_ISA": "GENERIC", "OMP_NUM_THREADS": "1"},
    "avx2": {"MKL_ENABLE_INSTRUCTIONS": "AVX2", "CT2_FORCE_CPU_ISA": "AVX2", "OMP_NUM_THREADS": "2"},
    "other-maker": {"CT2_USE_MKL": "0", "ONEDNN_MAX_CPU_ISA": "AVX2"},
}
PLACES = {
    "los-angeles": {"TZ": "America/Los_Angeles", "LC_ALL": "C"},
    "kolkata": {"TZ": "Asia/Kolkata", "LC_ALL": "tr_TR.UTF-8", "PYTHONHASHSEED": "1"},
}
LONG = (
    replace(INTERLEAVE, name="interleave-long", environment={"INTERLEAVE_DAYS": "20"}),
    *(
        replace(_tests(f"fuzz-documents-{seed}", *FUZZ), environment={"FUZZ_CASES": "300", "FUZZ_SEED": seed})
        for seed in ("11", "12", "13", "14")
    ),
    replace(_tests("fuzz-long", "tests/calls/exchange/test_fuzz.py"), environment={"FUZZ_ROUNDS": "20"}),
    *(replace(_tests(f"hearing-{name}", *HEARING), environment=found) for name, found in PROCESSORS.items()),
    *(
        replace(
            _tests(f"{folder}-{name}", "-n", "auto", *paths, f"--ignore={STORM}"),
            environment={**found, **given},
        )
        for name, found in PLACES.items()
        for folder, paths, given in (("unit", ("tests/unit",), ENCODINGS), ("integration", INTEGRATED, {}))
    ),
)

BESIDE = (UNIT, INTERLEAVE)
ALONE = (*CHECK, INTEGRATION, CALLS, BROWSER)
# What can be asked for by name.
GROUPS = {
    "check": CHECK,
    "unit": (UNIT,),
    "integration": (INTEGRATION, INTERLEAVE),
    "calls": (CALLS,),
    "browser": (BROWSER,),
    "long": LONG,
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
