"""Where files of the watched folder go, with a report beside each; and what staff are told of those refused."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import count
from pathlib import Path

from hotline.configuration.settings import Settings

DONE, REFUSED, REPORT = "done", "refused", ".report.txt"


@dataclass(frozen=True)
class RefusedFile:
    """A file that could not be taken: its name, and since when it lies there."""

    name: str
    at: datetime


def move(file: Path, where: str, lines: list[str]) -> Path:
    """Put a file into `done` or `refused` and its report beside it; another of its name is kept. Raises `OSError`."""
    folder = file.parent / where
    folder.mkdir(exist_ok=True)
    target = next(path for path in _names(folder, file) if not path.exists() and not _report(path).exists())
    # Names of files need not be text that can be written.
    _report(target).write_text("\n".join(lines) + "\n", "utf-8", errors="backslashreplace")
    file.replace(target)
    return target


def refused(house: Settings) -> list[RefusedFile]:
    """Return files that were refused and still lie there, the newest first; whoever has seen to one removes it."""
    folder = house.campaign_inbox / REFUSED if house.campaign_inbox is not None else None
    if folder is None or not folder.is_dir():
        return []
    reports = {path for path in folder.iterdir() if path.name.endswith(REPORT)}
    found = [
        RefusedFile(shown(path.name), datetime.fromtimestamp(_report(path).stat().st_mtime, UTC))
        for path in folder.iterdir()
        if path not in reports and _report(path) in reports
    ]
    return sorted(found, key=lambda one: one.at, reverse=True)


def shown(name: str) -> str:
    """Return a file's name as it can be shown anywhere."""
    return name.encode("utf-8", "backslashreplace").decode()


def _report(file: Path) -> Path:
    return file.with_name(file.name + REPORT)


def _names(folder: Path, file: Path) -> Iterator[Path]:
    yield folder / file.name
    for number in count(2):
        yield folder / f"{file.stem}-{number}{file.suffix}"
