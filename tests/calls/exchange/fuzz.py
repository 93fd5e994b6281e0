"""Real messages of telephones, and what becomes of them by chance: the same for the same seed."""

import json
import random
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

HOST = "127.0.0.1"
SDP = (
    "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 40000 RTP/AVP 8 0 101\r\n"
    "a=rtpmap:8 PCMA/8000\r\na=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-15\r\na=ptime:20\r\na=sendrecv\r\n"
)
# Method, headers of its own, kind of body, body.
REQUESTS = (
    ("INVITE", "", "application/sdp", SDP),
    ("INVITE", "Supported: 100rel\r\nRequire: 100rel\r\n", "application/sdp", SDP),
    ("INVITE", "", "", ""),
    ("ACK", "", "application/sdp", SDP),
    ("BYE", "", "", ""),
    ("CANCEL", "", "", ""),
    ("OPTIONS", "Accept: application/sdp\r\n", "", ""),
    ("REGISTER", 'Expires: 60\r\nAuthorization: Digest username="ward3", realm="exchange", nonce="1-2-3", '
     'uri="sip:x", response="00", qop=auth, nc=00000001, cnonce="c"\r\n', "", ""),
    ("INFO", "", "application/dtmf-relay", "Signal=5\r\nDuration=160\r\n"),
    ("REFER", "Refer-To: <sip:desk@127.0.0.1>\r\nReferred-By: <sip:a@b>\r\n", "", ""),
    ("NOTIFY", "Event: refer\r\nSubscription-State: active\r\n", "message/sipfrag", "SIP/2.0 200 OK\r\n"),
    ("UPDATE", "", "application/sdp", SDP),
    ("PRACK", "RAck: 1 1 INVITE\r\n", "", ""),
    ("MESSAGE", "", "text/plain", "hello"),
)  # fmt: skip
STRANGE = (
    *(b"", b"\x00", b"\xff\xfe", b"\xed\xa0\x80", b"\r", b"\n", b"\r\n", b"\r\n\r\n", b"%0d%0a", b"%00", b"-1", b"0"),
    *(
        b"70000",
        b"99999",
        b"2147483648",
        b"9" * 400,
        b"9" * 5000,
        "²".encode(),
        b"1e9",
        b"nan",
        b"a" * 4000,
        b"<",
        b">",
    ),
    *(b">", b'"', b'\\"', b";", b"=", b"@", b":", b",", b"[", b"{", b"[" * 2000, b"sip:", b"sip:@", b"tel:", b"*"),
    *(
        b"255.255.255.255",
        b"no.such.invalid",
        "病人".encode(),
        b"RTP/SAVP",
        b"IP6",
        b"\\ud800",
        b"null",
        b"true",
        b"{}",
    ),
)
VALUES: tuple[Any, ...] = (None, 0, -1, 1e308, True, [], {}, [[]], "", "\ud800", "x" * 3000, "病人")


@dataclass(frozen=True)
class Talk:
    """A call that is up: its id, and the two tags by which it is told."""

    call_id: str
    ours: str
    theirs: str


