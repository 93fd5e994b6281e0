"""The JSON Schemas that are shipped beside the files they describe.

After a change of a model: `python -m tests.unit.hotline.configuration.schemas`.
"""

from pathlib import Path

from cli.commands.config import KINDS, model_of, schema_text
from tests.support.documents import ROOT


def shipped(kind: str) -> Path:
    """Return where the schema of this kind is shipped: beside the file that hospitals copy."""
    folder = Path(model_of(kind).standard).parent  # type: ignore[attr-defined] # every model of a file has one
    return ROOT / folder / f"{kind}.schema.json"


def write() -> None:
    """Write all schemas anew."""
    for kind in KINDS:
        shipped(kind).write_text(schema_text(kind), "utf-8")


if __name__ == "__main__":
    write()
