"""The line between one leg and one telephone: frames both ways and a few control messages.

Browser and scripted phones (`web/web_phone_line.py`), SIP calls (`sip/sip_line.py`) and the exchange's own numbers
(`internal_lines.py`) implement it.

Browser and scripted phones (`web/web_phone_line.py`), SIP calls (`sip/sip_line.py`) and the exchange's own numbers
(`internal_lines.py`) implement it.

Browser and scripted phones (`web/web_phone_line.py`), SIP calls (`sip/sip_line.py`) and the exchange's own numbers
(`internal_lines.py`) implement it.

Browser and scripted phones (`phones.py`) are one implementation; a SIP trunk would be another.
"""

from typing import Protocol


class LineListener(Protocol):
    """The events that a line reports to its leg about the person at the telephone."""

    def on_answer(self) -> None: ...

    def on_refuse(self, *, is_busy: bool) -> None: ...

    def on_fail(self) -> None: ...

    def on_hang_up(self) -> None: ...

    def on_ringing(self) -> None: ...

    def on_early_sound(self) -> None:
        """Report that what the other side plays before anybody answers can be heard from now on."""
        ...

    def on_refer(self, target: str) -> bool:
        """Ask that the other side talk to somebody else; return False when nobody can see to that."""
        ...


class TelephoneLine(Protocol):
    """A telephone as its leg sees it."""

    address: str
    shows_texts: bool
    # Whether it says by itself when it rings; others ring as soon as they are told.
    rings_late: bool

    def seize(self, answerer: LineListener) -> bool:
        """Take the line for a call; return False when it is busy."""
        ...

    def release(self) -> None:
        """Free the line: the call is over."""
        ...

    def take(self) -> bytes:
        """Return what the person said in this tick; `MISSING` when it has not come."""
        ...

    def give(self, frame: bytes) -> None:
        """Send what the person hears in this tick."""
        ...

    def tell(self, event: str, **fields: object) -> None:
        """Send a control message to the telephone; `trace` is for those only that asked for it."""
        ...
