"""The stage of this folder as a fixture."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.unit.exchange.stage import Story, play


@pytest.fixture
def staged(tmp_path: Path) -> Callable[[Story], None]:
    """Play a story on a fresh stage."""
    return lambda story: play(story, tmp_path)
