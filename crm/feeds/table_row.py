"""What a table of a feed is: its columns, and one row of it. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Columns:
    """The columns of a kind of table: our name for each -> the heads under which hospitals have it."""

    heads: Mapping[str, tuple[str, ...]]
    needed: tuple[str, ...]


@dataclass(frozen=True)
class TableRow:
    """One row: its line in the file (from 1) and its cells by our names, stripped; only columns that are there.

    `is_longer`: it has more cells than the first line has columns, so that nothing in it can be trusted.
    """

    line: int
    cells: Mapping[str, str]
    is_longer: bool = False
