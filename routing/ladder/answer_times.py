"""What is learned from offers: how long agents take to pick up, how many phones ring for a caller. No I/O."""

from collections import deque
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from math import sqrt

from routing.ladder import answer_curve
from routing.ladder.answer_curve import AnswerCurve, RingOutcome

# Fewer answers than this say nothing.
LEAST_ANSWERS = 8
# Mean and this many deviations: nineteen of twenty answers come sooner.
DEVIATIONS = 1.65
# Of so many phones it is known for whom they rang.
LATEST_PHONES = 200


@dataclass(frozen=True, slots=True)
class AnswerHabit:
    """What is known of an agent: within how many seconds they answer nearly always, how soon and how often at all."""

    answers_in: float | None = None
    curve: AnswerCurve | None = None


UNKNOWN = AnswerHabit()


def learn(offers: Mapping[str, Sequence[RingOutcome]]) -> dict[str, AnswerHabit]:
    """Return the habit of each agent, from their offers, the latest first."""
    curves = answer_curve.learn(offers)
    return {
        agent_id: AnswerHabit(answers_in([rang.seconds for rang in rung if rang.is_answered]), curves.get(agent_id))
        for agent_id, rung in offers.items()
    }


def answers_in(seconds: Collection[float]) -> float | None:
    """Return the time within which this agent has answered nearly all the offers they answered; `None`.

    Too few to say.
    """
    if len(seconds) < LEAST_ANSWERS:
        return None
    mean = sum(seconds) / len(seconds)
    return mean + DEVIATIONS * sqrt(sum((value - mean) ** 2 for value in seconds) / len(seconds))


class RungPhones:
    """The latest phones that rang, by caller."""

    def __init__(self) -> None:
        """None yet."""
        self._callers: deque[str] = deque(maxlen=LATEST_PHONES)

    def rang(self, caller_id: str) -> None:
        """A phone rings for this caller."""
        self._callers.append(caller_id)

    def each(self) -> float:
        """Return how many rang for each caller of late; 1 where none rang."""
        return len(self._callers) / len(set(self._callers)) if self._callers else 1.0
