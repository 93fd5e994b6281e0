"""Keys pressed on one leg, given to whoever listens at that moment; without a listener a key is lost, as at Twilio."""

import asyncio
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager


class KeyBuffer:
    """The keys pressed since one listener began."""

    def __init__(self) -> None:
        self._pressed: deque[str] = deque()
        self._waiting: asyncio.Future[None] | None = None

    def put(self, key: str) -> None:
        self._pressed.append(key)
        if self._waiting and not self._waiting.done():
            self._waiting.set_result(None)

    def wait(self) -> asyncio.Future[None]:
        """Return a future that is done as soon as a key can be popped."""
        self._waiting = asyncio.get_running_loop().create_future()
        if self._pressed:
            self._waiting.set_result(None)
        return self._waiting

    @property
    def has_key(self) -> bool:
        return bool(self._pressed)

    def pop(self) -> str | None:
        """Return the oldest unread key, or None."""
        return self._pressed.popleft() if self._pressed else None


class KeyListeners:
    """All listeners of one leg's keys."""

    def __init__(self) -> None:
        self._boxes: list[KeyBuffer] = []

    def press(self, key: str) -> None:
        for box in self._boxes:
            box.put(key)

    @contextmanager
    def listen(self) -> Iterator[KeyBuffer]:
        box = KeyBuffer()
        self._boxes.append(box)
        try:
            yield box
        finally:
            self._boxes.remove(box)
