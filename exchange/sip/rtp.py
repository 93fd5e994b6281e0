"""The sound of one SIP call: RTP over UDP both ways, one packet a tick, keys as events of RFC 4733 (RFC 2833)."""

import asyncio
import contextlib
import random
import socket
import struct
from collections import deque

import numpy as np
from aiortp.dtmf import DTMF_EVENTS, EVENT_TO_DIGIT, DtmfEvent
from aiortp.packet import RtpPacket

from exchange.core.log_limit import LimitedLog
from exchange.core.token_bucket import TokenBucket
from exchange.media import g711
from exchange.media.audio import FRAME_BYTES, FRAME_SAMPLES, MISSING, SILENCE, frames
from exchange.media.dtmf import QUIET_WINDOW, DtmfDetector, key_tones, keys_in
from exchange.media.jitter_buffer import JitterBuffer
from exchange.sip.key_presses import KeyPresses, KeyTransport, RtpKeyEvents
from exchange.sip.message_reading import Address
from exchange.sip.sdp import NegotiatedMedia

PORT_TRIES = 50
LARGEST_PACKET = 2048
MOST_PACKETS_AT_ONCE = 50
# A packet every 5 ms is the most that telephones send; a stall brings many at once.
MOST_AT_ONCE, MOST_PER_SECOND = 1000.0, 400.0
KEY_SECONDS, KEY_PAUSE_SECONDS = 0.1, 0.06
KEY_FRAMES = 5
KEY_VOLUME = 10
MOST_LOST = 5
MOST_WAITING_FRAMES = 500
SEQUENCES, TIMESTAMPS = 1 << 16, 1 << 32
noise = LimitedLog()


