"""What `make test` says of its layers, and that every test file is in one."""

from pathlib import Path

import pytest

from tests.runner.layers import GROUPS, LANES, ROOT, Layer
from tests.runner.report import Ended, Result, read, result_of, summary

TESTS, TOOL = Layer("calls", ("pytest",)), Layer("types", ("mypy", "."), is_pytest=False)
REPORT = """<testsuites><testsuite>
<testcase classname="tests.unit.test_a" name="test_right"/>
<testcase classname="tests.unit.test_a" name="test_wrong[1]"><failure message="no">…</failure></testcase>
<testcase classname="tests.unit.test_a" name="test_ends_badly"/>
<testcase classname="tests.unit.test_a" name="test_ends_badly"><error message="no">…</error></testcase>
<testcase classname="tests.unit.test_a" name="test_left_out"><skipped message="sipp is missing"/></testcase>
<testcase classname="" name="tests.unit.test_broken"><error message="no">…</error></testcase>
</testsuite></testsuites>"""


def ended(passed: str = "", failed: str = "", skipped: str = "") -> Ended:
    return Ended(frozenset(passed.split()), frozenset(failed.split()), frozenset(skipped.split()))


def test_a_report_tells_how_each_test_ended(tmp_path: Path) -> None:
    (tmp_path / "report.xml").write_text(REPORT, "utf-8")
    report = read(tmp_path / "report.xml")
    module = "tests.unit.test_a"
    assert report.passed == {f"{module}::test_right"}
    assert report.failed == {f"{module}::test_wrong[1]", f"{module}::test_ends_badly", "tests.unit.test_broken"}
    assert report.skipped == {f"{module}::test_left_out"}
    assert read(tmp_path / "none.xml") == Ended()


def test_a_test_that_failed_is_a_failure_of_its_layer() -> None:
    assert result_of(TESTS, 1, ended("a", "b c", "d"), 9.0) == Result("calls", 9.0, *map(frozenset, ("a", "bc", "d")))


@pytest.mark.parametrize(("code", "report"), [(3, ended("a")), (-9, ended()), (5, ended())])
def test_a_run_that_breaks_down_has_failed_though_no_test_did(code: int, report: Ended) -> None:
    assert result_of(TESTS, code, report, 1.0).failed == {f"exit code {code}"}


def test_a_tool_counts_as_one() -> None:
    fine, bad = result_of(TOOL, 0, ended(), 1.0), result_of(TOOL, 1, ended(), 1.0)
    assert (len(fine.passed), len(fine.failed)) == (1, 0)
    assert (len(bad.passed), len(bad.failed)) == (0, 1)


def test_the_last_line_sums_up_all_layers() -> None:
    unit = Result("unit", 300.4, *map(frozenset, ("abc", "", "d")))
    calls = Result("calls", 61.0, *map(frozenset, ("ef", "g", "")))
    lines = list(summary([unit, calls]))
    assert lines[1].split() == ["unit", "passed", "3", "0", "1", "300"]
    assert lines[2].split() == ["calls", "FAILED", "2", "1", "0", "61"]
    assert lines[3:] == ["FAILED calls: g", "5 passed, 1 failed, 1 skipped"]
    assert list(summary([Result("unit", 1.0, frozenset("a"))]))[-1] == "1 passed, 0 failed"


def test_every_test_file_belongs_to_a_layer_and_each_can_be_run_by_name() -> None:
    layers = [layer for lane in LANES for layer in lane]
    names = [layer.name for layer in (*layers, *GROUPS["long"])]
    assert len(set(names)) == len(names)
    assert {layer.name for group in GROUPS.values() for layer in group} == set(names)
    named = [ROOT / word for layer in layers for word in layer.command if word.startswith("tests/")]
    assert all(path.exists() for path in named)
    for path in (ROOT / "tests").rglob("test_*.py"):
        assert any(path == one or one in path.parents for one in named), path
