"""What a run of pytest wrote about its tests, and the result of a layer that it makes."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from xml.etree import ElementTree

from tests.runner.layers import Layer


@dataclass(frozen=True)
class Ended:
    """The tests of one run of pytest, by name and by how they ended."""

    passed: frozenset[str] = frozenset()
    failed: frozenset[str] = frozenset()
    skipped: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Result:
    """How one layer ended."""

    name: str
    seconds: float
    passed: frozenset[str] = frozenset()
    failed: frozenset[str] = frozenset()
    skipped: frozenset[str] = frozenset()


def read(report: Path) -> Ended:
    """Read the tests of a JUnit report; none when the run ended before it wrote one."""
    if not report.exists():
        return Ended()
    endings: dict[str, set[str]] = {}
    for case in ElementTree.parse(report).getroot().iter("testcase"):  # noqa: S314 (pytest has just written it)
        name = "::".join(filter(None, (case.get("classname"), case.get("name"))))
        endings.setdefault(name, set()).update(part.tag for part in case)
    failed = frozenset(name for name, tags in endings.items() if tags & {"failure", "error"})
    skipped = frozenset(name for name, tags in endings.items() if "skipped" in tags) - failed
    return Ended(frozenset(endings) - failed - skipped, failed, skipped)


def result_of(layer: Layer, exit_code: int, ended: Ended, seconds: float) -> Result:
    """Judge a layer by its exit code and its tests: a layer that ended badly has failed, whether or not a test did."""
    if layer.is_pytest:
        result = Result(layer.name, seconds, ended.passed, ended.failed, ended.skipped)
    else:
        result = Result(layer.name, seconds, passed=frozenset({layer.name}))
    if exit_code == 0 or result.failed:
        return result
    return replace(result, passed=result.passed - {layer.name}, failed=frozenset({f"exit code {exit_code}"}))


def summary(results: Sequence[Result]) -> Iterator[str]:
    """Write the lines printed last: each layer, what failed, and the closing line of the whole."""
    yield f"{'layer':<24}{'result':<8}{'passed':>8}{'failed':>8}{'skipped':>8}{'seconds':>9}"
    for result in results:
        counts = f"{len(result.passed):>8}{len(result.failed):>8}{len(result.skipped):>8}{result.seconds:>9.0f}"
        yield f"{result.name:<24}{'FAILED' if result.failed else 'passed':<8}{counts}"
    for result in results:
        yield from (f"FAILED {result.name}: {name}" for name in sorted(result.failed))
    passed, failed, skipped = (
        sum(map(len, ends))
        for ends in zip(*((each.passed, each.failed, each.skipped) for each in results), strict=True)
    )
    yield f"{passed} passed, {failed} failed" + (f", {skipped} skipped" if skipped else "")
