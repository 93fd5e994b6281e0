"""Scripted phones with real sound over a real WebSocket."""

import asyncio
import json
import signal
import sys
from collections.abc import Coroutine
from io import StringIO
from pathlib import Path
from typing import Any

import pytest

from exchange.__main__ import main
from exchange.media import sound_file, wav_file
from exchange.media.audio import to_pcm
from exchange.phone.client import PhoneClient
from exchange.phone.errors import PhoneRefused
from exchange.phone.parse import parse_play
from exchange.phone.play import PlayContext, play
from tests.calls.exchange.conftest import PATIENCE_SECONDS, until
from tests.calls.exchange.switchboard import Switchboard

ROOT = Path(__file__).parents[3]


def run(story: Coroutine[Any, Any, None]) -> None:
    """One story with a limit, so that nothing hangs."""

    async def limited() -> None:
        async with asyncio.timeout(4 * PATIENCE_SECONDS):
            await story

    asyncio.run(limited())


@pytest.fixture
def words(tmp_path: Path) -> Path:
    """A folder with a short sound that is no tone."""
    rising = [8000 * ((each * each // 900) % 97 / 48 - 1) for each in range(3200)]
    wav_file.write(tmp_path / "words.wav", [to_pcm(rising)])
    return tmp_path


async def played(script: str, board: Switchboard, folder: Path, record_to: Path | None = None) -> tuple[int, list[Any]]:
    out = StringIO()
    status = await play(parse_play(script, "play.yaml"), PlayContext(board.url, "", folder, out, record_to))
    return status, [json.loads(line) for line in out.getvalue().splitlines()]


def events(lines: list[Any], phone: str) -> list[str]:
    return [line["event"] for line in lines if line["phone"] == phone and line["event"] != "step"]


CONVERSATION = """
phones:
  - address: "+861"
    dial: client:a
    steps:
      - wait_for_answer
      - wait_for_speech_end: {quiet: 0.2, timeout: 10}
      - speak: words.wav
      - wait_for_speech_end: {quiet: 0.2, timeout: 10}
      - hang_up
  - address: client:a
    incoming:
      - on_ring: {answer_after_rings: 2}
        steps:
          - speak: words.wav
          - wait_for_speech_end: {quiet: 0.2, timeout: 10}
          - speak: words.wav
          - wait_for_hang_up: 10
"""


def test_two_phones_hold_a_conversation_in_turns(words: Path) -> None:
    async def story() -> None:
        async with Switchboard() as board:
            status, lines = await played(CONVERSATION, board, words, words)
        assert status == 0
        assert events(lines, "+861") == ["registered", "dialing", "answered", "ended", "done"]
        assert events(lines, "client:a") == ["registered", "ring", "ring", "answered", "ended"]
        spoken = [line["phone"] for line in lines if line.get("step") == "speak"]
        assert spoken == ["client:a", "+861", "client:a"]
        assert sound_file.duration(words / "client-a-1.wav") == pytest.approx(
            sound_file.duration(words / "+861-1.wav"), abs=0.5
        )

    run(story())


def test_keys_are_pressed_as_sound_when_the_prompt_begins(tmp_path: Path) -> None:
    script = """
phones:
  - address: "+861"
    dial: "+8610"
    steps: [wait_for_prompt: "PRESS 1", press: "1w2#"]
"""

    async def story() -> None:
        async with Switchboard() as board:
            status, _ = await played(script, board, tmp_path)
            assert status == 0
            assert board.pressed["+861"] == "12#"

    run(story())


def test_a_phone_that_ignores_the_first_ring_takes_the_second_call(words: Path) -> None:
    script = """
phones:
  - address: "+861"
    dial: client:a
    steps: [wait: 0.5, hang_up]
  - address: "+862"
    at: 1.0
    dial: client:a
    steps: [wait_for_answer: 5, hang_up]
  - address: client:a
    incoming:
      - on_ring: {ignore: true}
      - on_ring: {answer_after_seconds: 0.1}
        steps: [wait_for_hang_up]
"""

    async def story() -> None:
        async with Switchboard() as board:
            status, lines = await played(script, board, words)
        assert status == 0
        told = events(lines, "client:a")
        assert told.index("not_taken") < told.index("answered")

    run(story())


def test_a_crew_takes_its_calls_in_order_whoever_is_rung(words: Path) -> None:
    script = """
crews:
  desk:
    - on_ring: {ignore: true}
    - steps: [wait_for_hang_up]
phones:
  - {address: "+861", dial: client:a, steps: [wait: 0.5, hang_up]}
  - {address: "+862", at: 0.2, dial: client:b, steps: [wait_for_answer: 5, hang_up]}
  - {address: client:a, crew: desk}
  - {address: client:b, crew: desk}
"""

    async def story() -> None:
        async with Switchboard() as board:
            status, lines = await played(script, board, words)
        assert status == 0
        assert "not_taken" in events(lines, "client:a")
        assert "answered" in events(lines, "client:b")

    run(story())


def test_a_rejected_caller_has_not_come_to_the_end_of_the_script(words: Path) -> None:
    script = """
phones:
  - address: "+861"
    dial: client:a
    steps: [wait_for_answer: 5, hang_up]
  - address: client:a
    incoming: [on_ring: {reject: true}]
"""

    async def story() -> None:
        async with Switchboard() as board:
            status, lines = await played(script, board, words)
        assert status == 1
        (failed,) = [line for line in lines if line["event"] == "failed"]
        assert "phones[1].steps[1] (line 5) wait_for_answer: the call was over (rejected)" in failed["reason"]

    run(story())


def test_a_step_that_waits_in_vain_fails_the_script_unless_it_is_not_required(words: Path) -> None:
    script = """
phones:
  - address: "+861"
    dial: "+8610"
    steps:
      - wait_for_prompt: {pattern: nothing, timeout: 0.1, required: false}
      - expect: {event: answered}
      - wait_for_prompt: {pattern: nothing, timeout: 0.1}
"""

    async def story() -> None:
        async with Switchboard() as board:
            status, lines = await played(script, board, words)
        assert status == 1
        assert events(lines, "+861")[-3:] == ["gave_up", "ended", "failed"]

    run(story())


def test_a_phone_registers_again_when_the_exchange_comes_back() -> None:
    async def story() -> None:
        async with Switchboard() as board, PhoneClient(board.url, "client:a") as phone:
            await phone.registered()
            call = await phone.dial("+8610")
            await until(lambda: call.stage == "up")
            await board.drop_all()
            await until(lambda: call.stage == "over" and not phone.is_registered)
            assert call.reason == "failed"
            await phone.registered()

    run(story())


def test_a_refused_phone_says_why() -> None:
    async def story() -> None:
        async with Switchboard(refuses=True) as board, PhoneClient(board.url, "client:a") as phone:
            with pytest.raises(PhoneRefused, match="the token is wrong"):
                await phone.registered()

    run(story())


def test_sound_is_sent_at_fifty_frames_a_second() -> None:
    async def story() -> None:
        async with Switchboard() as board, PhoneClient(board.url, "client:a") as phone:
            await phone.registered()
            call = await phone.dial("+8610")
            await until(lambda: call.stage == "up")
            clock = asyncio.get_running_loop().time
            await until(lambda: board.frames.get("client:a", 0) > 0)
            began, before = clock(), board.frames["client:a"]
            await phone.say(bytes(16000), call)
            # A stall of the machine makes it later, and lets at most a tenth of a second be caught up at once.
            assert clock() - began >= 49 * 0.02 - 0.12
            await until(lambda: board.frames["client:a"] >= before + 50)
            assert board.frames["client:a"] - before <= (clock() - began) * 50 + 7

    run(story())


async def command(*arguments: str) -> asyncio.subprocess.Process:
    pipe = asyncio.subprocess.PIPE
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", "exchange", *arguments, stdout=pipe, stderr=pipe, cwd=ROOT
    )


def test_dial_ends_with_0_after_the_last_step(tmp_path: Path) -> None:
    script = tmp_path / "call.yaml"
    script.write_text("- wait_for_prompt: booking\n- press: '1'\n- hang_up\n", "utf-8")

    async def story() -> None:
        async with Switchboard() as board:
            process = await command(
                "dial", "--from", "+861", "--to", "+8610", "--script", str(script), "--exchange", board.url
            )
            out, _ = await process.communicate()
            assert process.returncode == 0
            assert board.pressed["+861"] == "1"
        assert events([json.loads(line) for line in out.splitlines()], "+861")[-1] == "done"

    run(story())


def test_a_faulty_script_dials_nobody_and_ends_with_2(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    script = tmp_path / "call.yaml"
    script.write_text("- speak: missing.wav\n", "utf-8")

    assert main(["dial", "--from", "+861", "--to", "+8610", "--script", str(script)]) == 2
    assert capsys.readouterr().err.strip() == "call.yaml:1: [1].speak: missing.wav: No such file or directory"


def test_a_play_that_is_interrupted_hangs_up_and_ends_with_130(tmp_path: Path) -> None:
    script = tmp_path / "play.yaml"
    script.write_text("phones:\n- {address: '+861', dial: '+8610', steps: [wait_for_answer, wait: 50]}\n", "utf-8")

    async def story() -> None:
        async with Switchboard() as board:
            process = await command("play", "--script", str(script), "--exchange", board.url)
            assert process.stdout
            told = ""
            while '"answered"' not in told:
                told = (await process.stdout.readline()).decode()
            process.send_signal(signal.SIGTERM)
            out, _ = await process.communicate()
            assert process.returncode == 130
            assert "interrupted" in out.decode()
            assert board.lines == {}

    run(story())
