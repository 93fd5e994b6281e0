"""The packages of the product as files and syntax trees, for tests that look at the code itself."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = (
    *("cli", "console", "voice", "workers", "reports", "accounts", "campaigns", "qa", "ivr", "routing", "recordings"),
    *("crm", "telephony", "hotline", "exchange"),
)
# Migrations are frozen as they were made.
FROZEN = ROOT / "hotline" / "database" / "migrations" / "versions"


def files(*folders: str) -> Iterator[Path]:
    """Walk the Python files of these top folders."""
    for folder in folders:
        yield from (path for path in sorted((ROOT / folder).rglob("*.py")) if FROZEN not in path.parents)


@cache
def tree(path: Path) -> ast.Module:
    """Return the syntax tree of a file, read once per process."""
    return ast.parse(path.read_text("utf-8"))


def trees(*folders: str) -> Iterator[tuple[str, ast.Module]]:
    """Walk the files of these folders as their path from the root and their tree."""
    yield from ((str(path.relative_to(ROOT)), tree(path)) for path in files(*folders))
