"""A file of which any part can be read without the rest."""

import io


class Seekable(io.RawIOBase):
    """A file of `size` bytes that knows its place, `_at`; what is read there is for its subclass to say."""

    def __init__(self, size: int) -> None:
        """Begin at the beginning."""
        super().__init__()
        self.size = size
        self._at = 0

    def readable(self) -> bool:
        """It can be read."""
        return True

    def seekable(self) -> bool:
        """It can be read from anywhere."""
        return True

    def tell(self) -> int:
        """Where the next byte is."""
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Go somewhere, as in any file."""
        self._at = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self.size}[whence] + offset
        return self._at
