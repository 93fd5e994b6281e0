"""The layers of the suite: the command of each, and which of them run at the same time."""

import sys
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
BIN = Path(sys.executable).parent
# A file stays in one process, because its tests share a house; of these a run waits longest, so they start first.
FIRST_PAGES = ("presence_pages", "transfers", "agent_page", "console_pages")
FIRST_CALLS = ("kills", "house", "extensions", "line", "killed_campaign", "busy_floor")
BY_FILE = ("-n", "3", "--dist", "loadfile", "--no-loadscope-reorder")


@dataclass(frozen=True)
class Layer:
    """One command whose success counts."""

    name: str
    command: tuple[str, ...]
    is_pytest: bool = True
    # How far it gives way to the layers beside it, as `nice` counts: those that only compute to those with real audio.
    niceness: int = 0
    environment: Mapping[str, str] = field(default_factory=dict)


# Who only computes takes what the layers with real audio, browsers and processes leave of the processor.
GIVES_WAY = 19


def _tool(name: str, *command: str) -> Layer:
    return Layer(name, (str(BIN / command[0]), *command[1:]), is_pytest=False, niceness=GIVES_WAY)


def _tests(name: str, *arguments: str, niceness: int = 0) -> Layer:
    cache = f"cache_dir=.pytest_cache/{name}"
    return Layer(name, (str(BIN / "pytest"), "-o", cache, *arguments), niceness=niceness)


def _files(folder: str, first: tuple[str, ...] = (), without: tuple[str, ...] = ()) -> list[str]:
    """List the test files of `folder`, those named in `first` at the front."""
    longest = [f"{folder}/test_{name}.py" for name in first]
    others = sorted(str(path.relative_to(ROOT)) for path in (ROOT / folder).glob("test_*.py"))
    return longest + [path for path in others if path not in (*longest, *without)]


STORM = "tests/simulation/test_interleave.py"
PLAYED = "tests/calls/test_demo.py"
INTEGRATED = ("tests/integration", "tests/simulation")
CHECK = (
    _tool("format", "ruff", "format", "--check", "."),
    _tool("style", "ruff", "check", "."),
    _tool("imports", "lint-imports"),
    _tool("types", "mypy", "."),
)
# A file that is opened without an encoding would be read otherwise on another machine; here that is an error.
ENCODINGS = {"PYTHONWARNDEFAULTENCODING": "1"}
# Who gives way is not timed out for it.
PATIENT = ("--timeout", "900")
UNIT = replace(_tests("unit", "-n", "auto", *PATIENT, "tests/unit", niceness=GIVES_WAY), environment=ENCODINGS)
INTERLEAVE = _tests("interleave", "-n", "auto", *PATIENT, STORM, niceness=GIVES_WAY)
INTEGRATION = _tests("integration", "-n", "auto", *PATIENT, *INTEGRATED, f"--ignore={STORM}", niceness=10)
DEMO = _tests("demo", PLAYED)
CALLS = _tests("calls", *BY_FILE, *_files("tests/calls", FIRST_CALLS, (PLAYED,)), "tests/calls/exchange")
BROWSER = _tests("browser", *BY_FILE, *_files("tests/browser", FIRST_PAGES))

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
# The properties meet other examples in each run, and ten times as many (tests/support/properties.py).
PROPERTIES = _tests("properties", "-n", "auto", "-m", "hypothesis", "--hypothesis-profile", "nightly", "tests")
LONG = (
    PROPERTIES,
    replace(INTERLEAVE, name="interleave-long", environment={"INTERLEAVE_DAYS": "20"}),
    *(
        replace(_tests(f"fuzz-documents-{seed}", *FUZZ), environment={"FUZZ_CASES": "300", "FUZZ_SEED": seed})
        for seed in ("11", "12", "13", "14")
    ),
    replace(_tests("campaign-long", "tests/integration/test_campaign_kills.py"), environment={"CAMPAIGN_PEOPLE": "31"}),
    replace(_tests("fuzz-long", "tests/calls/exchange/test_fuzz.py"), environment={"FUZZ_ROUNDS": "20"}),
    *(replace(_tests(f"hearing-{name}", *HEARING), environment=machine) for name, machine in PROCESSORS.items()),
    *(
        replace(
            _tests(f"{folder}-{name}", "-n", "auto", *paths, f"--ignore={STORM}"),
            environment={**place, **more},
        )
        for name, place in PLACES.items()
        for folder, paths, more in (("unit", ("tests/unit",), ENCODINGS), ("integration", INTEGRATED, {}))
    ),
)

# What `make test` runs: the lanes at the same time, the layers of a lane one after another. The demo takes as long as
# it plays; calls and pages mostly wait, and who only computes takes what they leave.
LANES = (
    (DEMO, *CHECK, UNIT),
    (CALLS, BROWSER, INTERLEAVE),
    (INTEGRATION,),
)
# What can be asked for by name.
GROUPS = {
    "check": CHECK,
    "unit": (UNIT,),
    "integration": (INTEGRATION, INTERLEAVE),
    "calls": (DEMO, CALLS),
    "browser": (BROWSER,),
    "long": LONG,
}
