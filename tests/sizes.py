"""How large the modules and functions of the product and the benches are. `python -m tests.sizes` prints it."""

import ast
import statistics
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.support.product import PACKAGES, ROOT, files, trees

LONGEST_MODULE, LONGEST_FUNCTION, MOST_ENTRIES = 250, 40, 12


@dataclass(frozen=True)
class Size:
    """The lines of a module or a function."""

    name: str
    lines: int


def modules(*folders: str) -> list[Size]:
    """Measure each module that holds anything."""
    sizes = (Size(str(path.relative_to(ROOT)), len(path.read_text("utf-8").splitlines())) for path in files(*folders))
    return [size for size in sizes if size.lines]


def functions(*folders: str) -> list[Size]:
    """Measure each function from its `def` to its last line, decorators left out."""
    return [
        Size(f"{path}:{node.lineno} {node.name}", (node.end_lineno or node.lineno) - node.lineno + 1)
        for path, module in trees(*folders)
        for node in ast.walk(module)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    ]


def entries(folder: Path) -> list[str]:
    """List what somebody sees who opens this folder: modules, folders with code or data, `__init__` left out."""
    return sorted(
        path.name
        for path in folder.iterdir()
        if not path.name.startswith(("__", ".")) and (path.is_file() or _holds_anything(path))
    )


def _holds_anything(folder: Path) -> bool:
    """Whether there is more in a folder than what Python compiled of modules that have left it."""
    return any(file.parent.name != "__pycache__" for file in folder.rglob("[!_]*.*"))


def over(sizes: Sequence[Size], limit: int) -> list[Size]:
    """List what is longer than `limit`, the longest first."""
    return sorted((size for size in sizes if size.lines > limit), key=lambda size: -size.lines)


def report() -> Iterator[str]:
    """Write one line for each group of folders, and one for each thing that is too long."""
    for title, folders in (("product", PACKAGES), ("bench", ("bench",)), ("tests", ("tests",))):
        by_module, by_function = modules(*folders), functions(*folders)
        lines = sum(size.lines for size in by_module)
        yield (
            f"{title:<9}{len(by_module):>5} modules {lines:>7} lines, median {median(by_module)}, "
            f"{len(by_function):>6} functions, median {median(by_function)}"
        )
        for size in (*over(by_module, LONGEST_MODULE), *over(by_function, LONGEST_FUNCTION)):
            yield f"  {size.lines:>4} {size.name}"
    yield "entries  " + ", ".join(f"{name} {len(entries(ROOT / name))}" for name in (*PACKAGES, "tests"))


def median(sizes: Sequence[Size]) -> float:
    """Return the median number of lines."""
    return statistics.median(size.lines for size in sizes)


if __name__ == "__main__":
    print(*report(), sep="\n")
