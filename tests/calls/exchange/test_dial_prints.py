"""`python -m exchange dial` phones an application and prints one line of JSON for each thing the exchange does."""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.calls.exchange.conftest import PATIENCE_SECONDS, until

if TYPE_CHECKING:
    from tests.calls.exchange.conftest import House, Tell

ROOT = Path(__file__).parents[3]
SCRIPT = """
- wait_for_prompt: press
- press: "12#"
- expect: {event: digits}
- wait_for_prompt: thanks
- wait_for_hang_up
"""


async def dialled(house: House, script: Path, to: str = "+861012345") -> tuple[int, list[dict[str, Any]]]:
    """The exit status and the lines of one call."""
    socket = f"ws://127.0.0.1:{house.exchange.port}/phones"
    command = ("-m", "exchange", "dial", "--to", to, "--script", str(script), "--exchange", socket)
    process = await asyncio.create_subprocess_exec(
        sys.executable, *command, cwd=ROOT, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    out, errors = await asyncio.wait_for(process.communicate(), PATIENCE_SECONDS)
    assert not errors.decode()
    return process.returncode or 0, [json.loads(line) for line in out.decode().splitlines()]


def test_dial_tells_what_was_asked_answered_said_pressed_recorded_and_wrong(tell: Tell, tmp_path: Path) -> None:
    script = tmp_path / "caller.yaml"
    script.write_text(SCRIPT, "utf-8")
    menu = '<Gather action="/menu"><Say>press a key</Say></Gather>'
    after = '<Play>/missing.wav</Play><Say>thanks</Say><Dial timeout="2" record="true"><Client>nobody</Client></Dial>'

    async def story(house: House) -> None:
        house.app.missing.add("/missing.wav")
        status, lines = await dialled(house, script)
        assert status == 0
        told = [line["event"] for line in lines]
        wanted = ["ringing", "request", "response", "answered", "verb", "gather", "say", "prompt", "digits"]
        places = [told.index(each) for each in wanted]
        assert places == sorted(places)
        by_name = {line["event"]: line for line in reversed(lines)}
        assert by_name["request"]["params"]["To"] == "+861012345"
        assert by_name["response"]["status"] == 200
        assert by_name["verb"]["verb"] == "Gather"
        assert by_name["say"]["text"] == "press a key"
        assert by_name["digits"]["digits"] == "12"
        assert by_name["error"]["code"] == 11200
        assert told[told.index("hangup") :].count("hangup") == 2
        assert told[-2:] == ["done", "finished"]

    tell(story, {"/voice": menu, "/menu": after})


def test_a_play_is_not_told_these_things_unless_it_asks(tell: Tell) -> None:
    async def story(house: House) -> None:
        async with house.phone("+861390") as phone:
            await phone.registered()
            call = await phone.dial("+861012345")
            await until(lambda: call.reason == "completed")
            assert not [each for each in phone.messages if each["type"] == "trace"]

    tell(story, {"/voice": "<Say>short</Say>"})
