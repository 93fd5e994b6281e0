"""The patients of a simulated week: how they behave when they are called, and what became of them."""

from dataclasses import dataclass, field

from campaigns.dialling import next_attempt

# What the patients do.
REACH = 0.40
BUSY, MACHINE = 0.05, 0.15  # of all tries; the others ring out
HANDOVER = 0.04
HALF_WAY, LATER, WRONG, REFUSES = 0.03, 0.04, 0.03, 0.02  # of those who pick up
RING_S, PICKUP_S = 30.0, 9.0
TALK_S, HELP_S, MACHINE_S = 170.0, 240.0, 15.0
# A patient who waits for a nurse hears what to do after so long: nobody was found.
PATIENCE_S = 15.0


@dataclass(eq=False)
class SimulatedPatient:
    """A recipient: when they are due, how often they were tried, how it ended."""

    id: int
    due: float
    tries: list[next_attempt.PastAttempt] = field(default_factory=list)
    end: str = ""


@dataclass
class WeekFigures:
    """The counts of a week."""

    dialled: int = 0
    answered: int = 0
    needed: int = 0
    lost: int = 0
    talk_s: float = 0.0
    help_s: float = 0.0
    reached: set[int] = field(default_factory=set)
