"""Layers run as `make test` runs them: small suites and tools, real processes."""

import sys
from pathlib import Path

import pytest

from tests.runner.layers import BIN, Layer
from tests.runner.report import Result
from tests.runner.run import Run


def suite(folder: Path, name: str, text: str) -> Layer:
    (folder / f"test_{name}.py").write_text(text, "utf-8")
    config = folder / "pytest.ini"
    config.write_text("[pytest]\n", "utf-8")
    where = ("-c", str(config), "-o", f"cache_dir={folder / name}", str(folder / f"test_{name}.py"))
    return Layer(name, (str(BIN / "pytest"), *where))


def tool(name: str, code: str, **environment: str) -> Layer:
    return Layer(name, (sys.executable, "-c", code), is_pytest=False, environment=environment)


def ran(folder: Path, *lanes: list[Layer]) -> tuple[dict[str, Result], str]:
    shown: list[bytes] = []
    results = Run(folder / "out", shown.append).everything(lanes)
    return {each.name: each for each in results}, b"".join(shown).decode()


def test_a_layer_that_fails_hides_none_of_those_after_it(tmp_path: Path) -> None:
    bad = suite(tmp_path, "bad", "def test_it(): assert not 'wrong'")
    waiting = [tool("style", "raise SystemExit('not so')"), bad, suite(tmp_path, "good", "def test_it(): pass")]
    computing = [tool("units", "raise SystemExit('nor so')"), tool("storm", "print('all is well')")]
    results, shown = ran(tmp_path, waiting, computing)
    assert {name: bool(result.failed) for name, result in results.items()} == {
        "style": True,
        "bad": True,
        "good": False,
        "units": True,
        "storm": False,
    }
    assert len(results["good"].passed) == 1
    # What failed is told in full; what passed is only kept.
    assert all(text in shown for text in ("not so", "assert not 'wrong'", "nor so"))
    assert "all is well" not in shown
    assert (tmp_path / "out" / "storm.txt").read_text("utf-8") == "all is well\n"


def test_what_a_single_lane_says_is_shown_as_it_comes(tmp_path: Path) -> None:
    _, shown = ran(tmp_path, [tool("storm", "print('all is well')")])
    assert "all is well" in shown


def test_a_layer_gives_way_as_far_as_it_says(tmp_path: Path) -> None:
    polite = Layer("polite", (sys.executable, "-c", "import os, sys; sys.exit(os.nice(0) < 7)"), False, niceness=7)
    results, _ = ran(tmp_path, [polite])
    assert not results["polite"].failed


def test_a_layer_has_its_own_environment(tmp_path: Path) -> None:
    there = tool("zone", "import os, sys; sys.exit(os.environ['TZ'] != 'Asia/Kolkata')", TZ="Asia/Kolkata")
    results, _ = ran(tmp_path, [there])
    assert not results["zone"].failed


def test_nothing_outlives_a_run_that_is_interrupted(tmp_path: Path) -> None:
    out = tmp_path / "out"

    def show(output: bytes) -> None:
        if b"running: " in output and all("waits" in (out / f"{name}.txt").read_text() for name in ("long", "beside")):
            raise KeyboardInterrupt

    waits = "import signal, time; signal.signal(signal.SIGINT, signal.default_int_handler); "
    waits += "print('waits', flush=True); time.sleep(600)"
    run = Run(out, show, progress_seconds=0.1)
    with pytest.raises(KeyboardInterrupt):
        run.everything([[tool("long", waits), tool("never", "")], [tool("beside", waits)]])
    assert not (out / "never.txt").exists()
    assert all(process.returncode is not None for process in run._processes.values())
