"""No circle among modules, tests and benches included: whoever reads one file needs none that needs it."""

import ast
from collections.abc import Iterator, Mapping
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

from tests.support.product import PACKAGES, ROOT, files, tree

FOLDERS = (*PACKAGES, "bench", "tests")


def name_of(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imported(path: Path, modules: frozenset[str]) -> Iterator[str]:
    """Walk the modules of ours that a file imports, wherever in the file it does."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name in modules)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            for alias in node.names:
                inner = f"{node.module}.{alias.name}"
                if inner in modules or node.module in modules:
                    yield inner if inner in modules else str(node.module)


def graph() -> dict[str, frozenset[str]]:
    paths = {name_of(path): path for path in files(*FOLDERS)}
    modules = frozenset(paths)
    return {name: frozenset(imported(path, modules)) - {name} for name, path in paths.items()}


def circle(edges: Mapping[str, frozenset[str]]) -> list[str]:
    """Find modules that import each other, from one back to itself; none when the imports have an order."""
    try:
        TopologicalSorter(edges).prepare()
    except CycleError as error:
        modules: list[str] = error.args[1]
        return modules
    return []


def test_modules_import_each_other_in_no_circle() -> None:
    assert circle(graph()) == []


def test_a_circle_would_be_found() -> None:
    assert set(circle({"a": frozenset("b"), "b": frozenset("c"), "c": frozenset("bd")})) == {"b", "c"}


def test_the_product_knows_neither_tests_nor_benches() -> None:
    outside = ("tests.", "bench.")
    product = {name: targets for name, targets in graph().items() if not f"{name}.".startswith(outside)}
    assert not {name for name, targets in product.items() if any(f"{each}.".startswith(outside) for each in targets)}
