"""An utterance as people see it: plain, doubtful and masked pieces. Pure."""

from dataclasses import dataclass

UNSURE, MASKED, PLAIN = "unsure", "masked", ""


@dataclass(frozen=True)
class TextPiece:
    """Some signs of a line: plain, doubtful or masked."""

    text: str
    kind: str = PLAIN


@dataclass(frozen=True)
class DisplayedUtterance:
    """One utterance for people."""

    id: str
    speaker: str
    start: float
    end: float
    pieces: tuple[TextPiece, ...]
    confidence: float | None
    # What the machine understood, where a person has said better; by whom, when.
    machine: str | None = None
    corrected_by: str | None = None

    @property
    def text(self) -> str:
        """Return all of it."""
        return "".join(piece.text for piece in self.pieces)
