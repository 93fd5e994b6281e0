"""One house for all calls of a file."""

from collections.abc import Iterator

import pytest

from hotline.models import Agent
from hotline.values import AgentState
from tests.calls.stage import Stage, stage


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """One house for all tests of this file; each test has callers of its own."""
    with stage(tmp_path_factory.mktemp("house")) as house:
        yield house


@pytest.fixture
def house(opened: Stage) -> Stage:
    """The house with a quiet floor and nobody set aside."""
    opened.wait(opened.nothing_is_stuck, 60, "a quiet floor")
    with opened.ground.database.write() as session:
        for row in session.query(Agent):
            row.state, row.state_until, row.offer_id = AgentState.IDLE, None, None
    return opened
