"""Sizes, and what somebody sees who opens a folder."""

import tomllib
from pathlib import Path

import pytest

from tests import sizes
from tests.sizes import LONGEST_FUNCTION, LONGEST_MODULE, MOST_ENTRIES
from tests.support.product import PACKAGES, ROOT

# Folders of units that mirror no package: the whole tree, its documentation, the benches and the runner of the tests.
OF_NO_PACKAGE = {"architecture", "bench", "docs", "runner"}


def test_the_packages_are_those_of_the_project() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    included = project["tool"]["setuptools"]["packages"]["find"]["include"]
    assert {pattern.removesuffix("*") for pattern in included} == set(PACKAGES)


def test_no_module_of_the_product_or_the_benches_is_too_long() -> None:
    too_long = sizes.over(sizes.modules(*PACKAGES, "bench"), LONGEST_MODULE)
    assert [size.name for size in too_long] == []


def test_no_function_of_the_product_or_the_benches_is_too_long() -> None:
    too_long = sizes.over(sizes.functions(*PACKAGES, "bench"), LONGEST_FUNCTION)
    assert [size.name for size in too_long] == []


def test_half_of_the_modules_and_functions_are_short() -> None:
    assert sizes.median(sizes.modules(*PACKAGES)) < 100
    assert sizes.median(sizes.functions(*PACKAGES)) < 8


@pytest.mark.parametrize("package", [*PACKAGES, "bench", "tests"])
def test_a_package_shows_at_most_a_dozen_entries(package: str) -> None:
    assert len(sizes.entries(ROOT / package)) <= MOST_ENTRIES, sizes.entries(ROOT / package)


def test_the_folders_of_unit_tests_are_those_of_the_packages() -> None:
    units = ROOT / "tests" / "unit"
    folders = {path.parent.relative_to(units) for path in units.rglob("test_*.py")} - {Path()}
    mirrored = {folder for folder in folders if folder.parts[0] not in OF_NO_PACKAGE}
    assert {folder for folder in mirrored if not (ROOT / folder).is_dir()} == set()
    assert {folder.parts[0] for folder in folders - mirrored} == OF_NO_PACKAGE


def test_a_thing_that_is_too_long_would_be_told(tmp_path: Path) -> None:
    assert sizes.over([sizes.Size("short", 3), sizes.Size("long", 5)], 4) == [sizes.Size("long", 5)]
    for name in ("__init__.py", "one.py", ".hidden"):
        (tmp_path / name).touch()
    (tmp_path / "__pycache__").mkdir()
    assert sizes.entries(tmp_path) == ["one.py"]
