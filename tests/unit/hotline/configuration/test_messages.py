"""What is said of a broken file: file, line, field, what is wrong and what to do, all faults at once."""

import pytest

from tests.unit.hotline.configuration.broken_files import FOLDER, KINDS, BrokenFile, broken_files, golden, messages


@pytest.mark.parametrize(
    "broken", [pytest.param(broken, id=f"{kind}-{broken.name}") for kind in KINDS for broken in broken_files(kind)]
)
def test_messages_of_a_broken_file_are_the_golden_ones(broken: BrokenFile) -> None:
    assert messages(broken) == golden(broken.kind)[broken.name]


@pytest.mark.parametrize("kind", KINDS)
def test_sound_file_has_no_faults(kind: str) -> None:
    sound = (FOLDER / "sound" / KINDS[kind].file).read_bytes()
    assert messages(BrokenFile(kind, "sound", sound)) == []
