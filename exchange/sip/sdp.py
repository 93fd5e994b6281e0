"""The offer and answer of two telephones: codec, keys, addresses, hold (RFC 3264)."""

from dataclasses import dataclass

from aiosipua import SdpMessage, SdpNegotiationError, negotiate_sdp, parse_sdp

from exchange.core.numbering.addresses import is_reachable
from exchange.media.g711 import ALAW, NAMES, ULAW
from exchange.sip.message_reading import Address

KEYS = "telephone-event"
OFFERED_KEYS = 101
PLAIN = ("RTP/AVP", "RTP/AVPF")
MOST_PAYLOAD_TYPE = 127
NOWHERE = "0.0.0.0"  # noqa: S104 - nothing listens there: an old way to ask for hold


@dataclass(frozen=True)
class NegotiatedMedia:
    """Of the other side: its codec, the payload type of its keys (None: as sound only), where it listens, and hold."""

    codec: int
    keys: int | None
    remote: Address
    listens: bool
    speaks: bool


def offer(host: str, port: int, session: int) -> SdpMessage:
    """Return what we can do: both laws, keys as events."""
    lines = [
        "v=0",
        f"o=- {session} {session} IN IP4 {host}",
        "s=-",
        f"c=IN IP4 {host}",
        "t=0 0",
        f"m=audio {port} RTP/AVP {ALAW} {ULAW} {OFFERED_KEYS}",
        f"a=rtpmap:{ALAW} {NAMES[ALAW]}/8000",
        f"a=rtpmap:{ULAW} {NAMES[ULAW]}/8000",
        f"a=rtpmap:{OFFERED_KEYS} {KEYS}/8000",
        f"a=fmtp:{OFFERED_KEYS} 0-15",
        "a=ptime:20",
        "a=sendrecv",
    ]
    return parse_sdp("\r\n".join(lines) + "\r\n")


def answer(offered: SdpMessage, host: str, port: int, codec: int | None = None) -> tuple[SdpMessage, NegotiatedMedia]:
    """Return our answer, and what is agreed by it. Raises `ValueError` when there is no common ground.

    A call that is up keeps its `codec`. Keys are answered with the payload type that was offered.
    """
    try:
        agreed = agree(offered)
        laws = [codec] if codec is not None and _offers(offered, codec) else [ALAW, ULAW]
        answered, chosen = negotiate_sdp(offered, host, port, supported_codecs=laws, dtmf_payload_type=agreed.keys or 0)
    except SdpNegotiationError as error:
        raise ValueError(str(error)) from error
    return answered, NegotiatedMedia(chosen, agreed.keys, agreed.remote, agreed.listens, agreed.speaks)


def agree(sdp: SdpMessage | None) -> NegotiatedMedia:
    """Return what the other side says of itself. Raises `ValueError` when it is nothing we can talk with."""
    audio = sdp.audio if sdp else None
    remote = sdp.rtp_address if sdp else None
    if audio is None or remote is None or not audio.port:
        raise ValueError("no sound is offered")
    if audio.proto.upper() not in PLAIN:
        raise ValueError(f"sound is offered as {audio.proto}: there is no encryption of sound here")
    if remote[0] != NOWHERE and not is_reachable(*remote):
        raise ValueError("sound is offered where none can be sent: an address of IPv4 and a port to 65535 are needed")
    codecs = [each.payload_type for each in audio.codecs if each.payload_type in NAMES]
    if not codecs:
        raise ValueError("neither A-law nor mu-law is offered")
    keys = [c.payload_type for c in audio.codecs if c.encoding_name.lower() == KEYS and c.clock_rate in (0, 8000)]
    if any(not 0 <= each <= MOST_PAYLOAD_TYPE for each in keys):
        raise ValueError("keys are offered with a payload type that there is not")
    is_held = remote[0] == NOWHERE
    return NegotiatedMedia(
        codec=codecs[0],
        keys=keys[0] if keys else None,
        remote=remote,
        listens=not is_held and audio.direction in ("sendrecv", "recvonly"),
        speaks=audio.direction in ("sendrecv", "sendonly"),
    )


def _offers(sdp: SdpMessage, codec: int) -> bool:
    return sdp.audio is not None and any(each.payload_type == codec for each in sdp.audio.codecs)
