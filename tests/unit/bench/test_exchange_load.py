"""The judgement of `bench.exchange`: what of a broken tone is the exchange's, and when there is none to be made."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from bench.exchange import verdict
from bench.load.exchange_load import LoadCall, LoadTelephone
from bench.load.tone_check import ToneFaults, faults_of
from exchange.media import wav_file
from exchange.media.audio import FRAME_BYTES, SILENCE


def talk_of(told: int) -> LoadCall:
    """Both have said so many frames of their tones."""

    async def make() -> LoadCall:
        caller, agent = (LoadTelephone(place, f"client:{place}", lambda _who, _what: None) for place in range(2))
        talk = LoadCall(caller, agent)
        talk.caller.told = talk.agent.told = told
        return talk

    return asyncio.run(make())


@pytest.mark.parametrize(
    ("fault", "found"),
    [
        (lambda said: said, ToneFaults()),
        (lambda said: said[: 40 * FRAME_BYTES] + SILENCE * 7 + said[40 * FRAME_BYTES :], ToneFaults(0, 1)),
        (lambda said: said[: 40 * FRAME_BYTES] + said[43 * FRAME_BYTES :], ToneFaults(3, 0)),
        (lambda said: said[: 40 * FRAME_BYTES] + SILENCE + said[41 * FRAME_BYTES :], ToneFaults(1, 1)),
        (
            lambda said: said[3 * FRAME_BYTES : 6 * FRAME_BYTES] + said[: 3 * FRAME_BYTES] + said[6 * FRAME_BYTES :],
            ToneFaults(1),
        ),
        (lambda said: said[:0], ToneFaults(120)),
    ],
)
def test_lost_frames_and_gaps_of_a_tone_are_told_apart(tmp_path: Path, fault: Any, found: ToneFaults) -> None:
    talk = talk_of(120)
    path = tmp_path / "talk.wav"
    wav_file.write(
        path, [SILENCE * 9 + fault(talk.caller.said()) + SILENCE * 5, SILENCE * 9 + talk.agent.said() + SILENCE]
    )
    assert faults_of(path, talk) == [found, ToneFaults()]


def test_only_a_gap_is_excused_and_only_as_often_as_the_load_fell_silent() -> None:
    assert ToneFaults(0, 2).is_of_the_load(2)
    assert not ToneFaults(0, 2).is_of_the_load(1)
    assert not ToneFaults(1, 1).is_of_the_load(9)


def test_a_busy_machine_gives_no_verdict() -> None:
    told = {"phone_late_ms": {"p99": 5.0}, "kept": {"broken": 0}, "kept_from_core_percent": 1.0}
    assert all(verdict(told).values())
    assert not verdict(told | {"kept_from_core_percent": 30.0})["machine_was_quiet"]
    assert not verdict(told | {"kept": {"broken": 1}})["whole"]
    assert not verdict(told | {"phone_late_ms": {"p99": 20.0}})["on_time"]
