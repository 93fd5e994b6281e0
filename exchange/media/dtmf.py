"""Keys as sound: making the tone pairs of ITU-T Q.23 and hearing them again in frames (limits after Q.24). Pure."""

from collections.abc import Sequence

import numpy as np

from exchange.media.audio import FRAME_BYTES, MISSING, RATE, SILENCE
from exchange.media.tones import tone

ROWS = (697.0, 770.0, 852.0, 941.0)
COLUMNS = (1209.0, 1336.0, 1477.0, 1633.0)
KEYPAD = ("123A", "456B", "789C", "*0#D")
PAUSE_SECONDS = 0.5
KEY_LEVEL_DB = -10.0

# The frequencies of a key and, after them, their overtones: a voice has overtones, a key has none.
WINDOW = 320
FREQUENCIES = np.array(ROWS + COLUMNS + tuple(2 * each for each in ROWS + COLUMNS))
# Real products and not complex ones, of at most so many lines: so small, they stay in this thread instead of waking
# BLAS's others.
ANGLES = 2 * np.pi * np.outer(np.arange(WINDOW), FREQUENCIES) / RATE
WAVES = np.hstack((np.cos(ANGLES), np.sin(ANGLES))).astype(np.float32)
LINES_AT_ONCE = 16
Numbers = np.typing.NDArray[np.float32]

QUIETEST_POWER = (32768 * 10 ** (-42 / 20)) ** 2
PURE_SHARE = 0.6  # a key in noise at 10 dB carries 0.91 of the power in its two tones
TWIST = 6.3  # the two tones differ by at most 8 dB
OVERTONE_SHARE = 0.15
NEEDED_WINDOWS = 2
RELEASE_WINDOWS = 2
MOST_MISSING_FRAMES = 13
QUIET_WINDOW = bytes(2 * WINDOW)


def key_tones(keys: str, on_seconds: float = 0.1, off_seconds: float = 0.1) -> bytes:
    """Return the sound of pressing `keys` one after the other; `w` waits half a second. Raises `ValueError` for other
    signs.
    """
    return b"".join(_one(key, on_seconds, off_seconds) for key in keys)


def _one(key: str, on_seconds: float, off_seconds: float) -> bytes:
    if key in "wW":
        return bytes(2 * round(PAUSE_SECONDS * RATE))
    for row, keys in zip(ROWS, KEYPAD, strict=True):
        if key in keys:
            pair = (row, COLUMNS[keys.index(key)])
            return tone(pair, on_seconds, KEY_LEVEL_DB) + bytes(2 * round(off_seconds * RATE))
    raise ValueError(f"there is no key {key!r}: use 0-9, *, #, A-D, or w to wait half a second")


class DtmfDetector:
    """Detects keys on one line; `feed` returns each key once, when it has sounded for at least 60 ms.

    Frames that have not come (`MISSING`) leave a key as it was, so that a stall of the network in the middle of a tone
    makes no second press; a quarter of a second of them is a pause.
    """

    def __init__(self) -> None:
        self._before = SILENCE
        self._missing = 0
        self._candidate: str | None = None
        self._seen = 0
        self._missed = 0
        self._held: str | None = None

    def feed(self, frame: bytes) -> str | None:
        """Take 20 ms more; return the key that has just been pressed, else None."""
        return detect_keys([self], [frame])[0]

    def window(self, frame: bytes) -> bytes | None:
        """Return what is examined now: this frame and the one before; None while a frame is waited for.

        A frame of a wrong size counts as silence.
        """
        self._missing = self._missing + 1 if frame is MISSING else 0
        if 0 < self._missing <= MOST_MISSING_FRAMES:
            return None
        before, self._before = self._before, frame if len(frame) == FRAME_BYTES else SILENCE
        return before + self._before

    def decide(self, key: str | None) -> str | None:
        """Return the key in the present window if it has just been pressed, else None."""
        if key is None and self._candidate is None and self._held is None:
            return None
        self._seen = self._seen + 1 if key and key == self._candidate else int(key is not None)
        self._candidate = key
        self._missed = 0 if key and key == self._held else self._missed + 1
        if self._held and self._missed >= RELEASE_WINDOWS:
            self._held = None
        if key is None or key == self._held or self._seen < NEEDED_WINDOWS:
            return None
        self._held, self._missed = key, 0
        return key


def detect_keys(detectors: Sequence[DtmfDetector], frames: Sequence[bytes]) -> list[str | None]:
    """Take 20 ms more on many lines together, which costs a tenth of doing it one by one."""
    windows = [detector.window(frame) for detector, frame in zip(detectors, frames, strict=True)]
    sounding = [(at, window) for at, window in enumerate(windows) if window and window != QUIET_WINDOW]
    keys: list[str | None] = [None] * len(windows)
    for start in range(0, len(sounding), LINES_AT_ONCE):
        some = sounding[start : start + LINES_AT_ONCE]
        samples = np.frombuffer(b"".join([window for _at, window in some]), dtype="<i2").reshape(-1, WINDOW)
        for (at, _window), key in zip(some, keys_in(samples.astype(np.float32)), strict=True):
            keys[at] = key
    return [
        None if window is None else detector.decide(key)
        for detector, window, key in zip(detectors, windows, keys, strict=True)
    ]


def keys_in(windows: Numbers) -> list[str | None]:
    """Return for each window (a row) the key whose two tones make up nearly all of its sound, if there is one."""
    power = np.einsum("ij,ij->i", windows, windows) / WINDOW
    waves = (windows @ WAVES) ** 2
    powers = 2 * (waves[:, : len(FREQUENCIES)] + waves[:, len(FREQUENCIES) :]) / WINDOW**2
    pure = powers[:, :4].max(axis=1) + powers[:, 4:8].max(axis=1) >= PURE_SHARE * power
    keys: list[str | None] = [None] * len(windows)
    for at in np.flatnonzero(pure & (power >= QUIETEST_POWER)):
        keys[at] = _key(powers[at])
    return keys


def _key(powers: Numbers) -> str | None:
    rows, columns, overtones = powers[:4], powers[4:8], powers[8:]
    row, column = int(rows.argmax()), int(columns.argmax())
    low, high = float(rows[row]), float(columns[column])
    is_even = max(low, high) <= TWIST * min(low, high)
    is_voice = overtones[row] > OVERTONE_SHARE * low or overtones[4 + column] > OVERTONE_SHARE * high
    return KEYPAD[row][column] if is_even and not is_voice else None
