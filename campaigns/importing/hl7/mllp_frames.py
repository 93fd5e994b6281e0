"""Frames of MLLP out of a stream of bytes, as senders in the field write them. Pure: bytes in, messages out."""

START, END, CARRIAGE_RETURN = b"\x0b", b"\x1c", b"\r"


class Frames:
    """Takes bytes as they come and gives every message that is complete; a fault in one does not touch the next.

    A frame ends at 0x1C, with or without 0x0D behind it; what stands before its last 0x0B was cut off and is dropped,
    and a sender that forgets 0x0B is understood. A message that grows too long is given as `None` and passed over.
    """

    def __init__(self, most: int) -> None:
        """`most` bytes are held of one message."""
        self._most = most
        self._held = bytearray()
        self._is_passed = False

    @property
    def is_within(self) -> bool:
        """Return whether a message has begun and is not complete."""
        return bool(self._held.strip()) or self._is_passed

    def feed(self, received: bytes) -> list[bytes | None]:
        """Return every message that these bytes complete, in their order."""
        complete: list[bytes | None] = []
        *ended, rest = received.split(END)
        for part in ended:
            self._hold(part)
            if self._is_passed:
                complete.append(None)
            elif message := self._message():
                complete.append(message)
            self._held.clear()
            self._is_passed = False
        self._hold(rest)
        return complete

    def _message(self) -> bytes:
        """Return what is held, from its last start on, without what lies between two frames."""
        return bytes(self._held).rsplit(START, 1)[-1].strip(b"\r\n \t\0")

    def _hold(self, part: bytes) -> None:
        if self._is_passed:
            return
        self._held += part
        if len(self._held) > self._most:
            self._held.clear()
            self._is_passed = True


def frame(message: bytes) -> bytes:
    """Return a message as it is sent."""
    return START + message + END + CARRIAGE_RETURN
