"""The process that speaks: it is replaced when it dies, shared fairly, and never waited for at the end."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from exchange.media import decode
from exchange.media.decoder import Decoder
from exchange.media.sound_file import UnreadableSound
from exchange.media.tones import tone
from exchange.speech import ssml
from exchange.speech.synthesiser import EspeakSynthesiser
from tests.calls.exchange.conftest import NUMBER, PATIENCE_SECONDS, until, until_over
from tests.calls.exchange.test_process import ACCOUNT, TOKEN, Process
from tests.support import sound_files

if TYPE_CHECKING:
    from tests.calls.exchange.conftest import House, Tell

VOICES = {"zh-CN": "cmn-latn-pinyin", "en-US": "en-us"}
# Not in any cache: the folder of spoken texts is shared by the tests of a run.
FRESH = time.time_ns() % 997


def test_sentence_is_spoken_though_its_process_was_killed_and_calls_end(tell: Tell) -> None:
    async def story(house: House) -> None:
        async with house.phone("+861") as phone:
            await phone.registered()
            for number in range(2):
                await house.exchange.speaker.speak(f"ready {FRESH} {number}", "en-US")
                pid = house.exchange.speaker.pid
                assert pid
                os.kill(pid, signal.SIGKILL)
                house.app.pages["/voice"] = f"<Say>Hi {FRESH} {number}</Say>"
                call = await phone.dial(NUMBER)
                await until_over(call)
                assert call.reason == "completed"
                assert call.prompts == [(state, f"Hi {FRESH} {number}") for state in ("start", "end")]
                assert house.exchange.speaker.pid != pid

    tell(story, {})


def test_long_text_takes_turns_with_the_short_ones_of_others(tmp_path: Path) -> None:
    order: list[str] = []

    async def say(speaker: EspeakSynthesiser, name: str, text: str) -> None:
        await ssml.sound(speaker, (text,), "en-US")
        order.append(name)

    async def story() -> None:
        speaker = EspeakSynthesiser(tmp_path, VOICES)
        try:
            long = " ".join(f"This is sentence number {number} of a text that is long." for number in range(70))
            assert len(long) < ssml.MOST_LETTERS
            await speaker.warm_up()
            talking = asyncio.create_task(say(speaker, "long", long))
            await asyncio.sleep(0)
            await asyncio.gather(talking, *(say(speaker, "short", f"Hello {number}") for number in range(5)))
        finally:
            speaker.close()

    asyncio.run(asyncio.wait_for(story(), PATIENCE_SECONDS))
    assert order == ["short"] * 5 + ["long"]


def test_voice_of_many_paces_takes_no_more_than_three_processes(tmp_path: Path) -> None:
    async def story() -> list[float]:
        speaker = EspeakSynthesiser(tmp_path, VOICES)
        try:
            for percent in (100, 50, 60, 70):
                await speaker.speak("one", "en-US", percent / 100)
            return list(speaker._workers)
        finally:
            speaker.close()

    assert asyncio.run(asyncio.wait_for(story(), PATIENCE_SECONDS)) == [1.0, 0.6, 0.7]


def test_kept_speech_that_is_damaged_is_spoken_anew(tmp_path: Path) -> None:
    async def story() -> None:
        first, second = EspeakSynthesiser(tmp_path, VOICES), EspeakSynthesiser(tmp_path, VOICES)
        try:
            spoken = await first.speak("hello", "en-US")
            for path in tmp_path.glob("*.wav"):
                path.write_bytes(b"RIFF")
            assert len(await second.speak("hello", "en-US")) == len(spoken)
        finally:
            first.close()
            second.close()

    asyncio.run(asyncio.wait_for(story(), PATIENCE_SECONDS))


def test_sound_is_decoded_though_its_process_was_killed() -> None:
    async def story() -> None:
        decoder = Decoder()
        packed = decode.mp3([tone([600], 1.0)])
        try:
            first = await decoder.sound(packed, "audio/mpeg")
            for _ in range(2):
                pid = decoder.pid
                assert pid
                os.kill(pid, signal.SIGKILL)
                assert await decoder.sound(packed, "audio/mpeg") == first
                assert decoder.pid != pid
            with pytest.raises(UnreadableSound, match="60 minutes"):
                await decoder.sound(sound_files.long_silence(2), "audio/wav")
        finally:
            decoder.close()

    asyncio.run(asyncio.wait_for(story(), PATIENCE_SECONDS))


def test_end_does_not_wait_for_a_speech_process_that_stands_still(tmp_path: Path) -> None:
    path = tmp_path / "exchange.json"
    path.write_text(
        json.dumps({"account_sid": ACCOUNT, "auth_token": TOKEN, "port": 0, "data_dir": "data"}), encoding="utf-8"
    )
    process = Process(path)

    async def story() -> tuple[int, str]:
        await process.start()
        await until(lambda: len(_speakers(process.running.pid)) > 0)
        for pid in _speakers(process.running.pid):
            os.kill(pid, signal.SIGSTOP)
        return await process.end(signal.SIGTERM)

    async def tidily() -> tuple[int, str]:
        try:
            return await asyncio.wait_for(story(), PATIENCE_SECONDS)
        finally:
            if process.running.returncode is None:
                process.running.kill()
                await process.running.wait()

    code, errors = asyncio.run(tidily())
    assert code == 0
    assert "Traceback" not in errors


def _speakers(parent: int) -> list[int]:
    """The processes that the exchange has begun, those that keep its books left out."""
    found = []
    for task in Path(f"/proc/{parent}/task").iterdir():
        for pid in (task / "children").read_text("ascii").split():
            if b"spawn_main" in Path(f"/proc/{pid}/cmdline").read_bytes():
                found.append(int(pid))
    return found
