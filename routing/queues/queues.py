"""A hospital's queues as values: whom each asks for, who rings at which ring, and what follows. Pure.

`routing.queues.queues_file` reads them from the file; `routing.ladder.ladder` follows them.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from typing import NamedTuple
from zoneinfo import ZoneInfo

from hotline.values.language import Language
from routing.queues.hours import Hours
from routing.queues.priority_patients import GreenChannel

Text = Mapping[Language, str]


class OverflowKind(StrEnum):
    """What follows when nobody has answered: others help, or the caller is moved."""

    QUEUE = "queue"
    NURSE = "nurse"
    CALL_BACK = "call_back"
    VOICEMAIL = "voicemail"
    NUMBER = "number"


# The caller stays in line, and the agents of another queue are rung, too.
HELPERS = frozenset({OverflowKind.QUEUE, OverflowKind.NURSE})


@dataclass(frozen=True)
class SkillLevel:
    """How well a skill is needed: nobody below `least` is rung; who has `prefers` or more goes first."""

    least: int = 1
    prefers: int | None = None


@dataclass(frozen=True)
class LadderStep:
    """One ring of a ladder: how many phones ring in it (`None`: all who fit), and the least level in it.

    `least` stands in this ring for the least level of every skill that the queue itself wishes; `None` changes nothing.
    """

    phones: int | None
    least: int | None = None


@dataclass(frozen=True)
class OverflowRule:
    """What follows, and when: after so many rings since asking or, where given, after a time since asking.

    `to` is the queue that helps, or the number (E.164) to which the caller is led.
    """

    kind: OverflowKind
    to: str | None = None
    after_rings: int = 3
    after: timedelta | None = None

    def is_due(self, rings: int, waited: timedelta) -> bool:
        """Return whether its time has come for a caller who is in the ring `rings` (from 1) and has `waited` since
        asking.
        """
        return rings > self.after_rings if self.after is None else waited >= self.after


class HelpingQueue(NamedTuple):
    """A queue that helps when the time of its rule has come, with the skills that it requires."""

    way: OverflowRule
    required_skills: Mapping[str, int]


@dataclass(frozen=True)
class Queue:
    """A queue: required skills, ladder (by default one phone more with each ring), overflow."""

    name: str
    label: Text
    hours: Hours
    required_skills: Mapping[str, SkillLevel]
    languages: Mapping[Language, SkillLevel] = field(default_factory=dict)
    rings: int = 3
    ladder: tuple[LadderStep, ...] = ()
    overflow: tuple[OverflowRule, ...] = ()
    priority: int = 0
    wrap_up_seconds: int = 30

    def needs(self, language: Language, skill: str | None = None) -> dict[str, SkillLevel]:
        """Return what is needed of who answers.

        The queue's skills, or `skill` in their place, and the caller's language.
        """
        wished = dict(self.required_skills)
        if skill is not None and skill not in wished:
            least = max((need.least for need in wished.values()), default=1)
            wished = {skill: SkillLevel(least)}
        return wished | {language.value: self.languages.get(language, SkillLevel())}

    def levels(self, language: Language, skill: str | None = None) -> dict[str, int]:
        """Return the least level of each skill, as a place in line keeps it."""
        return {name: need.least for name, need in self.needs(language, skill).items()}


@dataclass(frozen=True)
class QueueRules:
    """Everything that a hospital's queue file says, in local time of `zone`; `file` is its name in messages."""

    file: str
    zone: ZoneInfo
    skills: Mapping[str, Text]
    queues: Mapping[str, Queue]
    green: GreenChannel

    def queue(self, name: str) -> Queue:
        """Return the queue of this name; for callers in a line that is no longer there, one without rules of its
        own.
        """
        return self.queues.get(name) or Queue(name, {}, Hours(self.zone, is_always=True), {})
