"""Figures of a dialogue: turns, silences, times on hold, overlaps, shares and speed of speaking. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

from hotline.values.language import Language
from recordings.speech.phrases import contains_phrase

# A new turn begins when the other speaks; the same speaker's pauses belong to it.
SHORTEST_SILENCE, SHORTEST_OVERLAP = 2.0, 0.3
HOLD_ASKED_SECONDS = 6.0  # so long before a silence somebody was asked to wait
_HOLD = {
    Language.MANDARIN: ("请稍等", "稍等一下", "请不要挂机", "我帮您查一下", "请等一下", "帮您查询", "为您查询", "稍候"),
    Language.ENGLISH: (
        "please hold", "one moment", "hold on", "bear with me", "let me check", "just a moment",
        "just a second", "hold the line",
    ),
}  # fmt: skip


class TimedUtterance(Protocol):
    """An utterance: a speaker, its times in seconds, its text. Rows and lines are."""

    @property
    def speaker(self) -> str:
        """Return the speaker."""

    @property
    def start(self) -> float:
        """Return when it begins."""

    @property
    def end(self) -> float:
        """Return when it ends."""

    @property
    def text(self) -> str:
        """Return the words."""


@dataclass(frozen=True)
class SpeakerTurn:
    """All that one side says before the other does."""

    speaker: str
    start: float
    end: float


@dataclass(frozen=True)
class TimeSpan:
    """Some seconds in which nobody speaks, or both do; `after` is who spoke last before it."""

    start: float
    end: float
    after: str = ""

    @property
    def seconds(self) -> float:
        """Return how long it lasts."""
        return self.end - self.start


@dataclass(frozen=True)
class DialogueFigures:
    """The dialogue as a whole. Shares are parts of all speaking; `per_minute` counts characters or words."""

    turns: tuple[SpeakerTurn, ...]
    silences: tuple[TimeSpan, ...]
    holds: tuple[TimeSpan, ...]
    overlaps: tuple[TimeSpan, ...]
    share: dict[str, float]
    per_minute: dict[str, float]

    @property
    def longest_silence(self) -> float:
        """Return the seconds of the longest silence that nobody asked to wait for; 0 where there is none."""
        return max((one.seconds for one in self.silences if one not in self.holds), default=0.0)


def figures(utterances: Iterable[TimedUtterance], language: Language) -> DialogueFigures:
    """Return everything about a dialogue that times tell."""
    lines = sorted(utterances, key=lambda one: one.start)
    quiet = silences(lines)
    spoken: dict[str, float] = {}
    units: dict[str, int] = {}
    for line in lines:
        spoken[line.speaker] = spoken.get(line.speaker, 0.0) + line.end - line.start
        count = sum("\u3400" <= sign <= "\u9fff" for sign in line.text)
        units[line.speaker] = units.get(line.speaker, 0) + (count or len(line.text.split()))
    whole = sum(spoken.values()) or 1.0
    return DialogueFigures(
        turns=tuple(turns(lines)),
        silences=tuple(quiet),
        holds=tuple(span for span in quiet if is_hold(span, lines, language)),
        overlaps=tuple(overlaps(lines)),
        share={who: seconds / whole for who, seconds in spoken.items()},
        per_minute={who: 60 * units[who] / seconds for who, seconds in spoken.items() if seconds > 0},
    )


def turns(lines: Sequence[TimedUtterance]) -> list[SpeakerTurn]:
    """Return who speaks from when to when; a word thrown in while the other goes on takes no turn."""
    result: list[SpeakerTurn] = []
    for line in sorted(lines, key=lambda one: one.start):
        last = result[-1] if result else None
        if last is not None and last.speaker == line.speaker:
            result[-1] = SpeakerTurn(last.speaker, last.start, max(last.end, line.end))
        elif last is None or line.end > last.end:
            result.append(SpeakerTurn(line.speaker, line.start, line.end))
    return result


def silences(lines: Sequence[TimedUtterance], least: float = SHORTEST_SILENCE) -> list[TimeSpan]:
    """Return where nobody speaks for `least` seconds and more, between the first word and the last."""
    result: list[TimeSpan] = []
    until, speaker = None, ""
    for line in sorted(lines, key=lambda one: one.start):
        if until is not None and line.start - until >= least:
            result.append(TimeSpan(until, line.start, speaker))
        if until is None or line.end > until:
            until, speaker = line.end, line.speaker
    return result


def overlaps(lines: Sequence[TimedUtterance], least: float = SHORTEST_OVERLAP) -> list[TimeSpan]:
    """Return where both speak at the same time; `after` is who spoke first."""
    ordered = sorted(lines, key=lambda one: one.start)
    return [
        TimeSpan(after.start, min(before.end, after.end), before.speaker)
        for index, before in enumerate(ordered)
        for after in ordered[index + 1 :]
        if after.speaker != before.speaker and min(before.end, after.end) - after.start >= least
    ]


def is_hold(span: TimeSpan, lines: Sequence[TimedUtterance], language: Language) -> bool:
    """Return whether the agent asked to wait just before this silence."""
    near = (span.start - HOLD_ASKED_SECONDS, span.start + 0.5)
    before = [one for one in lines if one.speaker == "agent" and near[0] <= one.end <= near[1]]
    return any(contains_phrase(one.text, phrase, language) for one in before for phrase in _HOLD[language])
