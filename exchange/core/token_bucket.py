"""A limit on what one sender may send: what piled up in a stall is let through, a flood is not. Pure."""

MOST_AT_ONCE = 1000.0
PER_SECOND = 150.0  # a telephone sends 50 frames a second
FRAME_COST, MESSAGE_COST = 1.0, 5.0


class TokenBucket:
    """Fills with time and empties with every frame and message."""

    def __init__(self, now: float, most: float = MOST_AT_ONCE, per_second: float = PER_SECOND) -> None:
        self._most, self._per_second = most, per_second
        self._left = most
        self._since = now

    def is_spent(self, cost: float, now: float) -> bool:
        """Take tokens away; return True when there were not enough left."""
        self._left = min(self._most, self._left + self._per_second * (now - self._since)) - cost
        self._since = now
        return self._left < 0
