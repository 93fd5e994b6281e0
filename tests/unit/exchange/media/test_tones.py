"""Ringing and busy tones."""

import pytest

from exchange.media.audio import FRAME_BYTES, SILENT_DB, level_db
from exchange.media.tones import CADENCES, CadenceSource, beep, tone


@pytest.mark.parametrize(("name", "on", "cycle"), [("cn", 50, 250), ("us", 100, 300), ("eu", 50, 250), ("jp", 50, 150)])
def test_a_ringing_tone_sounds_first_and_comes_again(name: str, on: int, cycle: int) -> None:
    # ../shared/TELEPHONY.md: "China 450 Hz 1 s on, 4 s off ... US 440+480 Hz 2 s on, 4 s off"
    source = CadenceSource(CADENCES[name])
    heard = [level_db(source.next_frame()) > SILENT_DB for _ in range(2 * cycle)]
    assert heard == ([True] * on + [False] * (cycle - on)) * 2


def test_a_cadence_that_does_not_fill_whole_frames_keeps_its_length() -> None:
    # ../shared/TELEPHONY.md: "busy 0.35/0.35"
    source = CadenceSource(CADENCES["busy_cn"])
    sound = b"".join(source.next_frame() for _ in range(70))
    assert len(sound) == 70 * FRAME_BYTES
    assert sound[: 35 * FRAME_BYTES] == sound[35 * FRAME_BYTES :]


@pytest.mark.parametrize("frequencies", [[450], [440, 480], [697, 1209]])
def test_a_tone_has_the_level_asked_for(frequencies: list[float]) -> None:
    assert level_db(tone(frequencies, 1.0, -16)) == pytest.approx(-16, abs=0.1)


def test_the_beep_is_short_and_audible() -> None:
    assert 0.2 <= len(beep()) / 16000 <= 0.5
    assert level_db(beep()) > -20
