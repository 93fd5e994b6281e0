"""An exchange of its own for the browser, an application behind it, a telephone beside it, a microphone's tone."""

import asyncio
import contextlib
import json
import subprocess
import sys
import threading
import wave
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy as np
import requests

from exchange.phone.client import PhoneClient
from exchange.phone.phone_call import CallStage
from tests.support.servers import wait_for

ACCOUNT, SECRET = "AC" + "0" * 32, "secret-of-the-tests"
NUMBER = "+861012345"
CALLEE = "client:callee"


class Exchange:
    """A running exchange; what its numbers answer is in `pages`, by path."""

    def __init__(self, folder: Path, **settings: Any) -> None:
        """Start in `folder` with `settings` beside the usual ones, and wait until it is ready."""
        self.folder = folder
        self.pages = {"/voice": f"<Dial><Client>{CALLEE[7:]}</Client></Dial>"}
        self._app = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self.pages))
        threading.Thread(target=self._app.serve_forever, daemon=True).start()
        config = {
            "account_sid": ACCOUNT,
            "auth_token": SECRET,
            "port": 0,
            "data_dir": str(folder / "data"),
            "ring_seconds": 1.0,
            "numbers": [{"number": NUMBER, "voice_url": f"http://127.0.0.1:{self._app.server_port}/voice"}],
        }
        path = folder / "exchange.json"
        path.write_text(json.dumps(config | settings), "utf-8")
        with (folder / "exchange.log").open("ab") as log:
            command = [sys.executable, "-m", "exchange", "serve", "--config", str(path)]
            self._process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log)
        assert self._process.stdout
        self.url = str(json.loads(self._process.stdout.readline())["url"])

    def close(self) -> None:
        """End both."""
        self._process.terminate()
        self._process.communicate(timeout=60)
        self._app.shutdown()
        self._app.server_close()

    def rest(self, method: str, path: str, **form: str) -> Any:
        """A request to the REST API; its answer as JSON, or as bytes when it is sound."""
        url = f"{self.url}/2010-04-01/Accounts/{ACCOUNT}{path}"
        answer = requests.request(method, url, data=form, auth=(ACCOUNT, SECRET), timeout=60)
        answer.raise_for_status()
        return answer.content if path.endswith(".wav?RequestedChannels=2") else answer.json()

    def calls(self, **where: str) -> list[dict[str, Any]]:
        """The calls whose fields are as said, the newest first."""
        calls: list[dict[str, Any]] = self.rest("GET", "/Calls.json")["calls"]
        return [call for call in calls if all(call[name] == value for name, value in where.items())]

    def call(self, **where: str) -> dict[str, Any]:
        """Wait for such a call."""
        found: Any = wait_for(lambda: self.calls(**where), 20, f"a call with {where}")
        first: dict[str, Any] = found[0]
        return first

    def sound(self, call_sid: str) -> list[np.ndarray[Any, Any]]:
        """Both channels of the recording of a call, once it is complete."""

        def done() -> Any:
            found = self.rest("GET", f"/Calls/{call_sid}/Recordings.json")["recordings"]
            return [each for each in found if each["status"] == "completed"]

        recording: Any = wait_for(done, 20, "a recording")
        path = self.folder / "heard.wav"
        path.write_bytes(self.rest("GET", f"/Recordings/{recording[0]['sid']}.wav?RequestedChannels=2"))
        with wave.open(str(path)) as wav:
            samples = np.frombuffer(wav.readframes(wav.getnframes()), dtype="<i2")
        return [samples[channel::2] for channel in range(2)]

    @contextlib.contextmanager
    def callee(self) -> Iterator[None]:
        """A telephone that answers the next call and listens, until the block ends."""
        is_over = threading.Event()
        before = self.phones()
        thread = threading.Thread(target=lambda: asyncio.run(_answer(self.url, is_over)))
        thread.start()
        try:
            wait_for(lambda: self.phones() > before, 20, "a registered telephone")
            yield
        finally:
            is_over.set()
            thread.join(10)

    def phones(self) -> int:
        """How many telephones are registered."""
        return int(requests.get(f"{self.url}/healthz", timeout=60).json()["phones"])


async def _answer(url: str, is_over: threading.Event) -> None:
    async with PhoneClient(url.replace("http", "ws") + "/phones", CALLEE) as phone:
        while not is_over.is_set():
            if await phone.until(lambda: phone.call.stage is CallStage.RINGING, 0.1):
                await phone.answer()
                await phone.until(lambda: phone.call.stage is not CallStage.RINGING, 5)


def _handler(pages: dict[str, str]) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = f"<Response>{pages.get(self.path, '')}</Response>".encode()
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            self.send_response(200)
            self.send_header("Content-Type", "text/xml")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_arguments: object) -> None:
            """Say nothing: the exchange logs what it was answered."""

    return Handler


def tone_file(path: Path, hertz: float = 1000.0, seconds: float = 30.0) -> Path:
    """A WAV at 48 kHz with one tone, as a microphone would bring it."""
    time = np.arange(int(48000 * seconds)) / 48000
    with wave.open(str(path), "wb") as wav:
        wav.setnchannels(1)
        wav.setsampwidth(2)
        wav.setframerate(48000)
        wav.writeframes((0.3 * 32767 * np.sin(2 * np.pi * hertz * time)).astype("<i2").tobytes())
    return path


def purity_db(samples: np.ndarray[Any, Any], hertz: float) -> float:
    """How much stronger a tone is than all else together, in decibels."""
    spectrum = np.abs(np.fft.rfft(samples.astype(float) * np.blackman(len(samples)))) ** 2
    place = round(hertz * len(samples) / 8000)
    tone = spectrum[place - 4 : place + 5].sum()
    return float(10 * np.log10(tone / (spectrum.sum() - tone)))
