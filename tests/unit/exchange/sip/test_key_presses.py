"""One press is one key, however a telephone tells of it; two presses are two."""

import asyncio
import socket
from collections.abc import Callable, Sequence

import numpy as np
import pytest

pytest.importorskip("aiosipua", reason="SIP needs its libraries: pip install 'hospital-hotline[sip]'")

from aiortp.dtmf import DTMF_EVENTS, DtmfEvent
from aiortp.packet import RtpPacket

from exchange.media import g711
from exchange.media.audio import FRAME_BYTES, FRAME_SAMPLES, SILENCE, frames
from exchange.media.dtmf import DtmfDetector, key_tones
from exchange.sip.key_presses import relayed_keys
from exchange.sip.rtp import RtpSession
from exchange.sip.sdp import NegotiatedMedia

HOST = "127.0.0.1"
EVENTS = 101
TAIL_TICKS = 60
# What a telephone does in one tick: packets of RTP as (payload type, timestamp, payload), or a key by INFO.
Sent = tuple[int, int, bytes] | str
Tick = list[Sent]


def event(key: str, duration: int, timestamp: int, is_end: bool = False) -> Sent:
    return EVENTS, timestamp, DtmfEvent(DTMF_EVENTS[key], is_end, 10, duration).serialize()


def press(key: str, start: int, stamp: Callable[[int], int] | None = None, ends: int = 3, ticks: int = 5) -> list[Tick]:
    """A key as RTP events, a packet a tick; `stamp` gives the timestamp of each packet by its number."""
    told = stamp or (lambda _number: start)
    held = [[event(key, FRAME_SAMPLES * (at + 1), told(at))] for at in range(ticks)]
    return [*held, *([event(key, FRAME_SAMPLES * ticks, told(ticks + at), True)] for at in range(ends))]


def spoken(key: str, seconds: float = 0.16) -> list[Tick]:
    """The sound of a key, a packet a tick."""
    return [[(g711.ALAW, 0, g711.encode(frame, g711.ALAW))] for frame in frames(key_tones(key, seconds, 0.0))]


def quiet(ticks: int) -> list[Tick]:
    return [[(g711.ALAW, 0, g711.encode(SILENCE, g711.ALAW))] for _ in range(ticks)]


def together(*ways: Sequence[Tick]) -> list[Tick]:
    """Several things at the same time."""
    longest = max(map(len, ways))
    return [[sent for way in ways for sent in (way[at] if at < len(way) else [])] for at in range(longest)]


def later(ticks: int, way: Sequence[Tick]) -> list[Tick]:
    return [*([[]] * ticks), *way]


def keys_heard(ticks: Sequence[Tick], keys: int | None = EVENTS) -> str:
    """The keys that a leg hears of a telephone that does this."""

    async def story() -> str:
        rtp = RtpSession(HOST, HOST)
        telephone = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        telephone.bind((HOST, 0))
        rtp.agree(NegotiatedMedia(g711.ALAW, keys, telephone.getsockname(), True, True))
        detector, heard, sequence = DtmfDetector(), "", 0
        for tick in [*ticks, *quiet(TAIL_TICKS)]:
            for sent in tick:
                if isinstance(sent, str):
                    rtp.press(sent)
                    continue
                sequence += 1
                kind, timestamp, payload = sent
                rtp._packet(RtpPacket(kind, 0, sequence, timestamp, 7, payload), telephone.getsockname())
            frame = rtp.take()
            assert len(frame) == FRAME_BYTES
            heard += detector.feed(frame) or ""
        rtp.close()
        telephone.close()
        return heard

    return asyncio.run(story())


def growing(start: int) -> Callable[[int], int]:
    return lambda number: start + FRAME_SAMPLES * number


