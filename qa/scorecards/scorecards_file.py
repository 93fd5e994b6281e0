"""The files of scorecards."""

from functools import cache
from pathlib import Path
from typing import Any

from hotline.configuration import yaml_file
from hotline.configuration.errors import FileFault
from hotline.configuration.field_types import Context
from qa.scorecards.card import Scorecard, Scorecards

FOLDER = Path(__file__).parent
LISTS = "phrases."  # files of phrase lists begin so and are read by `qa.scorecards.phrase_lists_file`


@cache
def load(folder: Path | None) -> Scorecards:
    """Return the scorecards of the product, with those of the hospital's `folder` over and beside them.

    Raises `FileFault`.
    """
    files = {path.name: path for place in (FOLDER, folder) if place for path in _files(place)}
    cards = [parse(yaml_file.text_of(path), str(path)) for name, path in files.items() if not name.startswith(LISTS)]
    return Scorecards({card.name: card for card in cards})


def _files(folder: Path) -> list[Path]:
    if not folder.is_dir():
        raise FileFault([f"{folder}: is no folder; correct SCORECARDS_FOLDER"])
    return sorted(folder.glob("*.yaml"))


def parse(text: str, file: str) -> Scorecard:
    """Return the scorecard in this text; `file` is its name in messages."""
    return yaml_file.parse(Scorecard, text, file, _context)


def _context(data: Any) -> Context:
    sections = yaml_file.names(data, "sections")
    return {"items": [item for section in sections for item in yaml_file.names(data, "sections", section, "items")]}