class RtpSession:
    """One port for one call. Nothing passes before `agreed` is set.

    Sound is taken from the address that was agreed, and from `peer`, the host that signals: behind an address
    translation a telephone names an address of its own network.
    """

    def __init__(self, host: str, peer: str) -> None:
        self._socket = _bound(host)
        self._peer = peer
        self.port: int = self._socket.getsockname()[1]
        self.agreed: NegotiatedMedia | None = None
        self.quiet_ticks = 0
        self._jitter = JitterBuffer()
        self._rest = b""
        self._keys: deque[bytes] = deque()
        self._last_sequence: int | None = None
        self._their_source: int | None = None
        self._allowance = TokenBucket(asyncio.get_running_loop().time(), MOST_AT_ONCE, MOST_PER_SECOND)
        self._events = RtpKeyEvents()
        self._presses = KeyPresses()
        self._spoken = DtmfDetector()
        self._muted: str | None = None
        self._tick = 0
        self._remote: Address | None = None
        # Identifiers against accidents, not against attackers.
        self._sequence, self._timestamp, self._source = (random.getrandbits(bits) for bits in (16, 32, 32))
        self._detector = DtmfDetector()
        self._sending: deque[DtmfEvent] = deque()
        self._key_began = 0
        self._is_first = True
        asyncio.get_running_loop().add_reader(self._socket, self._readable)

    def agree(self, agreed: NegotiatedMedia) -> None:
        """Set what was agreed; again after every change, such as hold."""
        if self.agreed is None or self.agreed.remote != agreed.remote:
            self._remote = agreed.remote
        self.agreed = agreed
        self.quiet_ticks = 0

    def take(self) -> bytes:
        """Return what was said in this tick; a key that came as an event is heard as its tone, and once."""
        self.quiet_ticks += 1
        self._tick += 1
        frame = self._once(self._jitter.take())
        return self._keys.popleft() if self._keys else frame

    def _once(self, frame: bytes) -> bytes:
        """Return the frame, or silence where it is the sound of a key that was reported otherwise."""
        window = self._spoken.window(frame)
        if window is None:
            return frame
        key = None if window == QUIET_WINDOW else keys_in(np.frombuffer(window, "<i2").astype(np.float32)[None])[0]
        pressed = self._spoken.decide(key)
        if key and self._presses.is_awaited(key, KeyTransport.SOUND, self._tick):
            self._muted = key
        elif key != self._muted:
            self._muted = None
        if pressed:
            self._presses.is_new(pressed, KeyTransport.SOUND, self._tick)
        if key:
            self._presses.goes_on(key, KeyTransport.SOUND, self._tick)
        return SILENCE if self._muted else frame

    def give(self, frame: bytes) -> None:
        """Send what is heard in this tick; a key's tone goes as an event where the other side wants events."""
        agreed = self.agreed
        if agreed is None:
            return
        self._timestamp = (self._timestamp + FRAME_SAMPLES) % TIMESTAMPS
        if not agreed.listens:
            return
        if agreed.keys is not None:
            key = self._detector.feed(frame)
            if key:
                self._sending.extend(_press(DTMF_EVENTS[key]))
            if self._sending:
                event = self._sending.popleft()
                if event.duration == FRAME_SAMPLES:
                    self._key_began = self._timestamp
                self._send(agreed.keys, event.serialize(), self._key_began)
                return
        self._send(agreed.codec, g711.encode(frame, agreed.codec), self._timestamp)

    def press(self, key: str, way: KeyTransport = KeyTransport.INFO) -> None:
        """Take a key that came by signalling; one that was reported already is ignored."""
        if self._presses.is_new(key, way, self._tick) and len(self._keys) < MOST_WAITING_FRAMES:
            self._keys.extend(frames(key_tones(key, KEY_SECONDS, KEY_PAUSE_SECONDS)))

    def close(self) -> None:
        if self._socket.fileno() >= 0:
            asyncio.get_running_loop().remove_reader(self._socket)
            self._socket.close()

    def _send(self, kind: int, payload: bytes, timestamp: int) -> None:
        self._sequence = (self._sequence + 1) % SEQUENCES
        packet = RtpPacket(kind, int(self._is_first), self._sequence, timestamp, self._source, payload)
        self._is_first = False
        if self._remote:
            with contextlib.suppress(OSError):
                # A full buffer or a port that is not open yet costs a packet, as on any network.
                self._socket.sendto(packet.serialize(), self._remote)

    def _readable(self) -> None:
        for _ in range(MOST_PACKETS_AT_ONCE):
            try:
                data, sender = self._socket.recvfrom(LARGEST_PACKET)
            except OSError:
                return
            # A stranger's packets count for nothing, so that they cannot use up what the telephone may send.
            if not self._is_known(sender):
                continue
            if self._allowance.is_spent(1.0, asyncio.get_running_loop().time()):
                noise.warn("sip_sound_floods", host=sender[0])
                continue
            with contextlib.suppress(ValueError, IndexError, struct.error):
                self._packet(RtpPacket.parse(data), sender)

    def _is_known(self, sender: Address) -> bool:
        return self.agreed is not None and sender[0] in (self.agreed.remote[0], self._peer)

    def _packet(self, packet: RtpPacket, sender: Address) -> None:
        agreed = self.agreed
        if agreed is None:
            return
        self._remote = sender
        self.quiet_ticks = 0
        lost = self._lost(packet)
        if lost is None:
            return
        if packet.payload_type == agreed.keys:
            self._event(packet)
        elif packet.payload_type in g711.NAMES:
            for _ in range(lost):
                self._jitter.put(MISSING)
            self._rest += g711.decode(packet.payload, packet.payload_type)
            while len(self._rest) >= FRAME_BYTES:
                self._jitter.put(self._rest[:FRAME_BYTES])
                self._rest = self._rest[FRAME_BYTES:]

    def _lost(self, packet: RtpPacket) -> int | None:
        """Return how many packets are missing before this one; None for one that comes too late or twice."""
        before, self._last_sequence = self._last_sequence, packet.sequence_number
        is_other, self._their_source = packet.ssrc != self._their_source, packet.ssrc
        if before is None or is_other:
            # A telephone that began anew counts from anywhere.
            return 0
        ahead = (packet.sequence_number - before) % SEQUENCES
        if ahead == 0 or ahead > SEQUENCES - 100:
            self._last_sequence = before
            return None
        return ahead - 1 if ahead <= MOST_LOST else 0

    def _event(self, packet: RtpPacket) -> None:
        """Take a key event; the first packet of a press to come counts, so that a lost one costs nothing."""
        event = DtmfEvent.parse(packet.payload)
        if event.event not in EVENT_TO_DIGIT:
            return
        if self._events.is_new(event, packet.timestamp, self._tick):
            self.press(event.digit, KeyTransport.EVENT)
        else:
            self._presses.goes_on(event.digit, KeyTransport.EVENT, self._tick)


def _press(code: int) -> list[DtmfEvent]:
    """Return the events of one key, a tick each; its end is sent three times, should one be lost."""
    steps = [FRAME_SAMPLES * each for each in range(1, KEY_FRAMES + 1)]
    pressed = [DtmfEvent(code, False, KEY_VOLUME, step) for step in steps]
    return pressed + [DtmfEvent(code, True, KEY_VOLUME, steps[-1])] * 3


def _bound(host: str) -> socket.socket:
    """Return a socket with an even port, as RFC 3550 asks."""
    for _ in range(PORT_TRIES):
        bound = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        bound.setblocking(False)
        bound.bind((host, 0))
        if bound.getsockname()[1] % 2 == 0:
            return bound
        bound.close()
    raise OSError("no free port for sound")
