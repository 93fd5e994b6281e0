"""Frames, sums and levels of sound."""

import numpy as np
import pytest

from exchange.media.audio import FRAME_BYTES, SILENCE, SILENT_DB, frames, level_db, mix, to_pcm
from exchange.media.tones import tone


def constant(value: int) -> bytes:
    return np.full(160, value, dtype="<i2").tobytes()


def test_the_last_frame_is_filled_with_silence() -> None:
    cut = list(frames(constant(7) + b"\x07\x00"))
    assert [len(frame) for frame in cut] == [FRAME_BYTES, FRAME_BYTES]
    assert cut[1] == b"\x07\x00" + bytes(FRAME_BYTES - 2)


def test_no_sound_has_no_frames() -> None:
    assert list(frames(b"")) == []


@pytest.mark.parametrize(
    ("values", "expected"), [([], 0), ([5], 5), ([5, 6, -1], 10), ([30000, 30000], 32767), ([-30000, -30000], -32768)]
)
def test_a_mix_is_the_saturating_sum(values: list[int], expected: int) -> None:
    assert mix([constant(value) for value in values]) == constant(expected)


def test_the_level_is_measured_against_full_scale() -> None:
    assert level_db(SILENCE) == SILENT_DB
    assert level_db(b"") == SILENT_DB
    assert level_db(constant(32767)) == pytest.approx(0, abs=0.01)
    assert level_db(tone([450], 0.02, -20)) == pytest.approx(-20, abs=0.1)


def test_pcm_rounds_and_saturates() -> None:
    assert np.frombuffer(to_pcm([1.6, 1e9, -1e9]), "<i2").tolist() == [2, 32767, -32768]
