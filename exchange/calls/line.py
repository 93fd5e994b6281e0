"""The wire between one leg and one telephone: frames both ways, a few control messages, and the buffer against jitter.

Browser and scripted phones (`phones.py`) are one implementation; a SIP trunk would be another.
"""

from typing import Protocol


class LineListener(Protocol):
    """What a line tells its leg about the person at the telephone."""

    def on_answer(self) -> None: ...

    def on_refuse(self, is_busy: bool) -> None: ...

    def on_fail(self) -> None: ...

    def on_hang_up(self) -> None: ...

    def on_ringing(self) -> None: ...

    def on_early_sound(self) -> None:
        """What the other side plays before anybody answers can be heard from now on."""
        ...

    def on_refer(self, target: str) -> bool:
        """The person wants the other side to talk to somebody else; False when nobody can see to that."""
        ...


class TelephoneLine(Protocol):
    """A telephone as its leg sees it."""

    address: str
    shows_texts: bool
    # Whether it says by itself when it rings; others ring as soon as they are told.
    rings_late: bool

    def seize(self, answerer: LineListener) -> bool:
        """Take the line for a call; False when it is busy."""
        ...

    def release(self) -> None:
        """The call is over, the line is free again."""
        ...

    def take(self) -> bytes:
        """What the person said in this tick; `MISSING` when it has not come."""
        ...

    def give(self, frame: bytes) -> None:
        """What the person hears in this tick."""
        ...

    def tell(self, event: str, **fields: object) -> None:
        """A control message to the telephone; `trace` is for those only that asked for it."""
        ...
