"""The exchange that `bench.exchange` compares with, as everybody writes it first: a loop of its own for every leg.

It speaks the same telephone protocol, hears keys by the same detector and records two channels, but knows no TwiML, so
it has less to do; every leg sleeps, mixes and writes its file by itself.
"""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import numpy as np
from aiohttp import WSMsgType, web

from bench.load.exchange_load import PROMPT
from exchange.calls.recording.growing_wav import finish
from exchange.core.ids import new_sid
from exchange.media.audio import FRAME_SECONDS, SILENCE, frames, mix
from exchange.media.dtmf import DtmfDetector
from exchange.media.wav_file import wav_header


class NaiveLeg:
    """One telephone and its loop."""

    def __init__(self, board: "NaiveExchange", socket: web.WebSocketResponse) -> None:
        self.board = board
        self.socket = socket
        self.address = ""
        self.call = new_sid("CA")
        self.incoming: asyncio.Queue[bytes] = asyncio.Queue()
        self.said = SILENCE
        self.peer: NaiveLeg | None = None
        self.prompt = [SILENCE] * 5 + list(frames(PROMPT))
        self.detector = DtmfDetector()
        self.task: asyncio.Task[None] | None = None

    async def run(self) -> None:
        """Handle every 20 ms what it says, its keys, what it hears, and both into the file."""
        loop = asyncio.get_running_loop()
        while self.incoming.qsize() < 3:
            await asyncio.sleep(0.01)
        due = loop.time()
        path = self.board.folder / f"{self.call}.wav"
        with path.open("wb") as file:
            file.write(wav_header(2, 0))
            while True:
                due += FRAME_SECONDS
                await asyncio.sleep(max(0.0, due - loop.time()))
                self.board.lateness.append(loop.time() - due)
                self.said = SILENCE if self.incoming.empty() else self.incoming.get_nowait()
                key = self.detector.feed(self.said)
                if key and not self.peer and not self.address.startswith("client:"):
                    await self.board.bridge(self)
                heard = mix([self.peer.said]) if self.peer else (self.prompt.pop(0) if self.prompt else SILENCE)
                await self.socket.send_bytes(heard)
                if self.peer and not self.address.startswith("client:"):
                    pair = [np.frombuffer(each, dtype="<i2") for each in (self.said, heard)]
                    file.write(np.stack(pair, axis=1).tobytes())
                    file.flush()

    async def tell(self, kind: str, **fields: object) -> None:
        await self.socket.send_str(json.dumps({"type": kind, **fields}))

    async def start(self) -> None:
        await self.tell("answered", call=self.call)
        self.task = asyncio.create_task(self.run())

    async def stop(self) -> None:
        if self.task:
            self.task.cancel()
            await asyncio.wait({self.task})
            path = self.board.folder / f"{self.call}.wav"
            if path.exists() and finish(path, 2):
                (self.board.folder / f"{self.call}.json").write_text(json.dumps({"call_sid": self.call}))
            self.task = None


class NaiveExchange:
    """All legs."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self.lateness: list[float] = []
        self.legs: dict[str, NaiveLeg] = {}

    async def serve(self, request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse(compress=False)
        await socket.prepare(request)
        leg = NaiveLeg(self, socket)
        try:
            async for message in socket:
                if message.type is WSMsgType.BINARY:
                    leg.incoming.put_nowait(message.data)
                else:
                    await self.control(leg, json.loads(message.data))
        finally:
            await leg.stop()
        return socket

    async def control(self, leg: NaiveLeg, message: dict[str, Any]) -> None:
        if message["type"] == "register":
            leg.address = message["address"]
            self.legs[leg.address] = leg
            await leg.tell("registered")
        elif message["type"] == "dial":
            await leg.tell("dialing", call=leg.call)
            await leg.start()
            await leg.tell("prompt", verb="Play", state="start")
        elif message["type"] == "answer":
            await leg.start()
        elif message["type"] == "hangup":
            await leg.stop()

    async def bridge(self, leg: NaiveLeg) -> None:
        peer = self.legs[f"client:agent-{int(leg.address[-9:])}"]
        leg.peer, peer.peer = peer, leg
        await peer.tell("ring", ring=1)


@contextlib.asynccontextmanager
async def running(folder: Path) -> AsyncIterator[tuple[int, NaiveExchange]]:
    """Yield the port, and the exchange itself."""
    naive = NaiveExchange(folder)
    app = web.Application()
    app.router.add_get("/phones", naive.serve)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield runner.addresses[0][1], naive
    finally:
        await runner.cleanup()
