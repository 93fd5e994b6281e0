"""Applications whose servers misbehave: each has its code and its fallback, and a talk beside them stays whole."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path
from typing import Any

from structlog.testing import capture_logs

from tests.calls.exchange.conftest import NUMBER, PATIENCE_SECONDS, House, opened, until, until_over
from tests.calls.exchange.healthy import healthy
from tests.calls.exchange.rude import BEHAVIOURS, RudeServer

AT_ONCE = 6
RANDOM_CASES = int(os.environ.get("FUZZ_CASES", "40"))
WEBHOOK = {"connect_seconds": 2.0, "read_seconds": 1.0, "total_seconds": 2.0}


async def one_after_the_other(house: House, number: int, names: list[str], codes: dict[str, list[int]]) -> None:
    """A telephone that calls for each of these, and hears what its number's fallback says."""
    async with house.phone(f"client:rude-{number}") as phone:
        await phone.registered()
        while names:
            name = names.pop()
            call = await phone.dial(NUMBER, {"Case": name})
            await until_over(call)
            assert call.reason == "completed", name
            asked = house.app.asked("/fallback")
            codes[name] = [int(each["ErrorCode"]) for each in asked if each["CallSid"] == call.sid]


def play(folder: Path, names: list[str]) -> tuple[dict[str, list[int]], list[Any], list[object]]:
    """The codes by case, the log, and what the loop was left with."""
    codes: dict[str, list[int]] = {}
    faults: list[object] = []

    async def story(house: House, rude: RudeServer) -> None:
        asyncio.get_running_loop().set_exception_handler(lambda _loop, context: faults.append(context))
        talk = "<Dial><Client>callee</Client></Dial>"
        house.app.pages = {
            "/voice": lambda told: f"<Redirect>{rude.url}/{told['Case']}</Redirect>" if "Case" in told else talk,
            "/fallback": "<Hangup/>",
        }
        numbers = house.exchange.context.numbers
        mine = numbers.find(NUMBER)
        assert mine
        numbers.put(mine, fallback_url=f"{house.app.url}/fallback")
        left = list(names)
        async with healthy(house):
            await asyncio.gather(*(one_after_the_other(house, n, left, codes) for n in range(AT_ONCE)))
        await until(lambda: not house.exchange.context.legs.active)

    async def whole() -> None:
        async with (
            asyncio.timeout(4 * PATIENCE_SECONDS),
            RudeServer() as rude,
            opened(folder, {}, webhook=WEBHOOK) as house,
        ):
            await story(house, rude)

    with capture_logs() as lines:
        asyncio.run(whole())
    return codes, lines, faults


def test_every_way_to_misbehave_has_its_code_and_holds_up_nobody(tmp_path: Path) -> None:
    codes, lines, faults = play(tmp_path, list(BEHAVIOURS))
    assert not faults
    assert not [line for line in lines if line["log_level"] == "error"]
    wrong = {name: found for name, found in codes.items() if not set(found or [0]) <= BEHAVIOURS[name][1]}
    assert not wrong
    assert len(codes) == len(BEHAVIOURS)


def test_answers_damaged_by_chance_end_as_documents_or_as_faults(tmp_path: Path) -> None:
    codes, lines, faults = play(tmp_path, [f"chance-{number}" for number in range(RANDOM_CASES)])
    assert not faults
    assert not [line for line in lines if line["log_level"] == "error"]
    known = {11100, 11200, 11205, 11215, 11750, 11770, 12100, 12102, 12300}
    assert {code for found in codes.values() for code in found} <= known
    assert len(codes) == RANDOM_CASES
