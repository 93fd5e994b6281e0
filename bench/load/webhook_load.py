"""The load of `bench.webhook`: callers that press their keys over real connections, as fast as it goes or at a rate."""

import base64
import hashlib
import hmac
import socket
import statistics
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from urllib.parse import quote_plus

KEYS = ("#", "2", "")  # back to the language, English, past the notice to the menu: then again
NODES = ("language", "consent", "menu")
TOKEN = "a token of the bench"  # noqa: S105 (made up)
CONNECTIONS = 8


FORM = {
    "AccountSid": "AC" + "0" * 32, "ApiVersion": "2010-04-01", "CallStatus": "in-progress", "Called": "+861066880000",
    "CalledCity": "", "CalledCountry": "CN", "CalledState": "", "CalledZip": "", "Caller": "+8613800000001",
    "CallerCity": "", "CallerCountry": "CN", "CallerState": "", "CallerZip": "", "Direction": "inbound",
    "From": "+8613800000001", "FromCity": "", "FromCountry": "CN", "FromState": "", "FromZip": "",
    "To": "+861066880000", "ToCity": "", "ToCountry": "CN", "ToState": "", "ToZip": "", "msg": "Gather End",
}  # fmt: skip


@dataclass
class CallerLine:
    """One keep-alive connection and the call whose turns it delivers."""

    port: int
    call_id: str
    sid: str
    number: int = 1
    wire: socket.socket = field(init=False)

    def __post_init__(self) -> None:
        """Connect."""
        self.wire = socket.create_connection(("127.0.0.1", self.port))
        self.wire.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def turn(self) -> float:
        """Deliver the next turn; how many seconds its answer took."""
        request = self._request(self.number)
        start = time.perf_counter()
        self.wire.sendall(request)
        answer = self._answer()
        took = time.perf_counter() - start
        if f"/turns/{self.number + 1}".encode() not in answer:
            raise AssertionError(answer[:2000])
        self.number += 1
        return took

    def _request(self, number: int) -> bytes:
        path = f"/voice/calls/{self.call_id}/turns/{number}"
        form = FORM | {"CallSid": self.sid, "Digits": KEYS[(number - 1) % len(KEYS)]}
        text = f"http://voice.test{path}" + "".join(k + form[k] for k in sorted(form))
        signed = base64.b64encode(hmac.new(TOKEN.encode(), text.encode(), hashlib.sha1).digest()).decode()
        body = "&".join(f"{quote_plus(k)}={quote_plus(v)}" for k, v in form.items())
        head = f"POST {path} HTTP/1.1\r\nHost: voice.test\r\nX-Twilio-Signature: {signed}\r\n"
        kind = "Content-Type: application/x-www-form-urlencoded\r\n"
        return f"{head}{kind}Content-Length: {len(body)}\r\n\r\n{body}".encode()

    def _answer(self) -> bytes:
        data = b""
        while b"\r\n\r\n" not in data:
            data += self._more()
        head, _, body = data.partition(b"\r\n\r\n")
        length = next(
            int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length")
        )
        while len(body) < length:
            body += self._more()
        return head + b"\r\n\r\n" + body

    def _more(self) -> bytes:
        more = self.wire.recv(65536)
        if not more:
            raise ConnectionError("the server closed the connection")
        return more


# What Twilio sends with every webhook of a call.


def as_fast_as_it_goes(lines: list[CallerLine], seconds: float) -> list[float]:
    """Return all connections at once, one turn after the other; how long each took."""
    taken: list[list[float]] = [[] for _ in lines]
    end = time.perf_counter() + seconds

    def deliver(number: int) -> None:
        while time.perf_counter() < end:
            taken[number].append(lines[number].turn())

    with ThreadPoolExecutor(len(lines)) as pool:
        list(pool.map(deliver, range(len(lines))))
    return [t for each in taken for t in each]


def at_a_rate(lines: list[CallerLine], per_second: float, seconds: float) -> list[float]:
    """Turns that arrive at a steady rate, whether or not the earlier ones are answered; from due to answered."""
    count = int(per_second * seconds)
    start = time.perf_counter() + 0.05
    taken: list[float] = []
    lock = threading.Lock()
    due = iter(range(count))

    def deliver(line: CallerLine) -> None:
        while True:
            with lock:
                number = next(due, None)
            if number is None:
                return
            moment = start + number / per_second
            time.sleep(max(0.0, moment - time.perf_counter()))
            line.turn()
            taken.append(time.perf_counter() - moment)

    with ThreadPoolExecutor(len(lines)) as pool:
        list(pool.map(deliver, lines))
    return taken


def percentile(taken: list[float], percent: int) -> float:
    """Return a percentile, in milliseconds."""
    return round(statistics.quantiles(taken, n=100)[percent - 1] * 1000, 1)
