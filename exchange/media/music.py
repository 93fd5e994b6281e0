"""The music of those who wait, made here so that no address outside is needed. Pure."""

from functools import cache

from exchange.media.audio import RATE
from exchange.media.tones import tone

_NOTES = (392.0, 440.0, 523.25, 587.33, 523.25, 440.0, 392.0, 329.63)


@cache
def hold_music() -> bytes:
    """Return about ten seconds of a slow pentatonic phrase, quiet enough to wait with."""
    rest = bytes(2 * round(0.45 * RATE))
    phrase = b"".join(tone([note], 0.8, -28.0) + rest for note in _NOTES)
    return phrase + bytes(2 * RATE)
