"""Keys as sound: making the tone pairs of ITU-T Q.23 and hearing them again in frames (limits after Q.24). Pure."""

import numpy as np

from exchange.audio import RATE
from exchange.tones import tone

ROWS = (697.0, 770.0, 852.0, 941.0)
COLUMNS = (1209.0, 1336.0, 1477.0, 1633.0)
KEYPAD = ("123A", "456B", "789C", "*0#D")
PAUSE_SECONDS = 0.5
KEY_LEVEL_DB = -10.0

# The frequencies of a key and, below them, their overtones: a voice has overtones, a key has none.
WINDOW = 320
FREQUENCIES = np.array(ROWS + COLUMNS + tuple(2 * each for each in ROWS + COLUMNS))
# Two real products and not a complex one: so small, they stay in this thread instead of waking BLAS's others.
ANGLES = 2 * np.pi * np.outer(FREQUENCIES, np.arange(WINDOW)) / RATE
COSINES, SINES = np.cos(ANGLES).astype(np.float32), np.sin(ANGLES).astype(np.float32)

QUIETEST_POWER = (32768 * 10 ** (-42 / 20)) ** 2
PURE_SHARE = 0.6  # a key in noise at 10 dB carries 0.91 of the power in its two tones
TWIST = 6.3  # the two tones differ by at most 8 dB
OVERTONE_SHARE = 0.15
NEEDED_WINDOWS = 2
RELEASE_WINDOWS = 2


def tone_for(keys: str, on_seconds: float = 0.1, off_seconds: float = 0.1) -> bytes:
    """The sound of pressing `keys` one after the other; `w` waits half a second. ValueError for anything else."""
    return b"".join(_one(key, on_seconds, off_seconds) for key in keys)


def _one(key: str, on_seconds: float, off_seconds: float) -> bytes:
    if key in "wW":
        return bytes(2 * round(PAUSE_SECONDS * RATE))
    for row, keys in zip(ROWS, KEYPAD, strict=True):
        if key in keys:
            pair = (row, COLUMNS[keys.index(key)])
            return tone(pair, on_seconds, KEY_LEVEL_DB) + bytes(2 * round(off_seconds * RATE))
    raise ValueError(f"there is no key {key!r}: use 0-9, *, #, A-D, or w to wait half a second")


class KeyDetector:
    """Hears one line; `feed` answers each key once, when it has sounded for at least 60 ms."""

    def __init__(self) -> None:
        self._window = np.zeros(WINDOW, dtype=np.float32)
        self._candidate: str | None = None
        self._seen = 0
        self._missed = 0
        self._held: str | None = None

    def feed(self, frame: bytes) -> str | None:
        """Hear 20 ms more; the key that has just been pressed, else None."""
        samples = np.frombuffer(frame, dtype="<i2").astype(np.float32)
        self._window = np.concatenate((self._window, samples))[-WINDOW:]
        key = key_in(self._window)
        self._seen = self._seen + 1 if key and key == self._candidate else int(key is not None)
        self._candidate = key
        self._missed = 0 if key and key == self._held else self._missed + 1
        if self._held and self._missed >= RELEASE_WINDOWS:
            self._held = None
        if key is None or key == self._held or self._seen < NEEDED_WINDOWS:
            return None
        self._held, self._missed = key, 0
        return key


def key_in(window: "np.typing.NDArray[np.float32]") -> str | None:
    """The key whose two tones make up nearly all of this sound, if there is one."""
    power = float(np.dot(window, window)) / WINDOW
    if power < QUIETEST_POWER:
        return None
    powers = 2 * ((COSINES @ window) ** 2 + (SINES @ window) ** 2) / WINDOW**2
    rows, columns, overtones = powers[:4], powers[4:8], powers[8:]
    row, column = int(rows.argmax()), int(columns.argmax())
    low, high = float(rows[row]), float(columns[column])
    is_pure = low + high >= PURE_SHARE * power
    is_even = max(low, high) <= TWIST * min(low, high)
    is_voice = overtones[row] > OVERTONE_SHARE * low or overtones[4 + column] > OVERTONE_SHARE * high
    return KEYPAD[row][column] if is_pure and is_even and not is_voice else None