ONE, AGAIN = 8_000, 16_000
WAYS: dict[str, list[Tick]] = {
    "as the standard says": press("1", ONE),
    "timestamps that grow": press("1", ONE, growing(ONE)),
    "a new timestamp for each end": press("1", ONE, lambda at: ONE if at < 5 else ONE + 160 * at),
    "one new timestamp for all ends": press("1", ONE, lambda at: ONE if at < 5 else ONE + 800),
    "the end lost": press("1", ONE, ends=0),
    "the end only": press("1", ONE)[5:],
    "held for four seconds": press("1", ONE, ticks=200),
    "held with growing timestamps": press("1", ONE, growing(ONE), ticks=200),
    "tone and event": together(press("1", ONE), spoken("1")),
    "tone and event, held": together(press("1", ONE, ticks=60), spoken("1", 1.3)),
    "tone first, event after": together(spoken("1"), later(12, press("1", ONE))),
    "event first, tone after": together(press("1", ONE), later(20, spoken("1"))),
    "INFO and event": together([["1"]], press("1", ONE)),
    "event, INFO at its end": together(press("1", ONE), later(20, [["1"]])),
    "INFO and tone": together(later(5, [["1"]]), spoken("1")),
    "all three": together(press("1", ONE), spoken("1"), later(9, [["1"]])),
    "INFO alone": [["1"]],
    "tone alone": spoken("1"),
}


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
def test_one_press_is_one_key(way: list[Tick]) -> None:
    assert keys_heard([*quiet(10), *way]) == "1"


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
def test_two_presses_are_two_keys(way: list[Tick]) -> None:
    # The second as the first, with timestamps that are later; what is no RTP event has none.
    second = [
        [sent if isinstance(sent, str) or sent[0] != EVENTS else (sent[0], sent[1] + AGAIN, sent[2]) for sent in tick]
        for tick in way
    ]
    assert keys_heard([*quiet(10), *way, *quiet(18), *second]) == "11"


@pytest.mark.parametrize("pause", [1, 2, 5])
def test_quick_presses_of_one_key_stay_apart(pause: int) -> None:
    both = [*press("1", ONE), *([[]] * pause), *press("1", ONE + 1600)]
    assert keys_heard([*quiet(10), *both]) == "11"
    grown = [*press("1", ONE, growing(ONE)), *([[]] * pause), *press("1", ONE + 1600, growing(ONE + 1600))]
    assert keys_heard([*quiet(10), *grown]) == "11"


def test_a_press_whose_end_was_lost_does_not_swallow_the_next() -> None:
    assert keys_heard([*press("1", ONE, ends=0), *press("1", ONE + 1600)]) == "11"
    assert keys_heard([*press("1", ONE, ends=0), *press("2", ONE + 1600)]) == "12"


def test_packets_that_come_in_a_heap_after_a_stall_are_the_presses_they_were() -> None:
    heap = [sent for tick in [*press("1", ONE), *press("1", ONE + 1600), *press("2", ONE + 3200)] for sent in tick]
    assert keys_heard([*quiet(5), heap]) == "112"


def test_different_keys_told_in_two_ways_keep_their_order() -> None:
    ways = [together(press(key, ONE * number), spoken(key), [[]] * 30) for number, key in enumerate("12#1", 1)]
    assert keys_heard([tick for way in ways for tick in way]) == "12#1"


def test_a_voice_is_never_muted() -> None:
    rng = np.random.default_rng(3)
    noise = (rng.normal(0, 2000, FRAME_SAMPLES * 20)).astype("<i2").tobytes()

    async def story() -> int:
        rtp = RtpSession(HOST, HOST)
        rtp.agree(NegotiatedMedia(g711.ALAW, EVENTS, (HOST, 9), True, True))
        rtp.press("1")
        for number, frame in enumerate(frames(noise)):
            packet = RtpPacket(g711.ALAW, 0, number, 0, 7, g711.encode(frame, g711.ALAW))
            rtp._packet(packet, (HOST, 9))
        given = [rtp.take() for _ in range(20)]
        rtp.close()
        return sum(frame != SILENCE for frame in given)

    assert asyncio.run(story()) >= 15


@pytest.mark.parametrize(
    ("kind", "body", "keys"),
    [
        ("application/dtmf-relay", "Signal=5\r\nDuration=160\r\n", ["5"]),
        ("application/dtmf-relay", "signal = #\nduration = 250", ["#"]),
        ("application/dtmf-relay", "Signal=10\r\nDuration=160\r\n", ["*"]),
        ("application/dtmf-relay;charset=utf-8", "Signal=11\r\n", ["#"]),
        ("application/dtmf-relay", "Signal=12", ["A"]),
        ("application/dtmf-relay", "Signal=a", ["A"]),
        ("application/dtmf-relay", "Signal=16", []),
        ("application/dtmf-relay", "Signal=", []),
        ("application/dtmf", "7", ["7"]),
        ("Application/DTMF", " 10\r\n", ["*"]),
        ("application/dtmf", "*", ["*"]),
        ("application/dtmf", "Signal=3", ["3"]),
        ("application/dtmf", "hello", []),
        ("text/plain", "7", []),
        ("", "", []),
    ],
)
def test_keys_by_info_in_every_spelling(kind: str, body: str, keys: list[str]) -> None:
    assert relayed_keys(kind, body) == keys
