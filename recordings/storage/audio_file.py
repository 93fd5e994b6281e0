"""Sound files on disk."""

from pathlib import Path

from recordings.errors import UnreadableAudio
from recordings.storage.audio import Sound, read_any

LARGEST_BYTES = 512 << 20  # of a file that is read whole


def read_file(file: Path) -> Sound:
    """Read like `read_any`, for a file on disk. Raises `UnreadableAudio` with its name, before it takes memory."""
    if file.stat().st_size > LARGEST_BYTES:
        raise UnreadableAudio(f"{file}: it is larger than {LARGEST_BYTES >> 20} MB; cut it into shorter files")
    try:
        return read_any(file.read_bytes())
    except UnreadableAudio as error:
        raise UnreadableAudio(f"{file}: {error}") from error
