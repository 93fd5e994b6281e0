"""Other people's applications run unchanged: three small ones, phoned by a script."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from io import StringIO
from pathlib import Path
from typing import Any

from aiohttp import web

from exchange.core.config import from_values
from exchange.phone.parse import parse_steps
from exchange.phone.play import PlayContext, play
from exchange.phone.script import PlayActor
from exchange.server.server import running
from tests.calls.exchange.apps import away, broken, php_style, survey
from tests.calls.exchange.conftest import PATIENCE_SECONDS

Lines = list[dict[str, Any]]


def phoned(
    folder: Path, app: web.Application, number: dict[str, str], script: str, webhook: dict[str, float] | None = None
) -> tuple[int, Lines]:
    """Run the application, an exchange with this number, and the script; the exit status and what was printed."""

    async def whole() -> tuple[int, Lines]:
        runner = web.AppRunner(app)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        site = f"http://127.0.0.1:{runner.addresses[0][1]}"
        paths = {name: site + value for name, value in number.items()}
        config = {
            "account_sid": "AC" + "0" * 32, "auth_token": "t", "port": 0, "data_dir": str(folder / "data"),
            "numbers": [{"number": "+4930123", **paths}], "webhook": webhook or {},
        }  # fmt: skip
        try:
            async with running(from_values(config)) as exchange:
                return await _dial(folder, exchange.port, script)
        finally:
            await runner.cleanup()

    return asyncio.run(_limited(whole))


async def _limited(work: Callable[[], Awaitable[tuple[int, Lines]]]) -> tuple[int, Lines]:
    async with asyncio.timeout(4 * PATIENCE_SECONDS):
        return await work()


async def _dial(folder: Path, port: int, script: str) -> tuple[int, Lines]:
    """What `python -m exchange dial` does, without the start of another process."""
    out = StringIO()
    actor = PlayActor("+861", dial="+4930123", steps=parse_steps(script, "caller.yaml"))
    status = await play([actor], PlayContext(f"ws://127.0.0.1:{port}/phones", "", folder, out, trace=True))
    return status, [json.loads(line) for line in out.getvalue().splitlines()]


def said(lines: Lines) -> list[str]:
    return [line["text"] for line in lines if line["event"] == "say"]


def test_survey_with_cookies_and_redirects(tmp_path: Path) -> None:
    # docs/voice/twiml: "Twilio follows HTTP Redirects (HTTP status codes 301, 307, etc.), just like a normal web
    # browser"
    script = """
- wait_for_prompt: clean
- press: "4"
- wait_for_prompt: friendly
- press: "5"
- wait_for_prompt: "4 and 5"
- hang_up
"""
    status, lines = phoned(tmp_path, survey.application(), {"voice_url": "/survey"}, script)
    assert status == 0
    assert said(lines)[-1] == "You said 4 and 5. Thank you."
    assert [line["digits"] for line in lines if line["event"] == "digits"] == ["4", "5"]


def test_single_page_that_answers_as_html(tmp_path: Path) -> None:
    # docs/voice/twiml: "`text/xml`, `application/xml`, `text/html`: Twilio interprets the returned document as an
    # XML Instruction Set"
    script = """
- wait_for_prompt: One or two
- press: "2"
- wait_for_prompt: Medicine
- wait_for_prompt: The line was
- wait_for_hang_up
"""
    status, lines = phoned(tmp_path, php_style.application(), {"voice_url": "/ivr.php"}, script)
    assert status == 0
    assert said(lines)[-1] in ("The line was failed.", "The line was no-answer.")
    assert {line["content_type"] for line in lines if line["event"] == "response"} == {"text/html"}


def test_view_that_breaks_with_a_fallback(tmp_path: Path) -> None:
    # docs/voice/api/call-resource: "if an error occurs when requesting or executing the TwiML at `url`"
    asked: list[str] = []
    script = '- expect: {event: error}\n- wait_for_prompt: "fault, 11200"\n- hang_up\n'
    status, lines = phoned(
        tmp_path, broken.application(asked), {"voice_url": "/voice#rp=5xx", "fallback_url": "/fallback"}, script
    )
    assert status == 0
    assert [line["code"] for line in lines if line["event"] == "error"] == [11200]
    assert len(asked) == 2
    assert len(set(asked)) == 1


def test_caller_is_kept_until_the_application_is_back(tmp_path: Path) -> None:
    asked: list[str] = []
    app = away.application(asked, until=2)
    number = {"voice_url": "/voice", "fallback_url": "/voice"}
    script = (
        '- wait_for_prompt: {pattern: "technical problem", timeout: 60}\n- wait_for_prompt: we are back\n- hang_up\n'
    )
    status, lines = phoned(tmp_path, app, number, script, {"keep_seconds": 120.0})
    assert status == 0
    assert len(asked) == 4  # the call's own document, the fallback, and after words and music twice the fallback again
    assert len([text for text in said(lines) if "technical problem" in text]) == 1
