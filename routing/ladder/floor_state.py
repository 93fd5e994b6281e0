"""What a decision of the ladder is made from, and what comes out: the floor at a moment, and moves. Values only."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from hotline.values.reason import Reason
from hotline.values.reason_codes import OfferReason
from routing.ladder.answer_curve import AnswerCurve
from routing.ladder.candidates import Agent, Chosen
from routing.queues.queues import OverflowKind, Way

PREFERRED = Reason(OfferReason.PREFERRED)


@dataclass(frozen=True, slots=True)
class Rung:
    """A ring of a queue's ladder: how many phones ring (`None`: all who fit), for which wish (`None`: the usual)."""

    phones: int | None
    wish: Mapping[str, int] | None = None


@dataclass(frozen=True, slots=True)
class Caller:
    """Someone in line. `wish` are skills with the least level; who has the level in `prefers` goes first."""

    id: str
    wish: Mapping[str, int]
    priority: int
    asked_at: datetime
    rings: int = 3
    prefers: Mapping[str, int] = field(default_factory=dict)
    # Their queue's ladder; without one a phone joins with each ring.
    ladder: tuple[Rung, ...] = ()
    # Other queues whose people help when their time comes, by their wish; and where the caller is led, once each.
    helpers: tuple[tuple[Way, Mapping[str, int]], ...] = ()
    exits: tuple[Way, ...] = ()
    preferred_agent_id: str | None = None
    # Why that agent is preferred, for supervisors.
    because: Reason = PREFERRED
    # This agent and nobody else is rung, whatever their skills.
    only_agent_id: str | None = None
    # When the first phone rang for them, and who let it ring out or declined (they are asked last).
    first_rung_at: datetime | None = None
    tried: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Ringing:
    """A live offer: a phone that rings (`ringing_at`) or is being dialled, for whom and with how many rings."""

    id: str
    caller_id: str
    agent_id: str
    started_at: datetime
    ringing_at: datetime | None
    rings: int
    priority: int = 0
    skills: Mapping[str, int] = field(default_factory=dict)
    # As of the agent: who is set aside may well not be there, and who answers late is helped early.
    is_set_aside: bool = False
    answers_in: float | None = None
    curve: AnswerCurve | None = None


@dataclass(frozen=True, slots=True)
class Floor:
    """Everything a decision needs: agents who can be rung, callers in line, live offers.

    `asked` are the least levels that queues ask for, by skill: who alone reaches one is kept for it. `phones_each` is
    how many phones rang for each caller of late.
    """

    agents: tuple[Agent, ...]
    callers: tuple[Caller, ...]
    offers: tuple[Ringing, ...]
    asked: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    phones_each: float = 2.0


@dataclass(frozen=True, slots=True)
class Start:
    """Ring this agent for this caller, at the caller's ring `ring` (from 1), for at most `rings`."""

    caller_id: str
    agent_id: str
    ring: int
    rings: int
    # What was thought of the caller, and of the agent; told where somebody asks for the reasons.
    notes: tuple[Reason, ...]
    chosen: Chosen
    # The queue whose overflow rings this agent; `None`: the caller's own.
    overflow_queue: str | None = None

    @property
    def reasons(self) -> tuple[Reason, ...]:
        """Why this phone now, for supervisors."""
        return (*self.notes, *self.chosen.reasons())


@dataclass(frozen=True, slots=True)
class Miss:
    """The phone rang all its rings, nobody answered."""

    offer_id: str


@dataclass(frozen=True, slots=True)
class Unreachable:
    """The phone never rang."""

    offer_id: str


@dataclass(frozen=True, slots=True)
class Yield:
    """The phone stops ringing for this caller, because a much more urgent one needs the agent."""

    offer_id: str


@dataclass(frozen=True, slots=True)
class Lend:
    """The phone stops ringing for this caller, who has another, because somebody else has none."""

    offer_id: str


@dataclass(frozen=True, slots=True)
class Overflow:
    """The caller is led out of the line: to a call-back, a voicemail, or the number `to`."""

    caller_id: str
    kind: OverflowKind
    to: str | None


End = Miss | Unreachable | Yield | Lend
Decision = Start | End | Overflow
