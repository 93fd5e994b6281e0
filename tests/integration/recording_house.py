"""The provider's side of recordings for tests: a small server that hands out WAV files as the provider's API does."""

import base64
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar

ACCOUNT, TOKEN = "AC" + "0" * 32, "a token of the tests"


@dataclass
class House:
    """The recordings at the provider by sid, and what it was asked to delete."""

    url: str = ""
    files: dict[str, bytes] = field(default_factory=dict)
    states: dict[str, str] = field(default_factory=dict)
    deleted: list[str] = field(default_factory=list)
    is_down: bool = False
    keeps_everything: bool = False
    refuses: bool = False


class Desk(BaseHTTPRequestHandler):
    """Answers the three requests that are made of recordings."""

    house: ClassVar[House]

    def do_GET(self) -> None:
        sid, _, kind = self.path.partition("?")[0].rpartition("/")[2].partition(".")
        if not self._may():
            return
        if self.house.refuses:
            self._answer(403, b'{"code": 20003, "status": 403, "message": "no"}', "application/json")
            return
        if kind == "wav" and sid in self.house.files:
            self._answer(200, self.house.files[sid], "audio/x-wav")
        elif sid in self.house.states:
            view = {"sid": sid, "status": self.house.states[sid], "duration": "17", "channels": 2}
            self._answer(200, json.dumps(view).encode(), "application/json")
        else:
            self._answer(404, b'{"code": 20404, "status": 404, "message": "not found"}', "application/json")

    def do_DELETE(self) -> None:
        if not self._may():
            return
        sid = self.path.rpartition("/")[2].partition(".")[0]
        if self.house.keeps_everything:
            self._answer(403, b'{"code": 20003, "status": 403, "message": "no"}', "application/json")
            return
        known = self.house.files.pop(sid, None) is not None
        self.house.deleted.append(sid)
        self._answer(204 if known else 404, b"" if known else b'{"code": 20404, "status": 404}', "application/json")

    def _may(self) -> bool:
        if self.house.is_down:
            self._answer(503, b"{}", "application/json")
            return False
        wanted = "Basic " + base64.b64encode(f"{ACCOUNT}:{TOKEN}".encode()).decode()
        if self.headers.get("Authorization") != wanted:
            self._answer(401, b'{"code": 20003, "status": 401, "message": "no"}', "application/json")
            return False
        return True

    def _answer(self, status: int, body: bytes, kind: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Quiet."""


@contextmanager
def open_house() -> Iterator[House]:
    """A running server."""
    house = House()
    desk = type("TheDesk", (Desk,), {"house": house})
    with ThreadingHTTPServer(("127.0.0.1", 0), desk) as server:
        house.url = f"http://127.0.0.1:{server.server_address[1]}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield house
        server.shutdown()
        thread.join()
