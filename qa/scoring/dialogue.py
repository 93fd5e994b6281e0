"""A call as auto scoring sees it: who spoke when, what was said, and what else is known. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from qa.scorecards.phrase_lists_file import Lists
from qa.scoring.phrase_match import AcousticScorer, PhraseHit, phrase_hits
from qa.scoring.tokens import DialogueTurn

AGENT, CALLER = "agent", "caller"
Span = tuple[float, float]


@dataclass(frozen=True)
class Dialogue:
    """One recording. `speech` is where each side makes speech-like sound, `lists` the phrase lists of the language."""

    turns: tuple[DialogueTurn, ...]
    speech: Mapping[str, Sequence[Span]]
    seconds: float
    scorer: AcousticScorer
    lists: Lists
    # What the hospital's records know: name -> true or false; missing is unknown.
    facts: Mapping[str, bool] = field(default_factory=dict)
    _known: dict[tuple[str, int], list[PhraseHit]] = field(default_factory=dict, repr=False, compare=False)

    def hits(self, name: str, turn: DialogueTurn) -> list[PhraseHit]:
        """Return where something of the list `name` may have been said in one of the turns; looked for once."""
        key = (name, id(turn))
        if key not in self._known:
            self._known[key] = phrase_hits(self.lists[name], turn, self.scorer)
        return self._known[key]

    def of(self, speaker: str) -> list[DialogueTurn]:
        """Return the turns of one side."""
        return [turn for turn in self.turns if turn.speaker == speaker and turn.tokens]

    def spoken(self, speaker: str) -> list[Span]:
        """Return where words of this side were understood."""
        return [(one.start, one.end) for turn in self.turns if turn.speaker == speaker for one in turn.said]

    @property
    def end(self) -> float:
        """Return when the last word ends."""
        return max((turn.end for turn in self.turns), default=0.0)


def gaps(spans: Sequence[Span], seconds: float) -> list[Span]:
    """Return where none of the spans is, before the first and after the last too."""
    joined: list[Span] = []
    for start, end in sorted(spans):
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    edges = [(0.0, 0.0), *joined, (seconds, seconds)]
    return [(before[1], after[0]) for before, after in pairwise(edges) if after[0] > before[1]]


def overlap(one: Span, other: Span) -> float:
    """Return for how long both last."""
    return max(0.0, min(one[1], other[1]) - max(one[0], other[0]))
