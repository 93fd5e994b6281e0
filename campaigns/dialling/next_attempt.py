"""What follows a try to reach someone: again and when, a text, a person's list, or the end. Pure.

Each outcome has a row of its own in `RULES`; the caps of the law bound them all.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from campaigns.planning.calling_windows import CallingWindow, DayPart, part_of
from campaigns.planning.dialling_limits import DiallingLimits
from hotline.values.states.attempt import AttemptOutcome
from hotline.values.states.recipient import RecipientState

# Why a recipient goes to a person's list.
NOT_REACHED = "not_reached"
NUMBER_WRONG = "number_wrong"
NOT_COMPLETED = "not_completed"
UNDIALLABLE = "cannot_be_dialled"
WEEK = timedelta(days=7)
# After the text, the patient has so long to call back before a person takes over.
TEXT_WAIT = timedelta(days=2)


@dataclass(frozen=True)
class OutcomeRule:
    """What an outcome means. `counts`: it uses up one of the tries. `pause`: the least time to the next one.

    `most`: so many of this outcome, and it goes to a person for `reason`. `moves`: another part of the day is tried.
    """

    counts: bool
    pause: timedelta
    moves: bool
    most: int
    reason: str
    end: RecipientState | None = None


RULES: dict[AttemptOutcome, OutcomeRule] = {
    # They are on the phone: soon again.
    AttemptOutcome.BUSY: OutcomeRule(True, timedelta(minutes=30), False, 99, NOT_REACHED),
    # Out, or the phone is off: another part of the day.
    AttemptOutcome.NO_ANSWER: OutcomeRule(True, timedelta(hours=4), True, 99, NOT_REACHED),
    AttemptOutcome.MACHINE: OutcomeRule(True, timedelta(hours=4), True, 99, NOT_REACHED),
    # Somebody else answered: perhaps they come home later; twice, and the number is to be looked into.
    AttemptOutcome.WRONG_PERSON: OutcomeRule(True, timedelta(hours=4), True, 2, NUMBER_WRONG),
    # They named a time themselves: it does not use up a try, but is not asked for ever.
    AttemptOutcome.CALL_LATER: OutcomeRule(False, timedelta(0), False, 4, NOT_COMPLETED),
    # The line broke, or they hung up among the questions: soon again, where it stopped.
    AttemptOutcome.PARTIAL: OutcomeRule(False, timedelta(minutes=30), False, 3, NOT_COMPLETED),
    # Not their doing: the exchange or the network could not place the call.
    AttemptOutcome.FAILED: OutcomeRule(False, timedelta(hours=1), True, 3, UNDIALLABLE),
    AttemptOutcome.REFUSED: OutcomeRule(True, timedelta(0), False, 1, "", RecipientState.REFUSED),
    AttemptOutcome.DONE: OutcomeRule(True, timedelta(0), False, 1, "", RecipientState.DONE),
    AttemptOutcome.STOPPED: OutcomeRule(False, timedelta(0), False, 1, "", RecipientState.STOPPED),
}
# Outcomes after which the patient expects our call: the gap between two tries may shrink.
EXPECTED = frozenset({AttemptOutcome.BUSY, AttemptOutcome.CALL_LATER, AttemptOutcome.PARTIAL})


@dataclass(frozen=True)
class PastAttempt:
    """A try that is over: how it ended and when it began. `is_inbound`: the patient called us, which no cap counts."""

    outcome: AttemptOutcome
    at: datetime
    is_inbound: bool = False


@dataclass(frozen=True)
class AttemptHistory:
    """A recipient after a try: all tries in their order, the last one just over."""

    tries: tuple[PastAttempt, ...]
    window: CallingWindow | None
    closes_at: datetime
    is_texted: bool = False
    later_at: datetime | None = None


@dataclass(frozen=True)
class RetryAt:
    """Try again then."""

    at: datetime


@dataclass(frozen=True)
class SendText:
    """Send the text with the number to call back, and wait for them until then."""

    until: datetime


@dataclass(frozen=True)
class HandToPerson:
    """Put them on the list for a person."""

    reason: str


@dataclass(frozen=True)
class EndCalls:
    """It is over."""

    state: RecipientState


NextStep = RetryAt | SendText | HandToPerson | EndCalls


def next_step(standing: AttemptHistory, caps: DiallingLimits, now: datetime) -> NextStep:
    """What follows the last try."""
    last = standing.tries[-1].outcome
    rule = RULES[last]
    if rule.end is not None:
        return EndCalls(rule.end)
    if sum(tried.outcome is last for tried in standing.tries) >= rule.most:
        return HandToPerson(rule.reason)
    if counted(standing.tries) < caps.tries:
        at = _again(standing, rule, caps, now)
        if at is not None:
            return RetryAt(at)
    return given_up(standing, now)


def given_up(standing: AttemptHistory, now: datetime) -> NextStep:
    """What follows when there is no further try: the text once, then a person."""
    if standing.is_texted:
        return HandToPerson(NOT_REACHED)
    return SendText(now + TEXT_WAIT)


def counted(tries: Sequence[PastAttempt]) -> int:
    """How many of the tries use up the allowance."""
    return sum(RULES[tried.outcome].counts and not tried.is_inbound for tried in tries)


def _again(standing: AttemptHistory, rule: OutcomeRule, caps: DiallingLimits, now: datetime) -> datetime | None:
    window = standing.window
    if window is None:
        return None
    last = standing.tries[-1].outcome
    least = now + rule.pause
    if last is AttemptOutcome.CALL_LATER and standing.later_at is not None:
        # The hour they named is theirs to name: within the law's hours it goes before the preferred time.
        named = max(standing.later_at, now)
        if named < standing.closes_at and window.is_open(named):
            return named
        least = named
    avoid = frozenset(_parts(standing)) if rule.moves else frozenset[DayPart]()
    return allowed(standing, caps, (least, last in EXPECTED), avoid)


def _parts(standing: AttemptHistory) -> set[DayPart]:
    zone = standing.window.zone if standing.window else None
    return set() if zone is None else {part_of(tried.at, zone) for tried in standing.tries if not tried.is_inbound}


def allowed(
    standing: AttemptHistory,
    caps: DiallingLimits,
    least: tuple[datetime, bool],
    avoid: frozenset[DayPart] = frozenset(),
) -> datetime | None:
    """The first moment from `least[0]` that hours and caps allow; `least[1]`: they expect us, the gap may be short."""
    after, is_expected = least
    window = standing.window
    ours = sorted(tried.at for tried in standing.tries if not tried.is_inbound)
    while window is not None:
        found = window.next(after, standing.closes_at, avoid)
        if found is None:
            return None
        room = _room(found, ours, window, (caps, is_expected))
        if room <= found:
            return found
        after = room
    return None


def _room(at: datetime, ours: Sequence[datetime], window: CallingWindow, law: tuple[DiallingLimits, bool]) -> datetime:
    """The first moment from `at` at which the caps leave room for one more try."""
    caps, is_expected = law
    zone = window.zone
    day = at.astimezone(zone).date()
    room = at
    if sum(tried.astimezone(zone).date() == day for tried in ours) >= caps.tries_a_day:
        room = datetime.combine(day + timedelta(days=1), window.hours.opens, zone)
    lately = [tried for tried in ours if tried > at - WEEK]
    if len(lately) >= caps.tries_a_week:
        room = max(room, lately[-caps.tries_a_week] + WEEK)
    if ours and not is_expected:
        room = max(room, ours[-1] + timedelta(hours=caps.hours_apart))
    return room
