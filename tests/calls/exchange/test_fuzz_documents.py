"""Documents, sounds and REST requests made by chance: each has its answer, and a talk beside them stays whole.

`FUZZ_CASES` and `FUZZ_SEED` say how many and which.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import os
import random
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote

import aiohttp
from aiohttp import web
from structlog.testing import capture_logs
from yarl import URL

from exchange.phone.phone_call import CallStage
from tests.calls.exchange.conftest import ACCOUNT, NUMBER, PATIENCE_SECONDS, TOKEN, House, opened, until_over
from tests.calls.exchange.healthy import healthy
from tests.calls.exchange.made import FIELDS, PATHS, WORDS, documents, sizes
from tests.support import sound_files

CASES = int(os.environ.get("FUZZ_CASES", "40"))
SEED = int(os.environ.get("FUZZ_SEED", "7"))
AT_ONCE = 8
LONGEST_CALL_SECONDS = 1.0
METHODS = ("GET", "GET", "POST", "POST", "POST", "DELETE", "PUT", "HEAD")
WEBHOOK = {"connect_seconds": 2.0, "read_seconds": 5.0, "total_seconds": 5.0}
Story = Callable[[House], Awaitable[None]]


class Pages:
    """Serves the made documents and sounds by number."""

    def __init__(self, bodies: list[bytes], kind: str) -> None:
        self.bodies = bodies
        self._kind = kind

    async def answer(self, request: web.Request) -> web.Response:
        at = request.path.strip("/")
        body = self.bodies[int(at)] if at.isdigit() else b"<Response/>"
        return web.Response(body=body, content_type=self._kind if at.isdigit() else "text/xml")


def beside_a_talk(folder: Path, pages: Pages, story: Callable[[House, str], Awaitable[None]]) -> None:
    """Run the story, and hold that nothing in the exchange failed while it ran."""
    faults: list[object] = []

    async def whole() -> None:
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", pages.answer)
        runner = web.AppRunner(app)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        async with asyncio.timeout(4 * PATIENCE_SECONDS), opened(folder, {}, webhook=WEBHOOK) as house:
            asyncio.get_running_loop().set_exception_handler(lambda _loop, context: faults.append(context))
            talk = "<Dial><Client>callee</Client></Dial>"
            house.app.pages["/voice"] = lambda told: told.get("Page", talk).replace("URL", url)
            async with healthy(house):
                await story(house, url)
        await runner.cleanup()

    with capture_logs() as lines:
        asyncio.run(whole())
    assert not faults
    assert not [line for line in lines if line["log_level"] in ("error", "critical")]


async def call_for_each(house: House, pages: list[str]) -> None:
    """A telephone that calls for each of these pages; it hangs up when the exchange does not."""
    name = f"client:fuzz-{len(pages)}"
    async with house.phone(name) as phone:
        await phone.registered()
        while pages:
            call = await phone.dial(NUMBER, {"Page": pages.pop()})
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(until_over(call), LONGEST_CALL_SECONDS)
            if call.stage is not CallStage.OVER:
                await phone.hang_up(call)
            await until_over(call)


def test_documents_made_by_chance(tmp_path: Path) -> None:
    bodies = list(documents(CASES, SEED))
    pages = [f"<Redirect>URL/{number}</Redirect>" for number in range(CASES)]

    async def story(house: House, _url: str) -> None:
        await asyncio.gather(*(call_for_each(house, pages) for _ in range(AT_ONCE)))

    beside_a_talk(tmp_path, Pages(bodies, "text/xml"), story)


def test_sounds_made_by_chance(tmp_path: Path) -> None:
    bodies = [*sound_files.mutated(CASES, SEED), sound_files.long_silence(2)]
    pages = [f"<Play>URL/{number}</Play>" for number in range(len(bodies))]

    async def story(house: House, _url: str) -> None:
        await asyncio.gather(*(call_for_each(house, pages) for _ in range(AT_ONCE)))

    beside_a_talk(tmp_path, Pages(bodies, "audio/wav"), story)


def request_of(chance: random.Random) -> tuple[str, str, dict[str, str], bytes]:
    """Method, path, headers and body of a request that nobody would write."""
    sid = chance.choice(("CA", "RE", "QU", "CF", "MZ")) + f"{chance.randrange(16**32):032x}"
    path = f"/2010-04-01/Accounts/{ACCOUNT}{chance.choice(PATHS).replace('{sid}', sid)}"
    fields = [(chance.choice(FIELDS), chance.choice(WORDS)) for _ in range(sizes(chance))]
    pairs = [f"{quote(name)}={quote(value[:5000], errors='replace')}" for name, value in fields]
    query = "&".join(pair for pair in pairs if chance.random() < 0.2)[:4000]
    secret = base64.b64encode(f"{ACCOUNT}:{TOKEN}".encode()).decode()
    headers = {"Authorization": f"Basic {secret}"}
    body = "&".join(pairs).encode()
    match chance.randrange(8):
        case 0:
            headers["Content-Type"] = chance.choice(("text/xml", "application/json", "a/b; charset=x", "é"))
        case 1:
            charset = chance.choice(("utf-7", "gbk", "klingon", "zip", "utf-16", "punycode", "unicode_escape"))
            headers["Content-Type"] = f"application/x-www-form-urlencoded; charset={charset}"
        case 2:
            headers["Content-Type"] = "multipart/form-data; boundary=b"
            part = b'--b\r\nContent-Disposition: form-data; name="To"\r\n%s\r\n\r\n%s\r\n'
            more = (
                b"",
                b"Content-Transfer-Encoding: x",
                b"Content-Type: text/plain; charset=zip",
                b"Content-Encoding: gzip",
            )
            body = b"".join(part % (chance.choice(more), chance.randbytes(9)) for _ in range(sizes(chance))) + b"--b--"
        case 3:
            headers["Authorization"] = chance.choice(("Basic é", "Basic", "Bearer x", "Basic ====", "", "Basic \udcff"))
        case 4:
            body = chance.randbytes(chance.choice((1, 100, 5000)))
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        case 5:
            body = b"a&" * 200_000
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        case _:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
    return chance.choice(METHODS), f"{path}?{query}" if query else path, headers, body


def test_requests_made_by_chance_have_an_answer_in_twilios_form(tmp_path: Path) -> None:
    chance = random.Random(SEED)  # noqa: S311 - the same requests each time
    wrong: list[Any] = []

    async def story(house: House, _url: str) -> None:
        base = house.client.api.base_url
        async with aiohttp.ClientSession() as session:
            for _ in range(5 * CASES):
                method, path, headers, body = request_of(chance)
                data = None if method in ("GET", "HEAD") else body
                async with session.request(method, URL(base + path, encoded=True), headers=headers, data=data) as got:
                    text = await got.read()
                    is_json = method == "HEAD" or got.status == 204 or got.content_type == "application/json"
                    if got.status >= 500 or not is_json:
                        wrong.append((got.status, method, path[:200], headers, body[:300], text[:200]))

    beside_a_talk(tmp_path, Pages([], "text/xml"), story)
    assert not wrong
