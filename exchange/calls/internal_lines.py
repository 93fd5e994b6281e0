"""Calls of the exchange to its own numbers: two lines back to back, one of the leg that rings, one
of the leg within.
"""

from collections.abc import Callable

from exchange.calls.line import LineListener
from exchange.media.audio import SILENCE

DEEPEST = 5


class _LineEnd:
    """State that both ends share: one call at a time, and the frame that came from the other end."""

    shows_texts = False
    rings_late = False

    def __init__(self, address: str) -> None:
        self.address = address
        self.answerer: LineListener | None = None
        self.coming = SILENCE

    def seize(self, answerer: LineListener) -> bool:
        if self.answerer:
            return False
        self.answerer = answerer
        return True

    def release(self) -> None:
        self.answerer = None

    def take(self) -> bytes:
        frame, self.coming = self.coming, SILENCE
        return frame


class InnerLine(_LineEnd):
    """The caller's line of the inner leg: what it is told decides over the leg that rings."""

    def __init__(self, address: str, outer: "OuterLine", depth: int) -> None:
        super().__init__(address)
        self.depth = depth
        self._outer = outer

    def give(self, frame: bytes) -> None:
        self._outer.coming = frame

    def tell(self, event: str, **fields: object) -> None:
        far = self._outer.answerer
        if event == "answered" and far:
            far.on_answer()
        elif event == "ended" and far:
            # Before the answer it is a refusal, after it the end; each means nothing at the other time.
            if fields.get("reason") == "failed":
                far.on_fail()
            far.on_refuse(is_busy=fields.get("reason") == "busy")
            far.on_hang_up()


class OuterLine(_LineEnd):
    """The telephone of the leg that rings; its first ring makes the inner call."""

    def __init__(self, address: str, sender: str, depth: int, dial: Callable[[InnerLine, str], object]) -> None:
        super().__init__(address)
        self._inner = InnerLine(sender, self, depth)
        self._dial = dial
        self._has_dialled = False

    def give(self, frame: bytes) -> None:
        self._inner.coming = frame

    def tell(self, event: str, **fields: object) -> None:  # noqa: ARG002 - only that it rings matters
        if event == "ring" and not self._has_dialled:
            self._has_dialled = True
            self._dial(self._inner, self.address)

    def release(self) -> None:
        super().release()
        if self._inner.answerer:
            self._inner.answerer.on_hang_up()
