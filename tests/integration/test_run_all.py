"""Layers run as `make test` runs them: small suites and tools, real processes."""

import sys
from pathlib import Path

import pytest

from tests.layers import BIN, Layer
from tests.run_all import Result, Run

FLAKY = """
from pathlib import Path

def test_right(): pass

def test_wrong_beside_others(request):
    before = Path(__file__).with_name("was-here")
    assert before.exists() or before.touch()
"""


def suite(folder: Path, name: str, text: str, *, again: bool = False) -> Layer:
    (folder / f"test_{name}.py").write_text(text, "utf-8")
    config = folder / "pytest.ini"
    config.write_text("[pytest]\n", "utf-8")
    where = ("-c", str(config), "-o", f"cache_dir={folder / name}", str(folder / f"test_{name}.py"))
    return Layer(name, (str(BIN / "pytest"), *where), again=again)


def tool(name: str, code: str, **environment: str) -> Layer:
    return Layer(name, (sys.executable, "-c", code), is_pytest=False, environment=environment)


def ran(folder: Path, alone: list[Layer], beside: list[Layer]) -> tuple[dict[str, Result], str]:
    shown: list[bytes] = []
    results = Run(folder / "out", shown.append).everything(alone, beside)
    return {one.name: one for one in results}, b"".join(shown).decode()


def test_a_layer_that_fails_hides_none_of_those_after_it(tmp_path: Path) -> None:
    bad = suite(tmp_path, "bad", "def test_it(): assert not 'wrong'")
    alone = [tool("style", "raise SystemExit('not so')"), bad, suite(tmp_path, "good", "def test_it(): pass")]
    beside = [tool("units", "raise SystemExit('nor so')"), tool("storm", "print('all is well')")]
    results, shown = ran(tmp_path, alone, beside)
    assert {name: bool(one.failed) for name, one in results.items()} == {
        "style": True,
        "bad": True,
        "good": False,
        "units": True,
        "storm": False,
    }
    assert len(results["good"].passed) == 1
    # What failed is told in full, also by a layer that ran beside the others; what passed there is only kept.
    assert all(text in shown for text in ("not so", "assert not 'wrong'", "nor so"))
    assert "all is well" not in shown
    assert (tmp_path / "out" / "storm.txt").read_text("utf-8") == "all is well\n"


def test_what_failed_beside_others_runs_once_more_where_that_is_allowed(tmp_path: Path) -> None:
    for again in (True, False):
        (tmp_path / "was-here").unlink(missing_ok=True)
        results, _ = ran(tmp_path, [suite(tmp_path, "flaky", FLAKY, again=again)], [])
        flaky = results["flaky"]
        assert (len(flaky.passed), len(flaky.failed), len(flaky.at_second)) == ((2, 0, 1) if again else (1, 1, 0))


def test_a_layer_has_its_own_environment(tmp_path: Path) -> None:
    there = tool("zone", "import os, sys; sys.exit(os.environ['TZ'] != 'Asia/Kolkata')", TZ="Asia/Kolkata")
    results, _ = ran(tmp_path, [there], [])
    assert not results["zone"].failed


def test_nothing_outlives_a_run_that_is_interrupted(tmp_path: Path) -> None:
    def show(output: bytes) -> None:
        if b"waits" in output:
            raise KeyboardInterrupt

    waits = "import signal, time; signal.signal(signal.SIGINT, signal.default_int_handler); "
    waits += "print('waits', flush=True); time.sleep(600)"
    run = Run(tmp_path / "out", show)
    with pytest.raises(KeyboardInterrupt):
        run.everything([tool("long", waits), tool("never", "")], [tool("beside", waits)])
    assert not (tmp_path / "out" / "never.txt").exists()
    assert all(process.returncode is not None for process in run._processes)
