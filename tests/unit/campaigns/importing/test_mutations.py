"""Files of every kind with something broken in them: nothing comes of it but records and refusals."""

from datetime import date
from pathlib import Path

import pytest

from tests import mutations
from tests.mutations import FORMATS, Mutant

GIVEN_DAY = date(2026, 11, 21)
A_FORMAT = 300


@pytest.mark.parametrize("name", sorted(FORMATS))
def test_mutated_files_are_read_or_refused(tmp_path: Path, name: str) -> None:
    count = A_FORMAT if name != "xlsx" else 12  # each workbook is a process of its own
    for number in range(count):
        mutant = Mutant(name, number)
        mutations.read(mutant.write(tmp_path), GIVEN_DAY)
