"""The written pages as tests read them: every page of the project, and the rows of its tables."""

import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
_CODE = re.compile(r"`([^`\n]+)`")
_BLOCK = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
_HEADING = re.compile(r"^(#+) (.+)$", re.MULTILINE)


def pages() -> list[Path]:
    """Every page: those at the top, and all below docs."""
    return sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])


def text(name: str) -> str:
    """The text of a page, by its path from the top."""
    return (ROOT / name).read_text("utf-8")


def section(name: str, title: str) -> str:
    """What stands under a heading of a page, up to the next one of the same or a higher level."""
    page = text(name)
    headings = list(_HEADING.finditer(page))
    for found in headings:
        if found[2] == title:
            later = (other for other in headings if other.start() > found.start())
            end = next((other.start() for other in later if len(other[1]) <= len(found[1])), len(page))
            return page[found.end() : end]
    raise AssertionError(f"{name} has no heading {title!r}")


def table(name: str, title: str) -> list[list[str]]:
    """The rows of the first table under a heading, its head left out; cells without the marks of code."""
    return [[cell.replace("`", "") for cell in row] for row in _rows(section(name, title))][1:]


def _rows(part: str) -> Iterator[list[str]]:
    begun = False
    for line in part.splitlines():
        if not line.startswith("|"):
            if begun:
                return
            continue
        begun = True
        cells = [cell.strip() for cell in line.strip().strip("|").split(" | ")]
        if not set(line) <= set("|-: "):
            yield cells


def codes(page: Path) -> list[str]:
    """What a page sets as code within its lines."""
    return _CODE.findall(_BLOCK.sub("", page.read_text("utf-8")))


def anchors(page: Path) -> set[str]:
    """The places that a link into a page may name."""
    return {_slug(found[2]) for found in _HEADING.finditer(page.read_text("utf-8"))}


def _slug(title: str) -> str:
    return re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-")
