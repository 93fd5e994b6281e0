"""The file of retention periods."""

from functools import cache
from pathlib import Path

from hotline.configuration import yaml_file
from recordings.retention.periods import RetentionRules

STANDARD = Path(__file__).with_name("retention.yaml")


@cache
def load(file: Path | None) -> RetentionRules:
    """Return the rules in the hospital's own file, the standard ones where it has none. Raises `FileFault`."""
    return yaml_file.read(RetentionRules, file or STANDARD)


def read(text: str, name: str) -> RetentionRules:
    """Read the rules; `name` is their file in messages. Raises `FileFault`."""
    return yaml_file.parse(RetentionRules, text, name)
