"""What a decision of the ladder is made from, and what comes out: the floor at a moment, and moves. Values only."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from hotline.values.reason import Reason
from hotline.values.reason_codes import OfferReason
from routing.ladder.answer_curve import AnswerCurve
from routing.ladder.candidates import AgentChoice, Candidate
from routing.queues.queues import HelpingQueue, OverflowKind, OverflowRule

PREFERRED = Reason(OfferReason.PREFERRED)


@dataclass(frozen=True, slots=True)
class LadderRing:
    """A ring of a queue's ladder: how many phones ring (`None`: all who fit), for which skills (`None`: the usual)."""

    phones: int | None
    required_skills: Mapping[str, int] | None = None


@dataclass(frozen=True, slots=True)
class QueuedCaller:
    """Someone in line. `required_skills` have with the least level; who has the level in `prefers` goes first."""

    id: str
    required_skills: Mapping[str, int]
    priority: int
    asked_at: datetime
    rings: int = 3
    prefers: Mapping[str, int] = field(default_factory=dict)
    # Their queue's ladder; without one a phone joins with each ring.
    ladder: tuple[LadderRing, ...] = ()
    # Queues that help when their time comes, with the skills they require; and where the caller is led, once each.
    overflow_queues: tuple[HelpingQueue, ...] = ()
    overflow_rules: tuple[OverflowRule, ...] = ()
    preferred_agent_id: str | None = None
    # Why that agent is preferred, for supervisors.
    because: Reason = PREFERRED
    # This agent and nobody else is rung, whatever their skills.
    only_agent_id: str | None = None
    # When the first phone rang for them, and who let it ring out or declined (they are asked last).
    first_rung_at: datetime | None = None
    tried: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class LiveOffer:
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
    is_not_ready: bool = False
    answers_in: float | None = None
    curve: AnswerCurve | None = None


@dataclass(frozen=True, slots=True)
class FloorState:
    """Everything a decision needs: agents who can be rung, callers in line, live offers.

    `asked` are the least levels that queues ask for, by skill: who alone reaches one is kept for it. `phones_each` is
    how many phones rang for each caller of late.
    """

    agents: tuple[Candidate, ...]
    callers: tuple[QueuedCaller, ...]
    offers: tuple[LiveOffer, ...]
    asked: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    phones_each: float = 2.0


@dataclass(frozen=True, slots=True)
class StartOffer:
    """Ring this agent for this caller, at the caller's ring `ring` (from 1), for at most `rings`."""

    caller_id: str
    agent_id: str
    ring: int
    rings: int
    # What was thought of the caller, and of the agent; told where somebody asks for the reasons.
    notes: tuple[Reason, ...]
    chosen: AgentChoice
    # The queue whose overflow rings this agent; `None`: the caller's own.
    overflow_queue: str | None = None

    @property
    def reasons(self) -> tuple[Reason, ...]:
        """Why this phone now, for supervisors."""
        return (*self.notes, *self.chosen.reasons())


@dataclass(frozen=True, slots=True)
class RingNoAnswer:
    """The phone rang all its rings, nobody answered."""

    offer_id: str


@dataclass(frozen=True, slots=True)
class PhoneUnreachable:
    """The phone never rang."""

    offer_id: str


@dataclass(frozen=True, slots=True)
class Preempt:
    """The phone stops ringing for this caller, because a much more urgent one needs the agent."""

    offer_id: str


@dataclass(frozen=True, slots=True)
class Reassign:
    """The phone stops ringing for this caller, who has another, because somebody else has none."""

    offer_id: str


@dataclass(frozen=True, slots=True)
class LeaveByOverflow:
    """The caller is led out of the line: to a callback, a voicemail, or the number `to`."""

    caller_id: str
    kind: OverflowKind
    to: str | None


End = RingNoAnswer | PhoneUnreachable | Preempt | Reassign
Decision = StartOffer | End | LeaveByOverflow
