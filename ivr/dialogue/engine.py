"""The dialogue engine's values: a turn comes in, a decision goes out. Pure.

Every conversation (menu, waiting, callback, rating, call after discharge) is a pure module that turns its state and a
turn into a `Decision`. `ivr.dialogue.service` is the one path around them: load, decide, save, render.

Verbs name webhooks that only the path knows (`TURN`, `WAIT`, `LEFT`, `RECORDED`) and texts instead of sounds.
"""

from dataclasses import dataclass, replace
from typing import Generic, Self, TypeVar

from telephony.verbs import Leave, Verb

# The next numbered turn, what is heard while waiting, the queue was left, a message was recorded.
TURN = "turn"
WAIT = "wait"
LEFT = "left"
RECORDED = "recorded"

State = TypeVar("State")
Effect = TypeVar("Effect")


@dataclass(frozen=True)
class Decision(Generic[State, Effect]):
    """What follows from a turn: the state after it, what the line does next, and what else changes."""

    state: State
    verbs: tuple[Verb, ...]
    effects: tuple[Effect, ...] = ()
    # The line is inside the provider's queue and has to leave it before it can do what was decided.
    leaves_queue: bool = False

    def after(self, *effects: Effect) -> Self:
        """Return the decision with these effects before its own."""
        return replace(self, effects=(*effects, *self.effects))

    def spoken_after(self, *verbs: Verb) -> Self:
        """Return the decision with these verbs before its own."""
        return replace(self, verbs=(*verbs, *self.verbs))

    @property
    def answer(self) -> tuple[Verb, ...]:
        """Return what the webhook is answered with now."""
        return (Leave(),) if self.leaves_queue else self.verbs