class Chance:
    """Changes messages; what it does depends on the seed alone."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)  # noqa: S311 - the same each time, that is the point
        self._number = 0

    def packets(self, count: int, port: int, up: list[Talk]) -> Iterator[bytes]:
        """SIP messages as a telephone at `port` sends them, each with something wrong, some of calls that are `up`."""
        for _ in range(count):
            yield self.changed(self.request(port, self._random.choice([*up, None])))

    def request(self, port: int, talk: Talk | None = None, method: str = "") -> bytes:
        """One whole message, of a new call where there is no `talk`."""
        self._number += 1
        choices = [each for each in REQUESTS if each[0] == method] or REQUESTS
        name, headers, kind, body = self._random.choice(choices)
        number = self._number
        talk = talk or Talk(f"f{number}", f"f{number}", "")
        their_tag = f";tag={talk.theirs}" if talk.theirs else ""
        body_kind = f"Content-Type: {kind}\r\n" if kind else ""
        return (
            f"{name} sip:+861012345@{HOST} SIP/2.0\r\nVia: SIP/2.0/UDP {HOST}:{port};branch=z9hG4bKf{number};rport\r\n"
            f"From: <sip:fuzz@{HOST}>;tag={talk.ours}\r\nTo: <sip:hotline@{HOST}>{their_tag}\r\n"
            f"Call-ID: {talk.call_id}\r\n"
            f"CSeq: {number} {name}\r\nContact: <sip:fuzz@{HOST}:{port}>\r\nMax-Forwards: 70\r\n{headers}{body_kind}"
            f"Content-Length: {len(body)}\r\n\r\n{body}"
        ).encode()

    def sound(self, count: int) -> Iterator[bytes]:
        """RTP packets with anything in their head: versions, kinds, numbers and times that jump, events, rubbish."""
        for _ in range(count):
            first, kind = self._random.choice([0x80, 0x90, 0xA0, 0xBF, 0x00]), self._random.choice([0, 8, 13, 101, 127])
            head = struct.pack("!BBHII", first, kind, *(self._random.getrandbits(bits) for bits in (16, 32, 32)))
            size = self._random.choice([0, 1, 4, 160, 161, 1400])
            yield self._maybe(head + self._random.randbytes(size))

    def texts(self, count: int) -> Iterator[str]:
        """Control messages of a telephone at `/phones`, each with something wrong."""
        whole: tuple[dict[str, Any], ...] = (
            {"type": "dial", "to": "client:nobody"},
            {"type": "answer", "call": "CA1"},
            {"type": "hangup"},
            {"type": "reject"},
            {"type": "register", "address": "client:other", "token": "", "label": "x", "trace": True},
        )
        for _ in range(count):
            message = dict(self._random.choice(whole))
            field = self._random.choice([*message, "more"])
            message[field] = self._random.choice(
                [None, 0, -1, 1e308, True, [], {}, [[]], "", "\ud800", "x" * 3000, "病人"]
            )
            text = json.dumps(message)
            yield self.changed(text.encode()).decode(errors="replace") if self._random.random() < 0.6 else text

    def frames(self, count: int) -> Iterator[bytes]:
        """What a WebSocket may get instead of frames: wrong kinds, lengths, pieces, masks (RFC 6455, 5.2)."""
        text = json.dumps({"type": "register", "address": "client:raw"}).encode()
        for _ in range(count):
            first = self._random.choice([0x81, 0x82, 0x01, 0x00, 0x80, 0x88, 0x89, 0x8A, 0x83, 0xC1, 0xFF])
            length = self._random.choice([len(text), 0, 126, 127, 320, 2**16 - 1, 2**63 - 1])
            mask = self._random.choice([0x80, 0x80, 0x00])
            size = bytes((mask | length,)) if length < 126 else struct.pack("!BH", mask | 126, length & 0xFFFF)
            if length > 0xFFFF:
                size = struct.pack("!BQ", mask | 127, length)
            yield self._maybe(bytes((first,)) + size + bytes(4 if mask else 0) + text)

    def changed(self, message: bytes) -> bytes:
        """The message with one to three things wrong."""
        for _ in range(self._random.randint(1, 3)):
            message = self._random.choice([self._insert, self._replace, self._cut, self._double, self._lines])(message)
        return message[:60_000]

    def _maybe(self, message: bytes) -> bytes:
        return self.changed(message) if self._random.random() < 0.3 else message

    def _span(self, message: bytes) -> tuple[int, int]:
        begin = self._random.randint(0, len(message))
        return begin, min(len(message), begin + self._random.randint(0, 40))

    def _insert(self, message: bytes) -> bytes:
        at = self._random.randint(0, len(message))
        return message[:at] + self._random.choice(STRANGE) + message[at:]

    def _replace(self, message: bytes) -> bytes:
        """Something between two separators becomes something strange."""
        marks = [at for at, sign in enumerate(message) if sign in b" \r\n;:=<>@,\"'{}[]/"]
        if len(marks) < 2:
            return self._random.choice(STRANGE)
        which = self._random.randrange(len(marks) - 1)
        return message[: marks[which] + 1] + self._random.choice(STRANGE) + message[marks[which + 1] :]

    def _cut(self, message: bytes) -> bytes:
        begin, end = self._span(message)
        return message[:begin] + message[end:] if self._random.random() < 0.7 else message[:begin]

    def _double(self, message: bytes) -> bytes:
        begin, end = self._span(message)
        return message[:end] + message[begin:end] * self._random.choice([1, 2, 50]) + message[end:]

    def _lines(self, message: bytes) -> bytes:
        lines = message.split(b"\r\n")
        at, to = (self._random.randrange(len(lines)) for _ in range(2))
        lines.insert(to, lines[at])
        return b"\r\n".join(lines)
