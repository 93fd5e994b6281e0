"""One house for all calls of a file."""

from collections.abc import Iterator

import pytest

from tests.calls.stage import Stage, stage


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """One house for all tests of this file; each test has callers of its own."""
    with stage(tmp_path_factory.mktemp("house")) as house:
        yield house


@pytest.fixture
def house(opened: Stage) -> Stage:
    """The house with a quiet floor and nobody set aside."""
    opened.calm()
    return opened
