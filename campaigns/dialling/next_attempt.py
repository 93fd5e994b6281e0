"""What follows a try to reach someone: again and when, a text, a person's list, or the end. Pure.

Each outcome has a row of its own in `RULES`; the limits of the law bound them all.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from campaigns.planning.calling_windows import CallingWindow, DayPart, part_of
from campaigns.planning.dialling_limits import DiallingLimits
from hotline.values.states.attempt import AttemptOutcome
from hotline.values.states.recipient import RecipientEvent

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

    `most`: so many of this outcome, and it goes to a person for `reason`. `moves`: another part of the day is attempt.
    """

    counts: bool
    pause: timedelta
    moves: bool
    most: int
    reason: str
    end: RecipientEvent | None = None


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
    AttemptOutcome.REFUSED: OutcomeRule(True, timedelta(0), False, 1, "", RecipientEvent.REFUSED),
    AttemptOutcome.DONE: OutcomeRule(True, timedelta(0), False, 1, "", RecipientEvent.DONE),
    AttemptOutcome.STOPPED: OutcomeRule(False, timedelta(0), False, 1, "", RecipientEvent.STOPPED),
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

    attempts: tuple[PastAttempt, ...]
    window: CallingWindow | None
    closes_at: datetime
    is_texted: bool = False
    postponed_until: datetime | None = None


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
    """Call no more: it is over by this event."""

    event: RecipientEvent


NextStep = RetryAt | SendText | HandToPerson | EndCalls


def next_step(history: AttemptHistory, limits: DiallingLimits, now: datetime) -> NextStep:
    """Decide what follows the last attempt."""
    last = history.attempts[-1].outcome
    rule = RULES[last]
    if rule.end is not None:
        return EndCalls(rule.end)
    if sum(attempt.outcome is last for attempt in history.attempts) >= rule.most:
        return HandToPerson(rule.reason)
    if counted(history.attempts) < limits.tries:
        at = _again(history, rule, limits, now)
        if at is not None:
            return RetryAt(at)
    return given_up(history, now)


def given_up(history: AttemptHistory, now: datetime) -> NextStep:
    """Decide what follows when there is no further attempt: the text once, then a person."""
    if history.is_texted:
        return HandToPerson(NOT_REACHED)
    return SendText(now + TEXT_WAIT)


def counted(attempts: Sequence[PastAttempt]) -> int:
    """Return how many of the attempts use up the allowance."""
    return sum(RULES[attempt.outcome].counts and not attempt.is_inbound for attempt in attempts)


def _again(history: AttemptHistory, rule: OutcomeRule, limits: DiallingLimits, now: datetime) -> datetime | None:
    window = history.window
    if window is None:
        return None
    last = history.attempts[-1].outcome
    least = now + rule.pause
    if last is AttemptOutcome.CALL_LATER and history.postponed_until is not None:
        # The hour they named is theirs to name: within the law's hours it goes before the preferred time.
        named = max(history.postponed_until, now)
        if named < history.closes_at and window.is_open(named):
            return named
        least = named
    avoid = frozenset(_parts(history)) if rule.moves else frozenset[DayPart]()
    return allowed(history, limits, after=least, is_expected=last in EXPECTED, avoid=avoid)


def _parts(history: AttemptHistory) -> set[DayPart]:
    zone = history.window.zone if history.window else None
    return (
        set() if zone is None else {part_of(attempt.at, zone) for attempt in history.attempts if not attempt.is_inbound}
    )


def allowed(
    history: AttemptHistory,
    limits: DiallingLimits,
    *,
    after: datetime,
    is_expected: bool,
    avoid: frozenset[DayPart] = frozenset(),
) -> datetime | None:
    """Return the first moment from `after` that hours and limits allow; who `is_expected` to call may call soon."""
    window = history.window
    ours = sorted(attempt.at for attempt in history.attempts if not attempt.is_inbound)
    while window is not None:
        moment = window.next(after, history.closes_at, avoid)
        if moment is None:
            return None
        room = _room(moment, ours, window, limits, is_expected=is_expected)
        if room <= moment:
            return moment
        after = room
    return None


def _room(
    at: datetime, ours: Sequence[datetime], window: CallingWindow, limits: DiallingLimits, *, is_expected: bool
) -> datetime:
    """Return the first moment from `at` at which the limits leave room for one more attempt."""
    zone = window.zone
    day = at.astimezone(zone).date()
    room = at
    if sum(attempt.astimezone(zone).date() == day for attempt in ours) >= limits.tries_a_day:
        room = datetime.combine(day + timedelta(days=1), window.hours.opens, zone)
    lately = [attempt for attempt in ours if attempt > at - WEEK]
    if len(lately) >= limits.tries_a_week:
        room = max(room, lately[-limits.tries_a_week] + WEEK)
    if ours and not is_expected:
        room = max(room, ours[-1] + timedelta(hours=limits.hours_apart))
    return room
