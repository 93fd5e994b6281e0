"""A file of which any part can be read without the rest."""

import io


class Seekable(io.RawIOBase):
    """A file of `size` bytes that knows its place, `_at`; subclasses say what is read there."""

    def __init__(self, size: int) -> None:
        """Begin at the beginning."""
        super().__init__()
        self.size = size
        self._at = 0

    def readable(self) -> bool:
        """Return True."""
        return True

    def seekable(self) -> bool:
        """Return True."""
        return True

    def tell(self) -> int:
        """Return where the next byte is."""
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Go to a place, as in any file."""
        self._at = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self.size}[whence] + offset
        return self._at
