"""G.711: sound of the telephone network, A-law and mu-law, by Python's `audioop` (audioop-lts from Python 3.13)."""

import warnings

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # Python 3.11 and 3.12 announce that the module leaves the standard library
    import audioop

ULAW, ALAW = 0, 8  # payload types of RFC 3551
NAMES = {ULAW: "PCMU", ALAW: "PCMA"}
SAMPLE_BYTES = 2


def decode(payload: bytes, kind: int) -> bytes:
    """Return the PCM of a packet's payload."""
    pcm: bytes = (audioop.alaw2lin if kind == ALAW else audioop.ulaw2lin)(payload, SAMPLE_BYTES)
    return pcm


def encode(pcm: bytes, kind: int) -> bytes:
    """Return a packet's payload for PCM."""
    payload: bytes = (audioop.lin2alaw if kind == ALAW else audioop.lin2ulaw)(pcm, SAMPLE_BYTES)
    return payload
